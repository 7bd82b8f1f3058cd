"""What a strategy measures in training is the task's own, whatever it is combined with."""

from __future__ import annotations

import pytest
import torch

import rnngen
from rnngen.kernel.strategies import Active, Lifecycle
from rnngen.model.loss import weighted_mean
from rnngen.training import plan
from rnngen_continual.parameters import copies, trained, zeros
from rnngen_continual.si import Options as SIOptions
from rnngen_continual.si import SynapticIntelligence
from tests.continual_runs import write_tasks

TOGETHER = ["si+ewc", "mas+si", "lwf+si", "si+agem", "agem+si", "si+replay", "self-replay+si"]
STRONG = ["ewc.lambda=50", "mas.lambda=5", "lwf.lambda=3", "replay.memory=50%", "agem.memory=50%"]


class Path:
    """−Σ g Δθ with the gradient of the task's own rows, computed separately from the run."""

    def __init__(self):
        self.gained = {}

    @rnngen.hookimpl
    def task_started(self, run):
        self.gained = zeros(run.model)
        self.gradient = zeros(run.model)

    @rnngen.hookimpl
    def loss_terms(self, run, batch, output):
        own = slice(0, run.lanes)
        weights = None if batch.weights is None else batch.weights[:, own]
        loss = weighted_mean(run.model.likelihood.nll(output, batch.targets)[:, own], weights)
        learned = trained(run.model)
        found = torch.autograd.grad(loss, list(learned.values()), retain_graph=True)
        for name, gradient in zip(learned, found, strict=True):
            self.gradient[name] += gradient / run.options.accumulate
        self.before = copies(run.model)

    @rnngen.hookimpl
    def step_finished(self, run):
        for name, parameter in trained(run.model).items():
            self.gained[name] -= self.gradient[name] * (parameter.detach() - self.before[name])
        self.gradient = zeros(run.model)


@pytest.fixture
def beside_si(tmp_path, monkeypatch):
    """Learns two tasks with SI and others; gives SI's path of the second, and the true one."""
    tasks = [str(tmp_path / name) for name in write_tasks(tmp_path, "ab")]
    paths, activate = [], plan.activate

    def watched(*given, **named):
        paths.append(Path())
        return Lifecycle(
            [*activate(*given, **named).active, Active("path", "test", paths[-1], None)]
        )

    monkeypatch.setattr(plan, "activate", watched)

    def learn(plugins, *options):
        known = [text for text in STRONG if text.split(".")[0] in plugins]
        bundle = rnngen.fit(
            tasks,
            run=tmp_path / "run",
            plugins=plugins,
            cell="gru",
            hidden=8,
            steps=24,
            precision="fp32",
            device="cpu",
            options=["train.lanes=4", "train.chunk=16", "model.dropout=0", *known, *options],
        )
        return bundle.strategy_state["si"]["gained"], paths[-1].gained

    return learn


@pytest.mark.parametrize(
    ("together", "accumulate"),
    [*((each, 1) for each in TOGETHER), ("si+ewc", 2), ("si+replay", 2)],
)
def test_path_of_synaptic_intelligence_is_that_of_the_task_loss_alone(
    together, accumulate, beside_si
):
    found, expected = beside_si(together.split("+"), f"train.accumulate={accumulate}")
    scale = max(float(value.abs().max()) for value in expected.values())
    assert scale > 1e-4
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=1e-4 * scale)


def test_applied_gradient_holds_all_that_was_lowered(beside_si):
    found, expected = beside_si(["si", "ewc"], "si.gradient=applied")
    assert any(not torch.allclose(found[name], value) for name, value in expected.items())


def test_strategy_that_does_not_ask_costs_no_second_backward_pass():
    assert SynapticIntelligence().task_gradient
    assert not SynapticIntelligence(SIOptions(gradient="applied")).task_gradient
    assert not Lifecycle([]).task_gradient
