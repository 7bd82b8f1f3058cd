"""Runs abc2midi, which ships with symusic, in its own process: a tune in, a MIDI file out.

symusic's own reader puts the tune under a guessable name in the shared temporary folder, and
follows a link there. Here the folder is private, a crash ends only the program, and its time,
memory and disk space are limited.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from rnngen_music.score import missing, symusic

SECONDS = 8
"""Time limit per tune; most take a few milliseconds."""

MEMORY = 1 << 20
"""Memory limit of the program in KiB."""

OUTPUT = 1 << 16
"""Size limit of its files in blocks of 512 bytes."""

LIMITED = (
    f"ulimit -c 0; ulimit -t {SECONDS}; ulimit -f {OUTPUT}; ulimit -v {MEMORY} 2>/dev/null; "
    'exec "$0" "$@"'
)


class Failed(Exception):
    """The program crashed on a tune or ran out of time; says which."""


class Abc2Midi:
    """The program with a working folder; use `running`.

    Args:
        folder: a private folder.
        tune: the file `tune.abc` in it.
        said: a file for the program's output.
    """

    def __init__(self, folder: Path, tune: BinaryIO, said: BinaryIO) -> None:
        self._folder, self._tune, self._said = folder, tune, said
        symusic()
        try:
            program = os.environ["SYMUSIC_ABC2MIDI"]
        except KeyError:
            raise missing("symusic>=0.5.9,<0.6") from None
        self._command = [program, "tune.abc", "-o", "tune.mid", "-silent"]
        if os.name == "posix":
            self._command = ["/bin/sh", "-c", LIMITED, *self._command]

    def convert(self, tune: str) -> tuple[bytes, str]:
        """The MIDI file of a tune, empty if none was made, and the program's output.

        Raises:
            Failed: it crashed, or took too long.
        """
        made = self._folder / "tune.mid"
        made.unlink(missing_ok=True)
        for file, content in ((self._tune, tune.encode("utf-8", "replace")), (self._said, b"")):
            file.seek(0)
            file.truncate()
            file.write(content)
            file.flush()
        process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for rnngen, which may still need to shut down in order.
            process_group=0,
        )
        try:
            code = _ended(process)
        except subprocess.TimeoutExpired:
            raise Failed(f"abc2midi did not finish within {SECONDS} seconds") from None
        finally:
            process.kill()
            process.wait()
        self._said.seek(0)
        text = self._said.read(1 << 20).decode(errors="replace")
        if code < 0:
            raise Failed(f"abc2midi crashed on it ({signal.Signals(-code).name})")
        whole = code == 0 and made.is_file()
        return made.read_bytes() if whole else b"", text


def _ended(process: subprocess.Popen[bytes]) -> int:
    """Waits for a process and returns its exit code; TimeoutExpired if it takes too long."""
    if not hasattr(os, "pidfd_open"):
        return process.wait(SECONDS)
    # `wait` polls with sleeps, each about as long as most tunes take.
    handle = os.pidfd_open(process.pid)
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        waiting.poll(SECONDS * 1000)
    finally:
        os.close(handle)
    return process.wait(0)


@contextmanager
def running() -> Iterator[Abc2Midi]:
    """abc2midi with a private folder, which is deleted afterwards.

    Raises:
        PluginError: symusic is not installed, or has no such program.
    """
    with TemporaryDirectory(prefix="rnngen-abc-") as name:
        folder = Path(name)
        with (folder / "tune.abc").open("w+b") as tune, (folder / "said").open("w+b") as said:
            yield Abc2Midi(folder, tune, said)
