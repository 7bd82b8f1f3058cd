"""What the bridge to Avalanche costs at each step: `python -m benchmarks avalanche_bridge`.

The model is tiny, so that the machinery is what is measured: the same loop without a strategy, with
the bridge and no plugin behind it, and with plugins. Runs take turns. What counts is a run's lower
quartile of the processor time between two steps of the second task, when penalties and memories are
live, and of these the median over the runs. Where rnngen has the strategy itself, it stands beside.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

import rnngen
from benchmarks.machine import describe
from rnngen.contracts.errors import PluginError
from rnngen.contracts.reporter import Silent
from rnngen_avalanche import backend

WAYS: dict[str, tuple[str, ...]] = {
    "no strategy": (),
    "bridge, no plugin": ("avalanche", "avalanche.strategy=naive"),
    "bridge, ewc-online": ("avalanche", "avalanche.strategy=ewc-online"),
    "rnngen's ewc": ("ewc",),
    "bridge, si": ("avalanche", "avalanche.strategy=si"),
    "rnngen's si": ("si",),
    "bridge, lwf": ("avalanche", "avalanche.strategy=lwf"),
    "rnngen's lwf": ("lwf",),
    "bridge, replay 8 rows": ("avalanche", "avalanche.strategy=replay", "avalanche.rows=8"),
    "rnngen's replay 8 rows": ("replay", "replay.share=0.5"),
    "bridge, agem 16 rows": ("avalanche", "avalanche.strategy=agem", "avalanche.rows=16"),
    "rnngen's agem 16 rows": ("agem", "agem.share=1"),
}
OPTIONS = (
    "train.lanes=16",
    "train.chunk=4",
    "train.sample=0",
    "train.threads=1",
    "train.validate_every=10000000",
    "train.checkpoint_every=10000000",
    "model.dropout=0",
)


class Watch(Silent):
    """Notes the processor time at every step."""

    def __init__(self) -> None:
        self.at: list[float] = []

    def progress(
        self, step: int, total: int | None, metrics: Mapping[str, float], left: float | None
    ) -> None:
        """A step is done."""
        self.at.append(time.process_time())


def measure(way: tuple[str, ...], texts: list[str], steps: int) -> float:
    """Milliseconds of a step."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder:
        rnngen.fit(
            texts,
            run=Path(folder) / "run",
            plugins=way[:1],
            arrangement=[[0], [1]],
            cell="gru",
            hidden=8,
            steps=2 * steps,
            device="cpu",
            precision="fp32",
            options=[*OPTIONS, *way[1:]],
            reporter=watch,
        )
    # The first steps of the task are left out: a detector looks at them.
    return float(np.percentile(np.diff(watch.at[steps + steps // 5 :]), 25)) * 1000


def main(argv: list[str] | None = None) -> None:
    """Prints milliseconds for each way, and what it costs over none."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks avalanche_bridge")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    try:
        backend.check()
    except PluginError as error:
        print(f"left out: {error.message}; {error.hint}", file=sys.stderr)
        return
    print(describe(), file=sys.stderr if arguments.json else sys.stdout)
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        texts = []
        for number, words in enumerate(("the cat sat on the mat ", "wer reitet so spät ")):
            path = Path(folder) / f"{number}.txt"
            letters = np.random.default_rng(number).choice(list(words), 40_000)
            path.write_text("".join(letters), encoding="utf-8")
            texts.append(str(path))
        for way in WAYS.values():
            measure(way, texts, 50)  # imports, and memory
        for _ in range(arguments.runs):
            for name, way in WAYS.items():
                found[name].append(measure(way, texts, arguments.steps))
    bare = found["no strategy"]
    results = {
        name: {
            "ms": statistics.median(times),
            "over": statistics.median(a - b for a, b in zip(times, bare, strict=True)),
        }
        for name, times in found.items()
    }
    if arguments.json:
        print(json.dumps({"machine": describe(), "results": results}, indent=2))
        return
    for name, numbers in results.items():
        print(f"{name:26} {numbers['ms']:7.3f} ms  over no strategy {numbers['over']:+7.3f} ms")


if __name__ == "__main__":
    main()
