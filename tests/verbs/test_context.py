"""What a decoder is told of a bundle's model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rnngen
from rnngen.verbs import context, learned
from rnngen.verbs.context import ModelContext


def test_a_decoder_is_told_the_steps_that_the_model_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the river runs.\n" * 40)
    run = rnngen.fit(str(path), run=tmp_path / "run", hidden=4, steps=1, options=["train.sample=0"])
    told: list[str] = []
    about = ModelContext(run, told.append)
    assert about.codec is run.codec
    monkeypatch.setattr(context, "BLOCK", 100)
    blocks = list(about.learned())
    assert [len(block) for block in blocks[:-1]] == [100] * (len(blocks) - 1)
    assert np.array_equal(np.concatenate(blocks), learned.reopen(run).train.steps)
    about.note("worth knowing")
    assert told == ["worth knowing"]
