from __future__ import annotations

import errno
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.bundles import bundle, manifest, records, run_folder
from rnngen.bundles.checkpoint import commit_checkpoint
from rnngen.bundles.records import status
from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.errors import BundleError, RunError, UsageError
from tests import small_bundle


@pytest.fixture
def run(tmp_path: Path) -> Any:
    with RunFolder.create(tmp_path / "run", "test") as folder:
        yield folder


# Names and folders


def test_a_run_without_a_name_is_named_by_time_and_what_it_is_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = []
    for _ in range(3):
        with RunFolder.create(None, "my book/ü-gru") as run:
            paths.append(run.path)
    assert len(set(paths)) == 3
    assert all(path.parent == Path("runs") and "-my-book-ü-gru" in path.name for path in paths)
    assert all(records.is_run(path) for path in paths)


def test_parents_of_a_run_are_made(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "a/b/c", "x") as run:
        assert run.path.is_dir()


def test_an_empty_folder_may_become_a_run(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path, "x") as run:
        assert run.path == tmp_path


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(UsageError, match="not empty"):
        RunFolder.create(tmp_path, "x")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_existing_run_is_refused_with_how_to_continue_it(tmp_path: Path) -> None:
    RunFolder.create(tmp_path / "run", "x").close()
    with pytest.raises(UsageError, match="already holds a run") as caught:
        RunFolder.create(tmp_path / "run", "x")
    assert f"--resume {tmp_path / 'run'}" in str(caught.value.hint)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        RunFolder.create(tmp_path / "run", "x")
    with pytest.raises(RunError, match="can't be written"):
        RunFolder.create(tmp_path / "run/inside", "x")


