"""A bundle with a checkpoint, for all tests of bundles."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from rnngen.bundles import checkpoint
from tests import small_bundle

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    small_bundle.save(folder, step=100, seed=0)
    checkpoint.commit_checkpoint(folder, 100, {"x": torch.full((9,), 100)}, {"at": 100})
    return folder


@pytest.fixture(scope="session")
def victim(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("victim") / "run"
    shutil.copytree(first, folder)
    (folder / "config.toml").write_text("[model]\nhidden = 6\n")
    return folder
