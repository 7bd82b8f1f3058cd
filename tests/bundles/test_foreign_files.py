"""A folder somebody passed on may hold anything under the names of a run: nothing hangs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rnngen.bundles import bundle, checkpoint
from rnngen.bundles.records import read_metrics, read_record
from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.errors import BundleError, RunError
from tests import small_bundle
from tests.conftest import RunCli

READERS: dict[str, Callable[[Path], Any]] = {
    "bundle.json": bundle.load,
    "checkpoint.json": checkpoint.load_checkpoint,
    "run.json": read_record,
    "metrics.jsonl": read_metrics,
    "config.toml": lambda folder: bundle.load(folder).config,
}

PLANTED: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "endless": lambda path: path.symlink_to("/dev/zero"),
    "folder": Path.mkdir,
}


@pytest.fixture(autouse=True)
def _nothing_hangs() -> Iterator[None]:
    """Reading a pipe that nobody writes to, or /dev/zero, is broken off after some seconds."""

    def end(*_: object) -> None:
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = small_bundle.train(tmp_path / "run")
    checkpoint.commit_checkpoint(folder, 100, {}, {})
    return folder


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("name", READERS)
def test_what_is_not_a_file_is_refused_by_name(run: Path, name: str, planted: str) -> None:
    (run / name).unlink()
    PLANTED[planted](run / name)
    with pytest.raises(BundleError, match=f"{name}`.* is not (a file|inside it)|{name}', which"):
        READERS[name](run)


@pytest.mark.parametrize("name", [*READERS, "samples/step-000100.txt", "log.txt"])
def test_a_run_with_a_pipe_in_it_is_shown_or_refused(run: Path, name: str, run_cli: RunCli) -> None:
    (run / name).unlink()
    os.mkfifo(run / name)
    for command in ("show", "compare"):
        done = run_cli(command, run)
        assert done.exit_code in (0, 1, 2)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["metrics.jsonl", "log.txt", "run.json", "config.toml"])
@pytest.mark.parametrize("planted", PLANTED)
def test_a_run_is_not_resumed_into_it(run: Path, name: str, planted: str) -> None:
    (run / name).unlink()
    PLANTED[planted](run / name)
    with pytest.raises(RunError, match=f"{name}` is (a link|not a file)"):
        RunFolder.open(run)


def test_an_index_that_is_larger_than_one_can_be_is_not_read(run: Path) -> None:
    with (run / "bundle.json").open("r+b") as file:
        file.truncate(2**40)
    with pytest.raises(BundleError, match=r"bundle\.json` is larger than"):
        bundle.load(run)
