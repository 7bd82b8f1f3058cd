"""`bundle.json`: its schema, read once into a typed value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnngen.contracts.errors import BundleError
from rnngen.files import schema
from rnngen.files.json import _restored
from rnngen.files.verify import inside, named_file, read_index

BUNDLE = "bundle.json"


CHECKPOINT = "checkpoint.json"


CONFIG = "config.toml"


KIND = "rnngen bundle"


COMPONENT = {"name": str, "options": schema.Maybe(dict)}


HISTORY = {
    "tasks": schema.Each(str, list),
    "learned": schema.Each(schema.Each(int, list), list),
    "rows": schema.Each(
        {
            "learned": schema.Maybe(int),
            "nats": schema.Each(schema.Maybe(float), list),
            "steps": int,
            "tokens": int,
            "seconds": float,
            "after_switch": schema.Maybe(float),
            "recovered": schema.Maybe(int),
            "memory_bytes": int,
            "memory_tokens": int,
        },
        list,
    ),
}
"""How a run of several tasks went; see `rnngen.metrics.task_history`."""


SCHEMA = {
    "model": dict,
    "domain": COMPONENT,
    "likelihood": COMPONENT,
    "components": schema.Each(
        {"kind": str, "name": str, "plugin": schema.Maybe(str), "distribution": schema.Maybe(str)},
        list,
    ),
    "metrics": schema.Maybe(dict),
    "data": schema.Maybe(dict),
    "weights": str,
    "codec": schema.Each(str),
    "strategy": schema.Maybe(dict),
    "strategy_tensors": schema.Maybe(str),
    "history": schema.Maybe(HISTORY),
    "rnngen": schema.Maybe(str),
    "created": schema.Maybe(str),
}


def read_manifest(folder: Path) -> dict[str, Any]:
    """`bundle.json`, checked for its form and for the files it names.

    Raises:
        BundleError: what is wrong with it.
    """
    if not folder.is_dir():
        raise BundleError(
            f"`{folder}` is not a bundle: " + ("it is a file" if folder.exists() else "not found"),
            hint="a bundle is the folder that `rnngen fit` makes, for example `runs/NAME`",
        )
    if not (folder / BUNDLE).exists():
        hint = "a bundle is the folder that `rnngen fit` makes, for example `runs/NAME`"
        if (folder / "run.json").exists() or (folder / CHECKPOINT).exists():
            hint = f"it has no model yet; continue it with `rnngen fit --resume {folder}`"
        raise BundleError(f"`{folder}` is not a bundle: it has no `{BUNDLE}`", hint=hint)
    manifest = read_index(folder, BUNDLE, KIND)
    where = folder / BUNDLE
    schema.check(manifest, SCHEMA, f"`{where}`:")
    try:
        manifest = _restored(manifest, where)
    except RecursionError:
        raise BundleError(f"`{where}` is nested too deeply") from None
    for name in manifest["files"]:
        inside(folder, name)
    for name in _needed(manifest):
        named_file(folder, manifest, name)
    return dict(manifest)


def _needed(manifest: Mapping[str, Any]) -> set[str]:
    """The files without which the model can't be used."""
    tensors = manifest.get("strategy_tensors")
    return {manifest["weights"], *manifest["codec"].values(), *([tensors] if tensors else [])}
