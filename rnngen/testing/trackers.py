"""Contract checks for any tracker: `check_tracker(build)` runs all, `CHECKS` names each.

from rnngen.testing.trackers import CHECKS

@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_contract(check):
    check(lambda folder: CsvLog(folder))
"""

from __future__ import annotations

import contextlib
import io
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from rnngen.contracts.conform import conform
from rnngen.contracts.output import Tracker
from rnngen.testing.saying import all_of, require

Build = Callable[[Path], Tracker]
METRICS = {"train/loss": 2.5, "train/tokens_per_second": 3200.0, "valid/loss": 2.75}


def check_tracker(build: Build) -> None:
    """Runs every check on trackers that `build` makes; AssertionError names what is broken."""
    for check in CHECKS.values():
        check(build)


@contextlib.contextmanager
def _made(build: Build) -> Iterator[tuple[Tracker, Path]]:
    """A tracker and its folder, which looks like that of a run."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "run"
        folder.mkdir()
        for name in ("run.json", "metrics.jsonl"):
            (folder / name).write_text("{}\n")
        yield conform("tracker", "checked", build(folder)), folder


def takes_what_a_run_says(build: Build) -> None:
    """It takes the numbers of many steps, infinities, NaN and new names included, and closes."""
    with _made(build) as (tracker, _):
        for step in (1, 2, 2, 50, 10**9):
            tracker.log(step, dict(METRICS))
        tracker.log(10**9 + 1, {"train/loss": math.inf, "valid/loss": math.nan, "ewc.pull": -1.5})
        tracker.log(10**9 + 2, {})
        tracker.close()


def leaves_the_metrics(build: Build) -> None:
    """The mapping it is given stays as it was: others read it, too."""
    with _made(build) as (tracker, _):
        given = dict(METRICS)
        tracker.log(1, given)
        tracker.close()
    require(given == METRICS, f"`log` changed the metrics to {given}: copy them first")


def writes_into_the_folder_alone(build: Build) -> None:
    """It writes below the run's folder, and changes no file of the run."""
    with _made(build) as (tracker, folder), TemporaryDirectory() as elsewhere:
        before = Path.cwd()
        os.chdir(elsewhere)
        try:
            tracker.log(1, dict(METRICS))
            tracker.close()
        finally:
            os.chdir(before)
        strays = [path.name for path in [*Path(elsewhere).iterdir(), *folder.parent.iterdir()]]
        strays.remove(folder.name)
        require(
            not strays,
            f"it wrote {strays} outside of the run's folder: a path is relative to `folder`, not to"
            " the working folder",
        )
        for name in ("run.json", "metrics.jsonl"):
            require((folder / name).read_text() == "{}\n", f"it changed the run's own `{name}`")


def can_go_on_in_the_same_folder(build: Build) -> None:
    """After `--resume` it is built again for the same folder, and what was written stays."""
    with _made(build) as (tracker, folder):
        tracker.log(1, dict(METRICS))
        tracker.close()
        before = _sizes(folder)
        again = conform("tracker", "checked", build(folder))
        again.log(2, dict(METRICS))
        again.close()
        after = _sizes(folder)
    for name, size in before.items():
        require(
            after.get(name, -1) >= size,
            f"`{name}` had {size} bytes, and {after.get(name, 0)} after the run was resumed: open "
            "files to append",
        )


def prints_nothing(build: Build) -> None:
    """stdout is for data: nothing is printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), _made(build) as (tracker, _):
        tracker.log(1, dict(METRICS))
        tracker.close()
    require(not said.getvalue(), f"it printed {said.getvalue()[:60]!r}")


def leaves_random_numbers(build: Build) -> None:
    """torch's random state is as it was: a run is the same with and without a tracker."""
    before = torch.get_rng_state()
    with _made(build) as (tracker, _):
        tracker.log(1, dict(METRICS))
        tracker.close()
    require(torch.equal(torch.get_rng_state(), before), "it draws from torch's random numbers")


def _sizes(folder: Path) -> dict[str, int]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in found}


CHECKS: dict[str, Callable[[Build], None]] = all_of(
    (
        takes_what_a_run_says,
        leaves_the_metrics,
        writes_into_the_folder_alone,
        can_go_on_in_the_same_folder,
        prints_nothing,
        leaves_random_numbers,
    )
)
