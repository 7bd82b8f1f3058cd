"""Reading what others may have damaged or forged: an index, and the files it names, checked.

An index (`bundle.json`, `checkpoint.json`) holds the size and SHA-256 of every file; see `commit`.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from rnngen.contracts.errors import BundleError
from rnngen.files import schema
from rnngen.files.json import parse_json

FORMAT = 1
"""The format of `bundle.json` and `checkpoint.json` that this version writes and reads."""


INDEX_LIMIT = 64 * 2**20
"""Bytes; a larger index is not one of ours, and is not read."""


CHUNK = 2**20


INDEX = {
    "kind": str,
    "step": schema.at_least(0),
    "files": schema.Each({"sha256": str, "bytes": schema.at_least(0)}),
}


def digest(path: Path) -> dict[str, Any]:
    """SHA-256 and size of a file, as an index holds them."""
    total, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            total.update(chunk)
            size += len(chunk)
    return {"sha256": total.hexdigest(), "bytes": size}


def read_index(folder: Path, index: str, kind: str) -> dict[str, Any]:
    """The index of a folder, checked for what every index has.

    Args:
        folder: where it is.
        index: its name.
        kind: what its `kind` must be; empty for any.

    Raises:
        BundleError: there is none, it can't be read, or is of a newer format.
    """
    path = folder / index
    try:
        if path.stat().st_size > INDEX_LIMIT:
            raise BundleError(f"`{path}` is larger than an index can be")
        document = parse_json(path.read_bytes(), path)
    except FileNotFoundError:
        raise BundleError(f"`{folder}` has no `{index}`") from None
    except OSError as error:
        raise BundleError(f"`{path}` can't be read: {error.strerror or error}") from error
    schema.check(document, {"format": schema.at_least(1)}, f"`{path}`:")
    if document["format"] > FORMAT:
        raise BundleError(
            f"`{path}` has format {document['format']}, this version reads up to {FORMAT}",
            hint="install a newer rnngen: `pip install --upgrade rnngen`",
        )
    schema.check(document, INDEX, f"`{path}`:")
    if kind and document["kind"] != kind:
        raise BundleError(f"`{path}` is of kind {document['kind']!r}, expected {kind!r}")
    return dict(document)


def named_file(folder: Path, index: Mapping[str, Any], name: str) -> Path:
    """The path of a file the index names, of the size the index says.

    Raises:
        BundleError: it is not named, lies outside the folder, is missing, no file, or truncated.
    """
    entry = index["files"].get(name)
    if entry is None:
        raise BundleError(f"`{folder}` does not name the file `{name}` among its files")
    path = inside(folder, name)
    try:
        status = path.stat()
    except (OSError, ValueError):
        raise BundleError(
            f"`{path}` is missing", hint="the folder was copied in part; copy all of it again"
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise BundleError(f"`{path}` is not a file")
    if status.st_size != entry["bytes"]:
        raise BundleError(
            f"`{path}` is damaged: it has {status.st_size} bytes, expected {entry['bytes']}",
            hint="the file was cut off or changed; use an earlier copy of the folder",
        )
    return path


def verified_file(folder: Path, index: Mapping[str, Any], name: str) -> Path:
    """The path of a file the index names, with the content the index says; BundleError else."""
    path = named_file(folder, index, name)
    try:
        found = digest(path)
    except OSError as error:
        raise BundleError(f"`{path}` can't be read: {error.strerror or error}") from error
    if found["sha256"] != index["files"][name]["sha256"]:
        raise BundleError(
            f"`{path}` is damaged: its checksum is not the one that was saved",
            hint="the file was changed; use an earlier copy of the folder",
        )
    return path


def inside(folder: Path, name: str) -> Path:
    """`folder / name`; BundleError where that is not a plain name below the folder."""
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
        hint="the bundle is not to be trusted; nothing was read from that place",
    )
