"""What a comparison found: the histories of its trainings, and all that is computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rnngen.bundles.run_folder import environment
from rnngen.metrics.task_matrix import TaskMatrix
from rnngen.verbs.continual import scores
from rnngen.verbs.continual.held_out import HeldOut
from rnngen.verbs.continual.methods import JOINT, NAIVE, SINGLE, Method
from rnngen.verbs.continual.scores import Scores, Spread
from rnngen.verbs.continual.settings import Chosen
from rnngen.verbs.continual.trials import Trial

BYTES = 4
"""Bytes per parameter."""


class Histories:
    """The histories of finished trainings, found by method, seed and number of the order."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int], list[tuple[Trial, Mapping[str, Any]]]] = {}

    def add(self, trial: Trial, history: Mapping[str, Any]) -> None:
        """Adds a history; those of single tasks come in the order of the data."""
        key = (trial.method.name, trial.seed, trial.number)
        self._found.setdefault(key, []).append((trial, history))

    def of(self, name: str, seed: int, number: int) -> list[Mapping[str, Any]]:
        """Histories of one training, or of one for each task; joint and single have no order."""
        return [history for _, history in self._at(name, seed, number)]

    def trials(self, method: Method, seed: int, number: int) -> list[Trial]:
        """The trials behind those histories."""
        return [trial for trial, _ in self._at(method.name, seed, number)]

    def _at(self, name: str, seed: int, number: int) -> list[tuple[Trial, Mapping[str, Any]]]:
        number = 0 if name in (JOINT, SINGLE) else number
        return self._found.get((name, seed, number), [])


@dataclass(frozen=True)
class Scored:
    """One value of each number of the table: of a method, with a seed, in an order."""

    seed: int
    number: int
    scores: Scores


@dataclass
class Comparison:
    """Methods on the same tasks.

    Args:
        path: the folder.
        tasks: short names, in the order of the data.
        methods: in the order of the table.
        orders: of the tasks.
        looked: what is known of the tasks without a model, by seed.
        chosen: the settings.
        histories: of the trainings that are done.
        failed: the reason, by method.
        samples: what the final models wrote for each task, by method.
        parameters: of the model.
    """

    path: Path
    tasks: Sequence[str]
    methods: Sequence[Method]
    orders: Sequence[tuple[int, ...]]
    looked: Mapping[int, HeldOut]
    chosen: Chosen
    histories: Histories = field(default_factory=Histories)
    failed: dict[str, str] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)
    parameters: int = 0

    def __post_init__(self) -> None:
        self.failed.update(self.chosen.failed)

    @property
    def prompts(self) -> Sequence[str]:
        """The beginnings that the samples continue, task by task."""
        return next(iter(self.looked.values())).prompts

    @property
    def unit(self) -> str:
        """What a step of the data is called: a vector has no entropy of unigrams."""
        unigram = next(iter(self.looked.values())).unigram
        return "step" if None in unigram else "token"

    def scored(self, method: Method) -> list[Scored]:
        """The numbers of every finished training of a method, beside those of the baselines."""
        found = []
        for seed in self.looked:
            for number in range(len(self.orders) if method.in_a_row else 1):
                own = self._alone(method.name, seed, number)
                naive = self._alone(NAIVE, seed, number)
                joint = self._alone(JOINT, seed, number)
                if own is None:
                    continue
                beside = scores.relative(own, naive, joint) if naive and joint else {}
                found.append(Scored(seed, number, {**own, **beside}))
        return found

    def summary(self, method: Method) -> dict[str, Spread | None]:
        """Mean and deviation of every number over seeds and orders."""
        found = self.scored(method)
        names = dict.fromkeys(name for each in found for name in each.scores)
        return {name: Spread.of(each.scores.get(name) for each in found) for name in names}

    def active(self, method: Method) -> bool | None:
        """Whether a strategy changed anything at all; None of the baselines, and of no training."""
        if method.is_baseline:
            return None
        pairs = [
            (own[0], naive[0])
            for seed in self.looked
            for number in range(len(self.orders))
            if (own := self.histories.of(method.name, seed, number))
            and (naive := self.histories.of(NAIVE, seed, number))
        ]
        return any(scores.differs(*pair) for pair in pairs) if pairs else None

    def matrix(self, method: Method) -> list[list[float]] | None:
        """R of the given order in bits per token, averaged over seeds; None where there is none.

        Rows are: untrained, then what each step of learning came to; columns the tasks in the order
        of the data. Of single models there is a row for each of them.
        """
        found = [stacked for seed in self.looked if (stacked := self._stacked(method, seed, 0))]
        if not found or any(bits is None for rows in found for row in rows for bits in row):
            return None
        return [
            [sum(cells) / len(cells) for cells in zip(*rows, strict=True)]
            for rows in zip(*found, strict=True)
        ]

    def document(self, status: str) -> dict[str, Any]:
        """All of it as JSON; `status` is `running`, `interrupted` or `finished`."""
        return {
            "status": status,
            **environment(),
            "tasks": list(self.tasks),
            "seeds": list(self.looked),
            "orders": [list(order) for order in self.orders],
            "budget": {"steps": self.chosen.steps, "epochs": self.chosen.epochs},
            "unigram_bits": {str(seed): list(each.unigram) for seed, each in self.looked.items()},
            "prompts": list(self.prompts),
            "parameters": self.parameters,
            "methods": {method.name: self._of_method(method) for method in self.methods},
        }

    def _of_method(self, method: Method) -> dict[str, Any]:
        return {
            "plugins": list(method.plugins),
            "options": list(self.chosen.options.get(method.name, ())),
            "failed": self.failed.get(method.name),
            "active": self.active(method),
            "summary": {
                name: None if spread is None else asdict(spread)
                for name, spread in self.summary(method).items()
            },
            "matrix": self.matrix(method),
            "trials": [
                {
                    "seed": each.seed,
                    "order": list(self.orders[each.number]) if method.in_a_row else None,
                    "folders": [
                        trial.name
                        for trial in self.histories.trials(method, each.seed, each.number)
                    ],
                    "histories": self.histories.of(method.name, each.seed, each.number),
                    "matrix": self._stacked(method, each.seed, each.number),
                    "scores": each.scores,
                }
                for each in self.scored(method)
            ],
            "samples": self.samples.get(method.name),
        }

    def _alone(self, name: str, seed: int, number: int) -> Scores | None:
        found = self.histories.of(name, seed, number)
        if len(found) < (len(self.tasks) if name == SINGLE else 1):
            return None
        if name == SINGLE:
            return scores.alone(found, BYTES * self.parameters)
        return scores.in_a_row(found[0], self.looked[seed].unigram)

    def _stacked(self, method: Method, seed: int, number: int) -> list[list[float | None]] | None:
        """Bits per token, `[rows][tasks]`: of one training, or of a single model for each task."""
        histories = self.histories.of(method.name, seed, number)
        if len(histories) < (len(self.tasks) if method.name == SINGLE else 1):
            return None
        first, *others = (TaskMatrix.of(history).bits for history in histories)
        return [list(row) for row in first] + [list(bits[-1]) for bits in others]
