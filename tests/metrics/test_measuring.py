"""What a domain is handed to measure a model with."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from rnngen.data.store import Store
from rnngen.kernel.core_options import ModelOptions
from rnngen.metrics.measuring import Measurement
from rnngen.model.build import build


@pytest.fixture
def made():
    torch.manual_seed(0)
    model = build(5, ModelOptions(hidden=6), {}).train()
    return SimpleNamespace(model=model, codec=SimpleNamespace(size=5))


def store(lengths):
    random = np.random.default_rng(0)
    return Store.of([random.integers(1, 5, length) for length in lengths], boundary=0)


def test_outputs_are_of_a_model_at_rest_and_cost_what_nll_sums(made):
    measuring = Measurement(made, None, store([7, 3, 12, 5]), "own", print)
    nats = 0.0
    for output, batch in measuring.outputs(4, 1):
        assert not made.model.training
        assert not output.requires_grad
        costs = measuring.likelihood.nll(output, batch.targets)
        nats += float(costs.sum() if batch.weights is None else (costs * batch.weights).sum())
    assert made.model.training
    assert nats == pytest.approx(measuring.nll(4, 1), rel=1e-5)


@pytest.mark.parametrize("count", [1, 3, 40, 200])
def test_of_several_numbers_of_lanes_the_first_that_cuts_no_document_is_taken(made, count):
    held = store([4 + number % 5 for number in range(count)])
    measuring = Measurement(made, None, held, "own", print)
    targets = sum(
        batch.targets.numel() if batch.weights is None else int(batch.weights.sum())
        for batch in measuring.batches(16)
    )
    assert targets == held.targets
    alone = Measurement(made, None, held, "own", print).nll(16, 1)
    assert measuring.nll(16) == pytest.approx(alone, rel=1e-5), "the state was lost somewhere"


def test_simple_models_are_compared_with_where_there_is_something_to_fit_them_to(made):
    held = store([9, 9])
    assert Measurement(made, None, held, "own", print).baselines(3) == []
    rows = dict(Measurement(made, store([60, 60]), held, "own", print).baselines(3))
    assert list(rows) == ["unigram", "3-gram"]
    # Five ids, about evenly: close to ln 5 for each of the 19 targets.
    assert rows["unigram"] == pytest.approx(held.targets * np.log(5), rel=0.2)


def test_what_takes_its_time_is_told(made):
    told = []
    Measurement(made, None, store([9]), "own", told.append).note("measuring")
    assert told == ["measuring"]
