"""Corpora by name: bundled, made, fetched; what they promise and how they fail."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnngen.contracts.errors import DataError, PluginError, UsageError
from rnngen.data import corpora, python_text


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A recipe `tiny` of one file, `tiny.txt`, which holds `hello`."""
    file: dict[str, Any] = {
        "url": "http://localhost:9/tiny.txt",
        "name": "tiny.txt",
        "sha256": hashlib.sha256(b"hello").hexdigest(),
    }
    whole = {"summary": "s", "licence": "l", "use": "u", "files": [file]}
    monkeypatch.setattr(corpora, "_recipes", lambda: {"tiny": whole})
    return file


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    """The folder in which files of the recipe `tiny` are put by hand."""
    folder = tmp_path / "corpora" / "tiny"
    folder.mkdir(parents=True)
    return folder


def test_every_bundled_corpus_is_clean_text_of_a_useful_size() -> None:
    for name in corpora.BUNDLED:
        (source,) = corpora.sources(name)
        if source.path.suffix == ".npz":
            continue
        text = source.path.read_text("utf-8")
        assert 10_000 < len(text) < 50_000
        assert text.isascii()
        assert text.endswith("\n")
        assert not any(line != line.rstrip() for line in text.split("\n"))


def test_table_of_bundled_corpora_has_their_sizes_and_checksums() -> None:
    folder = resources.files("rnngen_corpora")
    table = folder.joinpath("README.md").read_text("utf-8")
    for name in corpora.BUNDLED:
        (source,) = corpora.sources(name)
        content = source.path.read_bytes()
        licence = corpora.corpus(name).licence
        row = next(line for line in table.split("\n") if line.startswith(f"| {source.name} |"))
        assert f"| {len(content)} | {hashlib.sha256(content).hexdigest()} | {licence} |" in row


def test_there_are_many_poems_and_conversations_and_none_twice() -> None:
    for name in ("poems", "dialogue"):
        text = corpora.sources(name)[0].path.read_text("utf-8")
        parts = text.strip().split("\n\n")
        assert len(parts) >= 55
        assert len(set(parts)) == len(parts)
        assert all(part.strip() == part for part in parts)


def test_every_turn_of_a_dialogue_names_its_speaker() -> None:
    text = corpora.sources("dialogue")[0].path.read_text("utf-8")
    for conversation in text.strip().split("\n\n"):
        speakers = [turn.split(": ", 1)[0] for turn in conversation.split("\n")]
        assert len(set(speakers)) == 2
        assert all(one != other for one, other in pairwise(speakers))


def test_the_strokes_are_what_their_program_makes() -> None:
    from rnngen_corpora.strokes import make

    with np.load(corpora.sources("strokes")[0].path) as kept:
        for name, array in make().items():
            assert np.array_equal(kept[name], array), name


def test_the_tunes_are_what_their_program_composes() -> None:
    from rnngen_corpora.compose import compose

    assert corpora.sources("tunes")[0].path.read_text("utf-8") == compose()


@pytest.fixture(scope="module")
def docs() -> str:
    return python_text.python_docs()


def test_python_docs_are_large_and_clean(docs: str) -> None:
    assert 700_000 < len(docs) <= python_text.DOCS_LIMIT + 1
    assert docs.isascii()
    assert len(set(docs)) < 100
    assert "import statement" in docs
    for noise in (">>> ", "::=", "\n*****\n", "\n=====\n", "\n\n\n", "\t"):
        assert noise not in docs


def test_python_docs_are_the_same_in_another_process(docs: str) -> None:
    program = (
        "import hashlib; from rnngen.data import python_text as t;"
        "print(hashlib.sha256(t.python_docs().encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(docs.encode()).hexdigest()


def test_python_code_is_source_without_tests_and_bounded() -> None:
    text = python_text.python_code()
    assert 1_000_000 < len(text) <= python_text.CODE_LIMIT + 10_000
    names = [line[2:] for line in text.split("\n") if line.startswith("# ")]
    assert not any(name.startswith(("test.", "idlelib.")) for name in names)


def test_marks_of_restructured_text_are_taken_away() -> None:
    text = (
        "Title\n=====\n\n.. note:: See :func:`~os.path` and ``len``.\n\n>>> 1\n1\n\na ::= b\n\n— é"
    )
    assert python_text._prose(text) == "Title\n\nSee os.path and len.\n\n-- e"


def test_a_made_corpus_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_text, "python_code", lambda: "code\n")
    (first,) = corpora.sources("corpus:python-code")
    monkeypatch.setattr(python_text, "python_code", lambda: pytest.fail("made twice"))
    (second,) = corpora.sources("python-code")
    assert first == second
    assert first.path.read_text() == "code\n"
    assert [path.name for path in first.path.parent.iterdir()] == [first.path.name]


def test_a_cache_that_can_not_be_written_is_said_with_its_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RNNGEN_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(python_text, "python_code", lambda: "code\n")
    with pytest.raises(DataError, match="could not write") as caught:
        corpora.sources("python-code")
    assert "RNNGEN_CACHE" in str(caught.value.hint)


def test_a_python_without_its_library_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_text, "_library", list)
    with pytest.raises(DataError, match="without the source"):
        python_text.python_code()


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no corpus named `peoms`") as caught:
        corpora.sources("peoms")
    assert caught.value.hint == "did you mean `poems`?"


def test_the_default_corpus_needs_no_download() -> None:
    assert corpora.corpus(corpora.DEFAULT).kind == "made"


