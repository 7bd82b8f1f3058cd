"""The permuted copy task of Ehret et al. in miniature: `python -m benchmarks permuted_copy`.

A pattern of random bits is read and must be written out in another order of its steps, a new order
in every task (the first is a plain copy), each task with an output head of its own (Ehret, Henning
et al., "Continual learning in recurrent neural networks", ICLR 2021, arXiv 2006.12109). Measured is
the share of right bits on fresh patterns with a task's own head, when it was just learned and in
the end. Fine-tuning ("masking" there) protects the heads only. The strategies are those of
`plugins/continual`, called through their hooks; settings were chosen with another seed, 100.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.machine import describe
from rnngen.cells.rnn import RNN
from rnngen.data import Batch, Store
from rnngen.objective import mean_nll
from rnngen.position import Position, Run, Task
from rnngen.sections import TrainOptions
from rnngen_continual.ewc import EWC
from rnngen_continual.naive import Naive
from rnngen_continual.si import SynapticIntelligence

BITS, LANES, HIDDEN = 7, 32, 64
RATE, LAMBDA = 0.003, 100.0


class Bernoulli:
    """Independent bits, from the logit of each."""

    size = BITS

    def nll(self, output: Tensor, target: Tensor) -> Tensor:
        """−log p of all bits of a step, in nats: `[T,B,7]` twice to `[T,B]`."""
        return nn.functional.binary_cross_entropy_with_logits(output, target, reduction="none").sum(
            -1
        )

    def sample(self, output: Tensor, generator: torch.Generator) -> Tensor:
        """Bits drawn from the model."""
        return torch.bernoulli(output.detach().sigmoid(), generator=generator)


class Copier(nn.Module):
    """A plain recurrent network with a head for each task; `head` is the one that is used."""

    def __init__(self, tasks: int) -> None:
        super().__init__()
        self.likelihood = Bernoulli()
        self.cell = RNN(BITS + 1, HIDDEN)
        self.heads = nn.ModuleList(nn.Linear(HIDDEN, BITS) for _ in range(tasks))
        self.head = 0

    def initial_state(self, batch_size: int) -> list[Any]:
        """Of the one cell."""
        return [self.cell.initial_state(batch_size)]

    def forward(self, x: Tensor, state: list[Any], resets: Any = None) -> tuple[Tensor, list[Any]]:
        """`x [T,B,8]` to `[T,B,7]`; every pattern is read from the initial state."""
        y, after = self.cell(x, state[0])
        return self.heads[self.head](y), [after]


class Patterns:
    """Batches of patterns in one order, each a function of seed, task, epoch and index."""

    note, chunk, lanes = None, 0, LANES

    def __init__(self, order: Sequence[int], seed: int, task: int, count: int) -> None:
        self.order, self.seed, self.task, self.count = list(order), seed, task, count

    def __len__(self) -> int:
        return self.count

    def batch(self, epoch: int, index: int) -> Batch:
        """`[2p+1, B, 8]`: the pattern, the delimiter, and empty steps in which it is written."""
        p = len(self.order)
        random = np.random.default_rng([self.seed, self.task, epoch, index])
        bits = torch.from_numpy(random.integers(0, 2, (p, LANES, BITS)).astype(np.float32))
        inputs = torch.zeros(2 * p + 1, LANES, BITS + 1)
        inputs[:p, :, :BITS] = bits
        inputs[p, :, BITS] = 1.0
        targets, weights = torch.zeros(2 * p + 1, LANES, BITS), torch.zeros(2 * p + 1, LANES)
        targets[p + 1 :], weights[p + 1 :] = bits[self.order], 1.0
        return Batch(inputs, targets, weights, None)


def orders(seed: int, tasks: int, length: int) -> list[list[int]]:
    """The plain order, then random ones, all different."""
    found, random = [list(range(length))], np.random.default_rng([seed, 999])
    while len(found) < tasks:
        order = random.permutation(length).tolist()
        if order not in found:
            found.append(order)
    return found


def accuracy(model: Copier, patterns: Patterns) -> float:
    """Share of right bits on patterns that were not learned from."""
    model.head = patterns.task
    right = []
    with torch.no_grad():
        for index in range(10):
            batch = patterns.batch(1, index)
            output, _ = model(batch.inputs, model.initial_state(LANES))
            counts = batch.weights.bool() if batch.weights is not None else slice(None)
            right.append(((output > 0) == (batch.targets > 0.5))[counts].float().mean().item())
    return statistics.fmean(right)


def learn(strategy: Any, seed: int, tasks: int, length: int, steps: int) -> dict[str, list[float]]:
    """Accuracy of each task, `during` (just learned) and `final`."""
    torch.manual_seed(seed)
    model = Copier(tasks)
    every = [Patterns(o, seed, n, steps) for n, o in enumerate(orders(seed, tasks, length))]
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    nothing = Store.of([np.zeros(1, np.uint8)])
    run = Run(
        model,  # type: ignore[arg-type]
        TrainOptions(seed=seed, lanes=LANES, chunk=2 * length + 1),
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
    )
    during = []
    for number, patterns in enumerate(every):
        run.position.task, model.head = number, patterns.task
        optimizer.state.clear()
        _tell(strategy, "task_started", run)
        for step in range(steps):
            batch = patterns.batch(0, step)
            optimizer.zero_grad(set_to_none=True)
            loss, _, _ = mean_nll(model, batch, model.initial_state(LANES), run.device)  # type: ignore[arg-type]
            terms = _tell(strategy, "loss_terms", run) or {}
            torch.autograd.backward(loss + sum(terms.values()))
            _tell(strategy, "gradients_ready", run)
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            _tell(strategy, "step_finished", run)
        during.append(accuracy(model, patterns))
        model.head = patterns.task
        if isinstance(strategy, EWC):
            strategy.task_finished(run, patterns)
        else:
            _tell(strategy, "task_finished", run)
    return {"during": during, "final": [accuracy(model, patterns) for patterns in every]}


def _tell(strategy: Any, hook: str, run: Run) -> Any:
    called = getattr(strategy, hook, None)
    return None if called is None else called(run)


STRATEGIES = {
    "naive": Naive,
    "ewc": lambda: EWC(lambda_=LAMBDA),
    "si": lambda: SynapticIntelligence(lambda_=LAMBDA),
}


def main(argv: list[str] | None = None) -> None:
    """Prints means over seeds, and as JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks permuted_copy", description=__doc__)
    parser.add_argument("--tasks", type=int, default=3)
    parser.add_argument("--length", type=int, default=3, help="steps of a pattern")
    parser.add_argument("--steps", type=int, default=2500, help="of each task")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--strategies", nargs="*", default=list(STRATEGIES))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    print(describe(), flush=True)
    results: dict[str, Any] = {}
    for name in arguments.strategies:
        rows = [
            learn(STRATEGIES[name](), seed, arguments.tasks, arguments.length, arguments.steps)
            for seed in arguments.seeds
        ]
        results[name] = rows
        means = {key: [statistics.fmean(row[key]) for row in rows] for key in ("during", "final")}
        shown = ", ".join(
            f"{key} {100 * statistics.fmean(values):.2f} % (lowest seed {100 * min(values):.2f})"
            for key, values in means.items()
        )
        print(f"{name}: {shown}", flush=True)
    if arguments.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
