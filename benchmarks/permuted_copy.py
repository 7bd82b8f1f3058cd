"""The permuted copy task of Ehret et al. in miniature: `python -m benchmarks permuted_copy`.

A pattern of p steps of random bits is read, then a delimiter; in the p steps after it, whose inputs
are empty, the pattern must be written, its steps in an order that is another one in every task (the
first is a plain copy). The network is not told the task: all that is a task's own is a linear head
(Ehret, Henning et al., "Continual learning in recurrent neural networks", ICLR 2021, arXiv
2006.12109, section 5.1). Measured is the share of right bits on fresh patterns, each task with its
own head. Fine-tuning (their "masking") so protects the heads and nothing else. The strategies are
those of `plugins/continual`, called through their hooks; what is set here, λ of each too, was
chosen with the seeds 100 and 101, which are not reported.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.machine import describe
from rnngen.components.cells.rnn import RNN
from rnngen.contracts.batch import Batch
from rnngen.data.store import Store
from rnngen.kernel.core_options import TrainOptions
from rnngen.kernel.strategies import Active, Lifecycle
from rnngen.model.loss import mean_nll
from rnngen.training.run import Position, Run, Task
from rnngen.training.schedule import rate
from rnngen_continual.ewc import EWC
from rnngen_continual.ewc import Options as EWCOptions
from rnngen_continual.naive import Naive
from rnngen_continual.si import Options as SIOptions
from rnngen_continual.si import SynapticIntelligence

BITS = 7
LEARNED, FRESH = 0, 1
"""Epochs: patterns that are learned from, and ones that never are."""

STRATEGIES: dict[str, Callable[[float], Any]] = {
    "naive": lambda strength: Naive(),
    "ewc": lambda strength: EWC(EWCOptions(lambda_=strength)),
    "si": lambda strength: SynapticIntelligence(SIOptions(lambda_=strength)),
}
STRENGTHS = {"naive": 0.0, "ewc": 15.0, "si": 0.2}


@dataclass(frozen=True)
class Setting:
    """What is learned and how.

    Args:
        tasks: how many, at most length!.
        length: p, steps of a pattern.
        hidden: numbers in the network's state.
        steps: of the optimizer, for each task.
        learning_rate: the highest; it falls by a cosine within each task.
        input_gain: times input weights that keep the variance. Above 1 the hidden numbers begin
            near −1 and 1, where tasks can share them: what one of them changes hardly moves others.
        lanes: patterns in a batch.
    """

    tasks: int = 3
    length: int = 3
    hidden: int = 64
    steps: int = 1500
    learning_rate: float = 0.01
    input_gain: float = 4.0
    lanes: int = 32


class Bernoulli:
    """Independent bits, from the logit of each."""

    size = BITS

    def nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p of all bits of a step, in nats: `[T,B,7]` twice to `[T,B]`."""
        bits = nn.functional.binary_cross_entropy_with_logits(output, target, reduction="none")
        return bits.sum(-1)

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        """Bits drawn from the model."""
        return torch.bernoulli(output.detach().sigmoid(), generator=generator)


class Copier(nn.Module):
    """A plain recurrent network with a head for each task; `head` is the one that is used."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.likelihood = Bernoulli()
        self.cell = RNN(BITS + 1, setting.hidden)
        # Orthogonal, as in the paper, so that a pattern is not lost over time.
        nn.init.orthogonal_(self.cell.u)
        nn.init.normal_(self.cell.w, std=setting.input_gain / math.sqrt(BITS + 1))
        self.heads = nn.ModuleList(nn.Linear(setting.hidden, BITS) for _ in range(setting.tasks))
        self.head = 0

    def initial_state(self, batch_size: int) -> list[Any]:
        """Of the one cell."""
        return [self.cell.initial_state(batch_size)]

    def forward(
        self, x: Tensor, state: list[Any], resets: Any = None, condition: Any = None
    ) -> tuple[Tensor, list[Any]]:
        """`x [T,B,8]` to `[T,B,7]`; every pattern is read from the initial state."""
        y, after = self.cell(x, state[0])
        return self.heads[self.head](y), [after]


class Patterns:
    """Batches of patterns in one order, each a function of seed, task, epoch and index."""

    note = None

    def __init__(
        self, order: Sequence[int], seed: int, task: int, count: int, lanes: int = 32
    ) -> None:
        self.order, self.seed, self.task, self.count = list(order), seed, task, count
        self.lanes, self.chunk = lanes, 2 * len(self.order) + 1

    def __len__(self) -> int:
        return self.count

    def batch(self, epoch: int, index: int) -> Batch:
        """`[2p+1,B,8]`: the pattern, the delimiter, and empty steps, the only ones that weigh."""
        p = len(self.order)
        random = np.random.default_rng([self.seed, self.task, epoch, index])
        bits = torch.from_numpy(random.integers(0, 2, (p, self.lanes, BITS)).astype(np.float32))
        inputs = torch.zeros(self.chunk, self.lanes, BITS + 1)
        inputs[:p, :, :BITS] = bits
        inputs[p, :, BITS] = 1.0
        targets = torch.zeros(self.chunk, self.lanes, BITS)
        weights = torch.zeros(self.chunk, self.lanes)
        targets[p + 1 :], weights[p + 1 :] = bits[self.order], 1.0
        return Batch(inputs, targets, weights, None)


def orders(seed: int, tasks: int, length: int) -> list[list[int]]:
    """The plain order, then random ones, all different; ValueError where there are too few."""
    plain, *others = itertools.permutations(range(length))
    chosen = np.random.default_rng([seed]).choice(len(others), tasks - 1, replace=False)
    return [list(plain), *(list(others[number]) for number in chosen)]


def accuracy(model: Copier, patterns: Patterns) -> float:
    """Share of right bits on fresh patterns, with the task's own head."""
    before, model.head = model.head, patterns.task
    right = []
    with torch.no_grad():
        for index in range(20):
            batch = patterns.batch(FRESH, index)
            output, _ = model(batch.inputs, model.initial_state(patterns.lanes))
            hits = ((output > 0) == (batch.targets > 0.5))[len(patterns.order) + 1 :]
            right.append(hits.float().mean().item())
    model.head = before
    return statistics.fmean(right)


