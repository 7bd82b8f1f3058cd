"""The folder of a run: configuration, metrics, log, samples and a record of what was run.

    config.toml     the resolved configuration; can be given to `--config`
    run.json        command line, seed, versions, device, data, status
    metrics.jsonl   one JSON object a line, only ever appended
    log.txt         what was said, without control characters
    samples/        step-000200.txt: what the model wrote after step 200

The model and the checkpoint in the same folder are those of `bundle` and `checkpoint`.
"""

from __future__ import annotations

import math
import os
import platform
import re
import stat
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from rnngen.bundles import manifest, write
from rnngen.bundles.followed import Followed
from rnngen.bundles.records import (
    CONTROL,
    METRICS,
    RECORD,
    is_run,
    newest,
    read_metrics,
    read_record,
)
from rnngen.contracts.errors import RnngenError, RunError, UsageError
from rnngen.contracts.exact_text import KEPT as KEPT_BYTES
from rnngen.files.atomic import saving, write_atomically
from rnngen.files.json import TEXT, dump
from rnngen.files.regular import open_regular

__all__ = ["RunFolder", "environment", "is_run", "newest", "now", "read_metrics", "read_record"]


LOG = "log.txt"


LOCK = ".lock"


OWN = (manifest.BUNDLE, manifest.CHECKPOINT, manifest.CONFIG, RECORD, METRICS, LOG)
"""Files that a run reads and replaces."""


KEPT = "what was saved before is whole"


class RunFolder:
    """The folder of a run while it is written; a context manager that unlocks it.

    Made by `create` or `open`. Every method that writes raises RunError where it can't. A folder
    that is moved meanwhile is written where it is then; `moved` is told.

    Args:
        path: the folder, which exists.
        lock: held until `close`.
    """

    def __init__(self, path: Path, lock: FileLock | None) -> None:
        self._followed = Followed(path, self._was_moved)
        self._lock = lock
        self._held_back: list[str] | None = None
        """Lines for the log of a run that is opened but not changed yet."""
        self.moved: Callable[[Path], None] = lambda path: None

    @property
    def path(self) -> Path:
        """Where the folder is now.

        Raises:
            RunError: it is gone.
        """
        return self._followed.path()

    @classmethod
    def create(cls, path: str | Path | None, name_hint: str) -> RunFolder:
        """A new run.

        Args:
            path: the folder; None for `runs/DATE-TIME-NAME`.
            name_hint: what the run is about, `corpus-cell`, for its name.

        Raises:
            UsageError: the folder holds a run, or something else; or another process writes it.
            RunError: it can't be made.
        """
        folder = Path(path) if path is not None else _default_path(name_hint)
        _refuse_taken(folder)
        with saving(folder, "no run was started"):
            folder.mkdir(parents=True, exist_ok=True)
        run = cls(folder, _acquire(folder))
        try:
            # Once more: another process may have begun a run here in between.
            _refuse_taken(folder)
            run._begin()
        except BaseException:
            run.close()
            raise
        return run

    @classmethod
    def open(cls, path: str | Path) -> RunFolder:
        """A run that is resumed; nothing of it changes before `resume` is called.

        Raises:
            UsageError: there is no run, or another process writes it.
            RunError: one of its files is a link, or not a file.
        """
        folder = Path(path)
        if not is_run(folder):
            what = "is not a run" if folder.exists() else "does not exist"
            raise UsageError(
                f"`{folder}` {what}", hint="`rnngen fit --run PATH` starts a new run there"
            )
        for name in OWN:
            _refuse_foreign(folder / name)
        run = cls(folder, _acquire(folder))
        run._held_back = []
        return run

    def resume(self, step: int) -> None:
        """From here on the run goes on after a step, and is written.

        What was said before, in `log`, is written now.
        """
        write.unseal(self.path)
        self._end_torn_line()
        self.truncate_metrics(step)
        self.record({"pid": os.getpid(), "status": "running", "ended": None})
        lines, self._held_back = self._held_back or [], None
        for line in lines:
            self.log(line)

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets other processes write the folder."""
        self._followed.close()
        if self._lock is not None:
            self._lock.release()

    def finish(self, status: str, **record: Any) -> None:
        """Records how the run ended, seals its bundle and lets go of the folder.

        A run that was opened but never resumed stays as it is.

        Args:
            status: `finished`, `interrupted` or `failed`.
            record: what else goes into `run.json`.
        """
        try:
            if self._held_back is None:
                self.record({"status": status, "ended": now(), **record})
                write.seal(self.path)
        finally:
            self.close()

    def write_config(self, toml_text: str) -> None:
        """Replaces `config.toml`."""
        # A bundle that named the old one would no longer be whole.
        write.unseal(self.path)
        self.write(lambda path: _replace(path, manifest.CONFIG, toml_text))

    def record(self, values: Mapping[str, Any]) -> None:
        """Adds to `run.json`, or changes what it says; the file is replaced atomically."""
        document = {**read_record(self.path), **values, "updated": now()}
        self.write(lambda path: _replace(path, RECORD, dump(document, TEXT, indent=1) + "\n"))

    def append_metrics(self, row: Mapping[str, Any]) -> None:
        """One line of `metrics.jsonl`; infinities and NaN are written as text."""
        self.write(lambda path: _append(path / METRICS, dump(row, TEXT) + "\n"))

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of `metrics.jsonl`; see `read_metrics`."""
        return read_metrics(self.path)

    def truncate_metrics(self, step: int) -> None:
        """Forgets the lines after a step, which a run that resumes there will write again."""
        rows = [row for row in self.metrics() if not _step(row) > step]
        text = "".join(dump(row, TEXT) + "\n" for row in rows)
        self.write(lambda path: _replace(path, METRICS, text))

    def log(self, line: str) -> None:
        """One line of `log.txt`, without colours and control characters."""
        if self._held_back is not None:
            self._held_back.append(line)
            return
        self.write(lambda path: _append(path / LOG, CONTROL.sub("", line).rstrip() + "\n"))

    def sample(self, step: int, text: str) -> Path:
        """Writes `samples/step-000200.txt`, of exact text the bytes; returns its path."""
        name = f"samples/step-{step:06d}.txt"
        try:
            data = text.encode("utf-8", KEPT_BYTES)
        except UnicodeEncodeError:  # halves of characters, which stand for no byte
            data = text.encode("utf-8", "replace")
        self.write(lambda path: _replace(path, name, data))
        return self.path / name

    def write(self, write: Callable[[Path], None]) -> None:
        """Calls `write` with the folder, and once more where it was moved under its hands.

        Raises:
            RunError: it could not be written, or the folder is gone.
        """
        path = self.path
        try:
            write(path)
        except RunError:
            if self.path == path:
                raise
            write(self.path)

    def _was_moved(self, path: Path) -> None:
        self.moved(path)
        self.log(f"the folder was moved to {path}")

    def _begin(self) -> None:
        self.write(lambda path: _replace(path, RECORD, "{}\n"))
        self.record(
            {
                "command": [_program(), *sys.argv[1:]],
                "status": "running",
                "started": now(),
                "ended": None,
                "pid": os.getpid(),
                **environment(),
            }
        )

    def _end_torn_line(self) -> None:
        """A killed process may have left half a line, which the next one must not continue."""
        for name in (METRICS, LOG):
            path = self.path / name
            if not path.exists():
                continue
            with open_regular(path) as file:
                file.seek(-min(1, path.stat().st_size), os.SEEK_END)
                torn = file.read() not in (b"", b"\n")
            if torn and name == METRICS:
                self.truncate_metrics(sys.maxsize)
            elif torn:
                self.write(lambda path: _append(path / LOG, "\n"))


