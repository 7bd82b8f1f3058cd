"""Turns sources into a codec, a store to learn from and a store to measure on.

What was prepared is kept in the cache, under a name made of all that it depends on: the content of
the sources, the domain's options, the codec. A folder of the cache is made under another name and
renamed when it is whole, so that any number of processes may prepare the same thing at once.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from rnngen.contracts.codec import Codec
from rnngen.contracts.conform import conform_codec
from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import DataError, RunError
from rnngen.contracts.steps import Piece
from rnngen.data import split
from rnngen.data.cache import (
    CODEC,
    TRAIN,
    VALID,
    Dataset,
    Summary,
    _digest,
    _read,
    keep_while_used,
)
from rnngen.data.damaged import pieces
from rnngen.data.encode import encode, measure, writer
from rnngen.data.kept import (
    PREPARED,
    SUMMARY,
    UNFINISHED,
    make_private,
    private_folder,
    shrink,
    size_limit,
    size_of,
)
from rnngen.data.store import StoreWriter
from rnngen.files.locks import Hold
from rnngen.files.source import Source, cache_folder, fingerprint, open_cache

FORMAT = 1


SHOWN = 4 << 20
"""Bytes between two reports of progress."""


FEWEST = 10
"""Fewest steps a text must have: fewer can't be split into training and held-out parts."""


Progress = Callable[[str, int, int | None], None]
"""Called with what is done ("reading" or "encoding"), the bytes done, and all bytes if known."""


def prepare(
    domain_name: str,
    domain: Domain,
    sources: Sequence[Source],
    *,
    codec: Codec | None = None,
    valid: Sequence[Source] | None = None,
    fraction: float | None = None,
    seed: int = 0,
    cache: Path | None = None,
    note: Callable[[str], None] = lambda text: None,
    progress: Progress = lambda what, done, total: None,
) -> Dataset:
    """Fits a codec, encodes the sources and holds some out; reuses cached results.

    Args:
        domain_name: as it is registered.
        domain: reads the sources.
        sources: at least one.
        codec: to encode with; fitted on the sources (and `valid`) if None.
        valid: sources to measure on, instead of holding something out.
        fraction: to hold out; the domain's option `valid` if None.
        seed: of which documents are held out.
        cache: folder for what is prepared; the user's cache folder if None.
        note: told, as a sentence, what takes its time.
        progress: told how far it is.

    Raises:
        DataError: the sources can't be read or encoded, or are too short.
        RunError: the cache can't be written.
    """
    wanted = _Wanted.of(domain_name, domain, sources, codec, valid, fraction)
    limit = size_limit()
    folder = (cache_folder() if cache is None else cache) / PREPARED
    try:
        root = open_cache(cache)
        private_folder(root, PREPARED)
        with FileLock(folder / f"{wanted.key}.lock"):
            dataset = wanted.find(folder, seed)
            if dataset is None:
                dataset = wanted.make(folder, seed, note, progress)
            path = folder / dataset.place
            keep_while_used(dataset, Hold(path), path)
        if dataset.summary.encoded:
            _keep_within(root, path, limit, note)
        for remark in dataset.summary.remarks:
            note(remark)
        return dataset
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise RunError(
            f"the encoded data can't be kept in `{folder}`: {reason}",
            hint="free space there, or set `RNNGEN_CACHE` to another folder",
        ) from None