def test_every_recipe_is_whole() -> None:
    recipes = tomllib.loads(resources.files("rnngen_corpora").joinpath("recipes.toml").read_text())
    assert {"tiny-shakespeare", "text8", "enwik8", "nottingham", "jsb-chorales"} <= set(recipes)
    for recipe in recipes.values():
        assert set(recipe) == {"summary", "licence", "use", "files"}
        for file in recipe["files"]:
            assert file["url"].startswith("http")
            for part in (file, *file.get("members", [])):
                assert Path(part["name"]).name == part["name"]
                digest = part.get("sha256")
                assert digest is None or (len(digest) == 64 and int(digest, 16))


def test_all_corpora_can_be_described_without_fetching() -> None:
    described = corpora.describe()
    assert [each.name for each in described] == corpora.names()
    assert len(set(corpora.names())) == len(corpora.names())
    assert all(each.summary and each.licence for each in described)


def test_a_file_put_by_hand_is_used(recipe: dict[str, Any], by_hand: Path) -> None:
    (by_hand / "tiny.txt").write_bytes(b"hello")
    (source,) = corpora.sources("tiny")
    assert (source.name, source.path) == ("tiny.txt", by_hand / "tiny.txt")


def test_a_wrong_file_put_by_hand_is_refused(recipe: dict[str, Any], by_hand: Path) -> None:
    (by_hand / "tiny.txt").write_bytes(b"goodbye")
    with pytest.raises(DataError, match="is not the file of corpus `tiny`"):
        corpora.sources("tiny")


def test_offline_says_what_where_and_what_else(recipe: dict[str, Any], by_hand: Path) -> None:
    # Port 9 of this machine discards everything, or refuses: nothing is ever fetched from it.
    with pytest.raises(DataError, match=r"could not fetch http://localhost:9/tiny\.txt") as caught:
        corpora.sources("tiny")
    assert str(by_hand / "tiny.txt") in str(caught.value.hint)
    assert "`corpus:poems`" in str(caught.value.hint)
    assert list(by_hand.iterdir()) == []


def test_without_pooch_the_extra_is_named(
    recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(PluginError, match="`pooch` is not installed") as caught:
        corpora.sources("tiny")
    assert 'pip install "rnngen[corpora]"' in str(caught.value.hint)


class Served:
    """Stands for pooch's downloader: writes what it was given, without a network."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def __call__(self, url: str, output_file: Any, pooch: object, **rest: object) -> None:
        with open(output_file, "wb") as target:
            target.write(self.content)


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    import pooch

    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **options: Served(content))


def test_a_downloaded_file_is_checked_and_its_sum_is_said(
    recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, b"hello")
    said: list[str] = []
    (source,) = corpora.sources("tiny", report=said.append)
    assert source.path.read_bytes() == b"hello"
    assert said == [f"fetching {recipe['url']}", f"tiny.txt: sha256 {recipe['sha256']}"]


def test_a_download_that_is_something_else_is_refused_and_not_kept(
    recipe: dict[str, Any], by_hand: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, b"<html>")
    with pytest.raises(DataError, match="is not the file of corpus `tiny`"):
        corpora.sources("tiny")
    assert list(by_hand.iterdir()) == []


def test_a_recipe_without_a_checksum_says_the_sum_it_found(
    recipe: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, b"anything")
    del recipe["sha256"]
    said: list[str] = []
    corpora.sources("tiny", report=said.append)
    digest = hashlib.sha256(b"anything").hexdigest()
    assert said[-1] == f"tiny.txt: sha256 {digest} (the recipe knows none)"


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_members_of_archives_are_unpacked_and_checked(
    kind: str, recipe: dict[str, Any], by_hand: Path
) -> None:
    archive = by_hand / "tiny.txt"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("inside", b"hello")
    else:
        with tarfile.open(archive, "w:gz") as tarred:
            entry = tarfile.TarInfo("inside")
            entry.size = 5
            tarred.addfile(entry, io.BytesIO(b"hello"))
    member = {"name": "inside", "sha256": recipe.pop("sha256")}
    recipe["members"] = [member]
    (source,) = corpora.sources("tiny")
    assert source.path.read_bytes() == b"hello"
    member["sha256"] = "0" * 64
    with pytest.raises(DataError, match="is not what the recipe promises"):
        corpora.sources("tiny")


@pytest.mark.parametrize(
    "content", [b"no archive at all", b"PK\x03\x04 broken", b"\x1f\x8b broken"]
)
def test_a_broken_archive_is_an_error_for_the_user(
    content: bytes, recipe: dict[str, Any], by_hand: Path
) -> None:
    (by_hand / "tiny.txt").write_bytes(content)
    del recipe["sha256"]
    recipe["members"] = [{"name": "inside"}]
    with pytest.raises(DataError, match="could not unpack `inside`"):
        corpora.sources("tiny")


def test_the_corpus_of_series_has_the_size_and_checksum_of_its_table_and_is_read() -> None:
    from rnngen_series.domain import SeriesDomain

    (source,) = corpora.sources("series")
    content = source.path.read_bytes()
    table = resources.files("rnngen_corpora").joinpath("README.md").read_text("utf-8")
    row = next(line for line in table.split("\n") if line.startswith("| series.csv |"))
    assert f"| {len(content)} | {hashlib.sha256(content).hexdigest()} | public domain |" in row
    series = [piece.content for piece in SeriesDomain().read([source])]
    assert [(each.name, len(each)) for each in series] == [
        ("carbon_dioxide", 526),
        ("sea_temperature", 732),
    ]
