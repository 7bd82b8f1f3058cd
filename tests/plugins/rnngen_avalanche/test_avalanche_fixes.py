"""Each fix: the fault in stock Avalanche, and that it is gone in our version."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

import rnngen
from rnngen.contracts.batch import Batch
from rnngen_avalanche.chunk import Chunk
from rnngen_avalanche.view import PluginView
from tests.plugins.rnngen_avalanche.conftest import OPTIONS, Told
from tests.plugins.rnngen_continual.stage import model, task, text


@pytest.fixture
def matrix(small, tmp_path, installed):
    """The task matrix of a short run."""

    def run(strategy, *options, reporter=None):
        bundle = rnngen.fit(
            small,
            run=tmp_path / f"run-{len(list(tmp_path.iterdir()))}",
            plugins=["avalanche"],
            cell="gru",
            hidden=12,
            steps=40,
            options=[*OPTIONS, "model.dropout=0", f"avalanche.strategy={strategy}", *options],
            reporter=reporter or Told(),
        )
        return np.array([row["nats"] for row in bundle.manifest["history"]["rows"]])

    return run


@pytest.fixture
def stock_si(bridge, monkeypatch):
    """Stock synaptic intelligence."""
    for name, function in bridge.avalanche_fixes.STOCK.items():
        monkeypatch.setattr(bridge.avalanche_fixes.SI, name, staticmethod(function))


def template_of(bridge, plugins, net=None, batches=None):
    net = net or model()
    view = PluginView(net, Chunk(), 0)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    template = bridge.fake_template.FakeTemplate(
        view, plugins, bridge.fake_template.Clock(), optimizer, 0
    )
    template.begin(batches or task(text()).batches, 0, None, 1)
    return template


def test_stock_si_does_nothing_on_a_processor_and_the_detector_says_so(matrix, stock_si):
    told = Told()
    stock = matrix("si", "avalanche.lambda=1e6", reporter=told)
    assert np.array_equal(stock, matrix("naive"))
    (warning,) = told.warnings
    assert "`si` had no effect" in warning
    assert "1.txt" in warning


def test_mended_si_has_an_effect(matrix):
    told = Told()
    mended = matrix("si", "avalanche.lambda=30", reporter=told)
    assert np.abs(mended - matrix("naive")).max() > 1e-3
    assert not told.warnings


def test_stock_si_pays_for_going_away_from_parameters_along_which_the_loss_rose(bridge):
    from avalanche.training.utils import ParamData

    net = torch.nn.Linear(2, 1, bias=False)

    def data(values):
        return {"weight": ParamData("weight", init_tensor=torch.tensor(values))}

    def importance(update):
        ewc_data = (data([0.0, 0.0]), data([0.0, 0.0]))
        syn_data = {
            "new_theta": data([0.0, 0.0]),
            "trajectory": data([1e-5, -1e-5]),
            "cum_trajectory": data([0.0, 0.0]),
        }
        with bridge.windows.quiet():
            update(net, ewc_data, syn_data, 0.001, set(), 1)
        return ewc_data[1]["weight"].data

    assert float(importance(bridge.avalanche_fixes.STOCK["update_ewc_data"]).min()) < -1e-5
    mended = importance(bridge.avalanche_fixes.update_ewc_data)
    assert mended[0] == 0
    assert mended[1] > 0


def test_stock_lwf_distils_one_token_that_stands_for_the_task(bridge):
    from avalanche.training.plugins import LwFPlugin

    stock = LwFPlugin(1.0, 1.0)
    mended = bridge.avalanche_fixes.LwF(1.0, 1.0, Chunk())
    for plugin in (stock, mended):
        template = template_of(bridge, {"lwf": plugin})
        plugin.after_training_exp(template)
    assert stock.lwf.prev_classes_by_task[0] == {0}
    assert mended.lwf.prev_classes_by_task[0] == set(range(5))


def test_mended_lwf_is_the_divergence_from_the_teacher_over_all_that_it_knows(bridge):
    chunk = Chunk()
    lwf = bridge.avalanche_fixes.OldTokens(0.7, 2.0, chunk)
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 6, (4, 3), generator=generator)
    ids[2, 1] = 5
    chunk.read(Batch(ids, ids, None, None), 3)
    out, taught = torch.randn(2, 12, 6, generator=generator)
    lwf.prev_model = lambda x: taught
    lwf.prev_classes_by_task[0] = set(range(5))
    log_p = torch.log_softmax(out[:, :5] / 2, 1)
    q = torch.softmax(taught[:, :5] / 2, 1)
    each = (q * (q.log() - log_p)).sum(1)
    known = (ids.t() < 5).reshape(-1)
    assert not known.all()
    expected = 0.7 * each[known].mean()
    assert float(lwf(chunk.x, out, None)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("lanes", [2, 8])
def test_strength_of_ewc_does_not_change_with_the_size_of_a_batch(bridge, lanes):
    from avalanche.training.plugins import EWCPlugin

    def total(kind, lanes):
        batches = task(text(steps=2000), lanes=lanes).batches
        plugin = kind(1.0)
        net = model()
        with torch.no_grad():
            # As good as it gets on random steps 1 to 4: gradients are 0 on average.
            net.readout.weight.zero_()
            net.readout.bias[0] = -9.0
        template = template_of(bridge, {"ewc": plugin}, net, batches)
        plugin.after_training_exp(template)
        return sum(float(each.data.sum()) for each in plugin.importances[0].values())

    mended, stock = bridge.avalanche_fixes.PerTokenEWC, EWCPlugin
    assert total(mended, lanes) == pytest.approx(total(stock, lanes) * lanes * 8, rel=1e-5)
    # What a token says does not depend on how many stand next to it; the square of a mean does.
    assert not 0.6 < total(stock, lanes) / total(stock, 4) < 1.6
    assert 0.6 < total(mended, lanes) / total(mended, 4) < 1.6


def test_stock_a_gem_cant_be_saved_and_the_mended_goes_on_drawing_where_it_was(bridge):
    import dill
    from avalanche.training.plugins import AGEMPlugin

    stock = AGEMPlugin(6, 4)
    template = template_of(bridge, {"agem": stock})
    stock.after_training_exp(template)
    with pytest.raises(TypeError, match="cannot pickle 'generator'"):
        dill.dumps(stock)

    clock = template.clock
    mended, fresh = (bridge.avalanche_fixes.AGEM(6, 4, clock, 0) for _ in range(2))
    mended.after_training_exp(template)
    clock.train_iterations = 3
    expected = mended.sample_from_memory()
    mended.sample_from_memory()
    state = bridge.saved.export("agem", mended, template)
    bridge.saved.restore("agem", fresh, state, template)
    for ours, theirs in zip(fresh.sample_from_memory(), expected, strict=True):
        assert torch.equal(ours, theirs)
    assert len(expected[0]) == 4


def test_stock_replay_keeps_the_whole_task_and_uses_what_is_deprecated(bridge):
    import dill
    from avalanche.training.plugins import ReplayPlugin

    sizes = {}
    for plugin in (ReplayPlugin(4), bridge.avalanche_fixes.Replay(4)):
        template = template_of(bridge, {"replay": plugin}, batches=task(text(steps=4000)).batches)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            plugin.after_training_exp(template)
        stock = type(plugin) is ReplayPlugin
        assert any("deprecated function update" in str(each.message) for each in caught) == stock
        (group,) = plugin.storage_policy.buffer_groups.values()
        assert len(group.buffer) == 4
        sizes[stock] = len(dill.dumps(group.buffer))
    assert sizes[True] > 4 * sizes[False]


def test_rwalk_leaves_the_model_in_evaluation_mode_and_the_bridge_takes_it_out(bridge, matrix):
    from avalanche.training.plugins import RWalkPlugin

    plugin = RWalkPlugin()
    template = template_of(bridge, {"rwalk": plugin})
    template.model.train()
    batch = task(text()).batches.batch(0, 0)
    template.chunk.read(batch, batch.inputs.shape[1])
    plugin.before_training_iteration(template)
    assert not template.model.net.training

    modes = []

    class Watching(Told):
        def progress(self, step, total, metrics, eta):
            modes.append(self.net.training)

    told = Watching()
    original = PluginView.__init__

    def remember(self, net, *given, **named):
        told.net = net
        original(self, net, *given, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PluginView, "__init__", remember)
        matrix("rwalk", reporter=told)
    assert len(modes) == 40
    assert all(modes)


def test_stock_guard_against_a_fault_of_cudnn_never_acts():
    # What EWC and RWalk compare, to find out whether to keep recurrent layers in training mode.
    assert torch.device("cuda") != "cuda"