def test_only_a_run_can_be_continued(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        RunFolder.open(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is not a run"):
        RunFolder.open(tmp_path)


# Two at once


def test_a_second_writer_is_refused_with_the_process_of_the_first(tmp_path: Path) -> None:
    first = RunFolder.create(tmp_path / "run", "x")
    with pytest.raises(UsageError, match=f"written by process {os.getpid()}"):
        RunFolder.open(tmp_path / "run")
    first.close()
    RunFolder.open(tmp_path / "run").close()


HOLD = """
import sys
from rnngen.bundles.run_folder import RunFolder
run = RunFolder.create(sys.argv[1], "x")
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_holds_between_processes_and_ends_with_a_killed_one(tmp_path: Path) -> None:
    path = tmp_path / "run"
    root = Path(__file__).parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    try:
        assert child.stdout
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match=f"written by process {child.pid}"):
            RunFolder.open(path)
        assert status(records.read_record(path)) == "running"
    finally:
        child.kill()
        child.wait()
    assert status(records.read_record(path)) == "killed"
    RunFolder.open(path).close()


# Metrics

numbers = st.floats() | st.integers(-(10**9), 10**9)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(st.dictionaries(st.text(min_size=1), numbers, max_size=4), max_size=5))
def test_metrics_come_back_as_they_were_and_are_valid_json(
    rows: list[dict[str, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with RunFolder.create(tmp_path_factory.mktemp("run"), "x") as run:
        for row in rows:
            run.append_metrics(row)
        assert repr(run.metrics()) == repr(rows)
        file = run.path / "metrics.jsonl"
        for line in file.read_text().splitlines() if rows else []:
            json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_metrics_are_on_disk_at_once(run: RunFolder) -> None:
    run.append_metrics({"step": 1, "loss": math.nan})
    assert (run.path / "metrics.jsonl").read_text() == '{"step": 1, "loss": "nan"}\n'


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 200))
def test_half_a_line_at_the_end_is_forgotten_and_never_continued(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("run")
    with RunFolder.create(path, "x") as run:
        for step in range(5):
            run.append_metrics({"step": step, "loss": 1.5})
    file = path / "metrics.jsonl"
    data = file.read_bytes()[:cut]
    file.write_bytes(data)
    before = records.read_metrics(path)
    assert len(before) in (data.count(b"\n"), data.count(b"\n") + 1)
    with RunFolder.open(path) as run:
        run.resume(8)
        run.append_metrics({"step": 9})
        assert run.metrics() == [*before, {"step": 9}]


def test_a_damaged_line_in_the_middle_is_named(run: RunFolder) -> None:
    (run.path / "metrics.jsonl").write_text('{"step": 1}\nnonsense\n{"step": 2}\n')
    with pytest.raises(BundleError, match="line 2"):
        run.metrics()


def test_truncating_forgets_what_comes_after_a_step(run: RunFolder) -> None:
    for step in (1, 2, 3):
        run.append_metrics({"step": step, "loss": math.inf})
    run.append_metrics({"note": "no step"})
    run.truncate_metrics(2)
    assert [row.get("step") for row in run.metrics()] == [1, 2, None]
    assert run.metrics()[0]["loss"] == math.inf


# What else is kept


def test_the_log_has_no_control_characters(run: RunFolder) -> None:
    run.log("\x1b[31mred\x1b[0m\x07 and\ttab\r\n")
    run.log("second")
    assert (run.path / "log.txt").read_text() == "red and\ttab\nsecond\n"


def test_samples_are_kept_by_step_even_with_characters_that_are_none(run: RunFolder) -> None:
    assert run.sample(200, "ab\ud800c") == run.path / "samples/step-000200.txt"
    assert (run.path / "samples/step-000200.txt").read_text() == "ab?c"


def test_the_record_says_what_was_run_and_grows(run: RunFolder) -> None:
    run.record({"seed": 3, "device": "cpu", "odd": Path("x"), "loss": math.inf})
    run.record({"seed": 4})
    record = json.loads((run.path / "run.json").read_text())
    assert (record["seed"], record["device"], record["odd"], record["loss"]) == (
        4,
        "cpu",
        "x",
        "inf",
    )
    assert record["status"] == "running"
    assert record["pid"] == os.getpid()
    assert record["versions"].keys() == {"python", "rnngen", "torch", "numpy"}
    assert record["command"]
    assert record["platform"]


def test_a_finished_run_is_sealed_and_free(tmp_path: Path) -> None:
    path = small_bundle.train(tmp_path / "run")
    record = records.read_record(path)
    assert record["status"] == "finished"
    assert record["ended"]
    assert record["tokens"] == 6400
    assert "metrics.jsonl" in bundle.load(path).manifest["files"]
    with RunFolder.open(path) as run:
        run.resume(100)
        assert (run.path / manifest.BUNDLE).is_file()
        named = bundle.load(path).manifest["files"]
        assert not {"metrics.jsonl", "log.txt", "config.toml"} & set(named)
        assert records.read_record(path)["ended"] is None
        run.write_config("[model]\n")
        assert bundle.load(path).config == {"model": {}}
        run.finish("interrupted")
    assert "config.toml" in bundle.load(path).manifest["files"]


def test_run_that_is_opened_stays_byte_for_byte_until_it_is_resumed(tmp_path: Path) -> None:
    path = small_bundle.train(tmp_path / "run")
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    with RunFolder.open(path) as run:
        run.log("said before it is known whether the run can go on")
    with RunFolder.open(path) as run:
        run.finish("failed", step=0)
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before
    with RunFolder.open(path) as run:
        run.log("this one goes on")
        run.resume(100)
    assert "this one goes on" in (path / "log.txt").read_text()


def test_folder_that_is_moved_is_written_where_it_is(tmp_path: Path) -> None:
    told: list[Path] = []
    with RunFolder.create(tmp_path / "a" / "run", "x") as run:
        run.moved = told.append
        (tmp_path / "a").rename(tmp_path / "b")
        run.append_metrics({"step": 1})
        run.sample(1, "text")
        run.finish("finished")
        assert run.path == tmp_path / "b" / "run"
    assert told == [tmp_path / "b" / "run"]
    assert not (tmp_path / "a").exists()
    assert records.read_metrics(tmp_path / "b" / "run") == [{"step": 1}]
    assert records.read_record(tmp_path / "b" / "run")["status"] == "finished"


def test_another_folder_in_the_place_of_a_moved_one_is_left_alone(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run", "x") as run:
        (tmp_path / "run").rename(tmp_path / "moved")
        (tmp_path / "run").mkdir()
        run.log("a line")
    assert list((tmp_path / "run").iterdir()) == []
    assert "a line" in (tmp_path / "moved" / "log.txt").read_text()


@pytest.mark.parametrize(
    "write",
    [
        lambda run: run.log("a line"),
        lambda run: run.append_metrics({"step": 1}),
        lambda run: run.sample(1, "text"),
        lambda run: run.record({"step": 1}),
        lambda run: run.write_config("[model]\n"),
        lambda run: run.finish("finished"),
        lambda run: run.write(lambda path: commit_checkpoint(path, 1, {}, {})),
    ],
)
def test_deleted_folder_is_said_and_not_made_again(tmp_path: Path, write: Any) -> None:
    with RunFolder.create(tmp_path / "run", "x") as run:
        shutil.rmtree(tmp_path / "run")
        with pytest.raises(RunError, match="was deleted or moved away") as caught:
            write(run)
        assert "--resume" in str(caught.value.hint)
    assert list(tmp_path.iterdir()) == []


def test_a_new_configuration_never_makes_the_bundle_seem_damaged(tmp_path: Path) -> None:
    with RunFolder.create(tmp_path / "run", "x") as run:
        run.write_config("[model]\n")
        small_bundle.save(run.path)
        assert "config.toml" in bundle.load(run.path).manifest["files"]
        run.write_config("[train]\n")
        assert bundle.load(run.path).config == {"train": {}}


def test_the_newest_run_is_the_one_written_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="there is no run") as caught:
        records.newest(tmp_path / "runs")
    assert "rnngen fit" in str(caught.value.hint)
    for second, name in enumerate(["b", "a", "deep/c"]):
        monkeypatch.setattr(
            run_folder, "now", lambda second=second: f"2026-01-01T00:00:0{second}+00:00"
        )
        RunFolder.create(tmp_path / "runs" / name, "x").close()
    assert records.newest(tmp_path / "runs") == tmp_path / "runs/deep/c"
    monkeypatch.setattr(run_folder, "now", lambda: "2026-01-01T00:00:09+00:00")
    with RunFolder.open(tmp_path / "runs/b") as run:
        run.resume(0)
    assert records.newest(tmp_path / "runs") == tmp_path / "runs/b"


@pytest.mark.parametrize("content", ["", "[]", "nonsense"])
def test_a_damaged_record_is_said_so_and_does_not_hide_the_run(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/run.json").write_text(content)
    assert records.newest(tmp_path) == tmp_path / "run"
    with pytest.raises(BundleError, match=r"run\.json"):
        records.read_record(tmp_path / "run")


def test_a_full_disk_is_a_message(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    opened = Path.open

    def open_or_full(path: Path, mode: str = "r", **kwargs: Any) -> Any:
        return full() if mode == "a" else opened(path, mode, **kwargs)

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(Path, "open", open_or_full)
    for write in (
        lambda: run.append_metrics({"step": 1}),
        lambda: run.log("x"),
        lambda: run.sample(1, "x"),
        lambda: run.record({}),
        lambda: run.write_config("[model]\n"),
    ):
        with pytest.raises(RunError, match="No space left on device") as caught:
            write()
        assert "free some space" in str(caught.value.hint)
    assert not list(run.path.rglob("*.tmp"))


def test_a_run_whose_metrics_or_log_are_a_link_writes_nothing_through_it(
    run: RunFolder, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("thesis")
    for name, write in (
        ("metrics.jsonl", lambda: run.append_metrics({"step": 1})),
        ("log.txt", lambda: run.log("x")),
    ):
        (run.path / name).unlink(missing_ok=True)
        (run.path / name).symlink_to(precious)
        with pytest.raises(RunError, match="is a link"):
            write()
    assert precious.read_text() == "thesis"
