"""Writing sequences step by step, for decoders that choose one step after another.

A prompt that all share is read once, in blocks if it is long. Otherwise the common beginning is
read step by step and its state shared; sequences whose prompt continues are fed the rest of it
while the others already write (`each_prompt` keeps long prompts apart). Choosing happens on the
processor, whatever the model runs on: sums come out the same there for any number of rows (the
engine sees to the same in the model), so that a sequence does not depend on the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, takewhile
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnngen.contracts.decoder import Emission, Request
from rnngen.contracts.draws import LARGEST_SEED, Draws
from rnngen.contracts.engine import STEPPED, Engine, State
from rnngen.contracts.errors import RunError, UsageError
from rnngen.contracts.likelihood import Likelihood


class Chooser(Protocol):
    """Chooses the next step of every row; may remember earlier steps."""

    def choose(self, output: Tensor, uniform: NDArray[np.float64]) -> Tensor:
        """Steps `[B]` int64 or `[B,D]`, for `output [B,K]` and uniform numbers for each row.

        Of those there are as many as the likelihood's `uniforms`: `[B]`, or `[B,n]` for more.
        """

    def read(self, steps: Tensor) -> None:
        """Every row's next step, `[B]` or `[B,D]`: of its prompt, or the one chosen."""

    def keep(self, rows: Tensor) -> None:
        """Keeps these rows, `[B']`, in this order."""


def roll_out(engine: Engine, request: Request, chooser: Chooser) -> Iterator[Emission]:
    """Emissions of all rows, step by step.

    Raises:
        UsageError: a prompt is empty or has a step that does not exist, or every step is forbidden.
        RunError: the model's output is not a number.
    """
    likelihood = engine.likelihood
    check(request, engine.size, likelihood.step_shape)
    if not request.prompts or request.length < 1:
        return
    with torch.inference_mode():
        output, state, rests = _begin(engine, request.prompts, chooser)
    waits = [len(rest) for rest in rests]
    longest = max(waits)
    total = longest + request.length
    rows = list(range(len(request.prompts)))
    sequences = [request.first + row for row in rows]
    draws = Draws(request.seed, sequences, waits, total, likelihood.uniforms)
    ending = _Ending(request)
    over: set[int] = set()
    for time in range(total):
        with torch.inference_mode():
            steps = chooser.choose(output, draws.at(time))
            if time < longest:
                for place, row in enumerate(rows):
                    if time < waits[row]:
                        steps[place] = torch.as_tensor(rests[row][time])
            logs = log_probabilities(output, steps, likelihood)
            drawn = steps.tolist() if steps.dim() == 1 else list(map(tuple, steps.tolist()))
        for place, (row, step, log) in enumerate(zip(rows, drawn, logs, strict=True)):
            if time < waits[row] or row in over:
                continue
            if step in request.ends:
                over.add(row)
                if request.tell_end:
                    whole = ending.log(output[place], log)
                    yield Emission(row, step, whole, end=True)
                continue
            yield Emission(row, step, log)
            if request.stop is not None and request.stop(row, step):
                over.add(row)
        if time + 1 >= request.length:
            over.update(row for row in rows if time + 1 >= waits[row] + request.length)
        alive = [place for place, row in enumerate(rows) if row not in over]
        if not alive:
            return
        with torch.inference_mode():
            chooser.read(steps)
            output, state = engine.step(steps, state)
            output = output.float().cpu()
            # Few at a time, so that the engine sees few different numbers of rows.
            if 2 * len(alive) <= len(rows):
                chosen = torch.tensor(alive)
                output, state = output[chosen], engine.select(state, chosen)
                chooser.keep(chosen)
                draws.keep(alive)
                rows = [rows[place] for place in alive]


def each_prompt(
    request: Request, decode: Callable[[Request], Iterator[Emission]]
) -> Iterator[Emission]:
    """Emissions of all rows, where `decode` writes rows whose prompts may be read together.

    A long prompt is read in blocks, which rounds differently from steps. So that a sequence does
    not depend on the others, it is never written beside one with another prompt.
    """
    prompts = request.prompts
    if not prompts or all(prompt is prompts[0] for prompt in prompts):
        yield from decode(request)
        return
    long = [tuple(prompt) if len(prompt) > STEPPED else None for prompt in prompts]
    for _, group in groupby(range(len(prompts)), key=lambda row: long[row]):
        rows = list(group)
        for part in decode(rows_of(request, rows[0], rows[-1] + 1)):
            yield replace(part, row=part.row + rows[0])


