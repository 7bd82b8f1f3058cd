"""The contract with Avalanche: the names its plugins use, and the order of their events."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import rnngen
from rnngen.training.plan import make
from rnngen.training.wanted import Wanted
from rnngen_avalanche.chunk import Chunk
from rnngen_avalanche.view import PluginView
from tests.plugins.rnngen_avalanche.conftest import OPTIONS
from tests.plugins.rnngen_continual.stage import model

NAMES = {
    "model",
    "optimizer",
    "_criterion",
    "criterion",
    "device",
    "train_mb_size",
    "eval_mb_size",
    "train_epochs",
    "experience",
    "adapted_dataset",
    "dataloader",
    "mbatch",
    "mb_x",
    "mb_y",
    "mb_task_id",
    "mb_output",
    "loss",
    "clock",
    "is_training",
    "plugins",
    "stop_training",
    "model_adaptation",
}
SOURCES = {
    "plugins/ewc.py": None,
    "plugins/synaptic_intelligence.py": None,
    "plugins/lwf.py": None,
    "plugins/mas.py": None,
    "plugins/rwalk.py": None,
    "plugins/agem.py": None,
    "plugins/gem.py": None,
    "plugins/replay.py": None,
    "plugins/clock.py": None,
    "regularization.py": {"RegularizationMethod", "LearningWithoutForgetting"},
    "storage_policy.py": {
        "ExemplarsBuffer",
        "ReservoirSamplingBuffer",
        "BalancedExemplarsBuffer",
        "ExperienceBalancedBuffer",
    },
}
"""The files of the supported plugins; of some, these classes only."""

ROOTS = {"strategy", "strat", "agent"}


def used(tree: ast.AST) -> Iterator[str]:
    """The names used of the object that Avalanche calls the strategy."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ROOTS
        ):
            yield node.attr


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("source", SOURCES)
def test_installed_plugins_use_no_name_of_the_strategy_that_the_facade_lacks(source):
    (folder,) = importlib.util.find_spec("avalanche").submodule_search_locations
    tree = ast.parse((Path(folder) / "training" / source).read_text(encoding="utf-8"))
    classes = SOURCES[source]
    parts = [
        node
        for node in tree.body
        if classes is None or (isinstance(node, ast.ClassDef) and node.name in classes)
    ]
    assert classes is None or {part.name for part in parts} == classes
    found = {name for part in parts for name in used(part)}
    assert found <= NAMES
    if source not in ("plugins/clock.py", "storage_policy.py"):
        assert found


def template_of(bridge, plugins):
    net = model()
    view = PluginView(net, Chunk(), 0)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    return bridge.fake_template.FakeTemplate(
        view, plugins, bridge.fake_template.Clock(), optimizer, 0
    )


def test_the_template_has_every_name(bridge):
    template = template_of(bridge, {})
    for name in NAMES:
        assert name in vars(template) or hasattr(type(template), name), name


def test_clock_is_called_last_and_events_without_a_listener_are_empty(bridge):
    ewc = bridge.avalanche_fixes.PerTokenEWC(1.0)
    template = template_of(bridge, {"ewc": ewc})
    assert template.plugins == [ewc, template.clock]
    assert [name for name, _ in template._table["after_training_exp"]] == ["ewc", "clock"]
    # Both inherit methods of these names that do nothing.
    for event in ("before_forward", "after_backward", "before_training_iteration"):
        assert not template.hears(event)


def recorder(bridge, log):
    """A plugin that writes down every event."""
    from avalanche.training.plugins import SupervisedPlugin

    def note(event):
        return lambda self, strategy, **kwargs: log.append(event)

    methods = {event: note(event) for event in bridge.fake_template.EVENTS}
    return type("Recorder", (SupervisedPlugin,), methods)()


@pytest.mark.filterwarnings("ignore:No loggers specified")
def test_events_come_in_the_order_of_avalanches_own_loop(bridge, small, tmp_path, monkeypatch):
    from tests.plugins.rnngen_avalanche.template import Template

    ours, theirs = [], []
    with monkeypatch.context() as patched:
        plugin = recorder(bridge, ours)
        patched.setattr(bridge.build, "plugins", lambda *given, **named: {"recorder": plugin})
        nothing = (lambda *given: {}, lambda *given: None)
        patched.setitem(bridge.saved.WAYS, "recorder", nothing)
        rnngen.fit(
            small,
            run=tmp_path / "run",
            plugins=["avalanche"],
            cell="gru",
            hidden=4,
            epochs=1,
            options=[*OPTIONS, "avalanche.strategy=naive"],
        )
    wanted = Wanted(
        data=small,
        plugins=["naive"],
        cell="gru",
        hidden=4,
        epochs=1,
        options=OPTIONS[:-1],
    )
    plan = make(wanted)
    view = PluginView(plan.model, Chunk(), plan.tasks[0].train.boundary)
    optimizer = torch.optim.SGD(plan.model.parameters(), lr=0.01)
    plugins = {"recorder": recorder(bridge, theirs)}
    clock = bridge.fake_template.Clock()
    Template(plan=plan, view=view, optimizer=optimizer, plugins=plugins, clock=clock).learn(12)
    assert len(ours) > 500
    assert ours == theirs


def test_windows_of_a_task_are_its_batches_in_order(bridge):
    from tests.plugins.rnngen_continual.stage import task, text

    batches = task(text(steps=400)).batches
    dataset = bridge.windows.of_task(batches, None, 0)
    x, y = bridge.windows.tensors(dataset)
    lanes = batches.lanes
    for index in range(len(batches)):
        batch = batches.batch(0, index)
        rows = slice(index * lanes, (index + 1) * lanes)
        assert torch.equal(x[rows], batch.inputs.t())
        assert torch.equal(y[rows], batch.targets.t())
    some = bridge.windows.of_task(batches, 3, 0)
    assert len(some) == 3 * lanes


def test_padded_steps_of_documents_have_no_weight_in_the_loss(bridge):
    from rnngen.data.documents import Documents
    from rnngen.data.store import Store
    from rnngen.model.loss import mean_nll
    from tests.plugins.rnngen_continual.stage import model as build

    generator = torch.Generator().manual_seed(0)
    lengths = [3, 9, 5, 7, 4] * 5
    documents = [torch.randint(1, 5, (n,), generator=generator).numpy() for n in lengths]
    batches = Documents(Store.of(documents), 4, 8, 0)
    assert any(batches.batch(0, i).weights is not None for i in range(len(batches)))
    net = build()
    view = PluginView(net, Chunk(), 0)
    for index in range(len(batches)):
        batch = batches.batch(0, index)
        expected, _, _ = mean_nll(net, batch, net.initial_state(batch.inputs.shape[1]), "cpu")
        x, y = bridge.windows._padded(batch, batches.chunk)
        loss = bridge.fake_template.token_loss(view(x), y)
        assert loss.item() == pytest.approx(expected.item(), abs=1e-5)
