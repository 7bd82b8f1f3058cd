"""Forged runs: `python -m benchmarks forged_runs [--count 10000] [--first 0]`.

One file of a small run is forged or damaged, with fixed seeds (see `forgeries`), and one of the
commands that read runs is called, in this process, in turn. Each must do its work or refuse it.
What fails: exit code 70 or a traceback, a file written outside the folder of the run and the one
named for the result, a module imported that a forged name points to, a program started, more than
a minute, or half a gigabyte more of memory.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import forgeries
from benchmarks.forgeries import PLANTED
from benchmarks.machine import describe

SECONDS = 60.0
MEGABYTES = 512
REFUSED = (1, 2, 3)
CHANGES = ("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.utime")

COMMANDS: dict[str, tuple[str, ...]] = {
    "show": ("show", "runs/run"),
    "show, for programs": ("show", "runs/run", "--json"),
    "show the newest": ("show",),
    "compare": ("compare", "runs/run", "whole", "--out", "made/compare.png"),
    "generate": ("generate", "runs/run", "-l", "5"),
    "chat": ("chat", "runs/run", "--you", "A: ", "--other", "B: ", "-l", "5"),
    "evaluate": ("evaluate", "runs/run", "--json", "--sample", "50"),
    "fit --resume": ("fit", "--resume", "runs/run", "--steps", "9"),
    "fit --from": ("fit", "more.txt", "--from", "runs/run", "--steps", "1", "--run", "made/run"),
    "export": ("export", "runs/run", "--out", "made/out.onnx"),
}
"""What is typed; `runs/run` is the forged one, and what is made goes to `made`."""

RUNS: dict[str, tuple[str, ...]] = {
    "plain": ("dialogue.txt", "--steps", "8", "-o", "train.validate_every=4"),
    "tasks": (
        "dialogue.txt", "more.txt", "--steps", "3", "--plugin", "ewc", "--plugin", "replay",
        "-o", "replay.memory=50%", "-o", "train.chunk=16", "-o", "train.lanes=4",
    ),
}  # fmt: skip
"""How the runs are made that are forged."""


class Hang(BaseException):
    """It takes too long."""


class Guard:
    """Notices what this process writes, starts and imports while it is on.

    Python tells an audit hook of it, which can't be taken away again; so there is one.
    """

    def __init__(self) -> None:
        self.allowed: tuple[Path, ...] = ()
        self.faults: list[str] = []
        self.on = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open" and isinstance(arguments[2], int):
            writing = arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            if writing and isinstance(arguments[0], str | bytes | os.PathLike):
                self._judge("writes", arguments[0])
        elif event in CHANGES and not (event == "os.mkdir" and os.path.isdir(arguments[0])):
            self._judge(event, arguments[0])
        elif event in ("os.rename", "os.link", "os.symlink"):
            self._judge(event, arguments[1])
        elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
            self.faults.append(f"starts {str(arguments[0])[:60]}")
        elif event == "socket.connect":
            self.faults.append("connects to another machine")

    def _judge(self, what: str, path: Any) -> None:
        if isinstance(path, int):  # opened already, and judged then
            return
        real = Path(os.path.realpath(os.path.dirname(os.fspath(path)) or "."))
        if what == "writes":
            real = Path(os.path.realpath(os.fspath(path)))
        if not any(real.is_relative_to(each) for each in self.allowed):
            self.faults.append(f"{what} {path}, outside of the run")


@dataclass(frozen=True)
class Trial:
    """One forgery: all of it follows from its number."""

    number: int
    base: str
    command: str
    file: str
    way: str

    def __str__(self) -> str:
        return f"{self.number:05} {self.base} {self.file} {self.way}: {self.command}"


class Yard:
    """A folder in which runs are forged; `close` takes it away.

    Args:
        commands: names in `COMMANDS`.
    """

    guard: Guard | None = None

    def __init__(self, commands: Sequence[str] = tuple(COMMANDS)) -> None:
        Yard.guard = Yard.guard or Guard()
        self.commands = tuple(commands)
        self.root = Path(tempfile.mkdtemp(prefix="forged-")).resolve()
        self._here = Path.cwd()
        self._kept = dict(os.environ)
        self._no_bytecode = sys.dont_write_bytecode
        sys.dont_write_bytecode = True
        self._fsync, os.fsync = os.fsync, lambda descriptor: None  # nothing here is to last
        os.environ["MPLCONFIGDIR"] = str(self.root / "cache")
        self._cache = str(self.root / "cache")
        (self.root / "cache").mkdir()
        (self.root / "path").mkdir()
        (self.root / "path" / f"{PLANTED}.py").write_text("Thing = print\n")
        sys.path.insert(0, str(self.root / "path"))
        self._train()
        self.typed: dict[str, tuple[int, str]] = {}

    def close(self) -> None:
        """Leaves everything as it was."""
        os.chdir(self._here)
        os.fsync = self._fsync
        os.environ.clear()
        os.environ.update(self._kept)
        sys.path.remove(str(self.root / "path"))
        sys.dont_write_bytecode = self._no_bytecode
        shutil.rmtree(self.root)

    def _train(self) -> None:
        data = self.root / "data"
        data.mkdir()
        os.environ["RNNGEN_CACHE"] = self._cache
        talk = [f"A: is it day {number}?\nB: it is so.\n" for number in range(60)]
        (data / "dialogue.txt").write_text("".join(talk))
        (data / "more.txt").write_text("".join(f"a dog ran {number}.\n" for number in range(70)))
        os.chdir(data)
        for name, said in RUNS.items():
            code, told = _call(("fit", *said, "--hidden", "6", "--run", f"../{name}"))
            if code:
                raise RuntimeError(f"the run `{name}` could not be made: {told}")
        # Libraries look around when they are used for the first time.
        _call(("compare", "../plain", "../tasks", "--out", "first.png"))

    def trial(self, number: int) -> Trial:
        """What is forged under a number."""
        draw = random.Random(f"run {number}")
        base = draw.choice(tuple(RUNS))
        folder = self.root / base
        files = [each for each in sorted(folder.rglob("*")) if each.stat().st_size]
        path = draw.choice([each for each in files if each.is_file()])
        ways = forgeries.knowing_ways(path)
        way = draw.choice(ways if ways and draw.random() < 0.75 else forgeries.ANY)
        command = self.commands[number % len(self.commands)]
        return Trial(number, base, command, path.relative_to(folder).as_posix(), way.__name__)

    def make(self, trial: Trial, place: Path) -> None:
        """The forged run, as `place/runs/run`."""
        run = place / "runs" / "run"
        shutil.copytree(self.root / trial.base, run)
        shutil.copytree(self.root / "plain", place / "whole")
        shutil.copy(self.root / "data" / "more.txt", place / "more.txt")
        for name in ("made", "tmp"):
            (place / name).mkdir()
        draw = random.Random(f"forgery {trial.number}")
        getattr(forgeries, trial.way)(draw, run / trial.file)
        if draw.random() < 0.7:
            _adopt(run, trial.file)

    def outcome(self, trial: Trial) -> str:
        """`done`, `refused`, or what failed."""
        place = self.root / "case"
        place.mkdir()
        try:
            self.make(trial, place)
            os.chdir(place)
            return self._watched(trial, place)
        finally:
            os.chdir(self.root)
            shutil.rmtree(place)

    def _watched(self, trial: Trial, place: Path) -> str:
        guard = Yard.guard
        assert guard is not None
        own = (place / "runs" / "run", place / "made", place / "tmp", self.root / "cache")
        guard.allowed = (*own, Path("/dev/null"))
        guard.faults = []
        before = _most_memory()
        os.environ["RNNGEN_CACHE"] = self._cache
        # Pictures take longer than all the rest: one in five is drawn where it is not asked for.
        plain = trial.command.startswith("show") and trial.number % 5 != 0
        try:
            with _temporary(place / "tmp"), _without_pictures(plain), _limited():
                guard.on = True
                code, told = _call(COMMANDS[trial.command])
        except Hang:
            return "hang"
        finally:
            guard.on = False
        grown = _most_memory() - before
        if guard.faults:
            return f"wrong: it {guard.faults[0]}"
        if PLANTED in sys.modules:
            del sys.modules[PLANTED]
            return "wrong: it imports what a forged name points to"
        if grown > MEGABYTES:
            return f"wrong: it takes {grown:.0f} MB"
        if code not in (0, *REFUSED) or "Traceback" in told or "internal error" in told:
            return f"wrong: exit code {code}: {told.strip()[-300:]}"
        return "refused" if code else "done"


def _adopt(folder: Path, file: str) -> None:
    """The indexes name the forged file as it is now, as a forger would see to."""
    path = folder / file
    if path.is_symlink() or not path.is_file() or path.stat().st_size > 2**24:
        return
    data = path.read_bytes()
    entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    for index in {"bundle.json", "checkpoint.json"} - {file}:
        if not (folder / index).is_file():
            continue
        try:
            document = json.loads((folder / index).read_bytes())
        except (ValueError, RecursionError):
            continue
        if file in document.get("files", {}):
            document["files"][file] = entry
            (folder / index).write_text(json.dumps(document))


def _call(arguments: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command, and what it said on stderr."""
    from rnngen.cli import main

    talk = io.StringIO()
    before = sys.stdin
    sys.stdin = io.StringIO("is it day?\n")
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(talk):
            code = main(list(arguments))
    finally:
        sys.stdin = before
    return code, talk.getvalue()