def rows_of(request: Request, start: int, stop: int) -> Request:
    """The request for the rows `start` to `stop` alone, which are the same sequences there."""
    stop_row = request.stop
    return replace(
        request,
        prompts=request.prompts[start:stop],
        first=request.first + start,
        stop=None if stop_row is None else lambda row, step: stop_row(row + start, step),
    )


class _Ending:
    """The log-probability of ending a sequence: whichever of several ends is drawn, it ends."""

    def __init__(self, request: Request) -> None:
        ends = request.ends - request.forbidden
        self._several = torch.tensor(sorted(ends)) if len(ends) > 1 else None

    def log(self, output: Tensor, drawn: float) -> float:
        """ln p for `output [K]`; that of the end drawn, where there is only one."""
        if self._several is None or self._several.dim() != 1:
            return drawn
        return float(output.log_softmax(-1)[self._several].logsumexp(-1))


def log_probabilities(
    output: Tensor, steps: Tensor, likelihood: Likelihood | None = None
) -> list[float]:
    """Of `steps [B]`, or vectors `[B,D]` of a likelihood, under the model with `output [B,K]`.

    Raises:
        RunError: the output is not a number.
    """
    logs: list[float]
    if likelihood is None or not likelihood.step_shape:
        logs = output.log_softmax(-1).gather(1, steps.unsqueeze(1)).squeeze(1).tolist()
    else:
        logs = (-likelihood.nll(output, steps)).tolist()
    if math.isnan(sum(logs)):
        raise RunError(
            "the model's output is not a number: its weights are damaged or its training diverged",
            hint="train it again with a smaller `-o train.learning_rate=...`",
        )
    return logs


def check(request: Request, size: int, step_shape: tuple[int, ...] = ()) -> None:
    """Raises UsageError for a request that can't be met by a model with `size` steps.

    Where a step is a vector, of `step_shape`, only its shape can be wrong.
    """
    if not 0 <= request.seed <= LARGEST_SEED:
        raise UsageError(f"the seed is {request.seed}, expected 0 to {LARGEST_SEED}")
    for row, prompt in enumerate(request.prompts):
        if not prompt:
            raise UsageError(
                f"prompt {row} is empty, expected at least one step",
                hint="a document starts with the boundary",
            )
        if step_shape:
            if any(np.shape(step) != step_shape for step in prompt):
                raise UsageError(
                    f"prompt {row} has steps of the wrong shape, expected {list(step_shape)}"
                )
            continue
        unknown = next((step for step in prompt if not 0 <= step < size), None)
        if unknown is not None:
            raise UsageError(f"prompt {row} has the step {unknown}, the model knows {size} steps")
    if not step_shape and len(set(range(size)) - request.forbidden) == 0:
        raise UsageError("every step is forbidden, so nothing can be generated")


def _begin(
    engine: Engine, prompts: Sequence[Sequence[int]], chooser: Chooser
) -> tuple[Tensor, State, list[Sequence[int]]]:
    """Reads what the prompts have in common: output, state, and the rest of each prompt."""
    first_prompt, count = prompts[0], len(prompts)
    if all(prompt is first_prompt or prompt == first_prompt for prompt in prompts):
        steps = torch.tensor(first_prompt)
        output, state = engine.read_prompt(steps.unsqueeze(1), engine.start(1))
        output, state = _shared(engine, output, state, count)
        for step in steps:
            chooser.read(step.expand(count, *step.shape))
        return output, state, [()] * count
    columns = zip(*prompts, strict=False)
    common = [column[0] for column in takewhile(_same, columns)]
    if common:
        steps = torch.tensor(common)
        output, state = engine.read(steps.unsqueeze(1), engine.start(1))
        output, state = _shared(engine, output, state, count)
        for step in steps:
            chooser.read(step.expand(count, *step.shape))
        return output, state, [prompt[len(common) :] for prompt in prompts]
    first = torch.tensor([prompt[0] for prompt in prompts])
    output, state = engine.step(first, engine.start(count))
    chooser.read(first)
    return output.float().cpu(), state, [prompt[1:] for prompt in prompts]


def _shared(engine: Engine, output: Tensor, state: State, count: int) -> tuple[Tensor, State]:
    """The output and state of one sequence for `count` of them."""
    everyone = torch.zeros(count, dtype=torch.int64)
    return output.float().cpu()[everyone], engine.select(state, everyone)


def _same(column: Sequence[object]) -> bool:
    """Whether all prompts have the same step here; vectors are tuples."""
    return len(set(column)) == 1
