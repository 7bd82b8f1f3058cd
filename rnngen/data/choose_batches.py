"""Chooses the kind of batches that suits a store."""

from __future__ import annotations

from rnngen.contracts.batch import Batches
from rnngen.data.store import Store

MANY = 4
"""Documents per lane from which documents count as many."""


MOST = 4_000_000
"""Most documents to sort; more are read in lanes, because sorting takes too much memory."""


SHORT = 16
"""Largest average number of chunks at which documents count as short."""


WASTE = 0.1
"""Largest share of padding we accept."""


def choose(store: Store, lanes: int, chunk: int, seed: int) -> Batches:
    """`Documents` if documents are many and short, else `Lanes`.

    Short documents side by side begin at the first row of a batch together, so that fused kernels
    run over whole chunks; in lanes their boundaries would fall anywhere.

    Args:
        store: what to learn from; documents with conditions are always read whole.
        lanes: sequences read side by side.
        chunk: steps of a batch.
        seed: of the order.

    Raises:
        DataError: the store has no step to predict.
    """
    from rnngen.data.documents import Documents
    from rnngen.data.lanes import Lanes

    if documents_suit(store, lanes, chunk):
        documents = Documents(store, lanes, chunk, seed)
        # A condition is read where its document begins, which lanes may skip.
        if documents.waste <= WASTE or store.conditions is not None:
            return documents
    return Lanes(store, lanes, chunk, seed)


def documents_suit(store: Store, lanes: int, chunk: int) -> bool:
    """Whether there are several groups of documents, of a few chunks each."""
    if store.conditions is not None:
        return True
    count = len(store.documents)
    return MANY * lanes <= count <= MOST and len(store) / count <= SHORT * chunk
