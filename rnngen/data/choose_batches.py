"""Which kind of batches suits a store."""

from __future__ import annotations

from rnngen.contracts.batch import Batches
from rnngen.data.store import Store

MANY = 4
"""Documents are many if each lane gets this many."""


MOST = 4_000_000
"""Documents above this number are read in lanes: sorting them would take too much memory."""


SHORT = 16
"""Documents are short if they have this many chunks or fewer, on average."""


WASTE = 0.1
"""Padding that is put up with."""


def choose(store: Store, lanes: int, chunk: int, seed: int) -> Batches:
    """`Documents` where documents are many and short, else `Lanes`.

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
        # What a document hangs on is read where it begins, which lanes may skip.
        if documents.waste <= WASTE or store.conditions is not None:
            return documents
    return Lanes(store, lanes, chunk, seed)


def documents_suit(store: Store, lanes: int, chunk: int) -> bool:
    """Whether there are several groups of documents, of a few chunks each."""
    if store.conditions is not None:
        return True
    count = len(store.documents)
    return MANY * lanes <= count <= MOST and len(store) / count <= SHORT * chunk
