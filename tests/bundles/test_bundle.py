"""A model comes back as it was saved, and a damaged or forged bundle gives a message."""

from __future__ import annotations

import functools
import hashlib
import json
import resource
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.bundles import bundle, write
from rnngen.contracts.errors import BundleError, PluginError, RnngenError
from tests import small_bundle
from tests.bundles.support import assign, changed, forged, read_all, read_or_refuse


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    made = small_bundle.save(tmp_path, step=100)
    step, output, characters, number = read_all(tmp_path)
    steps = torch.arange(5).unsqueeze(1)
    with torch.no_grad():
        expected, _ = made(steps, made.initial_state(1))
    assert torch.equal(output, expected)
    assert (step, characters, number) == (100, " abc", 100.0)
    assert not bundle.load(tmp_path).model.training


def test_the_configuration_is_read_section_by_section(tmp_path: Path) -> None:
    run = small_bundle.train(tmp_path / "run", rate=0.5)
    assert bundle.load(run).config["train"] == {"learning_rate": 0.5, "seed": 0}


def test_a_reader_gets_the_newer_model_when_a_run_commits_meanwhile(tmp_path: Path) -> None:
    small_bundle.save(tmp_path, step=100, seed=0)
    opened = bundle.load(tmp_path)
    newer = small_bundle.save(tmp_path, step=200, seed=1)
    assert torch.equal(opened.model.readout.weight, newer.readout.weight)
    assert opened.step == 200


@pytest.mark.parametrize("pattern", ["weights-*", "codec-*", "strategy-*"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped"])
def test_a_damaged_file_is_named(first: Path, tmp_path: Path, pattern: str, damage: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    (victim,) = folder.glob(pattern)
    data = bytearray(victim.read_bytes())
    if damage == "missing":
        victim.unlink()
    elif damage == "truncated":
        victim.write_bytes(data[:-7])
    else:
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
    with pytest.raises(BundleError, match=victim.name):
        read_all(folder)


def test_shapes_that_do_not_fit_are_named_with_both(first: Path, tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["model"].update(embedding=5, parameters=document["model"]["parameters"] + 5 + 18)

    with pytest.raises(BundleError, match=r"`cells.0.layer.weight_ih_l0` .*\[18, 4\].*\[18, 5\]"):
        _ = bundle.load(forged(first, tmp_path, change)).model


@pytest.mark.parametrize(
    "change",
    [
        {"hidden": 65536, "layers": 64},
        {"size": 10**18},
        {"size": 2**40},
        {"embedding": 65536},
        {"hidden": 10**30},
    ],
)
def test_absurd_sizes_are_refused_before_anything_is_allocated(
    first: Path, tmp_path: Path, change: dict[str, int]
) -> None:
    folder = forged(first, tmp_path, lambda document: document["model"].update(change))
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, hard))
    try:
        with pytest.raises(BundleError):
            _ = bundle.load(folder).model
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_a_cell_that_looks_at_numbers_while_it_is_built_can_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnngen.components.cells.gru import GRU

    made = small_bundle.save(tmp_path)
    init = GRU.__init__

    @functools.wraps(init)
    def looking(self: GRU, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self.norm = float(self.layer.weight_hh_l0.detach().norm())

    monkeypatch.setattr(GRU, "__init__", looking)
    assert torch.equal(bundle.load(tmp_path).model.readout.weight, made.readout.weight)
    small_bundle.edit(tmp_path, assign("model", "hidden", to=60_000))
    with pytest.raises(BundleError, match="claims `hidden` to be 60000, but has 523 weights"):
        _ = bundle.load(tmp_path).model


def test_a_safetensors_header_that_lies_is_refused(first: Path, tmp_path: Path) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    data = struct.pack("<Q", len(header)) + header.encode()

    def change(document: dict[str, Any]) -> None:
        entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        document["files"][document["weights"]] = entry

    folder = forged(first, tmp_path, change)
    (weights,) = folder.glob("weights-*")
    weights.write_bytes(data)
    with pytest.raises(BundleError, match="not a whole safetensors file"):
        _ = bundle.load(folder).model


def test_a_cell_of_a_missing_plugin_is_named_with_how_to_get_it(
    first: Path, tmp_path: Path
) -> None:
    def change(document: dict[str, Any]) -> None:
        document["model"]["cell"] = "peephole"
        document["components"][0].update(
            name="peephole", plugin="peephole", distribution="rnngen-peephole", version="1.2"
        )

    with pytest.raises(
        PluginError, match="needs the cell `peephole` of the plugin `peephole`"
    ) as caught:
        _ = bundle.load(forged(first, tmp_path, change)).model
    assert caught.value.hint
    assert "pip install rnngen-peephole==1.2" in caught.value.hint


@pytest.mark.parametrize("name", ["x; rm -rf ~", "/home/me/plugin.py", "--index-url=x", "\x1b[2J"])
def test_a_bundle_puts_no_strange_words_into_a_command_to_paste(
    first: Path, tmp_path: Path, name: str
) -> None:
    def change(document: dict[str, Any]) -> None:
        document["model"]["cell"] = "peephole"
        document["components"][0].update(name="peephole", plugin=name, distribution=name)

    with pytest.raises(PluginError) as caught:
        _ = bundle.load(forged(first, tmp_path, change)).model
    assert "pip" not in str(caught.value.hint)
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["os:system", "os.system", "../gru", "", "gru\n"])
def test_a_name_in_a_bundle_is_never_imported(first: Path, tmp_path: Path, name: str) -> None:
    for keys in (("model", "cell"), ("domain", "name")):
        folder = forged(first, tmp_path, assign(*keys, to=name))
        with pytest.raises(RnngenError):
            read_all(folder)
        shutil.rmtree(folder)


def test_a_codec_of_another_size_than_the_model_is_refused(tmp_path: Path) -> None:
    made = small_bundle.model()
    described = small_bundle.manifest(made, 1)
    write.commit_model(tmp_path, made.tensors(), described, small_bundle.codec("abcdef").files())
    with pytest.raises(BundleError, match="codec of 7 steps, but a model of 5"):
        _ = bundle.load(tmp_path).codec


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_flipped_and_cut_bytes_give_a_message(victim: Path, data: st.DataObject) -> None:
    files = sorted(path for path in victim.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    content = bytearray(path.read_bytes())
    # Mostly near the beginning, where headers are.
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(content), 400) - 1))
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    with changed(path, bytes(content), adopt=data.draw(st.booleans())):
        read_or_refuse(victim)


def test_nothing_of_a_bundle_is_unpickled(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pickle

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr(torch, "load", refuse)
    assert read_all(first)[0] == 100
