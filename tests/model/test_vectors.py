"""Steps that are vectors go the same ways as tokens: store, batches, model, engine, decoders."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from rnngen.components.decoders.beam import Beam
from rnngen.components.decoders.greedy import Greedy
from rnngen.components.decoders.sample import Options as SampleOptions
from rnngen.components.decoders.sample import Sample
from rnngen.contracts.decoder import Request
from rnngen.contracts.draws import Draws, uniforms
from rnngen.contracts.errors import UsageError
from rnngen.contracts.likelihood import Likelihood, normal
from rnngen.contracts.likelihood import choose as choose_one
from rnngen.data.choose_batches import choose
from rnngen.data.measuring import evaluation
from rnngen.data.split import by_position
from rnngen.data.store import Store, StoreWriter
from rnngen.engines.exporters.onnx import Onnx
from rnngen.engines.torch_engine import Engine
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.model import Model
from rnngen.training.scheduled_sampling import guessed_inputs

BOUNDARY = (0.0, 9.0)


class Plane(Likelihood):
    """Two independent normal numbers of deviation 1."""

    size, step_shape, uniforms, density = 2, (2,), 2, True

    def nll(self, output, target):
        return 0.5 * (output.float() - target).square().sum(-1) + np.log(2 * np.pi)

    def draw(self, output, uniform, *, temperature=1.0, bias=0.0):
        return output + temperature * np.exp(-bias) * normal(uniform).float()


def model(cell="gru", layers=2) -> Model:
    torch.manual_seed(0)
    options = ModelOptions(cell=cell, hidden=16, layers=layers, embedding=8, dropout=0.0)
    return Model(Plane(), options, {}).eval()


def store(count=40) -> Store:
    random = np.random.default_rng(0)
    documents = [random.normal(size=(n % 5 + 2, 2)).astype(np.float32) for n in range(count)]
    return Store.of(documents, boundary=BOUNDARY)


def test_documents_of_vectors_are_read_from_boundary_to_boundary():
    batches = choose(store(), 4, 16, seed=0)
    for index in range(len(batches)):
        batch = batches.batch(0, index)
        boundary = torch.tensor(BOUNDARY)
        assert batch.inputs.dtype == torch.float32
        assert (batch.inputs[0] == boundary).all()
        ends = (batch.targets == boundary).all(-1)
        assert ends.any(0).all()


def test_a_store_of_vectors_is_cut_with_its_boundary(tmp_path):
    whole = store(3)
    train, valid = (
        StoreWriter(tmp_path / name, np.float32, step_shape=(2,), boundary=BOUNDARY)
        for name in ("t", "v")
    )
    train.append(whole.steps, whole.documents)
    by_position(train, valid, 0.5)
    for writer in (train, valid):
        with writer:
            writer.close(characters=1, size=1)
        opened = Store.open(writer.folder)
        assert opened.boundary == BOUNDARY
        assert (opened.steps[0] == BOUNDARY).all()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_the_engine_steps_vectors_as_the_model_reads_them(cell):
    made = model(cell)
    steps = torch.from_numpy(store().steps[:30])
    resets = (steps == torch.tensor(BOUNDARY)).all(-1, keepdim=True)
    expected, _ = made(steps.unsqueeze(1), made.initial_state(1), resets)
    engine = Engine(made, BOUNDARY)
    state = engine.start(1)
    for step, wanted in zip(steps, expected, strict=True):
        output, state = engine.step(step.unsqueeze(0), state)
        assert torch.allclose(output, wanted, atol=1e-5)


def drawn(count, decoder, seed=3, length=6):
    request = Request([[BOUNDARY]] * count, length, seed=seed)
    return list(decoder.decode(Engine(model(), BOUNDARY), request))


def test_a_sequence_of_vectors_does_not_depend_on_those_beside_it():
    alone = [emission.step for emission in drawn(1, Sample())]
    among = [emission.step for emission in drawn(7, Sample()) if emission.row == 0]
    assert alone == among
    assert len(set(among)) == len(among)


def test_the_log_probability_of_a_vector_is_its_density():
    made, emissions = model(), drawn(1, Sample())
    steps = torch.tensor([[BOUNDARY], *([e.step] for e in emissions)])
    output, _ = made(steps, made.initial_state(1))
    for place, emission in enumerate(emissions):
        density = stats.norm(output[place, 0].detach().numpy()).logpdf(emission.step).sum()
        assert emission.log_probability == pytest.approx(density, abs=1e-4)


def test_without_temperature_and_greedily_the_most_typical_vector_is_written():
    greedy = [emission.step for emission in drawn(1, Greedy())]
    assert greedy == [emission.step for emission in drawn(1, Sample(SampleOptions(temperature=0)))]
    biased = [emission.step for emission in drawn(1, Sample(SampleOptions(bias=20.0)))]
    assert np.allclose(greedy, biased, atol=1e-6)


def test_what_filters_tokens_is_refused_for_vectors():
    with pytest.raises(UsageError, match="top_k"):
        drawn(1, Sample(SampleOptions(top_k=3)))
    assert not getattr(Beam, "vectors", False)


def test_a_step_of_several_numbers_draws_them_in_a_row():
    draws = Draws(5, [2, 3], [0, 2], 9, numbers=3)
    rows = np.stack([draws.at(step) for step in range(9)])
    assert np.array_equal(rows[:, 0].ravel(), uniforms(5, 2, 0, 27))
    assert np.array_equal(rows[2:, 1].ravel(), uniforms(5, 3, 0, 21))
    assert not rows[:2, 1].any()


def test_scheduled_sampling_replaces_vectors_but_not_beginnings():
    made, batch = model(), choose(store(), 4, 16, seed=0).batch(0, 0)
    state = made.initial_state(batch.inputs.shape[1])
    inputs = guessed_inputs(made, batch, state, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(inputs[0], batch.inputs[0])
    assert not (inputs[1:] == batch.inputs[1:]).all(-1).any()


def test_uniform_numbers_become_normal_and_categorical_ones():
    uniform = torch.from_numpy(uniforms(0, 0, 0, 20_000))
    assert stats.kstest(normal(uniform).numpy(), "norm").pvalue > 0.01
    assert normal(torch.tensor([0.0, 1 - 2.0**-52], dtype=torch.float64)).isfinite().all()
    logits = torch.tensor([0.3, -1.0, 1.2])
    counts = choose_one(logits.expand(20_000, 3), uniform).bincount(minlength=3)
    assert stats.chisquare(counts, 20_000 * logits.double().softmax(-1).numpy()).pvalue > 0.01


def test_every_step_of_a_split_is_scored_once():
    whole = store()
    scored = sum(
        int((torch.ones(b.targets.shape[:2]) if b.weights is None else b.weights).sum())
        for b in evaluation(whole, 4, 8)
    )
    assert scored == whole.targets


def test_a_model_of_vectors_is_not_exported_as_one_of_tokens(tmp_path):
    class Bundle:
        path = tmp_path
        model = globals()["model"]()

    with pytest.raises(UsageError, match="vectors"):
        Onnx().export(Bundle, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
