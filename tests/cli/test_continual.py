"""`rnngen continual` as a user types it: what it prints, leaves, goes on with and refuses."""

from __future__ import annotations

import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from rnngen.contracts.errors import ExitCode, Interrupted
from rnngen.contracts.reporter import Silent
from rnngen.training.interrupts import Interrupts
from rnngen.verbs.continual.methods import SINGLE
from rnngen.verbs.continual.verb import continual
from tests.continual_runs import SMALL, write_tasks

FOLDERS = ["naive-seed0-order1", "replay-seed0-order1", "joint-seed0"]
FOLDERS += ["single1-seed0", "single2-seed0"]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """A folder with two tasks and a finished comparison of `replay`, `cl`."""
    folder = tmp_path_factory.mktemp("continual")
    names = write_tasks(folder, "ab")
    from rnngen.cli import main

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNGEN_CACHE", str(cache))
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.chdir(folder)
        code = main(["continual", *names, "--compare", "replay", "--run", "cl", *SMALL, "-q"])
        assert code == ExitCode.OK
    return folder


@pytest.fixture
def tasks(compared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the current folder."""
    shutil.copytree(compared, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def document(run: str = "cl") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(run) / "continual.json").read_text("utf-8"))
    return found


def test_it_leaves_a_table_a_picture_numbers_and_a_folder_for_each_training(
    tasks: Path, run_cli: Any
) -> None:
    outcome = run_cli("continual", "a.txt", "b.txt", "--compare", "replay", "--run", "cl", *SMALL)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    lines = [line.split() for line in outcome.stdout.splitlines()]
    firsts = [line[0] for line in lines if line]
    # Two tables of numbers, and one of samples for each task.
    assert [firsts.count(name) for name in ("naive", "replay", "joint", "single")] == [4] * 4
    assert Path("cl/continual.png").read_bytes().startswith(b"\x89PNG")
    assert all((Path("cl") / name / "bundle.json").is_file() for name in FOLDERS)
    assert "trial 5 of 5: single, seed 0, task 2 (done before)" in outcome.stderr


def test_the_numbers_are_those_of_the_runs(tasks: Path) -> None:
    found = document()
    assert found["status"] == "finished"
    assert (found["tasks"], found["seeds"], found["orders"]) == (["a", "b"], [0], [[0, 1]])
    (trial,) = found["methods"]["replay"]["trials"]
    bundle = json.loads(Path("cl/replay-seed0-order1/bundle.json").read_text("utf-8"))
    assert trial["histories"] == [bundle["history"]]
    assert found["methods"]["replay"]["active"] is True
    assert found["methods"]["replay"]["plugins"] == ["replay"]
    # Fifteen steps a task for all, and as much for the single models.
    steps = [m["summary"]["steps"]["mean"] for m in found["methods"].values()]
    assert steps == [30] * 4
    samples = found["methods"][SINGLE]["samples"]
    assert len(samples) == 2
    assert all(samples)


def test_the_same_command_repeats_nothing_and_a_new_method_is_added(
    tasks: Path, run_cli: Any
) -> None:
    before = {name: (Path("cl") / name / "bundle.json").read_bytes() for name in FOLDERS}
    again = ["continual", "a.txt", "b.txt", "--run", "cl", *SMALL, "--json"]
    outcome = run_cli(*again, "--compare", "lwf,replay")
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert list(json.loads(outcome.stdout)["methods"]) == [
        "naive",
        "lwf",
        "replay",
        "joint",
        "single",
    ]
    assert outcome.stderr.count("(done before)") == 5
    for name, content in before.items():
        assert (Path("cl") / name / "bundle.json").read_bytes() == content


class Stops(Silent):
    """Presses Ctrl-C in the middle of the second training."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def progress(self, step: int, total: Any, metrics: Any, eta: Any) -> None:
        if len(self.notes) == 2 and step == 20:
            signal.raise_signal(signal.SIGINT)


class EndsBetween(Stops):
    """Is ended by SIGTERM before the second training has begun."""

    def note(self, text: str) -> None:
        super().note(text)
        if len(self.notes) == 2:
            signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("reporter", [Stops, EndsBetween])
def test_a_comparison_that_was_interrupted_goes_on_to_the_same_numbers(
    tasks: Path, reporter: type[Stops], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree("stopped", ignore_errors=True)
    # As soon as nothing need be finished: there is no step to wait for.
    monkeypatch.setattr(Interrupts.__init__, "__defaults__", (0.01,))
    given: dict[str, Any] = {
        "compare": "replay",
        "cell": "gru",
        "hidden": 8,
        "steps": 30,
        "precision": "fp32",
        "options": ["train.lanes=4", "train.chunk=16", "model.embedding=8"],
        "run": "stopped",
    }
    with pytest.raises(Interrupted) as caught:
        continual(["a.txt", "b.txt"], **given, reporter=reporter())
    assert "trial 2 of 5" in caught.value.message
    assert "--run stopped" in str(caught.value.hint)
    assert document("stopped")["status"] == "interrupted"
    result = continual(["a.txt", "b.txt"], **given)
    whole, found = document("cl")["methods"], result.document("finished")["methods"]
    assert {name: m["matrix"] for name, m in found.items()} == {
        name: m["matrix"] for name, m in whole.items()
    }


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("rnngen.verbs.continual.clock.Clock.finished", "in trial [12] of 5"),
        ("rnngen.verbs.continual.samples.write", "while the samples were written"),
    ],
)
def test_ctrl_c_between_trials_ends_cleanly_and_the_same_command_resumes(
    place: str, where: str, tasks: Path, run_cli: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["continual", "a.txt", "b.txt", "--compare", "replay", "--run", "cl", *SMALL]
    matrix = document()["methods"]["replay"]["matrix"]
    with monkeypatch.context() as patch:
        patch.setattr(place, lambda *given: signal.raise_signal(signal.SIGINT))
        outcome = run_cli(*words)
    assert outcome.exit_code == ExitCode.INTERRUPTED
    assert re.search(f"stopped {where}; everything is saved", outcome.stderr)
    assert "the same command with `--run cl` resumes" in outcome.stderr
    assert document()["status"] == "interrupted"
    outcome = run_cli(*words)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert outcome.stderr.count("(done before)") == 5
    assert document()["status"] == "finished"
    assert document()["methods"]["replay"]["matrix"] == matrix


def test_a_training_killed_before_its_first_checkpoint_is_begun_again(
    tasks: Path, run_cli: Any
) -> None:
    for name in ("bundle.json", "checkpoint.json"):
        (Path("cl/joint-seed0") / name).unlink()
    before = document()["methods"]["joint"]["matrix"]
    outcome = run_cli("continual", "a.txt", "b.txt", "--compare", "replay", "--run", "cl", *SMALL)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert outcome.stderr.count("(done before)") == 4
    assert document()["methods"]["joint"]["matrix"] == before


STRATEGIES = """
class Idle:
    @rnngen.hookimpl
    def task_finished(self, run, task, batches): pass

class Breaks:
    @rnngen.hookimpl
    def task_finished(self, run, task, batches): raise ValueError("it broke")

@rnngen.hookimpl
def register_strategies(register):
    register("idle", "rnngen_odd:Idle")
    register("breaks", "rnngen_odd:Breaks")
    register("lost", "rnngen_odd:Idle", options="no_such_package:Options")
"""


def test_a_method_that_fails_is_said_and_the_others_are_kept(
    tasks: Path, run_cli: Any, make_plugin: Any
) -> None:
    make_plugin("odd", STRATEGIES)
    methods = ["--compare", "breaks,idle,lost", "-o", "lost.option=3", "--run", "cl"]
    outcome = run_cli("continual", "a.txt", "b.txt", *methods, *SMALL)
    assert outcome.exit_code == ExitCode.FAILED
    found = document()["methods"]
    assert "it broke" in found["breaks"]["failed"]
    assert "no_such_package" in found["lost"]["failed"]
    assert "warning: breaks failed and is left out" in outcome.stderr
    assert found["naive"]["failed"] is None
    # What changed nothing is told from what changed something.
    assert found["idle"]["active"] is False
    assert "idle had no effect" in outcome.stderr
    rows = [line.split() for line in outcome.stdout.splitlines()]
    assert ["breaks", "failed"] in rows


def test_an_option_goes_to_the_methods_that_have_it(tasks: Path, run_cli: Any) -> None:
    outcome = run_cli(
        *["continual", "a.txt", "b.txt", "--compare", "replay", "--run", "new", *SMALL],
        *["-o", "replay.memory=10%", "-o", "share=0.5"],
    )
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    config = Path("new/replay-seed0-order1/config.toml").read_text("utf-8")
    assert 'memory = "10%"' in config
    assert "share = 0.5" in config
    assert "[replay]" not in Path("new/naive-seed0-order1/config.toml").read_text("utf-8")


def test_a_configuration_file_that_names_a_strategy_leaves_naive_naive(
    tasks: Path, run_cli: Any
) -> None:
    before = document()["methods"]["naive"]["matrix"]
    Path("rnngen.toml").write_text('[fit]\nplugins = ["ewc"]\n[ewc]\n')
    outcome = run_cli("continual", "a.txt", "b.txt", "--compare", "replay", "--run", "new", *SMALL)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert document("new")["methods"]["naive"]["matrix"] == before


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["a.txt"], "1 task named, expected at least 2", "every data argument is a task"),
        ([], "no tasks named", "every data argument is a task"),
        (["a.txt", "a.txt"], "`a.txt` is named twice", "once"),
        (["a.txt", "./a.txt"], "is named twice (as `a.txt` too)", "once"),
        (["a.txt", "copy.txt"], "`a.txt` and `copy.txt` hold the same", "once"),
        (["a.txt", "-"], "standard input", "write it to a file"),
        (["a.txt", "short.txt"], "task `short.txt` has 11 tokens held out", "more text"),
        (["a.txt", "tiny.txt"], "`tiny.txt` has 4 steps", "more text"),
        (["a.txt", "b.tx"], "`b.tx`", "`b.txt`"),
        (["a.txt", "b.txt", "--compare", "replya"], "`replya`", "did you mean `replay`?"),
        (["a.txt", "b.txt", "--seeds", "0"], "`--seeds` is 0", ""),
        (["a.txt", "b.txt", "--orders", "3"], "2 tasks have 2 orders", "from 1 to 2"),
        (["a.txt", "b.txt", "--time", "1m"], "`--time`", "`--epochs`"),
        (["a.txt", "b.txt", "-o", "train.time=9"], "`train.time`", "`--epochs`"),
        (["a.txt", "b.txt", "-o", "train.patience=2"], "`train.patience`", "leave it out"),
        (["a.txt", "b.txt", "-o", "ewc.lamda=2"], "`ewc.lamda`", "`ewc."),
        (["a.txt", "b.txt", "-o", "hiden=2"], "`hiden`", "`model.hidden`"),
        (["a.txt", "b.txt", "--run", "a.txt"], "`a.txt` is a file", ""),
        (["a.txt", "b.txt", "--run", "full"], "holds no comparison", "does not exist yet"),
        (["a.txt", "b.txt", "--run", "cl"], "`model.cell` was gru, now lstm", "another folder"),
        (["b.txt", "a.txt", "--run", "cl"], "another comparison: data was", "another folder"),
    ],
)
def test_bad_input_is_an_error_with_a_hint_and_nothing_is_begun(
    tasks: Path, run_cli: Any, arguments: list[str], message: str, hint: str
) -> None:
    shutil.copy("a.txt", "copy.txt")
    Path("short.txt").write_text("not enough to measure anything " * 3 + "at all..")
    Path("tiny.txt").write_text("four")
    Path("full").mkdir()
    Path("full/other.txt").write_text("x")
    before = sorted(Path("cl").rglob("*"))
    outcome = run_cli("continual", *arguments)
    assert outcome.exit_code in (ExitCode.USAGE, ExitCode.FAILED)
    assert outcome.stdout == ""
    error = next(line for line in outcome.stderr.splitlines() if line.startswith("error: "))
    assert message in error
    assert hint in outcome.stderr.rpartition("hint: ")[2]
    assert sorted(Path("cl").rglob("*")) == before
    assert not Path("runs").exists()
