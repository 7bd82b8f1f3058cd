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
from rnngen.data.prepare import prepare
from rnngen.data.record import DataRecord
from rnngen.data.store import Store
from rnngen.data.tasks import STANDARD_INPUT, changed, reopen_tasks
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
    _parts(record)
    if STANDARD_INPUT in record.sources:
        raise UsageError(
            "the model was trained on standard input, which can't be read again",
            hint=f"name a file to continue: `rnngen generate {bundle.path} FILE`",
        )
    named = sources_again(bundle.domain, record, bundle.path, note)
    found = readable(bundle.domain, find_sources.find(named, keep=keep), note)
    if changed(bundle.domain, _grouped(record, named), record):
        note("the data has changed since the model was trained; using the new data")
    return found


def reopen(bundle: Bundle, note: Callable[[str], None] = lambda text: None) -> list[Dataset]:
    """The data that a model was trained on, task by task, as it was.

    Raises:
        DataError: it changed, or can't be read again.
        UsageError: a file is gone.
    """
    data, name = bundle.data_record, bundle.manifest.domain.name
    return reopen_tasks(
        name, bundle.domain, _parts(data), data, bundle.codec, run=bundle.path, note=note
    )


def tasks(bundle: Bundle) -> list[str]:
    """Names of the tasks that a model learned, as its history has them."""
    history, sources = bundle.manifest.history, bundle.data_record.sources
    known = history is not None and len(history["tasks"]) == len(sources)
    return list(history["tasks"]) if history is not None and known else list(sources)


def joined(training: Sequence[Dataset]) -> Store:
    """The steps of all tasks, one after another."""
    stores = [dataset.train for dataset in training]
    return stores[0] if len(stores) == 1 else Store.joined(stores)


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
        _parts(record)
        named = sources_again(domain, record, bundle.path, note)
    found: Sequence[Source] = find_sources.find(named, keep=domain.keep)
    found = readable(domain, found, note)
    if split is not None:
        found = _part(domain, found, split)
    name = bundle.manifest.domain.name
    return prepare(name, domain, found, codec=bundle.codec, fraction=0.0, note=note)


def texts(codec: Codec, training: Sequence[Dataset]) -> Iterator[str]:
    """The exact text of the training data, in blocks."""
    for dataset in training:
        stream, store = codec.exact_stream(), dataset.train
        for start in range(0, len(store), BLOCK):
            steps = store.steps[start : start + BLOCK].tolist()
            yield "".join([stream.feed(step) for step in steps])
        if rest := stream.flush():
            yield rest


def _parts(data: DataRecord) -> list[list[str]]:
    """The data arguments of each task.

    Raises:
        DataError: they are not known.
    """
    if not data.sources:
        raise DataError(
            "the bundle does not name what it was trained on: it was exported without names",
            hint="name a file",
        )
    return _grouped(data, data.sources)


def _grouped(data: DataRecord, sources: Sequence[str]) -> list[list[str]]:
    """Sources by task."""
    return [[source] for source in sources] if data.several else [list(sources)]


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
