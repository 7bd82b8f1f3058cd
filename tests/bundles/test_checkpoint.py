"""What a run resumes from comes back as it was saved."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.bundles import bundle, checkpoint
from rnngen.contracts.errors import BundleError
from tests import small_bundle
from tests.bundles.support import json_values


def test_tensors_that_share_memory_are_saved(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    given_tensors = {"a": whole, "b": whole, "row": whole[1], "turned": whole.t()}
    checkpoint.commit_checkpoint(tmp_path, 1, given_tensors, {})
    saved = checkpoint.load_checkpoint(tmp_path)
    assert saved is not None
    assert all(torch.equal(saved[0][name], tensor) for name, tensor in given_tensors.items())
    assert (tmp_path / "checkpoints/000001.safetensors").stat().st_size < 600


@settings(max_examples=50, deadline=None)
@given(state=st.dictionaries(st.sampled_from("abc"), json_values))
def test_any_json_state_comes_back_from_a_checkpoint(
    state: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("checkpoint")
    checkpoint.commit_checkpoint(folder, 3, {"x": torch.ones(2)}, state)
    saved = checkpoint.load_checkpoint(folder)
    assert saved is not None
    assert repr(saved[1]) == repr(state)  # repr: NaN is not equal to itself


def test_checkpoints_hold_one_step_and_leave_the_bundle_alone(tmp_path: Path) -> None:
    small_bundle.save(tmp_path, step=100)
    assert checkpoint.load_checkpoint(tmp_path) is None
    for step in (100, 200, 300):
        checkpoint.commit_checkpoint(tmp_path, step, {"x": torch.full((2,), step)}, {"at": step})
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["000300.safetensors"]
    tensors, state = checkpoint.load_checkpoint(tmp_path) or ({}, {})
    assert (int(tensors["x"][0]), state) == (300, {"at": 300})
    assert bundle.load(tmp_path).step == 100


def test_a_damaged_checkpoint_is_named(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    victim = folder / "checkpoints/000100.safetensors"
    victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match=r"000100\.safetensors.*checksum"):
        checkpoint.load_checkpoint(folder)
