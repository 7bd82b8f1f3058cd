"""Prepared data as it lies in the cache, and how it is read back."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rnngen.contracts.codec import Codec
from rnngen.contracts.conform import conform_codec
from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import DataError, RnngenError
from rnngen.data.kept import PREPARED, SUMMARY, delete_unused, size_limit
from rnngen.data.store import Store
from rnngen.files.locks import Hold
from rnngen.files.source import cache_folder

CODEC, TRAIN, VALID = "codec", "train", "valid"


@dataclass(frozen=True)
class Summary:
    """Prepared data.

    Args:
        documents: of the training and validation part together.
        steps: of both, boundaries not counted.
        characters: of both, separators included.
        size: bytes of the sources.
        split: `position`, `documents`, `given` (a validation source) or `none`.
        unknown: steps that stand for something the codec does not know.
        encoded: False where it was found in the cache.
        remarks: what the domain left out of it, in sentences.
    """

    documents: int
    steps: int
    characters: int
    size: int
    split: str
    unknown: int
    encoded: bool
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Dataset:
    """The data that training needs.

    Args:
        train: to learn from.
        valid: to measure on; None where nothing was held out.
        codec: that both are encoded with.
        fingerprint: SHA-256 of the content of the sources (not of the validation's own).
        summary: what was prepared.
        place: its name in the cache, for `reopen`.
    """

    train: Store
    valid: Store | None
    codec: Codec
    fingerprint: str
    summary: Summary
    place: str


def reopen(domain: Domain, place: str, content: str) -> Dataset:
    """Data prepared earlier from sources that can't be read again, such as standard input.

    Args:
        domain: as it was.
        place: `Dataset.place`.
        content: `Dataset.fingerprint`.

    Raises:
        DataError: it is no longer in the cache, or damaged.
    """
    path = cache_folder() / PREPARED / Path(place).name
    try:
        hold = Hold(path)
    except OSError:
        dataset = None
    else:
        dataset = _read(path, domain, None, content)
        if dataset is None:
            hold.release()
        else:
            keep_while_used(dataset, hold, path)
    if dataset is None:
        raise DataError(
            "the data from standard input is no longer in the cache",
            hint="save the data as a file and start a new run with `--from` this one",
        )
    return dataset


def _read(path: Path, domain: Domain, codec: Codec | None, content: str) -> Dataset | None:
    """The content of a cache folder; None if it is incomplete."""
    try:
        about = json.loads((path / SUMMARY).read_bytes())
        files = {name: (path / CODEC / name).read_bytes() for name in about["codec_files"]}
        if _digest(files) != about["codec"]:
            return None
        codec = codec if codec is not None else conform_codec(domain, domain.load_codec(files))
        summary = Summary(**about["summary"], encoded=False)
        train = Store.open(path / TRAIN)
        valid = Store.open(path / VALID) if summary.split != "none" else None
        os.utime(path / SUMMARY)
    except (OSError, ValueError, KeyError, TypeError, RnngenError):
        return None
    return Dataset(train, valid, codec, content, summary, path.name)


def keep_while_used(dataset: Dataset, hold: Hold, path: Path) -> None:
    """Holds an entry of the cache as long as its data set lives.

    Where the cache may keep nothing, the entry goes with it.
    """
    weakref.finalize(dataset, _let_go, hold, path if size_limit() <= 0 else None)


def _let_go(hold: Hold, path: Path | None) -> None:
    hold.release()
    if path is not None:
        with contextlib.suppress(OSError):
            delete_unused(path)


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(hashlib.sha256(name.encode()).digest())
        whole.update(hashlib.sha256(files[name]).digest())
    return whole.hexdigest()
