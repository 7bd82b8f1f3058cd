"""The verb `export`: a trained model in another system's format.

An exporter writes to a folder of its own, beside what was asked for; only what it finished is moved
to its place.

files = rnngen.verbs.export.export("runs/docs", "docs.onnx")
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.errors import PluginError, RnngenError, UsageError
from rnngen.contracts.output import Exporter
from rnngen.files.atomic import check_replaceable, saving
from rnngen.kernel.blame import attributed
from rnngen.kernel.catalog import Component, get_catalog
from rnngen.verbs.components import build
from rnngen.verbs.start import opened


@attributed()
def export(
    run: Bundle | str | Path,
    out: str | Path,
    *,
    format: str = "onnx",
    options: Sequence[str] | Mapping[str, Any] = (),
) -> list[Path]:
    """Writes a model in another format; the same as the command `rnngen export`.

    Args:
        run: a bundle, or its folder.
        out: the file (or folder, as the format has it) to write.
        format: name of an exporter, see `rnngen list exporters`.
        options: of the exporter, `["opset=18"]` or a mapping.

    Returns:
        the files written.

    Raises:
        UsageError: there is no such format or option, or a folder to write is not empty.
        BundleError: the bundle is damaged.
        PluginError: a package is missing, or the exporter failed.
        RunError: it can't be written.
    """
    component = get_catalog().find("exporter", format)
    exporter, bundle, path = build(component, options), opened(run), Path(out)
    with _aside(path) as private:
        written = _exported(exporter, bundle, private, path)
        named = _named(component, written, private)
        for each in named:
            if not each.exists():
                wanted = path if each == private else each
                raise PluginError(
                    f"{component} of plugin {component.plugin} did not write `{wanted}`",
                    hint="`rnngen.testing.exporters` checks the contract; tell the plugin's author",
                )
        _check_new(private.parent, path.parent)
        with saving(path):
            _commit(private.parent, path.parent)
    return [_after(each, private.parent, path.parent) for each in named]


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A path of the same name in a folder of its own beside it, so that nothing stays half."""
    with saving(path):
        check_replaceable(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".export-", dir=path.parent))
    try:
        yield folder / path.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _exported(exporter: Exporter, bundle: Bundle, private: Path, path: Path) -> Any:
    """What an exporter gave; its errors name the path that the user named."""
    try:
        return exporter.export(bundle, private)
    except RnngenError as error:
        error.message = error.message.replace(str(private), str(path))
        error.hint = error.hint and error.hint.replace(str(private.parent), str(path.parent))
        raise


def _named(component: Component, written: Any, private: Path) -> list[Path]:
    """The files that an exporter says it wrote; if it says nothing, what it was told to write."""
    if written is None:
        return [private]
    try:
        listed = [written] if isinstance(written, str | os.PathLike) else list(written)
        return [Path(path) for path in listed] or [private]
    except TypeError:
        raise PluginError(
            f"{component} of plugin {component.plugin} gave {written!r}"[:200]
            + ", expected the files it wrote",
            hint="`rnngen.testing.exporters` checks the contract; tell the plugin's author",
        ) from None


def _check_new(private: Path, folder: Path) -> None:
    """Refuses to mix a folder that was written with anything but an earlier version of it."""
    for entry in private.iterdir():
        target = folder / entry.name
        if not entry.is_dir() or not target.exists():
            continue
        own = {each.name for each in entry.iterdir()}
        if not target.is_dir() or any(each.name not in own for each in target.iterdir()):
            raise UsageError(
                f"`{target}` exists, expected a new folder to write to", hint="name another folder"
            )


def _commit(private: Path, folder: Path) -> None:
    """Moves what was written to where it was asked for; a folder joins one that is there."""
    for entry in sorted(private.iterdir()):
        target = folder / entry.name
        if entry.is_dir() and target.is_dir():
            _commit(entry, target)
        else:
            check_replaceable(target)
            os.replace(entry, target)


def _after(path: Path, private: Path, folder: Path) -> Path:
    """Where a file is now."""
    return folder / path.relative_to(private) if path.is_relative_to(private) else path
