"""A terminal that is closed, and Ctrl-C where a model waits for a person: real processes."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.bundles.records import read_metrics
from rnngen.contracts.errors import ExitCode
from tests import small_bundle
from tests.continual_runs import write_tasks


@pytest.fixture
def environment(cache):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RNNGEN_")}
    return {**kept, "RNNGEN_CACHE": str(cache), "OMP_NUM_THREADS": "1", "TERM": "xterm"}


def test_run_whose_terminal_is_closed_is_saved(environment, tmp_path) -> None:
    (data,) = write_tasks(tmp_path, "a")
    run = tmp_path / "run"
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "rnngen", "fit", data, "--steps=1000000", "--run=run"],
        cwd=tmp_path,
        env={**environment, "RNNGEN_MODEL_HIDDEN": "8"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(theirs)
    try:
        wait_for_step(run, 20, process)
        os.close(ours)
        assert process.wait(timeout=60) == ExitCode.INTERRUPTED
    finally:
        process.kill()
        process.wait()
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert load_checkpoint(run)[1]["position"]["step"] >= 20


def wait_for_step(run: Path, step: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while not (run / "metrics.jsonl").exists() or not any(
        row["step"] >= step for row in read_metrics(run)
    ):
        assert process.poll() is None, "ended too early"
        assert time.monotonic() < end, "never came so far"
        time.sleep(0.02)


def test_ctrl_c_ends_a_conversation_at_once_and_in_one_line(environment, tmp_path) -> None:
    alphabet = "ab: \nUSYTEM"
    small_bundle.save(tmp_path / "run", characters=alphabet, size=len(alphabet) + 1)
    process = subprocess.Popen(
        [sys.executable, "-m", "rnngen", "chat", "run", "-l5", "--you=USE: ", "--other=SYS: "],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"ab\n")
    process.stdin.flush()
    process.stdout.readline()  # it waits for the next turn now
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED
    assert errors.decode().splitlines()[-1] == "error: interrupted"
    assert b"Traceback" not in errors
