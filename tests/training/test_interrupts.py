"""Ctrl-C acts within two seconds, whatever is going on: real processes, real signals."""

import json
import os
import subprocess
import sys
import time

import pytest
import torch

from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.contracts.errors import ExitCode

PRESSES = """
import os, signal, time, rnngen

def press(seconds=60):
    open({begun!r}, "w").write(str(time.time()))
    os.kill(os.getpid(), signal.SIGINT)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.2)
    open({ended!r}, "w").close()
"""
"""A part that takes a minute, and in whose beginning Ctrl-C is pressed."""

IN_STEP = """
@rnngen.hookimpl
def loss_terms(run, batch, output):
    if run.step == 7 and not os.path.exists({begun!r}):
        press()
"""

AFTER_TASK = """
@rnngen.hookimpl
def task_finished(run):
    if not os.path.exists({begun!r}):
        press()
"""

BEFORE_TASK = AFTER_TASK.replace("task_finished", "task_started")

IN_VALIDATION = """
from rnngen.components.likelihoods.categorical import Categorical
plain = Categorical.nll

def nll(self, output, target):
    import torch
    if steps and torch.is_inference_mode_enabled() and not os.path.exists({begun!r}):
        press()
    return plain(self, output, target)

Categorical.nll = nll
steps = []

@rnngen.hookimpl
def step_finished(run):
    steps.append(run.step)
"""

IN_PLAIN_STEP = """
from rnngen.components.likelihoods.categorical import Categorical
plain, steps = Categorical.nll, []

def nll(self, output, target):
    import torch
    steps.extend([1] * torch.is_grad_enabled())
    if len(steps) == 8 and not os.path.exists({begun!r}):
        press()
    return plain(self, output, target)

Categorical.nll = nll
"""

WITHOUT = """
@rnngen.hookimpl
def task_started(run):
    pass
"""

DIRECT = """
import sys
exec(open(sys.argv[1]).read(), {"__name__": "presses"})
from rnngen.cli import main
sys.exit(main(sys.argv[2:]))
"""
"""For code that no `--plugin` would load."""

OPTIONS = ["train.lanes=4", "train.chunk=16", "train.validate_every=10", "train.sample=0"]
OPTIONS += ["model.embedding=8", "model.dropout=0.2", "train.checkpoint_every=5"]


