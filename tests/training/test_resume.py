"""Stopping and going on: real processes, real signals, the very same weights."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
import torch

from rnngen.bundles.bundle import load
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.bundles.records import read_metrics
from rnngen.contracts.errors import ExitCode

STEPS = 60
OPTIONS = [
    "model.dropout=0.2",
    "train.scheduled_sampling=0.3",
    "train.accumulate=2",
    "train.lanes=4",
    "train.chunk=16",
    "train.checkpoint_every=7",
    "train.validate_every=20",
    "train.sample=20",
]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "text.txt"
    lines = (f"{i} times {i + 1} is {i * (i + 1)}, said the clerk." for i in range(200))
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def environment(cache):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RNNGEN_")}
    return {**kept, "RNNGEN_CACHE": str(cache), "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}


def start(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "rnngen", "fit", *map(str, arguments)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def new_run(environment, text, run, *more):
    options = [part for option in OPTIONS for part in ("-o", option)]
    return start(environment, text, "--hidden", 24, "--steps", STEPS, "--run", run, *options, *more)


def wait_for_step(run, step, process):
    """Until `metrics.jsonl` has that step; the process must be alive for the test to mean much."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if any(row["step"] >= step for row in read_metrics(run)):
                return
        except Exception:  # the folder may not be there yet
            pass
        if process.poll() is not None:
            raise AssertionError(f"ended too early: {process.stderr.read()}")
        time.sleep(0.002)
    raise AssertionError("never came so far")


@pytest.fixture(scope="module")
def uninterrupted(environment, text, tmp_path_factory):
    run = tmp_path_factory.mktemp("whole") / "run"
    process = new_run(environment, text, run)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return run


def assert_same(run, expected):
    """Weights, optimizer, random state and lanes bit for bit; the same metrics; whole files."""
    tensors, state = load_checkpoint(run)
    wanted, wanted_state = load_checkpoint(expected)
    assert state["position"]["step"] == wanted_state["position"]["step"] == STEPS
    assert tensors.keys() == wanted.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, wanted[name]), f"`{name}` differs"
    for name, tensor in load(run).model.tensors().items():
        assert torch.equal(tensor, load(expected).model.tensors()[name]), f"`{name}` differs"

    def numbers(path):
        return [
            {key: row[key] for key in ("step", "split", "tokens")} | {"valid": row["loss"]}
            for row in read_metrics(path)
            if row["split"] == "valid"
        ]

    assert numbers(run) == numbers(expected)


def test_ctrl_c_saves_and_resume_ends_with_the_same_weights(
    environment, text, uninterrupted, tmp_path
):
    run = tmp_path / "run"
    process = new_run(environment, text, run)
    wait_for_step(run, 20, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.INTERRUPTED, errors
    assert f"--resume {run}" in errors
    assert "Traceback" not in errors
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    stopped_at = load_checkpoint(run)[1]["position"]["step"]
    assert 20 <= stopped_at < STEPS
    resumed = start(environment, "--resume", run)
    _, errors = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, errors
    assert f"resuming at step {stopped_at}" in errors
    assert_same(run, uninterrupted)


def test_kill_at_any_moment_and_resume_ends_with_the_same_weights(
    environment, text, uninterrupted, tmp_path
):
    run = tmp_path / "run"
    moments = random.Random(7)
    kills = 0
    process = new_run(environment, text, run)
    while kills < 4:
        wait_for_step(run, 1 + 10 * kills, process)
        time.sleep(moments.uniform(0.0, 0.15))
        process.kill()
        process.communicate()
        kills += 1
        # Whatever the moment was, what is on disk is whole.
        assert load_checkpoint(run) is not None
        load(run).model  # noqa: B018
        process = start(environment, "--resume", run)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert_same(run, uninterrupted)


def test_a_second_fit_in_the_same_folder_is_refused(environment, text, tmp_path):
    run = tmp_path / "run"
    first = new_run(environment, text, run, "--steps", 10**6)
    try:
        wait_for_step(run, 1, first)
        second = start(environment, "--resume", run)
        _, errors = second.communicate(timeout=60)
        assert second.returncode == ExitCode.USAGE
        assert str(first.pid) in errors
        third = new_run(environment, text, run)
        _, errors = third.communicate(timeout=60)
        assert third.returncode == ExitCode.USAGE
        assert "hint:" in errors
    finally:
        first.kill()
        first.communicate()


def test_a_full_disk_ends_the_run_and_keeps_the_last_checkpoint(environment, text, tmp_path):
    run = tmp_path / "run"
    first = new_run(environment, text, run)
    wait_for_step(run, 10, first)
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=60)
    assert first.returncode == ExitCode.INTERRUPTED
    before = load_checkpoint(run)[1]["position"]["step"]
    # No file may grow beyond 4 blocks: writing the next checkpoint fails as on a full disk.
    limited = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "
    limited += "import sys; from rnngen.cli import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.run(
        [sys.executable, "-c", limited, "fit", "--resume", str(run)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == ExitCode.FAILED, process.stderr
    assert "Traceback" not in process.stderr
    assert "hint:" in process.stderr
    assert load_checkpoint(run)[1]["position"]["step"] == before
    resumed = start(environment, "--resume", run)
    _, errors = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, errors


def test_resume_with_another_limit_goes_on_for_longer(environment, text, uninterrupted, tmp_path):
    run = tmp_path / "run"
    short = start(environment, text, "--hidden", 8, "--steps", 5, "--run", run)
    short.communicate(timeout=60)
    assert short.returncode == 0
    longer = start(environment, "--resume", run, "--steps", 9)
    _, errors = longer.communicate(timeout=60)
    assert longer.returncode == 0, errors
    assert load_checkpoint(run)[1]["position"]["step"] == 9


def test_resume_refuses_data_that_changed(environment, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("one two three four five. " * 50)
    run = tmp_path / "run"
    first = start(environment, text, "--hidden", 8, "--steps", 3, "--run", run)
    first.communicate(timeout=60)
    text.write_text("six seven eight nine ten. " * 50)
    second = start(environment, "--resume", run, "--steps", 6)
    _, errors = second.communicate(timeout=60)
    assert second.returncode == ExitCode.FAILED
    assert "has changed since the run started" in errors
    assert "Traceback" not in errors
