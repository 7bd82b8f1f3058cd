"""Trackers in a run: their options, what a failing one does, and that a resumed run has them."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

import rnngen
from rnngen.contracts.errors import RnngenError, UsageError
from rnngen.kernel import catalog
from tests.continual_runs import Killed, write_tasks
from tests.training.test_going_on_or_not import OPTIONS, SMALL, Told

PLUGIN = '''
import csv
from dataclasses import dataclass
import rnngen

@dataclass(frozen=True)
class Options:
    """CSV."""
    name: str = rnngen.option("metrics.csv", "file to write")
    every: int = rnngen.option(1, "rows between two", min=1)

class ByField:
    def __init__(self, folder, name="metrics.csv", every=1):
        self.file = open(folder / name, "a", newline="")
    def log(self, step, metrics):
        csv.writer(self.file).writerows([step, *pair] for pair in metrics.items())
    def close(self):
        self.file.close()

class Whole(ByField):
    def __init__(self, folder, options):
        super().__init__(folder, options.name)

class Failing:
    def __init__(self, folder, at="step"):
        self.at = at
        if at == "start":
            raise ConnectionError("no server")
    def log(self, step, metrics):
        if self.at == "step" and step >= 10:
            raise ConnectionError("no server")
    def close(self):
        if self.at == "finish":
            raise SystemExit("no server")

@dataclass(frozen=True)
class FailingOptions:
    """Fails."""
    at: str = rnngen.option("step", "when")

@rnngen.hookimpl
def register_trackers(register):
    register("by-field", ByField, options=Options)
    register("whole", Whole, options=Options)
    register("failing", Failing, options=FailingOptions)
    register("absent", "no_such_module:Tracker")
'''


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_tasks(tmp_path, "a")
    Path("some_trackers.py").write_text(PLUGIN)
    catalog.configure(files=[Path("some_trackers.py")])
    yield tmp_path
    catalog.configure()
    sys.modules.pop("some_trackers", None)


def fit(run: str, *trackers: str, options=(), **more):
    return rnngen.fit(
        ["a.txt"], run=run, trackers=trackers, options=[*OPTIONS, *options], steps=20, **SMALL,
        **more,
    )  # fmt: skip


def steps_in(path: Path) -> set[int]:
    with path.open(newline="") as file:
        return {int(row[0]) for row in csv.reader(file)}


@pytest.mark.parametrize("name", ["by-field", "whole"])
def test_option_of_a_tracker_is_set_as_show_prints_it(place, name) -> None:
    fit("run", name, options=[f"{name}.name=m.csv"])
    assert 20 in steps_in(Path("run/m.csv"))
    assert not Path("run/metrics.csv").exists()


@pytest.mark.parametrize("when", ["start", "step", "finish"])
def test_tracker_that_fails_is_off_with_one_warning_and_the_run_ends_as_without(
    place, when
) -> None:
    told = Told()
    fit("run", "failing", "whole", options=[f"failing.at={when}"], reporter=told)
    (warning,) = [line for line in told.lines if "no server" in line]
    assert "tracker `failing`" in warning
    assert "\n" not in warning
    assert 20 in steps_in(Path("run/metrics.csv"))
    rnngen.load("run")


@pytest.mark.parametrize(
    ("trackers", "options", "said"),
    [
        (["tensorbord"], [], "tensorbord"),
        (["absent"], [], "no_such_module"),
        (["whole"], ["whole.every=0"], "every"),
        (["whole"], ["whole.nme=x"], "nme"),
        (["none", "whole"], [], "`whole`"),
        ([], ["train.optimizer=adm"], "adm"),
        ([], ["train.optimizer=sgd", "sgd.nesterov=true"], "momentum"),
    ],
)
def test_component_that_can_not_be_had_is_said_before_there_is_a_folder(
    place, trackers, options, said
) -> None:
    with pytest.raises(RnngenError, match=said):
        fit("run", *trackers, options=options)
    assert not Path("run").exists()


def test_resumed_run_has_its_trackers_with_their_options_and_says_so(place) -> None:
    with pytest.raises(Killed):
        fit("run", "whole", options=["whole.name=m.csv"], reporter=Told(12))
    Path("run/m.csv").unlink()
    told = Told()
    rnngen.fit(resume="run", reporter=told)
    assert steps_in(Path("run/m.csv")) >= {20}
    assert any("whole, as before" in line for line in told.lines)


def test_trackers_of_a_resumed_run_are_switched_off_by_none_even_where_they_are_gone(place) -> None:
    with pytest.raises(Killed):
        fit("run", "whole", reporter=Told(12))
    catalog.configure()
    before = Path("run/run.json").read_bytes()
    with pytest.raises(UsageError, match="no tracker named `whole`") as caught:
        rnngen.fit(resume="run")
    assert "--tracker none" in str(caught.value.hint)
    assert Path("run/run.json").read_bytes() == before
    told = Told()
    rnngen.fit(resume="run", trackers=["none"], reporter=told)
    assert not any("as before" in line for line in told.lines)
