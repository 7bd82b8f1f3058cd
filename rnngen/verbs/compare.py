"""The verb `compare`: runs side by side, by what differs in them and what they reached.

result = rnngen.verbs.compare.compare(["runs/a", "runs/b"], out="runs/compare.png")
result.differing      # {"train.learning_rate": ["0.004", "0.001"]}
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import read_config
from rnngen.bundles.manifest import BUNDLE, CONFIG, read_manifest
from rnngen.bundles.records import is_run, read_metrics, read_record, status
from rnngen.contracts.errors import RnngenError, UsageError
from rnngen.files.verify import verified_file
from rnngen.kernel.blame import attributed
from rnngen.metrics import curves, figures

PICTURE = "compare.png"


@dataclass(frozen=True)
class Summary:
    """One run, in numbers; None where it does not say.

    Args:
        name: how it is called beside the others.
        path: its folder.
        status: `finished`, `running`, `interrupted`, `failed`, `killed`.
        parameters: of the model.
        steps: optimizer steps.
        tokens: tokens read.
        seconds: of training.
        tokens_per_second: the mean of the run.
        best_valid: lowest validation, nats per token.
        best_step: where that was.
        last_valid: the last validation, nats per token.
        config: resolved options by `section.name`.
    """

    name: str
    path: Path
    status: str | None
    parameters: int | None
    steps: int | None
    tokens: int | None
    seconds: float | None
    tokens_per_second: float | None
    best_valid: float | None
    best_step: int | None
    last_valid: float | None
    config: Mapping[str, Any] = field(repr=False)
    curve: curves.Curve = field(repr=False)
    data: str | None
    tokens_of: str | None


@dataclass(frozen=True)
class Comparison:
    """Runs side by side.

    Args:
        runs: those that could be read, in the order given.
        differing: options that are not the same in all of them, one value a run.
        unreadable: the others, with the reason.
        warnings: why numbers must not be compared.
        picture: the learning curves, where they were drawn.
    """

    runs: Sequence[Summary]
    differing: Mapping[str, Sequence[Any]]
    unreadable: Mapping[str, str]
    warnings: Sequence[str]
    picture: Path | None

    @property
    def best(self) -> Summary | None:
        """The run of lowest validation; None where losses can't be compared."""
        reached = [run for run in self.runs if run.best_valid is not None]
        if self.warnings or len(reached) < 2:
            return None
        return min(reached, key=lambda run: run.best_valid or 0.0)


@attributed()
def compare(
    paths: Sequence[str | Path] = (), *, out: str | Path | None = None, draw: bool = True
) -> Comparison:
    """Reads runs and puts them side by side; the same as the command `rnngen compare`.

    Args:
        paths: folders of runs; none: all below `runs/`.
        out: where to draw the learning curves; None: `compare.png` beside the first run.
        draw: whether to draw at all.

    Raises:
        UsageError: there is no run that could be read.
        PluginError: matplotlib is not installed, and the curves were to be drawn.
        RunError: the picture can't be written.
    """
    folders = list({Path(path).resolve(): Path(path) for path in paths}.values()) or _all_runs()
    names = _names(folders)
    runs: list[Summary] = []
    unreadable: dict[str, str] = {}
    for name, folder in zip(names, folders, strict=True):
        try:
            runs.append(summarise(folder, name))
        except RnngenError as error:
            unreadable[str(folder)] = error.message
    if not runs:
        raise UsageError(
            "there is no run to compare"
            + "".join(f"; {reason}" for reason in list(unreadable.values())[:3]),
            hint="name folders of runs, as in `rnngen compare runs/*`",
        )
    curves = {run.name: run.curve for run in runs if run.curve}
    picture = None
    if draw and curves:
        picture = Path(out) if out is not None else runs[0].path.parent / PICTURE
        figures.save_comparison(curves, picture)
    return Comparison(runs, differing(runs), unreadable, incomparable(runs), picture)


