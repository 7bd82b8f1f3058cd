"""The model card: what a run's folder says of itself, on one page.

    show(Path("runs/docs"), Ui())

Everything is read from the folder; the model is not built and torch is not imported.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rnngen.bundles.manifest import BUNDLE, read_manifest
from rnngen.bundles.records import is_run, read_metrics, read_record, status
from rnngen.contracts.errors import BundleError
from rnngen.files.tensors import tensor_shapes
from rnngen.files.verify import verified_file
from rnngen.metrics import curves

PICTURE = "curve.png"


def read(path: Path) -> dict[str, Any]:
    """The card as data: `model`, `data`, `training`, `metrics`, `history`, `sample`,
    `files`; JSON.

    Raises:
        BundleError: there is no run, or its bundle is damaged.
    """
    started = is_run(path) and not (path / BUNDLE).exists()
    manifest = {} if started else read_manifest(path)
    record = read_record(path)
    rows = read_metrics(path)
    card: dict[str, Any] = _json(
        {
            "path": str(path),
            "step": manifest.get("step"),
            "rnngen": manifest.get("rnngen"),
            "created": manifest.get("created"),
            "model": _model(path, manifest),
            "data": {**_mapping(manifest.get("data")), "domain": manifest.get("domain")},
            "components": manifest.get("components", []),
            "training": _training(record, rows),
            "metrics": _metrics(rows, manifest),
            "history": manifest.get("history"),
            "continued": bool(manifest.get("continued")),
            "sample": _sample(path),
            "files": _files(path, manifest),
        }
    )
    return card


def _model(path: Path, manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    if not manifest:
        return None
    shapes = tensor_shapes(path / manifest["weights"])
    parts: dict[str, int] = {}
    for name, (_, shape) in shapes.items():
        part = _part(name)
        parts[part] = parts.get(part, 0) + math.prod(shape)
    return {**manifest["model"], "likelihood": manifest["likelihood"]["name"], "parts": parts}


def _part(name: str) -> str:
    """`cells.0.layer.weight_ih_l0` is of `cell 1`; people count from one."""
    first, _, rest = name.partition(".")
    number = rest.partition(".")[0]
    if number.isdecimal():
        return f"{first.removesuffix('s')} {int(number) + 1}"
    return first


def _training(record: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    rows = list(rows)
    last = rows[-1] if rows else {}
    tokens, seconds = record.get("tokens", last.get("tokens")), None
    seconds = record.get("seconds", last.get("seconds"))
    speed = tokens / seconds if _is_number(tokens) and _is_number(seconds) and seconds else None
    return {
        "status": status(record) if record else None,
        "command": record.get("command"),
        "started": record.get("started"),
        "ended": record.get("ended"),
        "seconds": seconds,
        "steps": record.get("step", last.get("step")),
        "tokens": tokens,
        "tokens_per_second": speed,
        **{
            name: record.get(name)
            for name in ("device", "device_reason", "precision", "threads", "seed", "versions")
        },
    }


def _metrics(rows: Iterable[Mapping[str, Any]], manifest: Mapping[str, Any]) -> dict[str, Any]:
    curve = curves.curve(rows)
    metrics: dict[str, Any] = {"saved": _mapping(manifest.get("metrics"))}
    for name, point in (
        ("best_valid", curve.best),
        ("last_valid", curve.valid[-1] if curve.valid else None),
        ("last_train", curve.train[-1] if curve.train else None),
    ):
        if point is not None:
            metrics[name] = {
                "step": int(point.step),
                "nats_per_token": point.loss,
                "bits_per_token": point.loss / math.log(2),
            }
    return metrics


def _sample(path: Path) -> dict[str, Any] | None:
    samples = sorted(path.glob("samples/step-*.txt"))
    if not samples:
        return None
    try:
        text = samples[-1].read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return {"file": samples[-1].relative_to(path).as_posix(), "text": text}


def _files(path: Path, manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What the bundle names, with whether it still is what was saved."""
    files = {}
    for name, entry in sorted(manifest.get("files", {}).items()):
        state = "whole"
        try:
            verified_file(path, manifest, name)
        except BundleError:
            state = "changed" if (path / name).exists() else "missing"
        files[name] = {"bytes": entry["bytes"], "state": state}
    return files


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json(value: Any) -> Any:
    """JSON has no infinity; what is no number is null there."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    return value
