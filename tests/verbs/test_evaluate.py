"""Measuring a model: every token once, units that agree, baselines beside it, honest warnings."""

import math
from itertools import pairwise

import pytest
import torch

import rnngen
from rnngen.contracts.errors import DataError, UsageError
from rnngen.verbs.generate import generate

TEXT = "Der Fluß fließt. The river runs over the wéir. " * 60


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    (folder / "text.txt").write_text(TEXT)
    return rnngen.fit(
        [str(folder / "text.txt")],
        run=folder / "run",
        hidden=16,
        steps=250,
        precision="fp32",
        options=["train.sample=0", "train.lanes=4", "train.learning_rate=0.02", "model.dropout=0"],
    )


def _by_hand(bundle, text):
    """−Σ ln p, step by step through the cells, one token at a time."""
    model, codec = bundle.model, bundle.codec
    steps = [codec.boundary, *(int(step) for step in codec.encode(text))]
    state, nats = model.initial_state(1), 0.0
    with torch.no_grad():
        for now, following in pairwise(steps):
            output, state = model(torch.tensor([[now]]), state)
            nats -= float(output.log_softmax(-1)[0, 0, following])
    return nats


def test_a_text_is_scored_token_by_token_with_the_state_carried(trained, tmp_path):
    text = "The Fluß runs over the river. wéir! ".replace("!", ".") * 30
    (tmp_path / "held.txt").write_text(text)
    result = trained.evaluate([str(tmp_path / "held.txt")], baselines=False, sample=0)
    nats = _by_hand(trained, text)
    assert result.tokens == len(text) == result.characters
    assert result.nats_per_token == pytest.approx(nats / len(text), rel=1e-4)
    assert result.bits_per_character == pytest.approx(nats / math.log(2) / len(text), rel=1e-4)
    assert result.bits_per_byte == pytest.approx(nats / math.log(2) / len(text.encode()), rel=1e-4)
    assert result.bytes == len(text.encode()) > len(text)
    assert result.perplexity == pytest.approx(math.exp(nats / len(text)), rel=1e-4)


def test_without_a_file_what_the_run_held_out_is_measured(trained):
    result = trained.evaluate(sample=0)
    assert result.tokens == pytest.approx(len(TEXT) * 0.1, abs=2)
    names = [row.name for row in result.baselines]
    assert names[:2] == ["unigram", "order-5 n-gram"]
    assert any(name.startswith("xz") for name in names)
    assert result.baselines[0].nats_per_token > result.nats_per_token


def test_a_model_that_repeats_its_text_is_found_out(trained):
    result = trained.evaluate(baselines=False, sample=600)
    assert result.copied.sample_size >= 500
    assert result.copied.longest > 30
    assert result.copied.text in TEXT
    assert "appear in the training text" in result.copied_sentence()


def test_the_sample_is_written_on_the_device_that_was_asked_for(trained, monkeypatch):
    asked = []

    def write(bundle, **options):
        asked.append(options["device"])
        return generate(bundle, **options)

    monkeypatch.setattr("rnngen.verbs.evaluate.generate", write)
    trained.evaluate(baselines=False, sample=50, device="cpu")
    assert asked == ["cpu"]


def test_one_file_may_be_a_path(trained, tmp_path):
    (tmp_path / "held.txt").write_text("The river runs. " * 9)
    result = trained.evaluate(tmp_path / "held.txt", baselines=False, sample=0)
    assert result.data == str(tmp_path / "held.txt")


def test_characters_the_model_does_not_know_are_said_or_refused(trained, tmp_path):
    (tmp_path / "greek.txt").write_text("The river is λόγος. " * 10)
    with pytest.raises(DataError, match="λ") as refused:
        trained.evaluate([str(tmp_path / "greek.txt")], baselines=False, sample=0)
    assert refused.value.hint


def test_a_run_that_held_nothing_out_needs_a_file(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT)
    bundle = rnngen.fit(
        [str(tmp_path / "text.txt")],
        run=tmp_path / "run",
        hidden=8,
        steps=2,
        options=["text.valid=0", "train.sample=0"],
    )
    with pytest.raises(UsageError, match="held nothing out"):
        bundle.evaluate()


def test_a_text_that_is_gone_costs_the_baselines_but_not_the_figures(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    bundle = rnngen.fit(
        [str(path)], run=tmp_path / "run", hidden=8, steps=2, options=["train.sample=0"]
    )
    path.unlink()
    (tmp_path / "held.txt").write_text("The river runs. " * 20)
    result = bundle.evaluate([str(tmp_path / "held.txt")])
    assert result.nats_per_token > 0
    assert not result.baselines
    assert any("no baselines" in warning for warning in result.warnings)
    with pytest.raises(DataError, match="can't be read again"):
        bundle.evaluate()
