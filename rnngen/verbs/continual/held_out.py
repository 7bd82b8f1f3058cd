"""What is known of the tasks without any model: their entropies, and how their texts begin."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnngen.contracts.errors import DataError, UsageError
from rnngen.data.cache import Dataset
from rnngen.data.tasks import STANDARD_INPUT, prepare_tasks
from rnngen.kernel.catalog import get_catalog
from rnngen.metrics.baselines import TRAIN_STEPS, VALID_STEPS, unigram_nats

FEWEST = 50
"""Fewest held-out tokens on which a task can be measured."""

MOST = 50
"""Percent of a task that a hint proposes to hold out, at most."""

PROMPT = 40
"""Characters of the held-out text that a sample continues."""

SEARCHED = 400
"""Tokens in which the beginning of a line is looked for."""


@dataclass(frozen=True)
class HeldOut:
    """The tasks of one seed, which chooses what is held out where that are whole documents.

    Args:
        fingerprint: of each task's data.
        train_tokens: to learn, of each task.
        unigram: bits per token of each task's held-out part under the frequencies of its training
            part; the b of forward transfer. None where steps are vectors, which have none.
        prompts: how each held-out part begins; none where steps are not text.
    """

    fingerprint: Sequence[str]
    train_tokens: Sequence[int]
    unigram: Sequence[float | None]
    prompts: Sequence[str]


def check_arguments(data: Sequence[str]) -> None:
    """Rejects data that is not a sequence of tasks.

    Raises:
        UsageError: fewer than two tasks, the same one twice, or standard input.
    """
    if len(data) < 2:
        raise UsageError(
            f"{len(data) or 'no'} task{'' if len(data) == 1 else 's'} named, expected at least 2 "
            "to learn in a row",
            hint="every data argument is a task: `rnngen continual a.txt b.txt`",
        )
    if STANDARD_INPUT in data:
        raise UsageError(
            "standard input can be read only once, but every method learns the same tasks",
            hint="write it to a file, and name that",
        )
    seen: dict[str, str] = {}
    for argument in data:
        place = argument if argument.startswith("corpus:") else os.path.realpath(argument)
        if place in seen:
            also = "" if seen[place] == argument else f" (as `{seen[place]}` too)"
            raise UsageError(
                f"`{argument}` is named twice{also}, but tasks must differ",
                hint="name each task once",
            )
        seen[place] = argument


def look(
    data: Sequence[str],
    domain: str,
    options: Mapping[str, Any],
    seed: int,
    note: Callable[[str], None] = lambda text: None,
) -> HeldOut:
    """Prepares the tasks as every trial will, and measures what needs no model.

    Args:
        data: arguments, one for each task.
        domain: its name.
        options: of the domain.
        seed: of what is held out.
        note: told what takes its time.

    Raises:
        UsageError: something named is not there, or two tasks are the same.
        DataError: a task can't be read, or is too short.
    """
    reader = get_catalog().find("domain", domain).build(**options)
    datasets = prepare_tasks(domain, reader, [[part] for part in data], seed=seed, note=note)
    for argument, dataset in zip(data, datasets, strict=True):
        _check_length(argument, dataset, domain)
    fingerprint = [dataset.fingerprint for dataset in datasets]
    for second, content in enumerate(fingerprint):
        first = fingerprint.index(content)
        if first < second:
            raise UsageError(
                f"`{data[first]}` and `{data[second]}` hold the same, but tasks must differ",
                hint="name each task once",
            )
    return HeldOut(
        fingerprint=fingerprint,
        train_tokens=[dataset.train.targets for dataset in datasets],
        unigram=[_unigram_bits(dataset) for dataset in datasets],
        prompts=[_prompt(dataset) for dataset in datasets if dataset.codec.spells_text],
    )


def names(data: Sequence[str]) -> list[str]:
    """Short names of the tasks: of files the last part without its ending, where that is enough."""
    short = [
        part.removeprefix("corpus:") if part.startswith("corpus:") else Path(part).stem or part
        for part in data
    ]
    return [
        name if short.count(name) == 1 else part for name, part in zip(short, data, strict=True)
    ]


def _check_length(argument: str, dataset: Dataset, domain: str) -> None:
    held_out = 0 if dataset.valid is None else dataset.valid.targets
    tokens = not dataset.codec.step_shape
    what = "text" if tokens else "data"
    fewest = FEWEST if tokens else 1
    if held_out >= fewest:
        return
    share = math.ceil(100 * (fewest + 1) / max(held_out + dataset.train.targets, 1))
    more = (
        f"hold out more with `-o {domain}.valid={share / 100:g}`, "
        if share <= MOST and dataset.valid is not None
        else ""
    )
    raise DataError(
        f"task `{argument}` has {held_out} {'tokens' if tokens else 'steps'} held out, expected at "
        f"least {fewest} to measure it on",
        hint=f"give it more {what}, {more}or leave it out",
    )


def _unigram_bits(dataset: Dataset) -> float | None:
    """With the same counts as the baseline of `rnngen evaluate`."""
    assert dataset.valid is not None
    if dataset.codec.step_shape:
        return None
    train = dataset.train.steps[-TRAIN_STEPS:]
    valid = dataset.valid.steps[1:][:VALID_STEPS]
    nats = unigram_nats(train.astype("int64"), valid.astype("int64"), dataset.codec.size)
    return float(nats.mean()) / math.log(2)


def _prompt(dataset: Dataset) -> str:
    """The beginning of the first whole line that is held out, for samples to continue."""
    assert dataset.valid is not None
    text = dataset.codec.decode(dataset.valid.steps[1:SEARCHED])
    _, _, later = text.partition("\n")
    return (later.lstrip("\n") or text)[:PROMPT]
