"""Training beside other programs: `python -m benchmarks busy`.

Three processes that do nothing but compute take the cores; beside them, in turns, `rnngen fit` with
its defaults and with one thread. Then without them, in turns, with threads that wait asleep (the
default) and with threads that wait in a loop. Medians of tokens a second, and their ratio. At last
the beginning of `make demo` beside the three: its loss has to fall.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.machine import describe
from rnngen.engines.waiting import DECIDED_BY

BUSY = 3
WANTED = 0.8
LOOP = {"OMP_WAIT_POLICY": "ACTIVE"}
ONE = {"OMP_NUM_THREADS": "1"}
COMPUTE = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"
"""Ends when the benchmark does, however that ends."""

PLAIN = ["-o", "train.sample=0", "-o", "train.validate_tokens=1"]


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Processes that compute until the end."""
    others = [subprocess.Popen([sys.executable, "-c", COMPUTE]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def fit(seconds: float, *arguments: str, **variables: str) -> list[dict[str, float]]:
    """The lines of `metrics.jsonl` of a training in a process of its own."""
    decided = (*DECIDED_BY, "OMP_NUM_THREADS")
    kept = {name: value for name, value in os.environ.items() if name not in decided}
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "rnngen", "-q", "fit", "corpus:python-docs"]
        command += ["--time", f"{seconds:.0f}s", "--run", str(run), *arguments]
        subprocess.run(command, env={**kept, **variables}, check=True)
        text = (run / "metrics.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def speed(seconds: float, **variables: str) -> float:
    """Tokens a second of the steps after the first, as the training itself counts them."""
    rows = [row for row in fit(seconds, *PLAIN, **variables) if row["split"] == "train"]
    first, last = rows[0], rows[-1]
    if len(rows) < 2:
        return first["tokens"] / first["seconds"]
    return (last["tokens"] - first["tokens"]) / (last["seconds"] - first["seconds"])


def compared(
    runs: int, seconds: float, one: dict[str, str], other: dict[str, str]
) -> dict[str, float]:
    """Medians of two settings that take turns, and of the ratios of the pairs."""
    pairs = [(speed(seconds, **one), speed(seconds, **other)) for _ in range(runs)]
    return {
        "default": statistics.median(mine for mine, _ in pairs),
        "other": statistics.median(others for _, others in pairs),
        "ratio": statistics.median(mine / others for mine, others in pairs),
    }


def main(argv: list[str] | None = None) -> None:
    """Prints three lines, or JSON; ends with 1 where what is wanted was not reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks busy", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each training")
    parser.add_argument("--demo", type=float, default=30.0, help="seconds of the demo's first fit")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    runs, seconds = arguments.runs, arguments.seconds
    load = os.getloadavg()[0]
    fit(1, *PLAIN)  # prepares the data
    with busy(BUSY):
        beside = compared(runs, seconds, {}, ONE)
        losses = [
            row["loss"] for row in fit(arguments.demo, "--cell", "gru") if row["split"] == "train"
        ]
    quiet = compared(runs, seconds, {}, LOOP)
    result = {"beside": beside, "quiet": quiet, "demo": [losses[0], losses[-1]], "load": load}
    if arguments.json:
        print(json.dumps({"machine": describe(), **result}, indent=2))
    else:
        print(f"{describe()}; load before it began {load:.1f}")
        for name, found in (("beside 3, one thread", beside), ("quiet, waiting in a loop", quiet)):
            print(
                f"default against {name:26} {found['default']:9,.0f} {found['other']:9,.0f} tok/s  "
                f"ratio {found['ratio']:.2f}"
            )
        print(f"the demo's first fit beside {BUSY}: loss {losses[0]:.3f} to {losses[-1]:.3f}")
    if beside["ratio"] < WANTED or losses[-1] >= losses[0]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
