"""Which trainings a comparison is made of, and how one of them is run, resumed or read."""

from __future__ import annotations

import itertools
import math
import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import load
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.bundles.manifest import BUNDLE
from rnngen.bundles.records import is_run
from rnngen.contracts.errors import BundleError, UsageError
from rnngen.contracts.reporter import Reporter
from rnngen.training.wanted import Wanted
from rnngen.verbs.continual.methods import JOINT, SINGLE, Method
from rnngen.verbs.fit import fit_wanted

SHUFFLING = 3
"""Seed of the random orders: they are the same whatever the seed of the trainings."""


@dataclass(frozen=True)
class Trial:
    """One training.

    Args:
        method: how the tasks are learned.
        seed: of the training.
        number: which order of tasks, counted from 0; 0 too where the order does not matter.
        arrangement: for `fit`: which tasks are learned together, one after the other.
    """

    method: Method
    seed: int
    number: int
    arrangement: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """Name of its folder: `replay+ewc-seed0-order1`, `joint-seed0`, `single3-seed0`."""
        method = self.method.name.replace(":", ".")
        if self.method.in_a_row:
            return f"{method}-seed{self.seed}-order{self.number + 1}"
        task = self.arrangement[0][0] + 1 if self.method.name == SINGLE else ""
        return f"{method}{task}-seed{self.seed}"

    def __str__(self) -> str:
        said = f"{self.method.name}, seed {self.seed}"
        if self.method.in_a_row:
            return f"{said}, order {self.number + 1}"
        return f"{said}, task {self.arrangement[0][0] + 1}" if self.method.name == SINGLE else said


def orders(tasks: int, count: int) -> list[tuple[int, ...]]:
    """This many orders of the tasks: as given, the other way round, then random ones.

    The first ones do not depend on `count`.

    Raises:
        UsageError: there are not that many.
    """
    most = math.factorial(tasks)
    if not 1 <= count <= most:
        raise UsageError(
            f"`--orders` is {count}, but {tasks} tasks have {most} orders",
            hint=f"give a number from 1 to {most}",
        )
    given = tuple(range(tasks))
    found = dict.fromkeys([given, given[::-1]])
    draw = random.Random(SHUFFLING)
    while len(found) < count:
        found[tuple(draw.sample(given, tasks))] = None
    return list(itertools.islice(found, count))


def all_trials(
    methods: Sequence[Method], seeds: Sequence[int], chosen: Sequence[tuple[int, ...]]
) -> list[Trial]:
    """Every training, sorted so that the first table is complete as early as possible."""
    found = []
    tasks = range(len(chosen[0]))
    for seed, (number, order), method in itertools.product(seeds, enumerate(chosen), methods):
        if method.in_a_row:
            found.append(Trial(method, seed, number, tuple((task,) for task in order)))
        elif number == 0 and method.name == JOINT:
            found.append(Trial(method, seed, 0, (tuple(tasks),)))
        elif number == 0:
            found += [Trial(method, seed, 0, ((task,),)) for task in tasks]
    return found


def limits(
    trial: Trial, tasks: int, steps: int | None, epochs: float | None, naive: int | None
) -> dict[str, Any]:
    """The budget of a training, so that no method has more steps or more text than another.

    Args:
        trial: which one.
        tasks: how many there are.
        steps: for the whole row of tasks, shared evenly among them.
        epochs: passes over each task; joint training has as many over all of them.
        naive: steps that fine-tuning took in all; joint training has no more, although its chunks
            may be cut otherwise.
    """
    if steps is not None:
        share = max(steps // tasks, 1)
        steps = share if trial.method.name == SINGLE else share * tasks
    elif trial.method.name == JOINT:
        steps = naive
    return {"steps": steps, "epochs": epochs}


@dataclass(frozen=True)
class Done:
    """A training that was run to its end: its history, and how many parameters were trained."""

    history: Mapping[str, Any]
    parameters: int


def finished(trial: Trial, root: Path) -> Done | None:
    """What a trial left that was run to its end; None where it was not.

    Raises:
        BundleError: what is there is damaged, or another training.
    """
    folder = root / trial.name
    if not (folder / BUNDLE).exists():
        return None
    manifest = load(folder).manifest
    history = manifest.get("history")
    if history is None or manifest.get("seed") != trial.seed:
        raise _other(folder)
    if [tuple(group) for group in history["learned"]] != list(trial.arrangement):
        raise _other(folder)
    if len(history["rows"]) <= len(trial.arrangement):
        return None
    return Done(history, int(manifest["model"]["parameters"]))


def run(trial: Trial, root: Path, wanted: Wanted, reporter: Reporter) -> Done:
    """Runs a trial to its end, from where it was left if it was begun.

    Args:
        trial: which one.
        root: the folder of the comparison.
        wanted: data, options, budget and what all trials share.
        reporter: who is told.

    Raises:
        RnngenError: as `fit`.
    """
    folder = root / trial.name
    if is_run(folder) and load_checkpoint(folder) is not None:
        fit_wanted(Wanted(resume=folder), reporter)
    else:
        # Stopped before anything was learned: there is nothing in it to keep.
        shutil.rmtree(folder, ignore_errors=True)
        own = replace(
            wanted,
            run=folder,
            seed=trial.seed,
            plugins=trial.method.plugins,
            arrangement=trial.arrangement,
        )
        fit_wanted(own, reporter)
    done = finished(trial, root)
    if done is None:
        raise _other(folder)
    return done


def _other(folder: Path) -> BundleError:
    return BundleError(
        f"`{folder}` does not hold the training that it is named after",
        hint="delete it and run the command again",
    )
