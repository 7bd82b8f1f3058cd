"""Damaged files are left out and listed where that is asked for, in every domain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rnngen.components.domains.text import TextDomain
from rnngen.contracts.errors import DataError
from rnngen.data.damaged import pieces, readable
from rnngen.files.source import Source
from rnngen.kernel.catalog import get_catalog
from tests.conftest import RunCli

TEXT = "the tower stands. " * 40


def text(folder: Path) -> None:
    (folder / "good.txt").write_text(TEXT)
    # The damage is far behind the first piece.
    (folder / "bad.txt").write_bytes(b"a" * (3 << 20) + b"\xff")
    (folder / "mark_only.txt").write_bytes(b"\xef\xbb\xbf")


def music(folder: Path) -> None:
    scale = "X:1\nT:Scale\nM:4/4\nL:1/4\nK:C\n" + "CDEF|GABc|" * 8 + "\n"
    (folder / "good.abc").write_text(scale)
    (folder / "bad.mid").write_bytes(b"MThd")


def handwriting(folder: Path) -> None:
    drawing = np.tile(np.array([[1, 2, 0], [2, -1, 0], [1, 1, 1]], np.float32), (20, 1))
    for name in ("good", "good2"):
        np.savez(folder / f"{name}.npz", a=drawing, b=drawing)
    (folder / "bad.npz").write_bytes(b"PK\x03\x04 cut off")


def series(folder: Path) -> None:
    rows = "".join(f"2024-01-{day:02},{day % 7}\n" for day in range(1, 32))
    (folder / "good.csv").write_text(f"date,value\n{rows}")
    (folder / "bad.csv").write_text("date,value\n2024-01-01,high\n")


FOLDERS: dict[str, Callable[[Path], None]] = {
    "text": text,
    "music": music,
    "handwriting": handwriting,
    "series": series,
}


@pytest.mark.parametrize("domain", FOLDERS)
def test_damaged_files_of_a_folder_are_left_out_and_listed(
    tmp_path: Path, domain: str, run_cli: RunCli
) -> None:
    FOLDERS[domain](tmp_path)
    command = ["fit", tmp_path, "--domain", domain, "--hidden", 4, "--dry-run"]
    command += ["-o", "series.horizon=2"] if domain == "series" else []
    refused = run_cli(*command)
    assert refused.exit_code == 1
    assert "bad." in refused.stderr
    assert "damaged=skip" in refused.stderr
    done = run_cli(*command, "-o", "damaged=skip")
    assert done.exit_code == 0, done.stderr
    (said,) = [line for line in done.stderr.splitlines() if "bad." in line]
    assert said.startswith("left out: ")
    count = 2 if domain == "text" else 1
    assert f"left out {count} of {len(list(tmp_path.iterdir()))} files" in done.stderr
    assert "good" not in "".join(line for line in done.stderr.splitlines() if "left out" in line)


def test_none_of_a_damaged_file_is_read(tmp_path: Path) -> None:
    text(tmp_path)
    sources = [Source(name, tmp_path / name) for name in ("bad.txt", "good.txt")]
    domain = TextDomain()
    domain.damaged = "skip"
    told: list[str] = []
    assert readable(domain, sources, told.append) == sources[1:]
    assert told == [
        "left out 1 of 2 files, which can't be read",
        f"left out: `bad.txt` is not UTF-8: byte 0xff at offset {3 << 20} is not valid there",
    ]


def test_where_every_file_is_damaged_that_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    domain = TextDomain()
    domain.damaged = "skip"
    with pytest.raises(DataError, match="every file is damaged; the first: `a` is not UTF-8"):
        readable(domain, [Source("a", tmp_path / "a")], print)


def test_one_file_alone_is_not_offered_to_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(DataError) as error:
        list(pieces(TextDomain(), [Source("a", tmp_path / "a")]))
    assert "damaged=skip" not in str(error.value.hint)


PLUGIN = """
from dataclasses import dataclass
import rnngen
from rnngen.components.domains.text import TextDomain

@dataclass(frozen=True)
class Options:
    shift: int = rnngen.option(0, "not used")

class Whole(TextDomain):
    def __init__(self, options=Options()):
        super().__init__()
        self.own = options

class Fields(TextDomain):
    def __init__(self, shift=0):
        super().__init__()

class None_(TextDomain):
    def __init__(self):
        super().__init__()

@rnngen.hookimpl
def register_domains(register):
    register("whole", Whole, options=Options, summary="x")
    register("fields", Fields, options=Options, summary="x")
    register("plain", None_, summary="x")
"""


@pytest.mark.parametrize("name", ["whole", "fields", "plain"])
def test_the_domain_of_a_plugin_has_the_option_without_doing_anything(
    name: str, make_plugin: Callable[..., Path], tmp_path: Path, run_cli: RunCli
) -> None:
    make_plugin("sifted", PLUGIN)
    folder = tmp_path / "data"
    folder.mkdir()
    text(folder)
    command = ["fit", folder, "--domain", name, "--hidden", 4, "--steps", 1]
    command += ["-o", "train.sample=0", "--run", tmp_path / "run"]
    done = run_cli(*command, "-o", f"{name}.damaged=skip")
    assert done.exit_code == 0, done.stderr
    assert "left out: `" in done.stderr
    again = run_cli("evaluate", tmp_path / "run", "--sample", 0, "--no-baselines")
    assert again.exit_code == 0, again.stderr
    assert "left out 2 of 3 files" in again.stderr
    assert get_catalog().find("domain", name).load_options() is not None
