"""The bridge compared with Avalanche's own loop and with rnngen's own strategies."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import rnngen
from rnngen.kernel.catalog import get_catalog
from rnngen.training.plan import make
from rnngen.training.wanted import Wanted
from rnngen_avalanche.chunk import Chunk
from rnngen_avalanche.options import Options
from rnngen_avalanche.view import PluginView
from tests.plugins.rnngen_continual.conftest import language

BATCHES = 1000
SETTINGS = (
    "train.lanes=8",
    "train.chunk=16",
    "train.learning_rate=0.005",
    "train.schedule=constant",
    "train.warmup=0",
    "train.sample=0",
    "train.validate_every=100000",
    "model.dropout=0",
)
FLAGS = {"cell": "gru", "hidden": 24}
LEARN = {"epochs": 2, "device": "cpu", "precision": "fp32"}


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Three made-up languages, short."""
    folder = tmp_path_factory.mktemp("languages")
    paths = [folder / f"{seed}.txt" for seed in range(3)]
    for seed, path in enumerate(paths):
        path.write_text(language(seed, 4000))
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def learn(texts, tmp_path_factory):
    """The task matrix in bits of a run with one strategy."""

    def run(plugin, *options):
        bundle = rnngen.fit(
            texts,
            run=tmp_path_factory.mktemp("run") / "run",
            plugins=[plugin],
            options=[*SETTINGS, *(f"{plugin}.{option}" for option in options)],
            **FLAGS,
            **LEARN,
        )
        return np.array([row["nats"] for row in bundle.manifest["history"]["rows"]]) / math.log(2)

    return run


@pytest.fixture(scope="module")
def naive(learn):
    return learn("naive")


def options_of(strategy, **options):
    return Options(strategy=strategy, batches=BATCHES, **options)


CASES = [
    ("ewc", {"lambda_": 5.0}),
    ("ewc-online", {"lambda_": 5.0, "decay": 0.9}),
    ("lwf", {}),
    ("mas", {"lambda_": 0.1}),
    ("agem", {"memory": 1600, "rows": 8}),
    ("si", {"lambda_": 30.0}),
    ("rwalk", {}),
    ("gem", {"memory": 640}),
]


@pytest.mark.filterwarnings("ignore:No loggers specified")
@pytest.mark.parametrize(("strategy", "options"), CASES, ids=[name for name, _ in CASES])
def test_bridge_and_avalanches_own_loop_give_the_same_task_matrix(
    strategy, options, texts, learn, naive, bridge
):
    words = [f"{name.removesuffix('_')}={value}" for name, value in options.items()]
    ours = learn("avalanche", f"strategy={strategy}", f"batches={BATCHES}", *words)
    rows = _avalanches_own(bridge, texts, strategy, options_of(strategy, **options))
    assert np.abs(ours - np.array(rows) / math.log(2)).max() <= 1e-3
    # The strategy did something, so this compares more than the loop.
    assert np.abs(ours - naive).max() > 0.05


def _avalanches_own(bridge, texts, strategy, options):
    from tests.plugins.rnngen_avalanche.template import Template

    wanted = Wanted(
        data=texts,
        plugins=["naive"],
        **FLAGS,
        **LEARN,
        options=SETTINGS,
    )
    plan = make(wanted)
    chunk, clock = Chunk(), bridge.fake_template.Clock()
    plugins = bridge.build.plugins(
        (strategy,),
        options,
        chunk,
        clock,
        seed=plan.train.seed,
        lanes=max(task.batches.lanes for task in plan.tasks),
        window=max(task.batches.chunk for task in plan.tasks),
    )
    view = PluginView(plan.model, chunk, plan.tasks[0].train.boundary)
    optimizer = (
        get_catalog()
        .find("optimizer", plan.train.optimizer)
        .build(list(plan.model.named_parameters()), plan.train.learning_rate)
    )
    torch.manual_seed(plan.train.seed)
    template = Template(plan=plan, view=view, optimizer=optimizer, plugins=plugins, clock=clock)
    return template.learn(BATCHES)


SAME = [
    (
        "ewc",
        ("mode=separate", "labels=data", f"batches={BATCHES}", "lambda=5"),
        ("strategy=ewc", "lambda=5"),
    ),
    (
        "ewc",
        ("mode=online", "labels=data", f"batches={BATCHES}", "lambda=5", "decay=0.9"),
        ("strategy=ewc-online", "lambda=5", "decay=0.9"),
    ),
    ("mas", (f"batches={BATCHES}", "lambda=0.1"), ("strategy=mas", "lambda=0.1")),
    ("lwf", ("lambda=0.7",), ("strategy=lwf", "lambda=0.7")),
    (
        "si",
        ("gradient=applied", "damping=1e-7", "ceiling=0.002", "lambda=15"),
        ("strategy=si", "lambda=30"),
    ),
]


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("plugin", "own", "bridged"), SAME, ids=lambda value: str(value)[:24])
def test_rnngens_own_strategy_and_the_bridge_give_the_same_task_matrix(
    plugin, own, bridged, learn, naive
):
    ours = learn(plugin, *own)
    theirs = learn("avalanche", f"batches={BATCHES}", *bridged)
    assert np.abs(ours - theirs).max() <= 1e-3
    assert np.abs(ours - naive).max() > 0.05
