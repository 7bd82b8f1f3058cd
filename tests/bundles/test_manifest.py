"""`bundle.json` is checked before it is believed."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.bundles import bundle, checkpoint, manifest, write
from rnngen.contracts.errors import BundleError
from rnngen.files import verify
from tests import small_bundle
from tests.bundles.support import assign, changed, forged, json_values, read_or_refuse


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "not found"),
        (lambda path: path.write_text("x"), "it is a file"),
        (lambda path: path.mkdir(), "no `bundle.json`"),
    ],
)
def test_what_is_no_bundle_is_said_to_be_none(
    tmp_path: Path, make: Callable[[Path], None], message: str
) -> None:
    make(tmp_path / "x")
    with pytest.raises(BundleError, match=message) as caught:
        bundle.load(tmp_path / "x")
    assert caught.value.hint
    assert "rnngen fit" in caught.value.hint


def test_a_run_without_a_model_is_told_from_a_folder_that_is_no_run(tmp_path: Path) -> None:
    checkpoint.commit_checkpoint(tmp_path, 1, {}, {})
    with pytest.raises(BundleError) as caught:
        bundle.load(tmp_path)
    assert caught.value.hint
    assert "--resume" in caught.value.hint


def test_a_newer_format_asks_for_a_newer_version(first: Path, tmp_path: Path) -> None:
    folder = forged(first, tmp_path, lambda document: (document.clear(), document.update(format=2)))
    with pytest.raises(BundleError, match="format 2, this version reads up to 1") as caught:
        bundle.load(folder)
    assert caught.value.hint
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (assign("step", to="100"), r"`step`, is '100', expected an integer"),
        (assign("step", to=True), "expected an integer"),
        (assign("step", to=-1), "at least 0"),
        (assign("model", to=[]), r"`model`, is \[\], expected an object"),
        (assign("codec", to={"codec.json": 3}), r"`codec.codec.json`, is 3, expected text"),
        (assign("files", to={"a": {"sha256": 1, "bytes": 1}}), r"`files.a.sha256`"),
        (assign("kind", to="another"), "kind 'another'"),
        (assign("metrics", to={"x": {"$float": "huge"}}), "where a number is expected"),
        (lambda document: document.pop("weights"), "has no `weights`"),
        (assign("weights", to="bundle.json"), "does not name the file `bundle.json`"),
    ],
)
def test_json_of_the_wrong_form_is_refused(
    first: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        bundle.load(forged(first, tmp_path, change))


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "/etc/hostname",
        "a/../../secret",
        "C:\\x",
        "..",
        "",
        "a\0b",
        "./x",
        "a//b",
        "a\n",
    ],
)
def test_a_bundle_reads_no_file_outside_its_folder(first: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")

    def change(document: dict[str, Any]) -> None:
        document["files"][name] = {"sha256": hashlib.sha256(b"secret").hexdigest(), "bytes": 6}
        document["weights"] = name

    with pytest.raises(BundleError, match="not inside it"):
        bundle.load(forged(first, tmp_path, change))


def test_a_bundle_follows_no_link_out_of_its_folder(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    (weights,) = folder.glob("weights-*")
    weights.rename(tmp_path / "elsewhere")
    weights.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="not inside it"):
        bundle.load(folder)


def test_a_pipe_in_place_of_a_file_is_not_waited_for(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    (weights,) = folder.glob("weights-*")
    weights.unlink()
    os.mkfifo(weights)
    with pytest.raises(BundleError, match="is not a file"):
        bundle.load(folder)


paths = st.lists(st.integers(0, 30), min_size=1, max_size=5)


replacements = (
    json_values
    | st.sampled_from([2**63, -1, 10**25, 1e308, "..", "gru", "lstm", "$tensor", [[]], {}])
    | st.builds(lambda name: {"$tensor": name}, json_values)
    | st.builds(lambda pairs: {"$pairs": pairs}, json_values)
    | st.builds(lambda parts: {"$tuple": parts}, json_values)
)


def replace_at(document: Any, path: list[int], value: Any) -> None:
    """Puts `value` (or nothing) at a place found by going down the document."""
    for place in path[:-1]:
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        if not keys:
            return
        inner = document[keys[place % len(keys)]]
        if not isinstance(inner, dict | list):
            break
        document = inner
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    if keys:
        key = keys[path[-1] % len(keys)]
        if value == "":
            del document[key]
        else:
            document[key] = value


@settings(max_examples=150, deadline=None)
@given(
    index=st.sampled_from(["bundle.json", "bundle.json", "checkpoint.json"]),
    path=paths,
    value=replacements,
)
def test_edited_json_gives_a_message(victim: Path, index: str, path: list[int], value: Any) -> None:
    document = json.loads((victim / index).read_bytes())
    replace_at(document, path, value)
    with changed(victim / index, json.dumps(document).encode(), adopt=False):
        read_or_refuse(victim)


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000),
        *(b'{"format": NaN}', b'{"format": 1e999}', b'{"format": ' + b"9" * 5000 + b"}"),
    ],
)
def test_any_text_in_place_of_the_index_gives_a_message(victim: Path, text: bytes) -> None:
    with changed(victim / "bundle.json", text, adopt=False), pytest.raises(BundleError):
        bundle.load(victim)


def test_each_file_is_looked_into_once_however_often_it_is_asked_for(
    first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_into: list[str] = []

    def digest(path: Path) -> dict[str, Any]:
        looked_into.append(path.name)
        return whole(path)

    whole = verify.digest
    monkeypatch.setattr(verify, "digest", digest)
    read = manifest.read(first)
    assert looked_into == [], "reading a manifest reads no weights"
    for _ in range(3):
        for name in read.needed():
            assert read.verified(name) == first / name
    assert sorted(looked_into) == sorted(read.needed())


def test_it_is_a_typed_value_and_the_mapping_it_was_in_0_1_0(first: Path) -> None:
    read = manifest.read(first)
    document = json.loads((first / "bundle.json").read_text())
    assert dict(read) == document
    assert read.get("history") is None
    assert "seed" not in read
    assert (read.step, read.domain.name, read.likelihood.options) == (100, "text", {"size": 5})
    assert read.components[0].version == "0.1.0"
    with pytest.raises(FrozenInstanceError):
        read.step = 7  # type: ignore[misc]


def test_a_number_that_json_lacks_is_read_back_wherever_it_stands(tmp_path: Path) -> None:
    made = small_bundle.model()
    row = {"nats": [math.inf], "steps": 0, "tokens": 0, "seconds": 0.0}
    history = {
        "tasks": ["a"],
        "learned": [],
        "rows": [{**row, "memory_bytes": 0, "memory_tokens": 0}],
    }
    described = small_bundle.manifest(made, 1, metrics={"loss": -math.inf}, history=history)
    write.commit_model(tmp_path, made.tensors(), described, small_bundle.codec().files())
    read = manifest.read(tmp_path)
    assert read.metrics == {"loss": -math.inf}
    assert read.history is not None
    assert read.history["rows"][0]["nats"] == [math.inf]
