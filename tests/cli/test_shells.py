"""Completion in real shells: what stands on the line after a Tab, as the shell itself reads it."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}

LAUNCH = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Gives a shell the terminal on its standard input, as a terminal's window does."""

SETUP = {
    "bash": "PS1='$ '; bind 'set enable-bracketed-paste off'; eval \"$(rnngen completion bash)\"",
    "zsh": "PS1='$ '; bindkey -e; autoload -Uz compinit; compinit -u -D; "
    'eval "$(rnngen completion zsh)"',
    "fish": "rnngen completion fish | source",
}

LINES = {
    "rnngen fit sma": ["rnngen", "fit", "small.txt"],
    "rnngen fit 'my": ["rnngen", "fit", "my file.txt"],
    "rnngen fit it": ["rnngen", "fit", "it's.txt"],
    "rnngen fit a:": ["rnngen", "fit", "a:b.txt"],
    "rnngen fit corpus:po": ["rnngen", "fit", "corpus:poems"],
    "rnngen fit -o train.lear": ["rnngen", "fit", "-o", "train.learning_rate="],
    "rnngen fit --cell=g": ["rnngen", "fit", "--cell=gru"],
    "rnngen show oth": ["rnngen", "show", "other"],
}
"""What is typed before the Tab, and the words afterwards."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Names that a shell has to quote, and one that bash cuts in two."""
    for name in ("small.txt", "my file.txt", "it's.txt", "a:b.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "other/run").mkdir(parents=True)
    return tmp_path


def typed(shell: str, lines: Sequence[str], folder: Path) -> list[list[str]]:
    """The words of each line after a Tab, as the shell gives them to a command."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "TERM": "xterm",
        "INPUTRC": "/dev/null",
    }
    master, slave = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, *SHELLS[shell]],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=folder,
        env=environment,
    )
    os.close(slave)
    try:
        result = folder / "words"
        # A command that writes its words, where nothing that the terminal shows can get between.
        script = folder / "words.py"
        script.write_text(
            "import json, sys\n"
            f"with open({str(result)!r}, 'a') as file: print(json.dumps(sys.argv[1:]), file=file)\n"
        )
        _send(master, SETUP[shell] + "\r")
        for line in lines:
            # Ctrl-A: the words become the arguments of the script, and the line is run.
            _send(master, f"{line}\t\x01{sys.executable} {script} \x05\r")
        _send(master, "exit\r")
        shown = _until_end(master, done)
    finally:
        done.kill()
        done.wait()
        os.close(master)
    assert result.exists(), shown
    words = [json.loads(each) for each in result.read_text().splitlines()]
    assert len(words) == len(lines), shown
    return words


def _send(master: int, text: str) -> None:
    os.write(master, text.encode())


def _until_end(master: int, done: subprocess.Popen[bytes]) -> str:
    shown, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                block = os.read(master, 65536)
            except OSError:  # the shell has closed its side
                break
            if not block:
                break
            shown += block
        elif done.poll() is not None:
            break
    return shown.decode(errors="replace")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_tab_completes_what_the_shell_would_run(shell: str, folder: Path) -> None:
    if shutil.which(shell) is None:
        assert shell != "bash", "this test needs bash"
        pytest.skip(f"{shell} is not installed")
    # A folder has a slash at its end in some shells, so that typing may go on.
    words = [[word.rstrip("/") for word in line] for line in typed(shell, list(LINES), folder)]
    assert dict(zip(LINES, words, strict=True)) == LINES
