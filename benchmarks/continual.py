"""Learning real texts in a row: `RNNGEN_DATA=... python -m benchmarks continual [cost]`.

Six authors and three programming languages, each a stream of 300 kB, learned one after another by
every method with three seeds in two orders (as given, and the other way round), beside a model that
learned all of them at once on as many tokens, and one model for each. One model for all: a GRU with
128 numbers, characters, two passes, float32, one thread. The settings of the strategies were chosen
on other texts (Genesis in four languages; Alice, a report, documentation and French beside each
other), never on these.

Trainings are kept in `--folder` and not repeated; `--seeds 1` runs a part, so that several
processes can share the work, and the report is of all that is there. `cost` measures the time of a
step of the second task beside fine-tuning's, strategies in turn, in processor time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch

import rnngen
from benchmarks.machine import data, describe
from rnngen.contracts.reporter import Silent
from rnngen.verbs.continual import scores, trials
from rnngen.verbs.continual.methods import JOINT, NAIVE, SINGLE, Method
from rnngen.verbs.continual.scores import Scores, Spread
from rnngen.verbs.continual.trials import Trial

SETS = {
    "author": ("shakespeare", "milton", "hardy", "king_james", "melville", "us_presidents"),
    "code": ("python", "javascript", "c_headers"),
}
SHAPE: dict[str, Any] = {"cell": "gru", "hidden": 128, "device": "cpu", "precision": "fp32"}
EPOCHS = 2
OPTIONS = (
    "train.lanes=16",
    "train.chunk=64",
    "train.learning_rate=0.005",
    "train.threads=1",
    "train.sample=0",
    "train.validate_every=1000000",
    "model.dropout=0.1",
)
STRATEGIES: dict[str, tuple[str, tuple[str, ...]]] = {
    NAIVE: ("naive", ()),
    "ewc": ("ewc", ()),
    "si": ("si", ()),
    "mas": ("mas", ()),
    "lwf": ("lwf", ()),
    "agem": ("agem", ()),
    "replay-5%": ("replay", ("replay.memory=5%",)),
    "replay-2%": ("replay", ("replay.memory=2%", "replay.teach=text")),
    "replay-2%+ewc": ("replay+ewc", ("replay.memory=2%", "replay.teach=text", "ewc.lambda=0.2")),
    "self-replay": ("self-replay", ()),
    "self-replay+lwf": ("self-replay+lwf", ("lwf.lambda=0.3",)),
}
METHODS = (*STRATEGIES, JOINT, SINGLE)
DEAR = ("si", "mas", "lwf", "agem")
"""Strategies that nothing is promised of here: left out unless they are named."""

ORDERS = 2
COLUMNS = (
    ("average", "AVG"),
    ("learning", "LEARN"),
    ("backward_transfer", "BWT"),
    ("gap_recovered", "gap recovered"),
    ("intransigence", "intransigence"),
    ("after_switch", "after switch"),
    ("recovered", "steps to recover"),
    ("cpu", "time"),
    ("memory_bytes", "bytes kept"),
)


def every_trial(tasks: int, seeds: Sequence[int], names: Sequence[str]) -> list[Trial]:
    """Of these methods and seeds, in both orders."""
    methods = [
        Method(name, tuple(STRATEGIES.get(name, ("naive", ()))[0].split("+"))) for name in names
    ]
    return trials.all_trials(methods, seeds, trials.orders(tasks, ORDERS))


def learn(trial: Trial, texts: Sequence[str], folder: Path) -> None:
    """Runs a trial, unless it was run before, and notes the processor time."""
    note = folder / f"{trial.name}.cpu"
    if trials.finished(trial, folder) is not None and note.exists():
        return
    _, options = STRATEGIES.get(trial.method.name, ("", ()))
    begin = time.process_time()
    trials.run(
        trial,
        folder,
        texts,
        [*OPTIONS, *options],
        {"epochs": EPOCHS, "steps": None},
        SHAPE,
        Silent(),
    )
    note.write_text(str(time.process_time() - begin))


def collect(found: Sequence[Trial], folder: Path, tasks: int) -> dict[str, list[Scores]]:
    """The scores of every method, one for each seed and order that is whole."""
    histories = {trial: trials.finished(trial, folder) for trial in found}
    one = {
        (t.method.name, t.seed, t.number): done.history
        for t, done in histories.items()
        if done is not None and t.method.name != SINGLE
    }
    times = {
        t: float((folder / f"{t.name}.cpu").read_text())
        for t, done in histories.items()
        if done is not None and (folder / f"{t.name}.cpu").exists()
    }
    result: dict[str, list[Scores]] = {}
    for trial, done in histories.items():
        key = (NAIVE, trial.seed, trial.number), (JOINT, trial.seed, 0)
        if done is None or any(each not in one for each in key) or trial.method.name == SINGLE:
            continue
        base, joint = (scores.in_a_row(one[each], [0.0] * tasks) for each in key)
        own = scores.in_a_row(done.history, [0.0] * tasks)
        row = {**own, **scores.relative(own, base, joint)}
        naive = next(t for t in times if (t.method.name, t.seed, t.number) == key[0])
        row["cpu"] = times[trial] / times[naive] if trial in times else None
        result.setdefault(trial.method.name, []).append(row)
    for seed in {trial.seed for trial in found}:
        alone = [d for t, d in histories.items() if t.method.name == SINGLE and t.seed == seed]
        whole = [done for done in alone if done is not None]
        if len(whole) == tasks:
            row = scores.alone([done.history for done in whole], 4 * whole[0].parameters)
            result.setdefault(SINGLE, []).append(row)
    return result


def report(name: str, result: dict[str, list[Scores]]) -> None:
    """A table in Markdown: mean and deviation over seeds and orders."""
    print(f"\n### {name}: {', '.join(SETS[name])}\n")
    print("| method | runs | " + " | ".join(title for _, title in COLUMNS) + " |")
    print("|---" * (2 + len(COLUMNS)) + "|")
    for method in METHODS:
        rows = result.get(method, [])
        if rows:
            cells = [_cell(column, [row.get(column) for row in rows]) for column, _ in COLUMNS]
            print(f"| {method} | {len(rows)} | " + " | ".join(cells) + " |")


def _cell(column: str, values: Sequence[float | None]) -> str:
    spread = Spread.of(values)
    if spread is None:
        return ""
    if column == "gap_recovered":
        return f"{100 * spread.mean:.0f} ({100 * (spread.deviation or 0):.0f}) %"
    if column in ("recovered", "memory_bytes"):
        return f"{spread.mean:,.0f}"
    return f"{spread.mean:.3f} ({spread.deviation or 0:.3f})"


class Stamps(Silent):
    """The processor time after every step."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def progress(self, step: int, total: int | None, metrics: Any, eta: float | None) -> None:
        """One more step."""
        self.times.append(time.process_time())


