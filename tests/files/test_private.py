"""What rnngen keeps, nobody else may have put there; what it writes is never written elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rnngen.contracts.errors import DataError
from rnngen.data import corpora
from rnngen.data.find_sources import find
from rnngen.files.atomic import write_atomically
from rnngen.files.private import make_private
from rnngen.files.source import open_cache


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def open_umask() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_cache_folder_is_made_for_this_user_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path / "cache"))
    assert mode(open_cache()) == 0o700


def test_a_cache_folder_of_this_user_is_taken_from_others(tmp_path: Path) -> None:
    for group, expected in ((False, 0o755), (True, 0o775)):
        tmp_path.chmod(0o777)
        make_private(tmp_path, group=group)
        assert mode(tmp_path) == expected


def test_a_cache_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: found + 1)
    if found != 0:
        with pytest.raises(DataError, match="others may write to the cache folder"):
            make_private(tmp_path)
    tmp_path.chmod(0o777)
    with pytest.raises(DataError, match="others may write to the cache folder") as error:
        make_private(tmp_path)
    assert "RNNGEN_CACHE" in str(error.value.hint)


def test_nothing_is_read_from_a_cache_that_all_may_write_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path))
    planted = corpora._made_path("python-docs")
    planted.parent.mkdir(parents=True)
    planted.write_text("planted")
    tmp_path.chmod(0o777)
    found = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: found + 1)
    with pytest.raises(DataError, match="others may write"):
        find(["corpus:python-docs"])


def test_a_link_at_the_name_of_a_temporary_file_is_not_written_through(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("thesis")
    (tmp_path / f".run.json.{os.getpid()}.tmp").symlink_to(precious)
    write_atomically(tmp_path / "run.json", b"{}")
    assert precious.read_text() == "thesis"
    assert (tmp_path / "run.json").read_bytes() == b"{}"


def test_a_link_at_the_name_itself_is_replaced(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("thesis")
    (tmp_path / "run.json").symlink_to(precious)
    write_atomically(tmp_path / "run.json", b"{}")
    assert precious.read_text() == "thesis"
    assert not (tmp_path / "run.json").is_symlink()
