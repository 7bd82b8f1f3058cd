"""The bridge in whole runs: what it leaves alone, what it keeps, and what it refuses."""

from __future__ import annotations

import pytest
import torch

import rnngen
from rnngen.bundles.bundle import load
from rnngen.contracts.errors import UsageError
from rnngen.training.plan import make
from rnngen.training.wanted import Wanted
from tests.plugins.rnngen_avalanche.conftest import OPTIONS, PARTS, Told

pytestmark = pytest.mark.usefixtures("installed")


def fit(files, run, plugin="avalanche", options=(), **keywords):
    return rnngen.fit(
        files,
        run=run,
        plugins=[plugin],
        **{"cell": "lstm", "hidden": 8, "steps": 30, "device": "cpu", "precision": "fp32"}
        | keywords,
        options=[*OPTIONS[: len(OPTIONS) - (plugin != "avalanche")], *options],
    )


def same(one, other):
    ours, theirs = load(one).model.tensors(), load(other).model.tensors()
    return all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


@pytest.mark.parametrize(
    "options",
    [
        ("avalanche.strategy=naive",),
        ("avalanche.strategy=ewc", "avalanche.lambda=0"),
        ("avalanche.strategy=si", "avalanche.lambda=0"),
        ("avalanche.strategy=mas", "avalanche.lambda=0"),
        ("avalanche.strategy=lwf", "avalanche.lambda=0"),
    ],
)
def test_bridge_without_strength_changes_no_bit_of_fine_tuning(options, small, tmp_path):
    dropout = ("model.dropout=0.3",)
    fit(small, tmp_path / "naive", "naive", dropout)
    fit(small, tmp_path / "bridge", options=(*options, *dropout))
    assert same(tmp_path / "naive", tmp_path / "bridge")


@pytest.mark.parametrize("strategy", [*PARTS, "replay+ewc", "replay+agem", "lwf+replay"])
def test_strategy_works_and_has_an_effect(strategy, small, tmp_path):
    told = Told()
    # Long enough for the tasks to come into conflict: before, A-GEM and GEM have nothing to do.
    longer = {"steps": 100, "options": ["train.learning_rate=0.02"]}
    fit(small, tmp_path / "naive", "naive", **longer)
    longer["options"].append(f"avalanche.strategy={strategy}")
    bundle = fit(small, tmp_path / "run", **longer, reporter=told)
    assert not told.warnings
    assert not same(tmp_path / "naive", tmp_path / "run")
    row = bundle.manifest["history"]["rows"][-1]
    assert row["memory_bytes"] > 0
    assert (row["memory_tokens"] > 0) == bool({"replay", "agem", "gem"} & {*strategy.split("+")})


@pytest.mark.parametrize("strategy", [*PARTS, "replay+lwf"])
def test_many_short_documents_of_other_lengths_can_be_learned(strategy, tmp_path):
    options = ["text.documents=line", f"avalanche.strategy={strategy}"]
    paths = [tmp_path / f"{number}.txt" for number in range(2)]
    for number, path in enumerate(paths):
        words = ["ab", "cadabra", "abracadabra dabra"][number:]
        path.write_text("\n".join(word * (i % 4 + 1) for i in range(120) for word in words))
    plan = make(Wanted(data=[str(paths[0])], options=[*OPTIONS[:2], options[0]]))
    batches = plan.tasks[0].batches
    assert any(batches.batch(0, index).weights is not None for index in range(len(batches)))
    told = Told()
    files = [str(path) for path in paths]
    fit(files, tmp_path / "run", options=options, reporter=told)
    # Texts as like as these never come into conflict, and the user hears it.
    assert all("no step came into conflict" in warning for warning in told.warnings)
    assert not told.warnings or strategy in ("agem", "gem")


def test_memory_is_as_large_as_it_was_allowed_to_be(small, tmp_path):
    kept = {}
    for strategy in ("replay", "agem", "gem"):
        options = [f"avalanche.strategy={strategy}", "avalanche.memory=330"]
        bundle = fit(small, tmp_path / strategy, options=options)
        kept[strategy] = [row["memory_tokens"] for row in bundle.manifest["history"]["rows"]]
    # 20 windows of 16 steps: of all tasks together, or of each.
    assert kept == {"replay": [0, 320, 320], "agem": [0, 320, 640], "gem": [0, 320, 640]}


def test_strategies_of_rnngen_can_stand_beside_the_bridge(small, tmp_path):
    for plugins in (["replay", "avalanche"], ["avalanche", "replay"]):
        bundle = rnngen.fit(
            small,
            run=tmp_path / "-".join(plugins),
            plugins=plugins,
            cell="gru",
            hidden=8,
            steps=30,
            options=[*OPTIONS, "avalanche.strategy=lwf+replay"],
        )
        assert len(bundle.manifest["history"]["rows"]) == 3


def test_accumulated_batches_are_refused_by_the_name_of_the_option(small, tmp_path):
    with pytest.raises(UsageError, match=r"`train.accumulate` \(2\)") as caught:
        fit(small, tmp_path / "run", options=["train.accumulate=2"])
    assert "train.lanes" in caught.value.hint


def test_memory_smaller_than_one_window_is_refused(small, tmp_path):
    options = ["avalanche.strategy=agem", "avalanche.memory=12"]
    with pytest.raises(UsageError, match=r"`avalanche.memory` is 12 tokens, less than one window"):
        fit(small, tmp_path / "run", options=options)


def test_negative_strength_is_refused(small, tmp_path):
    with pytest.raises(UsageError, match="`lambda` of section `avalanche` is -1"):
        fit(small, tmp_path / "run", options=["avalanche.lambda=-1"])


def test_strength_with_which_nothing_is_learned_is_said_with_a_smaller_one(small, tmp_path):
    told = Told()
    options = ["avalanche.strategy=ewc", "avalanche.lambda=1e7", "train.learning_rate=0.01"]
    fit(small, tmp_path / "run", options=options, steps=120, reporter=told)
    (warning,) = [line for line in told.warnings if "was hardly learned" in line]
    assert "`-o avalanche.lambda=10000`" in warning


def test_state_that_is_not_whole_is_an_error_of_the_bundle(small, tmp_path, bridge):
    from rnngen.contracts.errors import BundleError
    from rnngen_avalanche.bridge import Bridge
    from rnngen_avalanche.options import Options as BridgeOptions
    from tests.plugins.rnngen_continual.stage import model, run, task, text

    strategy = Bridge(BridgeOptions(strategy="ewc"))
    at = run(model(), [task(text())])
    strategy.fit_started(at)
    state = strategy.state_dict()
    for broken in ({}, {**state, "parts": {"ewc": {}}}, {**state, "shapes": None}):
        with pytest.raises(BundleError, match="state of strategy `avalanche` is not complete"):
            strategy.load_state_dict(broken)
    strategy.load_state_dict(state)
