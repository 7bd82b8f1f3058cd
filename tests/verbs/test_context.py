"""What a decoder is told of the model that it writes with."""

from pathlib import Path

import numpy as np
import pytest

import rnngen
from rnngen.verbs.context import ModelContext

TEXT = "Once there was a fox.\nIt slept.\n" * 30


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture
def context(source: Path, tmp_path: Path) -> ModelContext:
    rnngen.fit([str(source)], steps=1, run=tmp_path / "run", hidden=4)
    return ModelContext(rnngen.load(tmp_path / "run"), print)


def test_a_decoder_is_told_the_steps_that_a_model_learned_from(context: ModelContext):
    learned = np.concatenate(list(context.learned()))
    assert len(learned) > len(TEXT) / 2
    assert TEXT.startswith(context.codec.decode(learned))
    assert context.default_constraint() == context.bundle.domain.default_constraint(context)


def test_a_text_that_changed_since_is_refused(context: ModelContext, source: Path):
    source.write_text(TEXT + "And woke.")
    with pytest.raises(rnngen.DataError, match="changed"):
        list(context.learned())
