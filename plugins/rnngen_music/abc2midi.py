"""Runs abc2midi, which symusic brings along, as a process of its own: a tune in, a MIDI file out.

symusic's own reader keeps the tune under a name in the common temporary folder that anyone can
guess, and follows a link there. Here the folder is private, and whatever the program does to
itself ends the program alone: it may take so much time, memory and disk, and no more.
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
"""That a tune may take; most take a few thousandths."""

MEMORY = 1 << 20
"""KiB that the program may have."""

OUTPUT = 1 << 16
"""Blocks of 512 bytes that a file of its own may have."""

LIMITED = (
    f"ulimit -c 0; ulimit -t {SECONDS}; ulimit -f {OUTPUT}; ulimit -v {MEMORY} 2>/dev/null; "
    'exec "$0" "$@"'
)


class Failed(Exception):
    """The program crashed on a tune, or was not done with it; says which."""


class Abc2Midi:
    """The program with a folder to work in; use `running`.

    Args:
        folder: a private one.
        tune: a file named `tune.abc` in it.
        said: a file for what the program says.
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
        """The MIDI file of a tune, empty where none was made, and what the program said of it.

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
            # Ctrl-C is for rnngen, which may still want to end in order.
            process_group=0,
        )
        try:
            code = _ended(process)
        except subprocess.TimeoutExpired:
            raise Failed(f"abc2midi was not done with it after {SECONDS} seconds") from None
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
    """The return code of a process once it has ended; TimeoutExpired if it takes too long."""
    if not hasattr(os, "pidfd_open"):
        return process.wait(SECONDS)
    # `wait` looks whether it has ended and sleeps, which takes as long as most tunes.
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
    """abc2midi with a private folder, which is gone afterwards.

    Raises:
        PluginError: symusic is not installed, or brings no such program.
    """
    with TemporaryDirectory(prefix="rnngen-abc-") as name:
        folder = Path(name)
        with (folder / "tune.abc").open("w+b") as tune, (folder / "said").open("w+b") as said:
            yield Abc2Midi(folder, tune, said)