def cost(
    repeats: int, steps: int, texts: Sequence[str], names: Sequence[str]
) -> dict[str, list[float]]:
    """The time of a step of the second task as a multiple of fine-tuning's, run by run."""
    chosen = [name for name in STRATEGIES if name == NAIVE or name in names]
    ratios: dict[str, list[float]] = {name: [] for name in chosen}
    for repeat in range(repeats):
        base = 0.0
        for name in chosen:
            strategies, options = STRATEGIES[name]
            stamps = Stamps()
            with tempfile.TemporaryDirectory() as folder:
                rnngen.fit(
                    texts[:2],
                    run=Path(folder) / "run",
                    plugins=strategies.split("+"),
                    steps=2 * steps,
                    options=[*OPTIONS, *options],
                    reporter=stamps,
                    **SHAPE,
                )
            second = stamps.times[steps + 1 :]
            step = statistics.median(b - a for a, b in pairwise(second))
            base = step if name == NAIVE else base
            ratios[name].append(step / base)
            print(f"{repeat} {name}: {1000 * step:.2f} ms a step, {step / base:.3f}", flush=True)
    return ratios


def main(argv: list[str] | None = None) -> None:
    """Runs what is missing and prints the tables; or measures the cost of a step."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks continual", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["learn", "report", "cost"], default="learn")
    parser.add_argument("--folder", type=Path, default=Path("runs/benchmark-continual"))
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=list(SETS))
    parser.add_argument(
        "--methods",
        nargs="*",
        default=[name for name in METHODS if name not in DEAR],
        choices=list(METHODS),
    )
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    print(describe(), flush=True)
    results: dict[str, Any] = {"machine": describe()}
    for name in arguments.sets:
        texts = [str(data(f"cl_text/{name}/{text}.txt")) for text in SETS[name]]
        if arguments.what == "cost":
            ratios = cost(arguments.repeats, arguments.steps, texts, arguments.methods)
            results[name] = {each: statistics.median(found) for each, found in ratios.items()}
            print(name, results[name])
            continue
        folder = arguments.folder / name
        found = every_trial(len(texts), arguments.seeds, arguments.methods)
        for number, trial in enumerate(found, start=1):
            if arguments.what == "learn":
                print(f"{name} {number} of {len(found)}: {trial}", flush=True)
                learn(trial, texts, folder)
        results[name] = collect(found, folder, len(texts))
        report(name, results[name])
    if arguments.json:
        print(json.dumps(results))


if __name__ == "__main__":
    main()
