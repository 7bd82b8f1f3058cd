"""The verb `compare`: runs side by side, by what differs in them and what they reached.

result = compare(["runs/a", "runs/b"], out="runs/compare.png")
result.differing      # {"train.learning_rate": [0.004, 0.001]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rnngen.bundles import manifest
from rnngen.bundles.manifest import BUNDLE, CONFIG, Manifest
from rnngen.bundles.records import is_run, read_config, read_metrics, read_record, status
from rnngen.contracts.errors import BundleError, RnngenError, UsageError
from rnngen.files.json import TEXT, is_number, plain
from rnngen.kernel.blame import attributed
from rnngen.metrics import curves, figures
from rnngen.verbs.card import steps_are

PICTURE = "compare.png"


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What a run reached; None where it does not say.

    Args:
        status: `finished`, `running`, `interrupted`, `failed`, `killed`.
        parameters: of the model.
        steps: optimizer steps.
        tokens: tokens read.
        seconds: of training.
        tokens_per_second: the mean of the run.
        best_valid: lowest validation, nats per token.
        best_step: where that was.
        last_valid: the last validation, nats per token.
        steps_are: what the steps of the data are called.
    """

    status: str | None
    parameters: int | None
    steps: int | None
    tokens: int | None
    seconds: float | None
    tokens_per_second: float | None
    best_valid: float | None
    best_step: int | None
    last_valid: float | None
    steps_are: str


@dataclass(frozen=True, kw_only=True)
class Summary(Numbers):
    """One run, with what it reached.

    Args:
        name: what it is called in the comparison.
        path: its folder.
        config: resolved options by `section.name`, as JSON.
        curve: of learning.
        data: fingerprint of what it learned from; None where it does not say.
        tokens_of: names and checksums of the codec's files: equal where tokens are.
    """

    name: str
    path: Path
    config: Mapping[str, Any] = field(repr=False)
    curve: curves.Curve = field(repr=False)
    data: Any
    tokens_of: Sequence[tuple[str, str]] | None


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
        UsageError: there is no run that could be read, or `out` does not end in `.png`.
        PluginError: matplotlib is not installed, and the curves were to be drawn.
        RunError: the picture can't be written.
    """
    if out is not None and Path(out).suffix.lower() != ".png":
        raise UsageError(
            f"the picture `{out}` is a PNG, but its name does not end in `.png`",
            hint=f"write `--out {Path(out).stem or 'curves'}.png`",
        )
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
        UsageError: it is not a run.
        BundleError: it is damaged.
    """
    if not is_run(folder):
        what = "is not a run" if folder.exists() else "does not exist"
        raise UsageError(f"`{folder}` {what}")
    found = manifest.read(folder) if (folder / BUNDLE).exists() else None
    record, rows = read_record(folder), read_metrics(folder)
    curve, config = curves.curve(rows), folder / CONFIG
    return Summary(
        name=name,
        path=folder,
        **vars(_numbers(found, record, rows[-1] if rows else {}, curve)),
        config=_flat(read_config(config), config) if config.exists() else {},
        curve=curve,
        data=_data(found, record),
        tokens_of=None if found is None else _codec(found),
    )


def _numbers(
    found: Manifest | None,
    record: Mapping[str, Any],
    last: Mapping[str, Any],
    curve: curves.Curve,
) -> Numbers:
    tokens = _number(record.get("tokens", last.get("tokens")))
    seconds = _number(record.get("seconds", last.get("seconds")))
    model = found.model if found else {}
    return Numbers(
        status=status(record) if record else None,
        parameters=_integer(model.get("parameters", record.get("parameters"))),
        steps=_integer(record.get("step", last.get("step"))),
        tokens=_integer(tokens),
        seconds=seconds,
        tokens_per_second=tokens / seconds if tokens is not None and seconds else None,
        best_valid=curve.best.loss if curve.best else None,
        best_step=int(curve.best.step) if curve.best else None,
        last_valid=curve.valid[-1].loss if curve.valid else None,
        steps_are=steps_are(found.data) if found else "tokens",
    )


def differing(runs: Sequence[Summary]) -> dict[str, list[Any]]:
    """Options that are not the same in all runs, by `section.name`; None where one has none."""
    keys = dict.fromkeys(key for run in runs for key in run.config)
    rows = {key: [run.config.get(key) for run in runs] for key in keys}
    return {key: row for key, row in rows.items() if any(value != row[0] for value in row)}


def incomparable(runs: Sequence[Summary]) -> list[str]:
    """Why the losses of these runs can't be compared; empty where they can be."""
    warnings = []
    if any(run.data != runs[0].data for run in runs):
        warnings.append("these runs learned from different data: their losses can't be compared")
    tokens = [run.tokens_of for run in runs if run.tokens_of]
    if any(one != tokens[0] for one in tokens):
        warnings.append(
            "these runs have different tokens: nats per token can't be compared, bits per "
            "character of `rnngen evaluate` can"
        )
    return warnings


def as_json(result: Comparison) -> dict[str, Any]:
    """The comparison as JSON."""
    return {
        "runs": [
            {
                **{number.name: getattr(run, number.name) for number in fields(Numbers)},
                "name": run.name,
                "path": str(run.path),
                "data": run.data or None,
            }
            for run in result.runs
        ],
        "differing": result.differing,
        "unreadable": result.unreadable,
        "warnings": list(result.warnings),
        "best": result.best.name if result.best else None,
        "picture": result.picture and str(result.picture),
    }


def _all_runs() -> list[Path]:
    return sorted(path for path in Path("runs").glob("*") if is_run(path))


def _names(folders: Sequence[Path]) -> list[str]:
    """The last part of each path, or the whole of it where two are called the same."""
    last = [folder.resolve().name for folder in folders]
    return [
        name if last.count(name) == 1 else str(folder)
        for name, folder in zip(last, folders, strict=True)
    ]


def _flat(config: Mapping[str, Mapping[str, Any]], path: Path) -> dict[str, Any]:
    """Options by `section.name`, with TOML's dates and infinities as JSON has them."""
    # Where a run was put is not how it was trained.
    try:
        return {
            f"{section}.{name}": plain(value, TEXT)
            for section, table in config.items()
            for name, value in table.items()
            if (section, name) != ("fit", "run")
        }
    except RecursionError:
        raise BundleError(
            f"`{path}` is nested too deeply to be read", hint="use an earlier copy of the folder"
        ) from None


def _data(found: Manifest | None, record: Mapping[str, Any]) -> Any:
    data = (found.data if found else None) or record.get("data")
    return data.get("fingerprint") if isinstance(data, Mapping) else None


def _codec(found: Manifest) -> list[tuple[str, str]]:
    """What the tokens are: the names and checksums of the codec's files, verified."""
    names = sorted(found.codec.items())
    for _, name in names:
        found.verified(name)
    return [(logical, found.files[name].sha256) for logical, name in names]


def _number(value: Any) -> float | None:
    return value if is_number(value) else None


def _integer(value: Any) -> int | None:
    return int(value) if is_number(value) else None
