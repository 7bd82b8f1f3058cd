"""`rnngen runs`."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnngen.bundles.run_folder import RunFolder
from tests import small_bundle


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good run, one that was killed before it had a model, a damaged one, and what is none."""
    monkeypatch.chdir(tmp_path)
    small_bundle.train(Path("runs/deep/good"))
    killed = RunFolder.create(Path("runs/killed"), "x")
    killed.record({"pid": 2**22 + 1})
    killed.close()
    damaged = small_bundle.train(Path("runs/damaged"))
    (damaged / "bundle.json").write_text("{")
    Path("runs/nothing").mkdir()
    Path("runs/nothing/a.txt").write_text("")
    return Path("runs")


def test_every_run_is_a_row_with_its_facts(folder: Path, run_cli) -> None:
    done = run_cli("runs", "--json", "--sort", "name")
    assert done.exit_code == 0
    rows = {row["path"]: row for row in json.loads(done.stdout)}
    assert list(rows) == ["runs/damaged", "runs/deep/good", "runs/killed"]
    good = rows["runs/deep/good"]
    shown = json.loads(run_cli("show", "runs/deep/good", "--json").stdout)
    assert (good["status"], good["domain"], good["problem"]) == ("finished", "text", None)
    assert good["cell"] == shown["model"]["cell"]
    best = shown["metrics"]["best_valid"]
    assert good["best_nats"] == pytest.approx(best["nats_per_token"])
    assert good["best_bits"] == pytest.approx(good["best_nats"] / math.log(2))
    files = [path for path in Path("runs/deep/good").rglob("*") if path.is_file()]
    assert good["bytes"] <= sum(path.stat().st_size for path in files)
    assert good["steps"] > 0
    assert rows["runs/killed"]["status"] == "killed"
    assert rows["runs/damaged"]["status"] == "damaged"
    assert "bundle.json" in rows["runs/damaged"]["problem"]


def test_a_damaged_run_is_a_row_and_a_warning_and_no_error(folder: Path, run_cli) -> None:
    done = run_cli("runs")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 4
    assert done.stderr.startswith("warning: runs/damaged can't be read: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["bundle.json", "config.toml", "run.json", "metrics.jsonl"])
@pytest.mark.parametrize("what", ["pipe", "device", "folder", "deep", "bytes"])
def test_whatever_a_run_holds_is_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli, name: str, what: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = small_bundle.train(Path("runs/one")) / name
    path.unlink(missing_ok=True)
    if what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"[" * 100_000 + b"\n" if what == "deep" else b"\0\xff\n\n")
    done = run_cli("runs", "--json")
    assert done.exit_code == 0
    (row,) = json.loads(done.stdout)
    assert (row["path"], row["status"]) == ("runs/one", "damaged")
    assert name in row["problem"]


def test_runs_are_sorted_as_asked(folder: Path, run_cli) -> None:
    def paths(*arguments: str) -> list[str]:
        done = run_cli("runs", "--json", *arguments)
        return [Path(row["path"]).name for row in json.loads(done.stdout)]

    for number, name in enumerate(("killed", "deep/good", "damaged")):
        record = json.loads((folder / name / "run.json").read_text())
        record["updated"] = f"2026-01-0{number + 1}T00:00:00+00:00"
        (folder / name / "run.json").write_text(json.dumps(record))
    assert paths() == ["damaged", "good", "killed"]
    assert paths("--sort", "name") == ["damaged", "good", "killed"]
    assert paths("--sort", "best")[0] == "good"
    assert paths("--sort", "steps")[0] == "good"
    assert paths("--sort", "size")[-1] == "killed"


def test_any_folder_may_be_named_and_one_without_runs_says_so(folder: Path, run_cli) -> None:
    assert "runs/deep/good" in run_cli("runs", "runs/deep").stdout
    assert "runs/deep/good" in run_cli("runs", "runs/deep/good").stdout
    empty = run_cli("runs", "runs/nothing")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "there is no run in `runs/nothing`" in empty.stderr
    assert run_cli("runs", "--json", "runs/nothing").stdout == "[]\n"
    missing = run_cli("runs", "elsewhere")
    assert missing.exit_code == 2
    assert "there is no folder `elsewhere`" in missing.stderr


def test_it_imports_neither_torch_nor_numpy(folder: Path) -> None:
    code = (
        "import sys; from rnngen.cli import main; main(['runs']);"
        "sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=dict(os.environ), check=False
    )
    assert done.returncode == 0
    assert b"runs/deep/good" in done.stdout