def learn(strategy: Any, seed: int, setting: Setting) -> list[list[float]]:
    """Learns the tasks in a row, with a strategy's hooks called as the trainer calls them.

    The head of a task is the one in use from `task_started` to `task_finished`, so in its passes
    over the task as well; the other heads have no gradient then, and get no importance.

    Args:
        strategy: an object with lifecycle hooks, new.
        seed: of weights, orders and patterns.
        setting: tasks, network and optimizer.

    Returns:
        Row i: the accuracy of every task when task i was just learned.
    """
    torch.manual_seed(seed)
    model = Copier(setting)
    every = [
        Patterns(order, seed, number, setting.steps, setting.lanes)
        for number, order in enumerate(orders(seed, setting.tasks, setting.length))
    ]
    options = TrainOptions(seed=seed, lanes=setting.lanes, learning_rate=setting.learning_rate)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate, fused=True)
    nothing = Store.of([np.zeros(1, np.uint8)])  # patterns are drawn, not stored
    run = Run(
        model,  # type: ignore[arg-type]
        options,
        torch.device("cpu"),
        [Task(str(n), nothing, patterns, None, (n,)) for n, patterns in enumerate(every)],
        Position(),
        Path("."),
        optimizer,
        torch.Generator(),
        None,
        None,
        lambda text: None,
        lambda text: None,
        lanes=setting.lanes,
    )
    hooks = Lifecycle([Active("strategy", "continual", strategy, None)])
    hooks.fit_started(run)
    rows = []
    for number, task in enumerate(run.tasks):
        run.position.task = model.head = number
        optimizer.state.clear()
        hooks.task_started(run, task)
        for step in range(setting.steps):
            share = rate(step / setting.steps, options)
            optimizer.param_groups[0]["lr"] = share * options.learning_rate
            optimizer.zero_grad(set_to_none=True)
            batch = task.batches.batch(LEARNED, step)
            state = model.initial_state(setting.lanes)
            loss, output, _ = mean_nll(model, batch, state, run.device)  # type: ignore[arg-type]
            terms = hooks.loss_terms(run, batch, output)
            torch.autograd.backward(loss + sum(terms.values()))
            hooks.gradients_ready(run)
            nn.utils.clip_grad_norm_(model.parameters(), options.clip)
            optimizer.step()
            run.position.step += 1
            hooks.step_finished(run, {"loss": loss.item()})
        hooks.task_finished(run, task, task.batches)
        rows.append([accuracy(model, patterns) for patterns in every])
    hooks.fit_finished(run, "finished")
    return rows


def main(argv: list[str] | None = None) -> None:
    """Prints means over seeds, and every accuracy as JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks permuted_copy", description=__doc__)
    parser.add_argument("--tasks", type=int, default=Setting.tasks)
    parser.add_argument("--length", type=int, default=Setting.length, help="steps of a pattern")
    parser.add_argument("--hidden", type=int, default=Setting.hidden)
    parser.add_argument("--steps", type=int, default=Setting.steps, help="of each task")
    parser.add_argument("--gain", type=float, default=Setting.input_gain, help="of input weights")
    parser.add_argument("--strengths", nargs="*", type=float, help="λ to use, one after the other")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--strategies", nargs="*", default=list(STRATEGIES), choices=STRATEGIES)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(argv)
    torch.set_num_threads(1)
    print(describe(), flush=True)
    setting = Setting(
        chosen.tasks, chosen.length, chosen.hidden, chosen.steps, input_gain=chosen.gain
    )
    results: dict[str, list[list[list[float]]]] = {}
    for name in chosen.strategies:
        for strength in chosen.strengths or [STRENGTHS[name]]:
            shown = f"{name}, lambda {strength:g}" if strength else name
            results[shown] = [
                learn(STRATEGIES[name](strength), seed, setting) for seed in chosen.seeds
            ]
            print(f"{shown}: {_summary(results[shown])}", flush=True)
    if chosen.json:
        print(json.dumps(results))


def _summary(runs: Sequence[Sequence[Sequence[float]]]) -> str:
    learned = statistics.fmean(row[task] for rows in runs for task, row in enumerate(rows))
    ends = [statistics.fmean(rows[-1]) for rows in runs]
    each = ", ".join(f"{100 * end:.1f}" for end in ends)
    return (
        f"{100 * learned:.2f} % when just learned, {100 * statistics.fmean(ends):.2f} % in the end "
        f"({each})"
    )


if __name__ == "__main__":
    main()
