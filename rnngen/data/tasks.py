"""The data of a run, encoded: one data set for each task, all with one codec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rnngen.contracts.codec import Codec
from rnngen.contracts.conform import conform_codec
from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import DataError
from rnngen.contracts.steps import Piece
from rnngen.data import find_sources
from rnngen.data.cache import Dataset, reopen
from rnngen.data.damaged import pieces, readable
from rnngen.data.moved import found_again, valid_again
from rnngen.data.parts import split_of
from rnngen.data.prepare import prepare
from rnngen.data.record import DataRecord
from rnngen.files import source

STANDARD_INPUT = "-"


def reopen_tasks(
    domain_name: str,
    domain: Domain,
    parts: Sequence[Sequence[str]],
    data: DataRecord,
    codec: Codec,
    *,
    run: Path,
    note: Callable[[str], None] = lambda text: None,
) -> list[Dataset]:
    """The data that a bundle was trained on, also where it was moved since.

    Args:
        domain_name: as it is registered.
        domain: reads the data.
        parts: data arguments of each task.
        data: what the bundle recorded of them.
        codec: the bundle's.
        run: the bundle's folder.
        note: told what takes its time.

    Raises:
        UsageError: a file is gone, and is not found near.
        DataError: the data changed, or can't be read again.
    """
    if any(STANDARD_INPUT in part for part in parts):
        datasets = [
            reopen(domain, place, content)
            for place, content in zip(data.prepared, data.fingerprint, strict=True)
        ]
    else:
        now = found_again(domain, parts, data, run, note)
        valid = valid_again(data, run, note)

        def prepared(known: Codec | None) -> list[Dataset]:
            return prepare_tasks(
                domain_name,
                domain,
                now,
                valid=valid,
                codec=known,
                seed=data.seed,
                note=note,
            )

        try:
            datasets = prepared(None if data.fitted else codec)
            if data.fitted and _encoded_otherwise(datasets, codec):
                # A later version fits another codec; the bundle's encodes as before.
                datasets = prepared(codec)
        except DataError:
            # New data may have what the codec does not know: that is not what is wrong with it.
            _check_unchanged(now, changed(domain, now, data))
            raise
    found = zip(parts, datasets, data.fingerprint, strict=True)
    others = [part for part, dataset, before in found if dataset.fingerprint != before]
    _check_unchanged(parts, [name for part in others for name in part])
    if _encoded_otherwise(datasets, codec):
        raise DataError("the data is encoded differently now than when the run started")
    return datasets


def changed(domain: Domain, parts: Sequence[Sequence[str]], data: DataRecord) -> list[str]:
    """The data arguments whose content is not what the run learned from.

    Raises:
        UsageError: a file is gone.
    """
    found: list[str] = []
    for part, before in zip(parts, data.fingerprint, strict=True):
        sources, _ = split_of(domain, find_sources.find(part, keep=domain.keep), None)
        if source.fingerprint(sources) != before:
            found += part
    return found


def _check_unchanged(parts: Sequence[Sequence[str]], names: Sequence[str]) -> None:
    if not names:
        return
    which = f": {', '.join(f'`{name}`' for name in names)}" if len(parts) > 1 else ""
    raise DataError(
        f"the data has changed since the run started{which}",
        hint="restore it, or fine-tune the model on the new data with `rnngen fit --from`",
    )


def _encoded_otherwise(datasets: Sequence[Dataset], codec: Codec) -> bool:
    return any(dataset.codec.files() != codec.files() for dataset in datasets)


def prepare_tasks(
    domain_name: str,
    domain: Domain,
    parts: Sequence[Sequence[str]],
    *,
    valid: Sequence[str] = (),
    codec: Codec | None = None,
    grow: bool = False,
    seed: int = 0,
    note: Callable[[str], None] = lambda text: None,
) -> list[Dataset]:
    """Finds and encodes the data of every task.

    Args:
        domain_name: as it is registered.
        domain: reads the data.
        parts: data arguments of each task.
        valid: files to validate on, instead of a part of each task.
        codec: to encode with; None fits one on all tasks together.
        grow: whether that codec learns what it does not know yet.
        seed: of which documents are held out.
        note: told what the user should know.

    Raises:
        UsageError: something named is not there.
        DataError: something can't be read or encoded.
    """
    keep = domain.keep
    found = [find_sources.find(part, keep=keep) for part in parts]
    for each in found:
        if each.skipped:
            shown = ", ".join(str(path) for path in each.skipped[:3])
            note(f"skipped {len(each.skipped)} hidden, binary or empty files: {shown}, ...")
    named = find_sources.find(valid, keep=keep) if valid else None
    held_out = readable(domain, named, note) if named else None
    split = [split_of(domain, readable(domain, each, note), held_out) for each in found]

    def every() -> Iterator[Piece]:
        for train, _ in split:
            yield from pieces(domain, train)

    if codec is not None and grow:
        codec = _grown(domain, codec, every(), note)
    elif codec is None and len(found) > 1:
        codec = conform_codec(domain, domain.fit_codec(every))
    return [
        prepare(domain_name, domain, train, codec=codec, valid=held, seed=seed, note=note)
        for train, held in split
    ]


def _grown(
    domain: Domain, codec: Codec, pieces: Iterable[Piece], note: Callable[[str], None]
) -> Codec:
    grown = conform_codec(domain, codec.grow(pieces))
    vectors = codec.step_shape
    new = [] if vectors else [grown.token(step) for step in range(codec.size, grown.size)]
    if new:
        shown = " ".join(new[:12]) + (" ..." if len(new) > 12 else "")
        note(f"the vocabulary grows from {codec.size} to {grown.size} tokens: {shown}")
    return grown
