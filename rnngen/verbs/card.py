"""The facts of a model card, read from a run's folder.

    card = read(Path("runs/docs"))
    card.model.parts          # {"cell 1": 216, "embedding": 20}

Everything is read from the folder; the model is not built and torch is not imported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rnngen.bundles import manifest
from rnngen.bundles.manifest import BUNDLE, Manifest
from rnngen.bundles.records import is_run, read_metrics, read_record, status
from rnngen.contracts.errors import BundleError
from rnngen.files.json import NULL, is_number, plain
from rnngen.files.regular import open_regular
from rnngen.files.tensors import tensor_shapes
from rnngen.metrics import curves
from rnngen.metrics.curves import Curve

PLACE = ("device", "device_reason", "precision", "threads", "seed", "versions")
"""What `run.json` says of where a run was trained."""

SHOWN = 2**20
"""Bytes of a sample that are read."""


@dataclass(frozen=True)
class ModelFacts:
    """The model.

    Args:
        description: what it was built from; see `Model.describe`.
        likelihood: by name.
        steps_are: what its steps are called, several of them.
        parts: parameters of each part.
    """

    description: Mapping[str, Any]
    likelihood: str
    steps_are: str
    parts: Mapping[str, int]


@dataclass(frozen=True)
class Training:
    """How the run went; None where its record does not say.

    Args:
        status: `finished`, `running`, `interrupted`, `failed`, `killed`.
        command: the command line.
        started: when, ISO 8601.
        ended: when.
        seconds: of training.
        steps: optimizer steps.
        tokens: that were read.
        tokens_per_second: the mean of the run.
        place: `device`, `device_reason`, `precision`, `threads`, `seed` and `versions`.
    """

    status: str | None
    command: Any
    started: Any
    ended: Any
    seconds: Any
    steps: Any
    tokens: Any
    tokens_per_second: float | None
    place: Mapping[str, Any]


@dataclass(frozen=True)
class Measured:
    """A loss, and the step at which it was measured."""

    step: int
    nats_per_token: float
    bits_per_token: float


@dataclass(frozen=True)
class Sample:
    """What the model wrote during training: the file, by its name in the folder, and its text."""

    file: str
    text: str


@dataclass(frozen=True)
class FileState:
    """A file that the bundle names: its size, and whether it is `whole`, `changed`, `missing`."""

    bytes: int
    state: str


@dataclass(frozen=True)
class Card:
    """All facts of a model card.

    Args:
        path: the folder.
        manifest: what its bundle says; None where no model was saved yet.
        model: None where no model was saved yet.
        training: how it went.
        saved: metrics that were saved with the model.
        measured: `best_valid`, `last_valid` and `last_train`, as far as they were measured.
        sample: the last one.
        files: that the bundle names.
        curve: of learning.
    """

    path: Path
    manifest: Manifest | None
    model: ModelFacts | None
    training: Training
    saved: Mapping[str, Any]
    measured: Mapping[str, Measured]
    sample: Sample | None
    files: Mapping[str, FileState]
    curve: Curve = field(repr=False)

    @property
    def steps_are(self) -> str:
        """What the steps of the model are called; a bundle of 0.1.0 does not say."""
        return steps_are(self.data)

    @property
    def data(self) -> Mapping[str, Any]:
        """What the bundle says of the data it was trained on."""
        return self.manifest.data if self.manifest else {}

    @property
    def history(self) -> Mapping[str, Any] | None:
        """How each task was done after each of them; None where the run did not measure that."""
        return self.manifest.history if self.manifest else None


def read(path: Path) -> Card:
    """The card of a run.

    Raises:
        BundleError: there is no run, or its bundle is damaged.
    """
    started = is_run(path) and not (path / BUNDLE).exists()
    found = None if started else manifest.read(path)
    rows = read_metrics(path)
    curve = curves.curve(rows)
    return Card(
        path=path,
        manifest=found,
        model=None if found is None else _model(found),
        training=_training(read_record(path), rows),
        saved={} if found is None else found.metrics,
        measured=_measured(curve),
        sample=_sample(path),
        files={} if found is None else _files(found),
        curve=curve,
    )


def as_json(card: Card) -> dict[str, Any]:
    """The card as JSON, where infinities and NaN are null."""
    said: Mapping[str, Any] = card.manifest or {}
    model, training = card.model, asdict(card.training)
    place = training.pop("place")
    document = {
        "path": str(card.path),
        **{name: said.get(name) for name in ("step", "rnngen", "created")},
        "model": model
        and {**model.description, "likelihood": model.likelihood, "parts": model.parts},
        "data": {**card.data, "domain": said.get("domain")},
        "components": said.get("components", []),
        "training": {**training, **place},
        "metrics": {
            "saved": card.saved,
            **{name: asdict(found) for name, found in card.measured.items()},
        },
        "history": card.history,
        "kept": card.manifest
        and {name: asdict(kept) for name, kept in card.manifest.kept_by_strategies().items()},
        "left_out": card.manifest.left_out if card.manifest else [],
        "continued": bool(said.get("continued")),
        "sample": card.sample and asdict(card.sample),
        "files": {name: asdict(file) for name, file in card.files.items()},
    }
    result: dict[str, Any] = plain(document, NULL)
    return result


def _model(found: Manifest) -> ModelFacts:
    parts: dict[str, int] = {}
    for name, (_, shape) in tensor_shapes(found.path(found.weights)).items():
        part = _part(name)
        parts[part] = parts.get(part, 0) + math.prod(shape)
    return ModelFacts(found.model, found.likelihood.name, steps_are(found.data), parts)


def steps_are(data: Mapping[str, Any]) -> str:
    """What steps are called, by what a bundle says of its data."""
    said = data.get("steps_are")
    return said if isinstance(said, str) else "tokens"


def _part(name: str) -> str:
    """`cells.0.layer.weight_ih_l0` is of `cell 1`; people count from one."""
    first, _, rest = name.partition(".")
    number = rest.partition(".")[0]
    if number.isdecimal():
        return f"{first.removesuffix('s')} {int(number) + 1}"
    return first


def _training(record: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Training:
    last = rows[-1] if rows else {}
    tokens = record.get("tokens", last.get("tokens"))
    seconds = record.get("seconds", last.get("seconds"))
    timed = is_number(tokens) and is_number(seconds) and seconds
    return Training(
        status=status(record) if record else None,
        command=record.get("command"),
        started=record.get("started"),
        ended=record.get("ended"),
        seconds=seconds,
        steps=record.get("step", last.get("step")),
        tokens=tokens,
        tokens_per_second=tokens / seconds if timed else None,
        place={name: record.get(name) for name in PLACE},
    )


def _measured(curve: Curve) -> dict[str, Measured]:
    points = {
        "best_valid": curve.best,
        "last_valid": curve.valid[-1] if curve.valid else None,
        "last_train": curve.train[-1] if curve.train else None,
    }
    return {
        name: Measured(int(point.step), point.loss, point.loss / math.log(2))
        for name, point in points.items()
        if point is not None
    }


def _sample(path: Path) -> Sample | None:
    samples = sorted(path.glob("samples/step-*.txt"))
    if not samples:
        return None
    try:
        with open_regular(samples[-1]) as file:
            text = file.read(SHOWN).decode("utf-8", "replace")
    except (OSError, BundleError):
        return None
    return Sample(samples[-1].relative_to(path).as_posix(), text)


def _files(found: Manifest) -> dict[str, FileState]:
    """What the bundle names, with whether it still is what was saved."""
    files = {}
    for name, entry in sorted(found.files.items()):
        state = "whole"
        try:
            found.verified(name)
        except BundleError:
            state = "changed" if (found.folder / name).exists() else "missing"
        files[name] = FileState(entry.bytes, state)
    return files
