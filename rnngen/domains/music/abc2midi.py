"""Runs abc2midi, which symusic brings along, as a process of its own: a tune in, a MIDI file out.

symusic's own reader keeps the tune under a name in the common temporary folder that anyone can
guess, and follows a link there. Here the folder is private, and whatever the program does to
itself ends the program alone: it may take so much time, memory and disk, and no more.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rnngen.domains.music.score import missing, symusic

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
    """The program with a folder to work in; use `running`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
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
        (self._folder / "tune.abc").write_text(tune, "utf-8", "surrogatepass", newline="")
        with (self._folder / "said").open("w+b") as said:
            try:
                done = subprocess.run(
                    self._command,
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    timeout=SECONDS,
                    check=False,
                    # Ctrl-C is for rnngen, which may still want to end in order.
                    process_group=0,
                )
            except subprocess.TimeoutExpired:
                raise Failed(f"abc2midi was not done with it after {SECONDS} seconds") from None
            said.seek(0)
            text = said.read(1 << 20).decode(errors="replace")
        if done.returncode < 0:
            raise Failed(f"abc2midi crashed on it ({signal.Signals(-done.returncode).name})")
        whole = done.returncode == 0 and made.is_file()
        return made.read_bytes() if whole else b"", text


@contextmanager
def running() -> Iterator[Abc2Midi]:
    """abc2midi with a private folder, which is gone afterwards.

    Raises:
        PluginError: symusic is not installed, or brings no such program.
    """
    with TemporaryDirectory(prefix="rnngen-abc-") as folder:
        yield Abc2Midi(Path(folder))
