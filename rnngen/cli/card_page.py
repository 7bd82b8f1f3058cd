"""The model card as a page."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.bundles.rebuild import missing
from rnngen.bundles.records import CONTROL, newest
from rnngen.cli.layout import cells, laid_out, wrapped
from rnngen.cli.task_table import before_and_after
from rnngen.contracts.errors import PluginError, RunError
from rnngen.contracts.steps import loss_unit
from rnngen.files.json import is_number
from rnngen.kernel.core_options import DROPOUTS
from rnngen.metrics import figures, text_chart
from rnngen.metrics.shown import fixed
from rnngen.verbs.card import Card, FileState, ModelFacts, Training, as_json, read
from rnngen.verbs.kept import sentence

if TYPE_CHECKING:
    from rnngen.cli.ui import Ui


PICTURE = "curve.png"


SAMPLE_LINES = 8


MARGIN = 12


def show(path: Path | None, ui: Ui, json: bool = False) -> None:
    """Writes the model card of a run to stdout, and its learning curve to `curve.png`.

    Args:
        path: the run; None for the newest below `runs/`.
        ui: where to write.
        json: as JSON, for programs.

    Raises:
        BundleError: it is not a run, or is damaged.
        UsageError: no path, and no run.
    """
    card = read(newest() if path is None else path)
    picture = _draw(card, ui)
    for name, file in card.files.items():
        if file.state != "whole":
            ui.warn(f"`{card.path / name}` is {file.state} since it was saved")
    for error in missing(card.manifest) if card.manifest else ():
        ui.warn(f"{error.message}; {error.hint}")
    if json:
        ui.json({**as_json(card), "curve": picture and str(picture)})
        return
    narrow = ui.width() if sys.stdout.isatty() else None
    ui.write(as_text(card, text_chart.can_draw_unicode(sys.stdout), narrow))
    if picture is not None:
        ui.note(f"learning curve drawn in {picture}")


def _draw(card: Card, ui: Ui) -> Path | None:
    if len(card.curve.train) + len(card.curve.valid) < 2:
        return None
    try:
        figures.save_curve(card.curve, card.path / PICTURE, card.path.name)
    except PluginError as error:
        ui.note(f"no picture of the learning curve: {error.hint} draws {PICTURE}")
        return None
    except RunError as error:
        ui.warn(error.message)
        return None
    return card.path / PICTURE


def as_text(card: Card, unicode: bool, narrow: int | None = None) -> str:
    """The card as a page of text.

    Args:
        card: what it says.
        unicode: whether the chart may use more than ASCII.
        narrow: columns of the terminal, so that lines break between words; None: they don't.
    """
    saved = f"the model of step {card.manifest.step:,}" if card.manifest else "no model saved yet"
    blocks = [
        f"{card.path}: {saved}\n",
        _block("model", _model_lines(card.model), narrow),
        _block("data", _data_lines(card), narrow),
        _block("training", _training_lines(card.training, card.steps_are), narrow),
        _block("metrics", _metric_lines(card), narrow),
        _block("tasks", _task_lines(card, narrow)),
    ]
    width = min(shutil.get_terminal_size((80, 24)).columns, 100)
    if card.curve and width >= text_chart.NARROWEST:
        blocks.append(text_chart.text_chart(card.curve, width, unicode=unicode))
    if card.sample:
        lines = card.sample.text.strip("\n").split("\n")
        cut = [*lines[:SAMPLE_LINES], "..."] if len(lines) > SAMPLE_LINES else lines
        text = "".join(f"    {line}\n" for line in cut)
        blocks.append(f"{card.sample.file}\n{text}")
    blocks.append(_block("files", _file_lines(card.files), narrow))
    # A sample, or a bundle of somebody else, must not command the terminal.
    return CONTROL.sub("", "\n".join(block for block in blocks if block))


def _block(title: str, lines: Iterable[str], narrow: int | None = None) -> str:
    """Lines beside their title; on a narrow terminal below it."""
    lines = [line for line in lines if line]
    if narrow is not None and any(MARGIN + cells(line) > narrow for line in lines):
        margin = MARGIN if narrow >= 4 * MARGIN else 2
        broken = [part for line in lines for part in wrapped(line, narrow - margin)]
        if margin < MARGIN:
            return f"{title}\n" + "".join(f"{'':<{margin}}{line}\n" for line in broken)
        lines = broken
    heads = [title, *[""] * (len(lines) - 1)] if lines else []
    return "".join(f"{head:<{MARGIN}}{line}\n" for head, line in zip(heads, lines, strict=False))


def _model_lines(facts: ModelFacts | None) -> list[str]:
    if facts is None:
        return ["none; the run is still going, or ended before its first validation"]
    model = facts.description
    extras = [name for name in ("residual", "layer_norm", "tied") if model.get(name)]
    for name in DROPOUTS:
        if model.get(name):
            extras.append(f"{name.replace('_', ' ')} {model[name]}")
    options = [f"{name} {value}" for name, value in _mapping(model.get("cell_options")).items()]
    parts = [f"{part} {count:,}" for part, count in facts.parts.items()]
    return [
        f"{model.get('layers')} x {model.get('hidden')} {model.get('cell')}, "
        f"{_count(model.get('parameters'))} parameters, " + _steps(facts),
        ", ".join([*extras, *options]),
        " + ".join(parts),
    ]


def _steps(facts: ModelFacts) -> str:
    if facts.likelihood == "categorical":
        return f"{_count(facts.description.get('size'))} different {facts.steps_are}"
    return f"steps of likelihood {facts.likelihood}"


def _data_lines(card: Card) -> list[str]:
    data, domain = card.data, card.manifest and card.manifest.domain
    options = ", ".join(f"{k} {v}" for k, v in domain.options.items()) if domain else ""
    tokens, steps = data.get("train_tokens"), card.steps_are
    valid, fingerprint = data.get("valid_tokens"), data.get("fingerprint")
    held_out = "" if valid is None else f", {_count(valid)} held out"
    marks = fingerprint if isinstance(fingerprint, list) else [fingerprint]
    return [
        ", ".join(_source(source) for source in _flat(data.get("sources"))),
        f"{domain.name}: {options}" if domain else "",
        f"{_count(tokens)} {steps} to learn{held_out}" if tokens else "",
        sentence(card.manifest) if card.manifest else "",
        "fingerprint " + " ".join(str(mark)[:16] for mark in marks) if fingerprint else "",
    ]


def _training_lines(training: Training, steps_are: str) -> list[str]:
    command, at = training.command, training.place
    device, versions = at["device"], _mapping(at["versions"])
    times = [
        _named("started", _time(training.started)),
        _named(training.status, _time(training.ended) or " "),
    ]
    speed = training.tokens_per_second
    amounts = [
        f"{_count(training.steps)} steps" if training.steps is not None else "",
        f"{_count(training.tokens)} {steps_are}" if training.tokens is not None else "",
        f"{fixed(training.seconds, 1, grouped=True)} s" if is_number(training.seconds) else "",
        f"{fixed(speed, 0, grouped=True)} {steps_are}/s" if speed else "",
    ]
    place = [
        f"{device} ({at['device_reason']})" if device else "",
        at["precision"],
        f"{at['threads']} threads" if at["threads"] else "",
        _named("seed", at["seed"]),
    ]
    return [
        shlex.join(str(part) for part in command) if isinstance(command, list) else "",
        ", ".join(part.strip() for part in times if part),
        ", ".join(part for part in amounts if part),
        ", ".join(str(part) for part in place if part),
        ", ".join(f"{name} {number}" for name, number in versions.items() if number),
    ]


def _metric_lines(card: Card) -> list[str]:
    vectors = card.model is not None and card.model.likelihood != "categorical"
    unit = loss_unit(card.steps_are, vectors)
    return [
        f"{name.replace('_', ' ')} {fixed(found.nats_per_token, 4)} {unit} "
        f"({fixed(found.bits_per_token, 4)} {unit.replace('nats', 'bits')}) at step {found.step:,}"
        for name, found in card.measured.items()
    ] or ["none yet"]


def _task_lines(card: Card, narrow: int | None) -> list[str]:
    """What was learned and forgotten of each task, as a table."""
    if card.manifest is None or card.history is None or len(card.history["rows"]) < 2:
        return []
    columns, rows = before_and_after(card.history, continued=bool(card.manifest.continued))
    found = laid_out(columns, rows, width=narrow and narrow - MARGIN)
    return [*([] if found.heading is None else [found.heading]), *found.lines]


def _file_lines(files: Mapping[str, FileState]) -> list[str]:
    # A long run has many samples; their names say nothing.
    shown = {name: file for name, file in files.items() if not name.startswith("samples/")}
    samples = [file for name, file in files.items() if name.startswith("samples/")]
    rows = [(name, file.bytes, file.state) for name, file in shown.items()]
    if samples:
        changed = sum(file.state != "whole" for file in samples)
        state = f"{changed} changed" if changed else "whole"
        rows.append((f"samples/ ({len(samples)})", sum(file.bytes for file in samples), state))
    width = max((len(name) for name, _, _ in rows), default=0)
    return [
        f"{name:<{width}}  {_bytes(size):>9}" + ("" if state == "whole" else f"  {state}!")
        for name, size, state in rows
    ]


def _source(source: Any) -> str:
    if isinstance(source, Mapping):
        size = source.get("bytes")
        return f"{source.get('name')}" + (f" ({_bytes(size)})" if isinstance(size, int) else "")
    return str(source)


def _flat(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [part for each in value for part in _flat(each)]
    return [] if value is None else [value]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _named(name: Any, value: Any) -> str:
    return "" if name is None or value is None else f"{name} {value}"


def _time(value: Any) -> str | None:
    return str(value).replace("T", " ").replace("+00:00", " UTC") if value else None


def _count(value: Any) -> str:
    return f"{value:,}" if is_number(value) else "?"


def _bytes(size: float) -> str:
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}"
    return f"{size:.0f} bytes"
