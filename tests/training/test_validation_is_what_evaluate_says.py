"""The validation of a run is what `rnngen evaluate` measures, and both count the same steps."""

from __future__ import annotations

import pytest

import rnngen
from rnngen.cli import fit as command
from rnngen.contracts.codec import Codec
from rnngen.training.plan import make
from rnngen.training.validation import ONE_LANE
from rnngen.training.wanted import Wanted
from rnngen.verbs import card

OPTIONS = ["train.lanes=4", "train.chunk=32", "train.sample=0", "train.learning_rate=0.03"]


def write(path, lines: int) -> None:
    text = (f"{i} times {i + 7} is {i * (i + 7)}, said number {i % 13}.\n" for i in range(lines))
    path.write_text("".join(text))


@pytest.mark.parametrize(("lines", "several"), [(1500, True), (300, False)])
def test_validation_in_lanes_is_that_of_evaluate(tmp_path, monkeypatch, lines, several) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.txt", lines)
    given = {"cell": "lstm", "hidden": 16, "steps": 30, "device": "cpu", "options": OPTIONS}
    bundle = rnngen.fit(["a.txt"], run="run", **given)
    measured = rnngen.evaluate("run", baselines=False, sample=0)
    assert (measured.tokens > ONE_LANE) is several
    said = card.read(bundle.path).measured["best_valid"].nats_per_token
    assert said == pytest.approx(measured.nats_per_token, abs=2e-6)
    assert bundle.manifest["metrics"]["valid_nats_per_token"] == said

    planned = make(Wanted.of(["a.txt"], **given)).describe()
    (task,) = planned["tasks"]
    facts = card.read(bundle.path).data
    assert task["valid_tokens"] == facts["valid_tokens"] == measured.tokens
    assert task["train_tokens"] == facts["train_tokens"]
    assert planned["steps_are"] == facts["steps_are"] == measured.steps_are == "characters"
    assert f"{task['train_tokens']:,} characters to learn" in (bundle.path / "log.txt").read_text()
    assert any("characters to learn" in value for _, value in command._rows(planned))


class Vectors(Codec):
    step_shape = (3,)

    def encode(self, content):
        raise NotImplementedError

    def files(self):
        return {}


class Ids(Vectors):
    step_shape = ()


def test_steps_have_a_name_of_their_kind_unless_a_codec_has_one() -> None:
    assert Vectors().steps_are == "vectors"
    assert Ids().steps_are == "tokens"
