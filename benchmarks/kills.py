"""Killed runs: `python -m benchmarks kills [--kills 100] [--seed 0]`.

Small runs of three kinds (a text, music, two tasks in a row with two strategies) are killed by
SIGKILL at random moments and resumed to their end. The weights and the last checkpoint must then be
those of the run that nobody killed, by their SHA-256. A run is a process of its own, forked from
one that has everything imported, so that the moments fall into the training.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import torch

import rnngen
from benchmarks.machine import describe
from rnngen.contracts.errors import UsageError
from rnngen.verbs import fit as _imported  # noqa: F401  (before the processes are forked)

STEPS = 40
OPTIONS = (
    "train.checkpoint_every=4",
    "train.validate_every=15",
    "train.lanes=4",
    "train.chunk=16",
    "train.sample=8",
)
WORDS = ("the", "one", "old", "red", "cat", "dog", "bird", "sees", "hears", "finds", "and", "then")


def write_text(path: Path, seed: int) -> str:
    """Sentences of a few words; the data of a task."""
    chance = random.Random(seed)
    sentences = (" ".join(chance.choices(WORDS, k=8)) for _ in range(120))
    path.write_text("\n".join(sentences), encoding="ascii")
    return str(path)


def kinds(folder: Path) -> dict[str, dict[str, Any]]:
    """What `rnngen.fit` is given, by the kind of the run."""
    tunes = folder / "tunes.abc"
    book = resources.files("rnngen_corpora").joinpath("tunes.abc").read_text("utf-8")
    tunes.write_text("\n\n".join(book.split("\n\n")[:8]) + "\n", "utf-8")
    first, second = (write_text(folder / f"{name}.txt", seed) for seed, name in enumerate("ab"))
    small = {"hidden": 16, "steps": STEPS, "device": "cpu", "precision": "fp32"}
    return {
        "text": {**small, "data": [first], "options": [*OPTIONS, "model.dropout=0.2"]},
        "music": {**small, "data": [str(tunes)], "domain": "music", "options": OPTIONS},
        "two tasks": {
            **small,
            "data": [first, second],
            "plugins": ["ewc", "replay"],
            "options": OPTIONS,
        },
    }


def start(action: Callable[[], object]) -> int:
    """Does something in a process of its own; its number."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        action()
        code = 0
    except UsageError as error:
        sys.stderr.write(f"{error.message}\n")
        code = 2
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def ended(pid: int) -> int:
    """Waits for a process; its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def outcome(run: Path) -> tuple[str, str]:
    """SHA-256 of the weights, and of the tensors of the last checkpoint."""
    bundle = json.loads((run / "bundle.json").read_text())
    checkpoint = json.loads((run / "checkpoint.json").read_text())
    return (
        bundle["files"][bundle["weights"]]["sha256"],
        checkpoint["files"][checkpoint["tensors"]]["sha256"],
    )


def kill_once(given: dict[str, Any], run: Path, share: float, lasts: float) -> bool:
    """Starts a run and kills it; whether it was still running.

    Args:
        given: what `rnngen.fit` is given.
        run: its folder.
        share: of the time that it trains, after which it is killed.
        lasts: seconds that such a run trained.
    """
    pid = start(lambda: rnngen.fit(run=run, **given))
    trains(run)
    time.sleep(share * lasts)
    os.kill(pid, signal.SIGKILL)
    return ended(pid) == -signal.SIGKILL


def trains(run: Path) -> None:
    """Waits until a run writes its folder; what is before changes nothing on disk."""
    end = time.monotonic() + 60
    while not (run / "config.toml").exists():
        if time.monotonic() > end:
            raise SystemExit(f"the run {run.name} never began")
        time.sleep(0.001)


def to_its_end(given: dict[str, Any], run: Path) -> str:
    """Resumes a killed run; one that was killed before its first checkpoint is begun again."""
    if (run / "checkpoint.json").exists():
        code, how = ended(start(lambda: rnngen.fit(resume=run))), "resumed"
    else:
        again = run.with_name(f"{run.name}-again")
        code, how = ended(start(lambda: rnngen.fit(run=again, **given))), "begun again"
        run = again
    if code:
        return f"failed with {code}"
    expected = outcome(run.parent / "whole")
    return how if outcome(run) == expected else "other weights"


def measure(kills: int, seed: int, folder: Path) -> dict[str, Counter[str]]:
    """How the killed runs ended, by kind; as many kills of each."""
    results: dict[str, Counter[str]] = {}
    for number, (kind, given) in enumerate(kinds(folder).items()):
        place = folder / kind.replace(" ", "-")
        place.mkdir()
        chance = random.Random(f"{seed} {kind}")
        whole = place / "whole"
        for warm in (place / "warm", whole):  # the first one also fills the cache
            pid = start(lambda warm=warm, given=given: rnngen.fit(run=warm, **given))
            trains(warm)
            begin = time.monotonic()
            if ended(pid):
                raise SystemExit(f"the run of {kind} failed")
        lasts = time.monotonic() - begin
        found = results[kind] = Counter()
        wanted, tries = kills // 3 + (number < kills % 3), 0
        while found.total() < wanted and tries < 4 * wanted:
            tries += 1
            run = place / f"run-{tries}"
            if tries % 10 == 0:
                print(f"{kind}: {found.total()} of {wanted}", file=sys.stderr, flush=True)
            if kill_once(given, run, chance.random(), lasts):
                found[to_its_end(given, run)] += 1
        # As soon as it is known: all of it takes long.
        print(
            f"{kind:10} " + "  ".join(f"{how} {count}" for how, count in found.items()), flush=True
        )
    return results


def main(argv: list[str] | None = None) -> None:
    """Prints a row for each kind; exit code 1 if a run ended otherwise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="rnngen-kills-") as folder:
        os.environ["RNNGEN_CACHE"] = str(Path(folder) / "cache")
        results = measure(arguments.kills, arguments.seed, Path(folder))
    print(describe())
    total: Counter[str] = Counter()
    for found in results.values():
        total += found
    equal = total["resumed"] + total["begun again"]
    print(f"{total.total()} kills (seed {arguments.seed}), {equal} equal ends")
    if equal < arguments.kills:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