@dataclass(frozen=True)
class _Wanted:
    """What to prepare, and its name in the cache."""

    domain: Domain
    sources: Sequence[Source]
    codec: Codec | None
    valid: Sequence[Source] | None
    fraction: float
    split: str
    fingerprint: str
    key: str

    @classmethod
    def of(
        cls,
        domain_name: str,
        domain: Domain,
        sources: Sequence[Source],
        codec: Codec | None,
        valid: Sequence[Source] | None,
        fraction: float | None,
    ) -> _Wanted:
        options = domain.options
        if fraction is None:
            fraction = domain.valid
        fraction = 0.0 if valid is not None else fraction
        how = domain.split
        content = fingerprint(sources)
        known = {
            "format": FORMAT,
            "domain": domain_name,
            "options": asdict(options) if options is not None else dict(domain.component_options),
            "sources": content,
            "valid": None if valid is None else fingerprint(valid),
            "codec": None if codec is None else _digest(codec.files()),
            "fraction": fraction,
            "split": how,
        }
        text = json.dumps(known, sort_keys=True, default=str)
        return cls(
            domain,
            sources,
            codec,
            valid,
            fraction,
            how,
            content,
            hashlib.sha256(text.encode()).hexdigest()[:32],
        )

    def find(self, folder: Path, seed: int) -> Dataset | None:
        """Data prepared earlier; damaged data is deleted."""
        # The seed matters only if whole documents were held out.
        for path in (folder / self.key, folder / f"{self.key}-{seed}"):
            if path.is_dir():
                dataset = self._open(path)
                if dataset is not None:
                    return dataset
                shutil.rmtree(path)
        return None

    def make(
        self, folder: Path, seed: int, note: Callable[[str], None], progress: Progress
    ) -> Dataset:
        """Prepares the data in a temporary folder, renamed once complete."""
        work = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
        hold = Hold(work)
        try:
            summary = self._build(work, seed, note, progress)
            make_private(work)
            path = folder / (f"{self.key}-{seed}" if summary.split == "documents" else self.key)
            if path.exists():
                shutil.rmtree(path)
            work.rename(path)
        except BaseException:
            shutil.rmtree(work, ignore_errors=True)
            raise
        finally:
            hold.release()
        dataset = self._open(path)
        if dataset is None:
            raise RunError(
                f"the data just written to `{path}` can't be read back",
                hint="the disk may be damaged",
            )
        return replace(dataset, summary=replace(dataset.summary, encoded=True))

    def _open(self, path: Path) -> Dataset | None:
        return _read(path, self.domain, self.codec, self.fingerprint)

    def _build(
        self, work: Path, seed: int, note: Callable[[str], None], progress: Progress
    ) -> Summary:
        remarks = self.domain.remarks
        remarks.clear()
        codec = self.codec if self.codec is not None else self._fit(note, progress)
        total = _total([*self.sources, *(self.valid or ())])
        note(f"encoding {total / 1e6:.1f} MB" if total else "encoding")
        train, valid = writer(codec, work / TRAIN), writer(codec, work / VALID)
        with train, valid:
            size = encode(
                codec,
                pieces(self.domain, self.sources),
                train,
                lambda done: progress("encoding", done, total),
            )
            self._check_length(train)
            if self.valid is not None:
                before = size
                size += encode(
                    codec,
                    pieces(self.domain, self.valid),
                    valid,
                    lambda done: progress("encoding", before + done, total),
                )
            documents = train.documents + valid.documents
            steps = train.steps + valid.steps - documents
            train, how = self._split(codec, work, train, valid, seed)
            totals = [_close(codec, store) for store in (train, valid)]
        if how == "none":
            shutil.rmtree(work / VALID)
        files = codec.files()
        (work / CODEC).mkdir()
        for name, data in files.items():
            (work / CODEC / name).write_bytes(data)
        unknown = codec.unknown
        summary = Summary(
            documents=documents,
            steps=steps,
            characters=sum(totals),
            size=size,
            split=how,
            unknown=0 if unknown is None else int(train.counts[unknown] + valid.counts[unknown]),
            encoded=True,
            remarks=list(remarks),
        )
        about = asdict(summary)
        del about["encoded"]
        content = {
            "codec": _digest(files),
            "codec_files": sorted(files),
            "summary": about,
            "sources": [source.name for source in (*self.sources, *(self.valid or ()))],
        }
        (work / SUMMARY).write_text(json.dumps(content, indent=1))
        return summary

    def _fit(self, note: Callable[[str], None], progress: Progress) -> Codec:
        sources = [*self.sources, *(self.valid or ())]
        total = _total(sources)

        def again() -> Iterator[Piece]:
            done = shown = 0
            for piece in pieces(self.domain, sources):
                yield piece
                done += piece.size
                if done - shown >= SHOWN:
                    progress("reading", done, total)
                    shown = done

        note(f"reading {total / 1e6:.1f} MB" if total else "reading")
        return conform_codec(self.domain, self.domain.fit_codec(again))

    def _check_length(self, store: StoreWriter) -> None:
        steps = store.steps - store.documents
        fewest = FEWEST if self.fraction else 1
        if steps >= fewest:
            return
        names = ", ".join(f"`{source.name}`" for source in self.sources[:3])
        raise DataError(
            f"{names} {'have' if len(self.sources) > 1 else 'has'} {steps} steps, "
            f"expected at least {fewest}",
            hint="give it more text",
        )

    def _split(
        self, codec: Codec, work: Path, whole: StoreWriter, valid: StoreWriter, seed: int
    ) -> tuple[StoreWriter, str]:
        """Holds out a share of the data; returns the store to learn from, and how it was split."""
        if self.valid is not None:
            return whole, "given"
        if not self.fraction:
            return whole, "none"
        many = split.by_documents_suits(whole.documents, self.fraction)
        if whole.documents < 2 or self.split == "position" or (self.split == "auto" and not many):
            split.by_position(whole, valid, self.fraction)
            return whole, "position"
        whole_folder = work / "whole"
        whole.move(whole_folder)
        train = writer(codec, work / TRAIN)
        split.by_documents(whole, train, valid, self.fraction, seed)
        shutil.rmtree(whole_folder)
        return train, "documents"


def _keep_within(root: Path, path: Path, limit: float, note: Callable[[str], None]) -> None:
    """Says what is kept, and what goes so that the cache keeps within its size."""
    if limit > 0:
        megabytes = size_of(path) / 1e6
        note(f"encoded data kept in the cache: {megabytes:.1f} MB (see `rnngen cache list`)")
    for entry in shrink(root, limit):
        of = f" of {', '.join(entry.of)}" if entry.of else ""
        note(f"removed the encoded data{of} from the cache: {entry.bytes / 1e6:.1f} MB")


def _close(codec: Codec, store: StoreWriter) -> int:
    characters, size = measure(codec, store)
    store.close(characters=characters, size=size)
    return characters


def _total(sources: Sequence[Source]) -> int | None:
    """Size of the sources in bytes; None if some are compressed."""
    if any(source.compressed for source in sources):
        return None
    return sum(source.path.stat().st_size for source in sources)
