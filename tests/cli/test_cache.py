"""`rnngen cache`."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli) -> Path:
    """A cache that has a text and a corpus."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path / "cache"))
    Path("book.txt").write_text("the cat sat on the mat. " * 90)
    assert run_cli("fit", "book.txt", "--dry-run", "--hidden", "4").exit_code == 0
    gc.collect()
    (tmp_path / "cache/corpora").mkdir()
    (tmp_path / "cache/corpora/python-docs-3.txt").write_text("x" * 2000)
    return tmp_path / "cache"


def listed(run_cli) -> dict[str, dict]:
    return {entry["kind"]: entry for entry in json.loads(run_cli("cache", "list", "--json").stdout)}


def test_what_is_kept_is_listed_with_its_source_and_size(cache: Path, run_cli) -> None:
    found = listed(run_cli)
    assert found["encoded"]["of"] == ["book.txt"]
    assert not found["encoded"]["in_use"]
    assert (found["corpus"]["name"], found["corpus"]["bytes"]) == ("python-docs-3", 2000)
    done = run_cli("cache", "list")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[0] == ["name", "kind", "size", "used", "of"]
    assert "book.txt" in done.stdout
    assert ["python-docs-3", "corpus", "2", "kB"] in [row[:4] for row in rows]
    assert f"at most 1.07 GB, in {cache}" in done.stderr


def test_fit_says_that_data_is_kept(cache: Path, run_cli) -> None:
    Path("new.txt").write_text("another text. " * 90)
    done = run_cli("fit", "new.txt", "--dry-run", "--hidden", "4")
    assert "encoded data kept in the cache: " in done.stderr
    again = run_cli("fit", "new.txt", "--dry-run", "--hidden", "4")
    assert "cache" not in again.stderr


def test_what_is_named_is_cleared(cache: Path, run_cli) -> None:
    done = run_cli("cache", "clear", "book.txt")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.startswith("deleted 1 entry, ")
    assert set(listed(run_cli)) == {"corpus"}
    assert run_cli("cache", "clear", "book.txt").exit_code == 2


def test_only_what_is_old_is_cleared_where_an_age_is_given(cache: Path, run_cli) -> None:
    assert "deleted 0 entries" in run_cli("cache", "clear", "--older-than", "7d").stderr
    assert len(listed(run_cli)) == 2
    assert run_cli("cache", "clear", "--older-than", "long").exit_code == 2


def test_everything_is_cleared_where_nothing_is_named(cache: Path, run_cli) -> None:
    gone = json.loads(run_cli("cache", "clear", "--json").stdout)
    assert {entry["kind"] for entry in gone} == {"encoded", "corpus"}
    assert listed(run_cli) == {}
    empty = run_cli("cache", "list")
    assert (empty.exit_code, empty.stdout) == (0, "")


def test_what_is_used_stays_and_is_said(cache: Path, run_cli) -> None:
    from rnngen.files.locks import Hold

    hold = Hold(Path(listed(run_cli)["encoded"]["path"]))
    done = run_cli("cache", "clear")
    assert done.exit_code == 0
    assert "stays: a process uses it" in done.stderr
    assert set(listed(run_cli)) == {"encoded"}
    hold.release()


def test_a_size_that_is_none_is_a_usage_error(cache: Path, run_cli, monkeypatch) -> None:
    monkeypatch.setenv("RNNGEN_CACHE_SIZE", "much")
    done = run_cli("fit", "book.txt", "--dry-run")
    assert done.exit_code == 2
    assert "`RNNGEN_CACHE_SIZE` is `much`, expected a size" in done.stderr
