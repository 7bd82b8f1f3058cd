"""Data that was moved is found by its content, or it is said where it was looked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import rnngen
from rnngen.contracts.errors import UsageError
from rnngen.verbs import learned
from tests.conftest import RunCli

TEXT = "the river runs.\nthe tower stands.\n" * 40


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("moved")
    (folder / "old").mkdir()
    (folder / "old" / "text.txt").write_text(TEXT)
    (folder / "old" / "more.txt").write_text(TEXT[::-1])
    options = ["train.sample=0"]
    for name, files in (("one", ["text"]), ("both", ["text", "more"])):
        data = [str(folder / "old" / f"{file}.txt") for file in files]
        rnngen.fit(data, run=folder / name, hidden=4, steps=1, options=options)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the runs, in another working folder, and the data gone."""
    import shutil

    for name in ("one", "both"):
        shutil.copytree(made / name, tmp_path / "runs" / name)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    old = made / "old"
    old.rename(made / "gone")
    yield tmp_path
    (made / "gone").rename(old)


PLACES: dict[str, Callable[[Path], Path]] = {
    "the working folder": lambda root: root / "work" / "text.txt",
    "a folder of the same name": lambda root: root / "work" / "old" / "text.txt",
    "beside the run": lambda root: root / "runs" / "text.txt",
    "in the run": lambda root: root / "runs" / "one" / "text.txt",
    "another name": lambda root: root / "work" / "book.txt",
}


@pytest.mark.parametrize("where", PLACES)
def test_a_file_is_found_where_it_is_likely_to_be(place: Path, where: str) -> None:
    new = PLACES[where](place)
    new.parent.mkdir(exist_ok=True)
    new.write_text(TEXT)
    told: list[str] = []
    (dataset,) = learned.reopen(rnngen.load(place / "runs" / "one"), told.append)
    assert dataset.train.characters > 0
    (said,) = [line for line in told if "is gone" in line]
    assert f"using `{new}`, which has the same content" in said


def test_a_file_of_the_same_name_with_other_content_is_not_taken(place: Path) -> None:
    Path("text.txt").write_text(TEXT + "more")
    (place / "runs" / "text.txt").write_text(TEXT)
    told: list[str] = []
    learned.reopen(rnngen.load(place / "runs" / "one"), told.append)
    assert str(place / "runs" / "text.txt") in told[0]


def test_of_several_files_each_is_found(place: Path) -> None:
    Path("text.txt").write_text(TEXT)
    (place / "runs" / "more.txt").write_text(TEXT[::-1])
    told: list[str] = []
    learned.reopen(rnngen.load(place / "runs" / "both"), told.append)
    assert len([line for line in told if "is gone" in line]) == 2


def test_where_nothing_is_found_it_is_said_where_to_put_it(place: Path) -> None:
    Path("text.txt").write_text("something else altogether")
    with pytest.raises(UsageError, match=r"text.txt` is gone, and its content was not found") as e:
        learned.reopen(rnngen.load(place / "runs" / "one"))
    assert "called `text.txt`" in str(e.value.hint)
    assert str(place / "work") in e.value.message


def test_a_run_resumes_and_is_measured_with_data_that_moved(place: Path, run_cli: RunCli) -> None:
    Path("text.txt").write_text(TEXT)
    run = place / "runs" / "one"
    done = run_cli("fit", "--resume", run, "--steps", 2)
    assert done.exit_code == 0, done.stderr
    assert "is gone; using" in done.stderr
    measured = run_cli("evaluate", run, "--sample", 0)
    assert measured.exit_code == 0, measured.stderr
    assert "xz" in measured.stdout
