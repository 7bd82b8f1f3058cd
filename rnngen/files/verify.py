"""Reads an index and the files it names, trusting neither: either may be damaged or forged.

An index (`bundle.json`, `checkpoint.json`) holds the size and SHA-256 of every file; see `commit`.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeVar

from rnngen.contracts.errors import BundleError
from rnngen.files import schema
from rnngen.files.json import MARKED, load
from rnngen.files.regular import open_regular, read_regular

FORMAT = 1
"""The format of `bundle.json` and `checkpoint.json` in this version."""


INDEX_LIMIT = 64 * 2**20
"""Largest index in bytes; a larger one was not written by rnngen and is not read."""


CHUNK = 2**20


@dataclass(frozen=True)
class Entry:
    """An index entry for a file."""

    sha256: str
    bytes: Annotated[int, schema.at_least(0)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Index:
    """An index, read once and passed on; it looks at each file that it names only once, too.

    Args:
        folder: where it and its files are.
        document: all that the JSON says.
        kind: of index, `rnngen bundle`.
        step: optimizer steps after which it was written.
        files: what it says of each, by name.
    """

    folder: Path
    document: Mapping[str, Any] = field(repr=False)
    kind: str
    step: Annotated[int, schema.at_least(0)]
    files: Mapping[str, Entry] = field(repr=False)
    _whole: set[str] = field(default_factory=set, init=False, repr=False)

    def path(self, name: str) -> Path:
        """The path of a file that is named, of the size that was saved; its content is not read.

        Raises:
            BundleError: it is not named, lies outside the folder, is missing or truncated, or is
                not a file.
        """
        entry = self.files.get(name)
        if entry is None:
            raise BundleError(f"`{self.folder}` does not name the file `{name}` among its files")
        path = inside(self.folder, name)
        try:
            status = path.stat()
        except (OSError, ValueError):
            raise BundleError(
                f"`{path}` is missing", hint="the folder was copied only in part; copy all of it"
            ) from None
        if not stat.S_ISREG(status.st_mode):
            raise BundleError(f"`{path}` is not a file")
        if status.st_size != entry.bytes:
            raise BundleError(
                f"`{path}` is damaged: it has {status.st_size} bytes, expected {entry.bytes}",
                hint="the file was cut off or changed; use an earlier copy of the folder",
            )
        return path

    def verified(self, name: str) -> Path:
        """The path of a file that is named, with the content that was saved; BundleError else.

        The content is read to compare checksums, once for each file.
        """
        path = self.path(name)
        if name in self._whole:
            return path
        if self.files[name].bytes > memory_of_machine():
            raise BundleError(
                f"`{path}` has {self.files[name].bytes:,} bytes, more than this machine has memory",
                hint="it was not written by rnngen, or needs a larger machine",
            )
        try:
            found = digest(path)
        except OSError as error:
            raise BundleError(f"`{path}` can't be read: {error.strerror or error}") from error
        if found["sha256"] != self.files[name].sha256:
            raise BundleError(
                f"`{path}` is damaged: its checksum differs from the saved one",
                hint="the file was changed; use an earlier copy of the folder",
            )
        self._whole.add(name)
        return path


AnyIndex = TypeVar("AnyIndex", bound=Index)


def read_index(folder: Path, name: str, expected: str, kind: type[AnyIndex]) -> AnyIndex:
    """The index of a folder, checked for the fields of `kind` and made one.

    Args:
        folder: where it is.
        name: its name.
        expected: what its `kind` must be; empty for any.
        kind: `Index`, or a dataclass that adds fields to it.

    Raises:
        BundleError: there is none, it can't be read, is of a newer format or another kind.
    """
    path = folder / name
    try:
        data = read_regular(path, INDEX_LIMIT)
    except FileNotFoundError:
        raise BundleError(f"`{folder}` has no `{name}`") from None
    except OSError as error:
        raise BundleError(f"`{path}` can't be read: {error.strerror or error}") from error
    return index_of(data, path, expected, kind)


def index_of(data: bytes, path: Path, expected: str, kind: type[AnyIndex]) -> AnyIndex:
    """The index that `data`, the content of `path`, is; see `read_index`."""
    document = load(data, path, MARKED)
    schema.check(document, {"format": schema.at_least(1)}, f"`{path}`:")
    if document["format"] > FORMAT:
        raise BundleError(
            f"`{path}` has format {document['format']}, this version reads up to {FORMAT}",
            hint="install a newer rnngen: `pip install --upgrade rnngen`",
        )
    schema.check(document, {"kind": str}, f"`{path}`:")
    if expected and document["kind"] != expected:
        raise BundleError(f"`{path}` is of kind {document['kind']!r}, expected {expected!r}")
    return schema.make(kind, document, f"`{path}`:", folder=path.parent, document=document)


def digest(path: Path) -> dict[str, Any]:
    """SHA-256 and size of a file, as an index holds them.

    Raises:
        BundleError: it is not a regular file.
        OSError: it can't be read.
    """
    total, size = hashlib.sha256(), 0
    with open_regular(path) as file:
        while chunk := file.read(CHUNK):
            total.update(chunk)
            size += len(chunk)
    return {"sha256": total.hexdigest(), "bytes": size}


@cache
def memory_of_machine() -> int:
    """Bytes of memory that the machine has; where it does not say, more than any has."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return sys.maxsize


def inside(folder: Path, name: str) -> Path:
    """`folder / name`; BundleError if that is not a plain name below the folder."""
    parts = PurePosixPath(name)
    plain = (
        name
        and name.isprintable()
        and not parts.is_absolute()
        and ".." not in parts.parts
        and not set(name) & set("\\:")
        and str(parts) == name
    )
    if plain:
        path = folder / name
        try:
            if path.resolve().is_relative_to(folder.resolve()):
                return path
        except (OSError, RuntimeError, ValueError):
            pass
    raise BundleError(
        f"`{folder}` names the file {name!r}, which is not inside it",
        hint="do not trust this bundle; nothing was read from that path",
    )