@contextlib.contextmanager
def _limited() -> Iterator[None]:
    def end(*_: object) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[None]:
    """Temporary files go to `folder`."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


@contextlib.contextmanager
def _without_pictures(hidden: bool) -> Iterator[None]:
    """As if matplotlib were not installed, where `hidden`."""
    name = "matplotlib.figure"
    before = sys.modules.get(name)
    if hidden and before is not None:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if before is not None:
            sys.modules[name] = before


def _most_memory() -> float:
    """The most megabytes that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(argv: list[str] | None = None) -> None:
    """Prints, for each command, how often it did its work, refused it, and what failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks forged_runs", description=__doc__)
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=", ".join(COMMANDS))
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first forgery")
    arguments = parser.parse_args(argv)
    print(describe())
    counts: dict[str, Counter[str]] = {name: Counter() for name in COMMANDS}
    times: Counter[str] = Counter()
    yard = Yard(arguments.commands or tuple(COMMANDS))
    done = 0
    try:
        for number in range(arguments.first, arguments.first + arguments.count):
            trial, begin = yard.trial(number), time.perf_counter()
            outcome = yard.outcome(trial)
            times[trial.command] += time.perf_counter() - begin
            word = outcome.partition(":")[0]
            counts[trial.command][word] += 1
            if word not in ("done", "refused"):
                print(f"  {trial}\n    {outcome}", flush=True)
            done += 1
            if done % 500 == 0:
                print(f"  {done:,} runs", flush=True)
    finally:
        yard.close()
    for name, found in counts.items():
        failed = sum(found.values()) - found["done"] - found["refused"]
        print(
            f"{name:20} done {found['done']}, refused {found['refused']}, failed {failed}, "
            f"{1000 * times[name] / max(1, sum(found.values())):.0f} ms each"
        )


if __name__ == "__main__":
    main()