@pytest.fixture(scope="module")
def environment(cache):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RNNGEN_")}
    return {**kept, "RNNGEN_CACHE": str(cache), "OMP_NUM_THREADS": "1", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "text.txt"
    path.write_text("\n".join(f"{i} times {i + 1} is {i * (i + 1)}." for i in range(150)))
    return path


class Pressed:
    """A plugin file that presses Ctrl-C, and what became of the process."""

    def __init__(self, folder, code):
        self.begun, self.ended = folder / "begun", folder / "ended"
        self.plugin = folder / "presses.py"
        self.has_hooks = "hookimpl" in code
        names = {"begun": str(self.begun), "ended": str(self.ended)}
        self.plugin.write_text((PRESSES + code).format(**names))

    def run(self, environment, *arguments):
        command = ["-m", "rnngen", "--plugin-path", self.plugin]
        if not self.has_hooks:
            command = ["-c", DIRECT, self.plugin]
        done = subprocess.run(
            [sys.executable, *command, *map(str, arguments)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.at = time.time()
        return done

    def assert_stopped(self, done):
        assert done.returncode == ExitCode.INTERRUPTED, done.stderr
        assert "Traceback" not in done.stderr
        assert not self.ended.exists()

    @property
    def seconds(self):
        """From the signal until the process was gone."""
        return self.at - float(self.begun.read_text())


def fit(run, text, *more):
    options = [part for option in OPTIONS for part in ("-o", option)]
    return ["fit", text, "--hidden", 8, "--steps", 20, "--run", run, *options, *more]


@pytest.fixture(scope="module")
def whole(environment, text, tmp_path_factory):
    """A run that nobody stopped; the strategy in it does nothing."""
    folder = tmp_path_factory.mktemp("whole")
    done = Pressed(folder, WITHOUT).run(environment, *fit(folder / "run", text))
    assert done.returncode == 0, done.stderr
    return folder / "run"


CASES = {
    # What a step without strategies changes is known, so that only the step itself is lost.
    "in a step": (IN_PLAIN_STEP, 7, []),
    "in a step with a strategy": (IN_STEP, 5, ["--plugin", "presses"]),
    "after a task": (AFTER_TASK, 20, ["--plugin", "presses"]),
    "before a task": (BEFORE_TASK, 0, ["--plugin", "presses"]),
    "in a validation": (IN_VALIDATION, 10, ["--plugin", "presses"]),
}


@pytest.mark.parametrize("case", CASES)
def test_ctrl_c_gives_up_what_takes_long_and_resuming_comes_to_the_same_bits(
    environment, text, whole, tmp_path, case
):
    code, step, more = CASES[case]
    pressed = Pressed(tmp_path, code)
    run = tmp_path / "run"
    done = pressed.run(environment, *fit(run, text, *more))
    pressed.assert_stopped(done)
    assert pressed.seconds < 20  # of the 60 that the part takes; a busy machine ends slowly
    assert f"--resume {run}" in done.stderr
    assert json.loads((run / "run.json").read_text())["status"] == "interrupted"
    assert load_checkpoint(run)[1]["position"]["step"] == step
    resumed = pressed.run(environment, "fit", "--resume", run)
    assert resumed.returncode == 0, resumed.stderr
    assert_same(run, whole)


def assert_same(run, whole):
    (tensors, state), (wanted, wanted_state) = load_checkpoint(run), load_checkpoint(whole)
    assert state["position"]["best"] == wanted_state["position"]["best"]
    assert state["position"]["best_step"] == wanted_state["position"]["best_step"]
    assert tensors.keys() == wanted.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, wanted[name]), f"`{name}` differs"


IN_READING = """
from rnngen.components.domains.text import TextDomain as Text
plain = Text.read

def read(self, sources):
    for piece in plain(self, sources):
        yield piece
        press()

Text.read = read
"""

IN_ONE_CALL = """
import ctypes, threading
from rnngen.components.domains.text import TextDomain as Text

def read(self, sources):
    open({begun!r}, "w").write(str(time.time()))
    threading.Timer(0.2, os.kill, [os.getpid(), signal.SIGINT]).start()
    # As in a long computation: the main thread neither wakes nor executes Python.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    ctypes.CDLL(None).sleep(60)
    open({ended!r}, "w").close()

Text.read = read
"""


@pytest.mark.parametrize("code", [IN_READING, IN_ONE_CALL], ids=["reading", "one long call"])
def test_ctrl_c_ends_reading_at_once_even_inside_one_call_of_a_library(environment, tmp_path, code):
    text = tmp_path / "new.txt"
    text.write_text(f"never read before: {tmp_path}\n" * 20)
    pressed = Pressed(tmp_path, code)
    done = pressed.run(environment, *fit(tmp_path / "run", text))
    pressed.assert_stopped(done)
    assert pressed.seconds < 20


@pytest.mark.parametrize(
    "arguments", [["evaluate"], ["generate", "--length", 5]], ids=lambda each: each[0]
)
def test_ctrl_c_ends_a_command_that_has_nothing_to_save(environment, text, tmp_path, arguments):
    run = tmp_path / "run"
    pressed = Pressed(tmp_path, IN_ENGINE)
    quiet = subprocess.run(
        [sys.executable, "-m", "rnngen", *map(str, fit(run, text, "--steps", 2))],
        env=environment,
        check=False,
        capture_output=True,
    )
    assert quiet.returncode == 0
    verb, *more = arguments
    pressed.assert_stopped(pressed.run(environment, verb, run, *more))


IN_ENGINE = """
from rnngen.model.model import Model
plain = Model.initial_state

def initial_state(self, *arguments, **named):
    press()
    return plain(self, *arguments, **named)

Model.initial_state = initial_state
"""
