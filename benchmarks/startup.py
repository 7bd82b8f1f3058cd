"""How long the command takes before it answers: `python -m benchmarks startup`.

Beside it, in turns: Python alone, Python with click, and Python with torch.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from benchmarks.machine import describe

RNNGEN = [sys.executable, "-m", "rnngen"]
COMMANDS = {
    "python -c pass": ([sys.executable, "-c", "pass"], {}),
    "python -c 'import click'": ([sys.executable, "-c", "import click"], {}),
    "python -c 'import torch'": ([sys.executable, "-c", "import torch"], {}),
    "rnngen --help": ([*RNNGEN, "--help"], {}),
    "rnngen list cells": ([*RNNGEN, "list", "cells"], {}),
    "rnngen plugins": ([*RNNGEN, "plugins"], {}),
    "completion of `rnngen fit --cell `": (
        [sys.executable, "-c", "from rnngen.cli import main; main()"],
        {
            "_RNNGEN_COMPLETE": "bash_complete",
            "COMP_WORDS": "rnngen fit --cell ",
            "COMP_CWORD": "3",
        },
    ),
}


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Wall-clock time of one process."""
    begin = time.perf_counter()
    subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, check=False
    )
    return time.perf_counter() - begin


def main(argv: list[str] | None = None) -> None:
    """Prints medians in milliseconds, and as JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(arguments.runs + 1):
        for name, (command, environment) in COMMANDS.items():
            times[name].append(seconds(command, environment))
    medians = {name: statistics.median(runs[1:]) * 1000 for name, runs in times.items()}
    if arguments.json:
        print(json.dumps({"machine": describe(), "milliseconds": medians}, indent=2))
        return
    print(describe())
    for name, milliseconds in medians.items():
        print(f"{name:40} {milliseconds:7.0f} ms")


if __name__ == "__main__":
    main()