def environment() -> dict[str, Any]:
    """Versions and platform, as a bug report would need them."""
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: _version(name) for name in ("rnngen", "torch", "numpy")},
        },
        "platform": platform.platform(),
        "cores": os.cpu_count(),
    }


def now() -> str:
    """The time in UTC, to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _program() -> str:
    # `python -m rnngen` is the same command.
    name = Path(sys.argv[0]).name
    return "rnngen" if name == "__main__.py" else name


def _default_path(name_hint: str) -> Path:
    name = re.sub(r"[^\w.]+", "-", name_hint).strip("-.")[:60] or "run"
    first = Path("runs") / f"{datetime.now():%Y-%m-%dT%H%M%S}-{name}"
    path, count = first, 1
    while path.exists():
        count += 1
        path = first.with_name(f"{first.name}-{count}")
    return path


def _replace(folder: Path, name: str, content: str | bytes) -> None:
    path = folder / name
    with saving(path, KEPT):
        # Only the folder of the samples: a run's own folder is never made a second time.
        if path.parent != folder:
            path.parent.mkdir(exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
        write_atomically(path, data)


def _append(path: Path, text: str) -> None:
    _refuse_foreign(path)
    with (
        saving(path, KEPT),
        path.open("a", encoding="utf-8", errors="replace", newline="\n") as file,
    ):
        file.write(text)


def _refuse_taken(folder: Path) -> None:
    if is_run(folder):
        raise UsageError(
            f"`{folder}` already holds a run",
            hint=f"continue it with `--resume {folder}`, or choose another name",
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"`{folder}` is a file, expected a folder for the run")
    if folder.is_dir() and any(path.name != LOCK for path in folder.iterdir()):
        raise UsageError(
            f"`{folder}` is not empty and holds no run",
            hint="choose a folder that does not exist yet",
        )


def _refuse_foreign(path: Path) -> None:
    """RunError where a file of a run is a link or a pipe, in a folder that somebody packed."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        what = "a link" if stat.S_ISLNK(mode) else "not a file"
        raise RunError(
            f"`{path}` is {what}, but a run writes only to its own files",
            hint="put the file itself in its place, or remove it",
        )


def _acquire(folder: Path) -> FileLock | None:
    lock = FileLock(folder / LOCK)
    with saving(folder / LOCK, KEPT):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UsageError(
                f"`{folder}` is being written by {_writer(folder)}",
                hint="wait until it has ended, or choose another folder with `--run`",
            ) from None
        except NotImplementedError:
            # A file system without locks: a run there is better than none.
            return None
    return lock


def _writer(folder: Path) -> str:
    try:
        pid = read_record(folder).get("pid")
    except RnngenError:
        pid = None
    return f"process {pid}" if isinstance(pid, int) else "another process"


def _step(row: Mapping[str, Any]) -> float:
    step = row.get("step")
    return step if isinstance(step, int | float) else -math.inf
