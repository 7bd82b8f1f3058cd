"""What is measured of music, against a piece at a time and SciPy."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.special import expit
from scipy.stats import bernoulli

from rnngen.contracts.errors import DataError
from rnngen.data.store import Store
from rnngen.kernel.core_options import ModelOptions
from rnngen.metrics.measuring import Measurement
from rnngen.model.build import make_likelihood
from rnngen.model.model import Model
from rnngen_music.domain import MusicDomain
from rnngen_music.options import Options as MusicOptions


def bundle(domain):
    codec = domain.fit_codec(list)
    torch.manual_seed(0)
    likelihood = make_likelihood(*domain.likelihood(codec))
    model = Model(likelihood, ModelOptions(hidden=12, layers=2), {}).eval()
    return SimpleNamespace(model=model, codec=codec)


def measuring(made, train, held):
    return Measurement(made, train, held, "own", print)


def store(codec, lengths, seed=0):
    random = np.random.default_rng(seed)
    documents = []
    for length in lengths:
        frames = np.zeros((length, 89), np.float32)
        frames[:, :88] = random.random((length, 88)) < np.linspace(0.01, 0.2, 88)
        documents.append(frames)
    return Store.of(documents, boundary=codec.boundary)


def pieces(held):
    steps = np.array(held.steps)
    return np.split(steps, held.documents[1:])


def independent(made, output, frames):
    chances = expit(output[:, :88].double().numpy())
    return -bernoulli.logpmf(frames[:, :88], chances).sum(1)


def by_the_likelihood(made, output, frames):
    return made.model.likelihood.keys_nll(output, torch.from_numpy(frames)).numpy()


@pytest.mark.parametrize("count", [1, 9, 140])
@pytest.mark.parametrize(
    ("distribution", "cost"), [("bernoulli", independent), ("nade", by_the_likelihood)]
)
def test_frames_are_measured_by_the_published_protocol(count, distribution, cost):
    """Piece by piece, all frames but the first; as many pieces as fill one lane, some, and all."""
    domain = MusicDomain(MusicOptions(steps="frames", distribution=distribution))
    made = bundle(domain)
    held = store(made.codec, [5 + number % 7 for number in range(count)])
    costs = []
    with torch.inference_mode():
        for piece in pieces(held):
            steps = torch.from_numpy(piece)[:, None]
            output, _ = made.model(steps[:-1], made.model.initial_state(1))
            costs.append(cost(made, output[1:, 0], piece[2:]))
    report = domain.evaluate(measuring(made, None, held))
    assert report.columns == ["nats/frame"]
    ((name, (found,)),) = report.rows
    assert name == "model"
    assert found == pytest.approx(np.concatenate(costs).mean(), rel=1e-5)
    assert f"{len(np.concatenate(costs)):,} frames of {count} pieces" in report.title


def test_the_simple_models_of_frames_are_those_of_their_formulas():
    domain = MusicDomain(MusicOptions(steps="frames"))
    made = bundle(domain)
    train, held = store(made.codec, [30, 20], seed=1), store(made.codec, [9, 6], seed=2)
    rows = dict(domain.evaluate(measuring(made, train, held)).rows)
    frames = [piece[1:, :88] for piece in pieces(train)]
    known = np.concatenate(frames)
    often = (known.sum(0) + 0.5) / (len(known) + 1)
    before = np.concatenate([piece[:-1] for piece in frames])
    now = np.concatenate([piece[1:] for piece in frames])
    alone, stays = [], []
    for piece in pieces(held):
        for last, frame in pairwise(piece[1:]):
            alone.append(-bernoulli.logpmf(frame[:88], often).sum())
            chances = []
            for key in range(88):
                same = before[:, key] == last[key]
                chances.append((now[same, key].sum() + 0.5) / (same.sum() + 1))
            stays.append(-bernoulli.logpmf(frame[:88], chances).sum())
    assert rows["each key by its frequency"] == [pytest.approx(np.mean(alone), rel=1e-5)]
    assert rows["each key as in the frame before"] == [pytest.approx(np.mean(stays), rel=1e-5)]


def test_pieces_of_one_frame_can_not_be_measured():
    domain = MusicDomain(MusicOptions(steps="frames"))
    made = bundle(domain)
    with pytest.raises(DataError):
        domain.evaluate(measuring(made, None, store(made.codec, [1, 1, 1])))


def test_events_cost_as_much_as_their_tokens_and_are_shared_among_the_notes():
    domain = MusicDomain()
    made = bundle(domain)
    codec = made.codec
    wanted = ["Bar_None", "TimeSig_4/4", "Position_0", "Program_0", "Pitch_60", "Velocity_79"]
    drum = ["Program_-1", "PitchDrum_36", "Velocity_79", "Duration_0.1.4"]
    document = [codec.names.index(name) for name in [*wanted, "Duration_1.0.4", *drum]]
    held = Store.of([document, document], boundary=0)
    nats = 0.0
    with torch.inference_mode():
        for number in range(2):
            steps = [0, *document, *([0] if number == 0 else [])]
            output, _ = made.model(torch.tensor(steps)[:-1, None], made.model.initial_state(1))
            logs = output[:, 0].log_softmax(-1)
            nats -= float(logs[torch.arange(len(steps) - 1), torch.tensor(steps[1:])].sum())
    report = domain.evaluate(measuring(made, held, held))
    rows = dict(report.rows)
    assert rows["model"] == [pytest.approx(nats / 23, rel=1e-5), pytest.approx(nats / 4, rel=1e-5)]
    assert set(rows) == {"model", "unigram", "5-gram"}
    assert rows["5-gram"][0] < rows["unigram"][0]
