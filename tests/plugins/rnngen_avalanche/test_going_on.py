"""Runs stopped inside a task, and models trained again later, through the bridge."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import rnngen
from rnngen.bundles.bundle import load
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.contracts.errors import UsageError
from tests.continual_runs import Killed, KilledAt
from tests.plugins.rnngen_avalanche.conftest import OPTIONS, PARTS, Told

STEPS = 40
STOPPED = (
    "train.checkpoint_every=6",
    "train.scheduled_sampling=0.2",
    "model.dropout=0.2",
    "avalanche.memory=320",
)

pytestmark = pytest.mark.usefixtures("installed")


def fit(files, run, strategy, *options, **keywords):
    if not {"agem", "gem", "replay"} & set(strategy.split("+")):
        options = tuple(option for option in options if "avalanche.memory" not in option)
    return rnngen.fit(
        files,
        run=run,
        plugins=["avalanche"],
        **{"cell": "lstm", "hidden": 12, "steps": STEPS, "device": "cpu", "precision": "fp32"}
        | keywords,
        options=[*OPTIONS, *options, f"avalanche.strategy={strategy}"],
    )


def assert_same(run: Path, expected: Path) -> None:
    """Every tensor of the checkpoint, bit for bit, and the task matrix."""
    tensors, state = load_checkpoint(run)
    wanted, wanted_state = load_checkpoint(expected)
    assert state["position"]["step"] == wanted_state["position"]["step"] == STEPS
    assert state["strategies"] == wanted_state["strategies"]
    assert tensors.keys() == wanted.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, wanted[name]), f"`{name}` differs"
    rows, others = (load(path).manifest["history"]["rows"] for path in (run, expected))
    for row, other in zip(rows, others, strict=True):
        assert {**row, "seconds": 0} == {**other, "seconds": 0}


@pytest.mark.parametrize("strategy", [*PARTS, "replay+agem+lwf+si"])
def test_run_killed_inside_a_task_ends_with_the_same_bits(strategy, small, tmp_path):
    fit(small, tmp_path / "whole", strategy, *STOPPED)
    # In the first task, right after the second began, and inside the second.
    for number, step in enumerate((9, 22, 33)):
        run = tmp_path / f"killed-{number}"
        with pytest.raises(Killed):
            fit(small, run, strategy, *STOPPED, reporter=KilledAt(step))
        assert load_checkpoint(run)[1]["position"]["step"] < step
        rnngen.fit(resume=run)
        assert_same(run, tmp_path / "whole")


def further(files, run, strategy, start, *options, **keywords):
    limits = {"start": start, "cell": None, "hidden": None, "steps": 20}
    return fit(files, run, strategy, *options, **limits | keywords)


@pytest.mark.parametrize("strategy", PARTS)
def test_vocabulary_that_grows_works_with_every_strategy(strategy, small, tmp_path):
    first = fit(small[:1], tmp_path / "first", strategy, steps=20)
    told = Told()
    second = further(small[1:], tmp_path / "second", strategy, first.path, reporter=told)
    assert any("the vocabulary grows" in line for line in told.lines)
    assert second.codec.size > first.codec.size
    assert not [line for line in told.warnings if "can't be protected" in line]
    third = further(small[:1], tmp_path / "third", strategy, second.path)
    assert third.manifest["history"]["rows"][-1]["nats"][0] < 5


def test_model_of_last_month_is_protected_without_its_old_data(small, tmp_path):
    options = ("train.learning_rate=0.01", "model.dropout=0")

    def nats(bundle):
        return rnngen.evaluate(bundle, [small[0]], baselines=False, sample=0).nats_per_token

    first = fit(small[:1], tmp_path / "first", "ewc+lwf+replay", *options, steps=120)
    left = {}
    for strategy in ("naive", "ewc", "lwf", "replay"):
        more = ("avalanche.lambda=30",) if strategy == "ewc" else ()
        run = tmp_path / strategy
        second = further(small[1:], run, strategy, first.path, *options, *more, steps=60)
        left[strategy] = nats(second) - nats(first)
    assert left["naive"] > 0.5
    assert all(left[name] < 0.9 * left["naive"] for name in ("ewc", "lwf", "replay")), left


@pytest.mark.parametrize("strategy", ["ewc", "si", "lwf", "mas", "rwalk", "agem", "gem", "replay"])
def test_bundle_without_a_strategys_state_says_that_the_past_cant_be_protected(
    strategy, small, tmp_path
):
    first = rnngen.fit(
        small[:1], run=tmp_path / "first", cell="gru", hidden=8, steps=6, options=OPTIONS[:3]
    )
    told = Told()
    further(small[1:], tmp_path / "second", strategy, first.path, steps=6, reporter=told)
    (warning,) = [line for line in told.warnings if "without" in line]
    assert str(first.path) in warning
    assert "model knows can't be protected" in warning
    assert "`--plugin self-replay` needs the model alone" in warning


def test_strategy_that_counts_tasks_cant_join_later(small, tmp_path):
    first = fit(small[:1], tmp_path / "first", "ewc", steps=6)
    with pytest.raises(UsageError, match="`mas` has to be there from the first task on"):
        further(small[1:], tmp_path / "second", "ewc+mas", first.path)


def test_model_that_grew_in_another_way_than_by_rows_is_refused(small, tmp_path, bridge):
    from rnngen_avalanche.carried_over import Inherited

    shapes = {"readout.weight": [5, 3]}
    model = torch.nn.ModuleDict({"readout": torch.nn.Linear(4, 5)})
    run = type("Run", (), {"model": model})
    with pytest.raises(UsageError, match=r"`readout.weight` as \[5, 3\], but it is now \[5, 4\]"):
        Inherited({"si"}, shapes).check_growth(["si"], run)
    Inherited({"si"}, {"readout.weight": [3, 4]}).check_growth(["si"], run)


@pytest.mark.parametrize("strategy", ["ewc", "replay"])
def test_single_task_works_and_says_that_there_was_nothing_to_protect(strategy, small, tmp_path):
    told = Told()
    fit(small[:1], tmp_path / "run", strategy, steps=6, reporter=told)
    (line,) = [line for line in told.lines if line.startswith("avalanche: ")]
    assert "only one task" in line
    assert not told.warnings
