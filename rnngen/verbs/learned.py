"""The data a model was trained on, found again, and other data encoded as that was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.codec import Codec
from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import DataError, UsageError
from rnngen.data import find_sources
from rnngen.data.cache import Dataset
from rnngen.data.damaged import readable
from rnngen.data.moved import sources_again
from rnngen.data.parts import split_of
from rnngen.data.prepare import prepare
from rnngen.data.store import Store
from rnngen.data.tasks import STANDARD_INPUT, reopen_tasks
from rnngen.files import source
from rnngen.files.source import Source

BLOCK = 1 << 18
"""Steps decoded at a time."""


def sources_of(
    bundle: Bundle, named: Sequence[str], note: Callable[[str], None]
) -> Sequence[Source]:
    """The files named, or those that a model was trained on, as they are now.

    Raises:
        UsageError: one is gone, or they were read from standard input.
    """
    keep = bundle.domain.keep
    if named:
        return readable(bundle.domain, find_sources.find(named, keep=keep), note)
    record = bundle.data_record
    if STANDARD_INPUT in record.sources:
        raise UsageError(
            "the model was trained on standard input, which can't be read again",
            hint=f"name a file to continue: `rnngen generate {bundle.path} FILE`",
        )
    named = sources_again(bundle.domain, record, bundle.path, note)
    found = readable(bundle.domain, find_sources.find(named, keep=keep), note)
    learned, _ = split_of(bundle.domain, found, None)
    if [source.fingerprint(learned)] != record.fingerprint:
        note("the data has changed since the model was trained; using the new data")
    return found


def reopen(bundle: Bundle, note: Callable[[str], None] = lambda text: None) -> Dataset:
    """The data that a model was trained on, as it was.

    Raises:
        DataError: it changed, can't be read again, or was several tasks.
        UsageError: a file is gone.
    """
    data = bundle.data_record
    if len(data.fingerprint) > 1:
        raise DataError("the run learned several tasks in a row")
    name, sources = bundle.manifest.domain.name, [data.sources]
    (dataset,) = reopen_tasks(
        name, bundle.domain, sources, data, bundle.codec, run=bundle.path, note=note
    )
    return dataset


def encode(
    bundle: Bundle, data: Sequence[str], split: str | None, note: Callable[[str], None]
) -> Dataset:
    """Data encoded with a model's codec, all of it as training data.

    Args:
        bundle: the model.
        data: files; none: those that it was trained on.
        split: `train`, `valid` or `test`: only that part, where the data's makers split it.
        note: told what takes its time.

    Raises:
        UsageError: a file is not there, or there is no such part.
        DataError: something can't be read or encoded.
    """
    domain, record = bundle.domain, bundle.data_record
    named = data
    if not data:
        named = sources_again(domain, record, bundle.path, note)
    found: Sequence[Source] = find_sources.find(named, keep=domain.keep)
    found = readable(domain, found, note)
    if split is not None:
        found = _part(domain, found, split)
    name = bundle.manifest.domain.name
    return prepare(name, domain, found, codec=bundle.codec, fraction=0.0, note=note)


def texts(codec: Codec, store: Store) -> Iterator[str]:
    """The exact text of a store, in blocks."""
    stream = codec.exact_stream()
    for start in range(0, len(store), BLOCK):
        steps = store.steps[start : start + BLOCK].tolist()
        yield "".join([stream.feed(step) for step in steps])
    if rest := stream.flush():
        yield rest


def _part(domain: Domain, found: Sequence[Source], split: str) -> Sequence[Source]:
    parts = domain.parts(found)
    if not parts:
        raise UsageError(
            f"the data has no part `{split}`, because its makers did not split it",
            hint="leave `--split` out for what the run held out, or name a file",
        )
    if split not in parts:
        raise UsageError(f"the data has no part `{split}`", hint=f"it has: {', '.join(parts)}")
    chosen: Sequence[Source] = parts[split]
    return chosen