def summarise(folder: Path, name: str) -> Summary:
    """One run in numbers.

    Raises:
        UsageError: it is no run.
        BundleError: it is damaged.
    """
    if not is_run(folder):
        what = "is not a run" if folder.exists() else "does not exist"
        raise UsageError(f"`{folder}` {what}")
    manifest = read_manifest(folder) if (folder / BUNDLE).exists() else {}
    record, rows = read_record(folder), read_metrics(folder)
    curve = curves.curve(rows)
    last: Mapping[str, Any] = rows[-1] if rows else {}
    tokens = _number(record.get("tokens", last.get("tokens")))
    seconds = _number(record.get("seconds", last.get("seconds")))
    model = manifest.get("model", {})
    config = folder / CONFIG
    return Summary(
        name=name,
        path=folder,
        status=status(record) if record else None,
        parameters=_integer(model.get("parameters", record.get("parameters"))),
        steps=_integer(record.get("step", last.get("step"))),
        tokens=_integer(tokens),
        seconds=seconds,
        tokens_per_second=tokens / seconds if tokens is not None and seconds else None,
        best_valid=curve.best.loss if curve.best else None,
        best_step=int(curve.best.step) if curve.best else None,
        last_valid=curve.valid[-1].loss if curve.valid else None,
        config=_flat(read_config(config)) if config.exists() else {},
        curve=curve,
        data=_data(manifest, record),
        tokens_of=_codec(folder, manifest),
    )


def differing(runs: Sequence[Summary]) -> dict[str, list[Any]]:
    """Options that are not the same in all runs, by `section.name`; None where one has none."""
    keys = dict.fromkeys(key for run in runs for key in run.config)
    rows = {key: [run.config.get(key) for run in runs] for key in keys}
    return {key: row for key, row in rows.items() if any(value != row[0] for value in row)}


def incomparable(runs: Sequence[Summary]) -> list[str]:
    """Why the losses of these runs can't be compared; empty where they can."""
    warnings = []
    if len({run.data for run in runs}) > 1:
        warnings.append("these runs learned from different data: their losses can't be compared")
    if len({run.tokens_of for run in runs if run.tokens_of}) > 1:
        warnings.append(
            "these runs have different tokens: nats per token can't be compared, bits per "
            "character of `rnngen evaluate` can"
        )
    return warnings


def for_programs(result: Comparison) -> dict[str, Any]:
    """The comparison as JSON."""
    return {
        "runs": [
            {
                **{name: getattr(run, name) for name in NUMBERS},
                "name": run.name,
                "path": str(run.path),
                "data": json.loads(run.data) if run.data else None,
            }
            for run in result.runs
        ],
        "differing": result.differing,
        "unreadable": result.unreadable,
        "warnings": list(result.warnings),
        "best": result.best.name if result.best else None,
        "picture": result.picture and str(result.picture),
    }


NUMBERS = (
    "status",
    "parameters",
    "steps",
    "tokens",
    "seconds",
    "tokens_per_second",
    "best_valid",
    "best_step",
    "last_valid",
)


def _all_runs() -> list[Path]:
    return sorted(path for path in Path("runs").glob("*") if is_run(path))


def _names(folders: Sequence[Path]) -> list[str]:
    """The last part of each path, or the whole of it where two are called the same."""
    last = [folder.resolve().name for folder in folders]
    return [
        name if last.count(name) == 1 else str(folder)
        for name, folder in zip(last, folders, strict=True)
    ]


def _flat(config: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    # Where a run was put is not how it was trained.
    return {
        f"{section}.{name}": _plain(value)
        for section, table in config.items()
        for name, value in table.items()
        if (section, name) != ("fit", "run")
    }


def _plain(value: Any) -> Any:
    """JSON has no dates and no infinity, which TOML has."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    return value if isinstance(value, float) and math.isfinite(value) else str(value)


def _data(manifest: Mapping[str, Any], record: Mapping[str, Any]) -> str | None:
    data = manifest.get("data") or record.get("data")
    fingerprint = data.get("fingerprint") if isinstance(data, dict) else None
    return None if fingerprint is None else json.dumps(fingerprint)


def _codec(folder: Path, manifest: Mapping[str, Any]) -> str | None:
    """What the tokens are, in one text: the digests of the codec's files."""
    if not manifest:
        return None
    names = sorted(manifest["codec"].items())
    for _, name in names:
        verified_file(folder, manifest, name)
    return json.dumps([(logical, manifest["files"][name]["sha256"]) for logical, name in names])


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def _integer(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)
