"""Forecasts of real series: `RNNGEN_DATA=... python -m benchmarks series [m4 exchange ett]`.

**m4**: M4 Hourly (Makridakis et al. 2020), 414 series, 48 steps ahead. Learns all of the training
file, forecasts once, and is measured on the test file: means over series of sMAPE, and of MASE
with a season of 24. Its settings were chosen on the last 48 steps of the training file. The
competition's seasonal naive has 13.912 and 1.193, its winner (Smyl 2020) 9.328 and 0.893.

**exchange**: eight daily exchange rates, split 70 / 10 / 20 %; 30 steps ahead, one forecast after
another over the test part. **ett**: seven columns of ETTh1, 8,640 / 2,880 / 2,880 hours; 24 ahead.
The middle part is not learned, as in the literature.

Medians of 200 paths are the point forecasts. `--ets` fits AutoETS beside, seconds a series.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import rnngen
from benchmarks.machine import data, describe
from rnngen_series import baselines
from rnngen_series.backtest import COLUMNS, Tally
from rnngen_series.metrics import LEVELS
from rnngen_series.outlook import Outlook

Rows = list[tuple[str, list[float | None]]]
M4 = (
    "series.rows=true",
    "series.frequency=1h",
    "series.horizon=48",
    "series.hold_out=false",
    "series.log=true",
    "model.dropout=0",
    "train.epochs=100",  # time ends it before
)
EXCHANGE = (
    "series.header=false",
    "series.frequency=1B",
    "series.season=1",
    "series.horizon=30",
)
ETT = ("series.horizon=24",)


def m4(seconds: float, seed: int, ets: bool, options: Sequence[str], run: Path) -> Rows:
    """The competition's own measure."""
    train, test = data("m4/Hourly-train.csv"), data("m4/Hourly-test.csv")
    rnngen.fit(
        [str(train)], domain="series", time=seconds, seed=seed, run=run, options=[*M4, *options]
    )
    made = rnngen.forecast(run, horizon=48, samples=200, seed=seed)
    assert isinstance(made, Outlook)
    with test.open(newline="") as stream:
        rows = list(csv.reader(stream))[1:]
    actual = {row[0]: np.array(list(map(float, row[1:]))) for row in rows}
    model, naive, smoothed = Tally(), Tally(), Tally()
    for series, paths in zip(made.series, made.paths, strict=True):
        truth, past = actual[series.name], series.values
        model.add(truth, past, 24, np.quantile(paths, LEVELS, axis=0), paths)
        naive.add(truth, past, 24, baselines.seasonal_naive(past, 24, 48)[None])
        if ets:
            smoothed.add(truth, past, 24, baselines.auto_ets(past, 24, 48))
    made_of = [("rnngen", model.numbers()), ("seasonal naive", naive.numbers())]
    return [*made_of, ("AutoETS", smoothed.numbers())] if ets else made_of


def exchange(seconds: float, seed: int, ets: bool, options: Sequence[str], run: Path) -> Rows:
    """Rolling forecasts of the last fifth."""
    with gzip.open(data("exchange_rate/exchange_rate.txt.gz"), "rt") as stream:
        lines = stream.read().splitlines()
    learned, test = int(0.7 * len(lines)), len(lines) - int(0.8 * len(lines))
    return _rolling(lines, 0, learned, test // 30, [*EXCHANGE, *options], seconds, seed, run)


def ett(seconds: float, seed: int, ets: bool, options: Sequence[str], run: Path) -> Rows:
    """Rolling forecasts of the months after training and validation."""
    lines = data("ett/ETTh1.csv").read_text().splitlines()[: 1 + 8640 + 2880 + 2880]
    return _rolling(lines, 1, 8640, 2880 // 24, [*ETT, *options], seconds, seed, run)


def _rolling(
    lines: list[str],
    header: int,
    learned: int,
    windows: int,
    options: list[str],
    seconds: float,
    seed: int,
    run: Path,
) -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        train, whole = Path(folder) / "train.csv", Path(folder) / "whole.csv"
        train.write_text("\n".join(lines[: header + learned]) + "\n")
        whole.write_text("\n".join(lines) + "\n")
        options = [*options, f"series.windows={windows}"]
        rnngen.fit([str(train)], domain="series", time=seconds, seed=seed, run=run, options=options)
        report = rnngen.evaluate(run, [str(whole)], seed=seed, note=_say)
    return list(report.rows)  # type: ignore[union-attr]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


SETS = {"m4": m4, "exchange": exchange, "ett": ett}


def main(argv: list[str] | None = None) -> None:
    """Prints a table for each set of series, and as JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks series", description=__doc__)
    parser.add_argument("sets", nargs="*", choices=[[], *SETS], default=list(SETS))
    parser.add_argument("--seconds", type=float, default=600.0, help="of training, each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ets", action="store_true", help="AutoETS beside, on M4")
    parser.add_argument("--option", "-o", action="append", default=[], help="of `rnngen fit`")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    results: dict[str, object] = {"machine": describe()}
    log = sys.stderr if arguments.json else sys.stdout
    print(describe(), file=log, flush=True)
    for name in arguments.sets:
        begin = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            rows = SETS[name](
                arguments.seconds,
                arguments.seed,
                arguments.ets,
                arguments.option,
                Path(folder) / "run",
            )
        results[name] = dict(rows)
        print(f"{name}: {time.perf_counter() - begin:.0f} s in all", file=log)
        for method, numbers in rows:
            shown = ", ".join(
                f"{column} {number:.4g}"
                for column, number in zip(COLUMNS, numbers, strict=True)
                if number is not None
            )
            print(f"  {method}: {shown}", file=log, flush=True)
    if arguments.json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
