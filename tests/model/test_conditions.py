"""What a sequence hangs on: kept with its document, read where it begins, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.steps import ConditionShape
from rnngen.data.choose_batches import choose
from rnngen.data.documents import Documents
from rnngen.data.measuring import evaluation
from rnngen.data.split import by_documents, by_position
from rnngen.data.store import Store, StoreWriter
from rnngen.kernel.core_options import ModelOptions
from rnngen.metrics.scoring import score
from rnngen.model.model import Model
from rnngen.training.rehearsal import beside

LENGTH = 3
LENGTHS = st.lists(st.integers(1, 9), min_size=2, max_size=12)


def store_of(lengths) -> Store:
    """Document d has steps d+1 and the condition (d+1, d+1, 0)."""
    documents = [np.full(length, number + 1) for number, length in enumerate(lengths)]
    conditions = np.array([[number + 1, number + 1, 0] for number in range(len(lengths))], np.int32)
    return Store.of(documents, conditions=conditions)


def written(folder, store: Store) -> StoreWriter:
    writer = StoreWriter(folder, store.steps.dtype, condition_length=LENGTH)
    writer.append(store.steps, store.documents, store.conditions)
    return writer


def assert_belong(store: Store) -> None:
    """Every document has the condition it was given."""
    ends = np.append(store.documents[1:], len(store))
    for start, end, condition in zip(store.documents, ends, store.conditions, strict=True):
        steps = store.steps[start + 1 : end]
        assert set(steps.tolist()) <= {int(condition[0])}


@settings(max_examples=50, deadline=None)
@given(LENGTHS, st.integers(1, 4), st.integers(2, 6), st.integers(0, 3))
def test_every_lane_reads_its_own_documents_condition(lengths, lanes, chunk, epoch):
    batches = choose(store_of(lengths), lanes, chunk, seed=1)
    assert isinstance(batches, Documents)
    for index in range(len(batches)):
        batch = batches.batch(epoch, index)
        for lane in range(batch.inputs.shape[1]):
            steps = set(batch.inputs[:, lane].tolist()) - {0}
            assert steps <= {batch.condition[lane, 0].item()}


@settings(max_examples=50, deadline=None)
@given(LENGTHS)
def test_measuring_scores_every_document_with_its_condition_once(lengths):
    store = store_of(lengths)
    scored = 0
    for batch in evaluation(store, chunk=4):
        weights = torch.ones(batch.targets.shape) if batch.weights is None else batch.weights
        scored += int(weights.sum())
        inside = (batch.targets > 0) & weights.bool()
        assert (batch.targets == batch.condition[:, 0])[inside].all()
    assert scored == store.targets


def test_a_store_keeps_the_conditions_of_its_documents_on_disk(tmp_path):
    store = store_of([3, 1, 4])
    with written(tmp_path / "store", store) as writer:
        writer.close(characters=8, size=8)
    again = Store.open(tmp_path / "store")
    assert np.array_equal(again.conditions, store.conditions)
    assert np.array_equal(again.slice(4, 11).conditions, store.conditions[1:])
    both = Store.joined([again, store])
    assert np.array_equal(both.conditions, np.concatenate([store.conditions] * 2))


@pytest.mark.parametrize("fraction", [0.2, 0.5])
def test_holding_out_documents_takes_their_conditions_along(tmp_path, fraction):
    whole = written(tmp_path / "whole", store_of([2, 3, 1, 4, 2, 5]))
    train, valid = (
        StoreWriter(tmp_path / name, np.int64, condition_length=LENGTH) for name in ("t", "v")
    )
    by_documents(whole, train, valid, fraction, seed=3)
    for writer in (train, valid):
        with writer:
            writer.close(characters=1, size=1)
        assert_belong(Store.open(writer.folder))
    assert train.documents + valid.documents == 6


def test_holding_out_the_end_takes_the_conditions_of_its_documents_along(tmp_path):
    train = written(tmp_path / "t", store_of([4, 4, 4]))
    valid = StoreWriter(tmp_path / "v", np.int64, condition_length=LENGTH)
    by_position(train, valid, 0.5)
    for writer in (train, valid):
        with writer:
            writer.close(characters=1, size=1)
        assert_belong(Store.open(writer.folder))
    assert valid.documents == 2  # the rest of the second document, and the third


def model(**options) -> Model:
    torch.manual_seed(0)
    shape = ConditionShape(symbols=9, length=LENGTH)
    values = {"hidden": 8, "layers": 2, "embedding": 4, "dropout": 0.0, **options}
    return Model(Categorical(9), ModelOptions(**values), {}, shape).eval()


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_lane_that_begins_anew_reads_the_condition_and_the_others_do_not(cell):
    made = model(cell=cell)
    steps = torch.randint(0, 9, (5, 2))
    condition = torch.tensor([[1, 2, 3], [4, 5, 0]])
    resets = torch.zeros(5, 2, dtype=torch.bool)
    resets[2, 1] = True
    output, _ = made(steps, made.initial_state(2), resets, condition)
    nothing, _ = made(steps[:, :1], made.initial_state(1))
    begun, _ = made(steps[2:, 1:], made.initial_state(1, condition[1:]))
    assert torch.allclose(output[:, :1], nothing, atol=1e-6)
    assert torch.allclose(output[2:, 1:], begun, atol=1e-6)


def test_another_condition_makes_another_distribution_and_padding_none():
    made = model()
    steps = torch.randint(0, 9, (4, 1))
    first, second, padded = (
        made(steps, made.initial_state(1, torch.tensor([text])))[0]
        for text in ([1, 2, 3], [3, 2, 1], [0, 0, 0])
    )
    assert not torch.allclose(first, second)
    assert torch.equal(padded, made(steps, made.initial_state(1))[0])


def test_a_score_does_not_depend_on_how_many_documents_are_read_side_by_side():
    made = model()
    store = store_of([5, 2, 7, 3, 1, 6])
    device = torch.device("cpu")
    results = {lanes: score(made, evaluation(store, 4, lanes), device).nats for lanes in (32, 64)}
    single = (
        sum(
            score(
                made,
                evaluation(store.slice(int(start), int(end) + 1), 4),
                device,
            ).nats
            for start, end in zip(store.documents[:-1], store.documents[1:], strict=True)
        )
        + score(made, evaluation(store.slice(int(store.documents[-1]), len(store)), 4), device).nats
    )
    assert results[32] == pytest.approx(results[64], rel=1e-5)
    assert results[32] == pytest.approx(single, rel=1e-5)


def test_rows_without_a_condition_beside_rows_with_one_hang_on_nothing():
    store = store_of([3, 3])
    batch = choose(store, 2, 8, seed=0).batch(0, 0)
    other = batch._replace(condition=None)
    both = beside(batch, [other])
    assert torch.equal(both.condition[:2], batch.condition)
    assert not both.condition[2:].any()
