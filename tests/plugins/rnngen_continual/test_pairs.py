"""In every pair of strategies each measures what it would measure alone on the same path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import pytest
import torch

import rnngen
from rnngen.kernel.catalog import Catalog, get_catalog
from rnngen.kernel.discovery import Policy
from rnngen.kernel.strategies import Active, Lifecycle, build_strategy
from rnngen.training import plan
from tests.continual_runs import write_tasks
from tests.plugins.rnngen_continual.shadow import Shadow

STRATEGIES = ["naive", "ewc", "si", "mas", "lwf", "replay", "agem", "self-replay"]

STRONG = {
    "ewc": ["ewc.lambda=30", "ewc.batches=4"],
    "si": ["si.lambda=3"],
    "mas": ["mas.lambda=1", "mas.batches=4"],
    "lwf": ["lwf.lambda=2"],
    "replay": ["replay.memory=50%"],
    "agem": ["agem.memory=50%"],
}
"""So strong that what leaks into another's measure is seen."""


def test_the_pairs_are_those_of_every_strategy_of_the_bundled_plugin():
    catalog = Catalog(Policy())
    catalog.load_all()
    bundled = catalog.components("strategy")
    known = {part.name for part in bundled if part.plugin.name == "continual"}
    assert known == set(STRATEGIES)
    # The others run in a loop of their own rules: see tests/plugins/rnngen_avalanche.
    assert {part.name for part in bundled if part.plugin.is_own} - known == {"avalanche"}


def tensors(state: Any, path: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(state, torch.Tensor):
        yield path, state
    elif isinstance(state, Mapping):
        for name, part in state.items():
            yield from tensors(part, f"{path}.{name}")
    elif isinstance(state, list | tuple):
        for number, part in enumerate(state):
            yield from tensors(part, f"{path}.{number}")


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    return [str(folder / name) for name in write_tasks(folder, "ab", 700)]


def shadowed(monkeypatch) -> list[Shadow]:
    """From now on each strategy of a run has a shadow; they are put into the list."""
    shadows: list[Shadow] = []
    activate = plan.activate

    def both(catalog, names, options, **named):
        active = activate(catalog, names, options, **named).active
        shadows.extend(
            Shadow(build_strategy(get_catalog().find("strategy", name), options.get(name)))
            for name in names
        )
        hidden = [Active(f"shadow-{each.name}", "test", each, None) for each in shadows]
        return Lifecycle([*active, *hidden])

    monkeypatch.setattr(plan, "activate", both)
    return shadows


@pytest.mark.parametrize("pair", list(combinations(STRATEGIES, 2)), ids="+".join)
def test_each_of_a_pair_measures_its_own_path_without_the_others_terms(
    pair, tasks, tmp_path, monkeypatch
):
    shadows = shadowed(monkeypatch)
    # Both orders come up: every second pair is turned round.
    names = pair if STRATEGIES.index(pair[0]) % 2 else pair[::-1]
    options = ["train.lanes=2", "train.chunk=16", "train.sample=0", "model.dropout=0"]
    options += ["train.learning_rate=0.02", "train.clip=0", "train.validate_every=1000"]
    bundle = rnngen.fit(
        tasks,
        run=tmp_path / "run",
        plugins=names,
        cell="gru",
        hidden=6,
        steps=14,
        device="cpu",
        precision="fp32",
        options=[*options, *(text for name in names for text in STRONG.get(name, ()))],
    )
    assert [shadow.name for shadow in shadows] == list(names)
    for shadow in shadows:
        assert len(shadow.terms) == len(shadow.beside) == 14
        for number, (alone, together) in enumerate(zip(shadow.terms, shadow.beside, strict=True)):
            assert together == pytest.approx(alone, rel=2e-3, abs=1e-6), (shadow.name, number)
        expected = dict(tensors(shadow.hooks.state_dict().get(shadow.name, {})))
        found = dict(tensors(bundle.strategy_state.get(shadow.name, {})))
        assert found.keys() == expected.keys()
        scale = max((float(value.abs().max()) for value in expected.values()), default=0.0)
        for name, value in expected.items():
            close = torch.allclose(found[name], value, rtol=2e-3, atol=1e-5 * scale)
            assert close, f"{shadow.name}: {name}"
