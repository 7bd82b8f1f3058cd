"""The quadratic penalty and its importances, against formulas written out."""

from __future__ import annotations

import pytest
import torch

from rnngen.model.build import grow
from rnngen.model.dropout import Dropout
from rnngen.model.loss import backward, mean_nll
from rnngen_continual.ewc import EWC
from rnngen_continual.ewc import Options as EWCOptions
from rnngen_continual.gradients import spread, without_dropout
from rnngen_continual.mas import MemoryAwareSynapses
from rnngen_continual.mas import Options as MASOptions
from rnngen_continual.parameters import grown, trained, zeros
from rnngen_continual.penalty import quadratic
from rnngen_continual.si import Options as SIOptions
from rnngen_continual.si import SynapticIntelligence
from tests.plugins.rnngen_continual import stage


def random_like(model, seed, low=0.0):
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(p.shape, generator=generator) + low for name, p in trained(model).items()
    }


def terms(importance, anchor, model):
    return sum(
        (importance[name] * (p - anchor[name]) ** 2).sum() for name, p in trained(model).items()
    )


def test_penalty_and_its_gradient_are_those_of_the_formula():
    model = stage.model()
    importance, anchor = random_like(model, 1), random_like(model, 2)
    expected = 0.7 / 2 * terms(importance, anchor, model)
    expected.backward()
    wanted = {name: p.grad.clone() for name, p in trained(model).items()}
    model.zero_grad()
    parameters = trained(model)
    value = quadratic(
        0.7, list(parameters.values()), list(importance.values()), list(anchor.values())
    )
    (3 * value).backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-5)
    for name, p in parameters.items():
        torch.testing.assert_close(p.grad, 3 * wanted[name])


def exact_fisher(model, batch):
    """The mean over tokens of Σ_k p_k (∂ log p_k / ∂θ)²: what sampled labels estimate."""
    output, _ = model(batch.inputs, model.initial_state(batch.inputs.shape[1]), batch.resets)
    logs = torch.log_softmax(output, -1).flatten(0, 1)
    total = zeros(model)
    parameters = trained(model)
    for token in logs:
        for k, log in enumerate(token):
            grads = torch.autograd.grad(
                log, list(parameters.values()), retain_graph=True, allow_unused=True
            )
            for name, g in zip(parameters, grads, strict=True):
                if g is not None:
                    total[name] += token[k].exp().detach() * g**2
    return {name: value / len(logs) for name, value in total.items()}


def test_fisher_information_per_token_is_that_of_brute_force():
    model = stage.model(size=3, hidden=3, embedding=2)
    task = stage.task(stage.text(60, size=3), lanes=3, chunk=4)
    batch = task.batches.batch(0, 0)
    expected = exact_fisher(model, batch)

    class One:
        """The same batch many times, each with other labels."""

        def __len__(self):
            return 3000

        def batch(self, epoch, index):
            return batch

    ewc = EWC(EWCOptions(batches=None))
    ewc.task_finished(stage.run(model, [task]), One())
    for name, value in expected.items():
        found = ewc.importance[name]
        assert found.sum().item() == pytest.approx(value.sum().item(), rel=0.08), name
        assert torch.allclose(found, value, rtol=0.3, atol=0.05 * value.max().item()), name


def test_fisher_information_does_not_depend_on_how_tokens_are_batched():
    store = stage.text(4000)
    found = []
    for lanes, chunk in ((4, 8), (8, 16)):
        task = stage.task(store, lanes=lanes, chunk=chunk)
        ewc = EWC(EWCOptions(batches=None))
        ewc.task_finished(stage.run(stage.model(), [task]), task.batches)
        found.append(sum(value.sum().item() for value in ewc.importance.values()))
    # A sum of squares of batch means, unscaled, would differ by the ratio of their sizes: 4.
    assert found[0] == pytest.approx(found[1], rel=0.15)


@pytest.mark.parametrize("decay", [1.0, 0.5])
def test_online_keeps_one_anchor_and_sums_importances(decay):
    model, ewc = stage.model(), EWC(EWCOptions(decay=decay))
    run = stage.run(model, [stage.task(stage.text())])
    parts = [random_like(model, seed) for seed in (1, 2)]
    for part in parts:
        ewc._fisher = lambda run, batches, part=part: part
        ewc.task_finished(run, None)
        with torch.no_grad():
            for p in model.parameters():
                p.add_(0.1)
    for name in parts[0]:
        expected = decay * parts[0][name] + parts[1][name]
        torch.testing.assert_close(ewc.importance[name], expected)


def test_separate_is_the_sum_of_one_penalty_for_each_task():
    model, ewc = stage.model(), EWC(EWCOptions(lambda_=0.8, mode="separate"))
    run = stage.run(model, [stage.task(stage.text())])
    pairs = []
    for seed in (1, 2, 3):
        part = random_like(model, seed)
        ewc._fisher = lambda run, batches, part=part: part
        ewc.task_finished(run, None)
        pairs.append((part, {name: p.detach().clone() for name, p in trained(model).items()}))
        with torch.no_grad():
            for name, change in random_like(model, seed + 10, low=-0.5).items():
                trained(model)[name].add_(change)
    model.zero_grad()
    sum(0.8 / 2 * terms(*pair, model) for pair in pairs).backward()
    wanted = {name: p.grad.clone() for name, p in trained(model).items()}
    model.zero_grad()
    ewc.loss_terms(run)["penalty"].backward()
    for name, p in trained(model).items():
        torch.testing.assert_close(p.grad, wanted[name], rtol=1e-4, atol=1e-6)


def test_what_grew_keeps_the_old_rows_and_new_ones_are_free():
    model = stage.model(size=5)
    ewc = EWC(EWCOptions(lambda_=1.0))
    ewc.importance, ewc.anchor = random_like(model, 1, low=1.0), random_like(model, 2)
    larger = grow(model, 7)
    run = stage.run(larger, [stage.task(stage.text())])
    ewc.task_started(run)
    for name, p in trained(larger).items():
        assert ewc.importance[name].shape == p.shape
    assert not ewc.importance["embedding.weight"][5:].any()
    ewc.loss_terms(run)["penalty"].backward()
    assert larger.embedding.weight.grad[:5].all()
    assert not larger.embedding.weight.grad[5:].any()
    assert not larger.readout.bias.grad[5:].any()
    old = grown({"readout.bias": torch.ones(5)}, larger, zeros(larger))
    assert old["readout.bias"].tolist() == [1] * 5 + [0] * 2


def descend(run, strategy, batches, steps):
    """Plain gradient descent on the task's loss and the strategy's terms."""
    model = run.model
    first = None
    for step in range(steps):
        run.optimizer.zero_grad()
        batch = batches.batch(0, step % len(batches))
        loss, _, _ = mean_nll(model, batch, model.initial_state(4), run.device)
        first = loss.item() if first is None else first
        run.task_gradient = {}
        rest = sum((strategy.loss_terms(run) or {}).values(), torch.zeros(()))
        backward(loss, rest if rest.requires_grad else None, trained(model), run.task_gradient)
        strategy.gradients_ready(run)
        run.optimizer.step()
        strategy.step_finished(run)
        run.position.batch += 1
    return first


def test_synaptic_intelligence_shares_out_the_loss_that_was_taken_away():
    # One batch again and again in small steps: the path integral is the fall of its loss.
    model = stage.model()
    task = stage.task(stage.text(33))
    run = stage.run(model, [task], rate=0.01)
    strategy = SynapticIntelligence()
    strategy.task_started(run)
    first = descend(run, strategy, task.batches, 200)
    last, _, _ = mean_nll(model, task.batches.batch(0, 0), model.initial_state(4), run.device)
    gained = sum(value.sum().item() for value in strategy.gained.values())
    assert gained == pytest.approx(first - last.item(), rel=0.02)
    assert gained > 0.01


def test_synaptic_intelligence_looks_at_the_loss_without_its_own_penalty():
    task = stage.task(stage.text(33))
    found = []
    for strength in (0.0, 5.0):
        model = stage.model()
        run = stage.run(model, [task], rate=1e-6)
        strategy = SynapticIntelligence(SIOptions(lambda_=strength))
        strategy.importance, strategy.anchor = random_like(model, 1), random_like(model, 2)
        strategy.task_started(run)
        descend(run, strategy, task.batches, 1)
        found.append(run.task_gradient)
    for name, value in found[0].items():
        assert torch.equal(found[1][name], value)


def test_sensitivity_is_the_gradient_of_the_squared_output():
    model = stage.model()
    task = stage.task(stage.text(33))
    strategy = MemoryAwareSynapses(MASOptions(batches=None))
    strategy.task_finished(stage.run(model, [task]), task.batches)
    batch = task.batches.batch(0, 0)
    model.zero_grad()
    output, _ = model(batch.inputs, model.initial_state(4), batch.resets)
    (output.pow(2).sum() / batch.targets.numel()).backward()
    for name, p in trained(model).items():
        torch.testing.assert_close(strategy.importance[name], p.grad.abs())


def test_passes_leave_no_gradient_and_the_model_in_training():
    model = stage.model()
    task = stage.task(stage.text())
    for strategy in (EWC(), MemoryAwareSynapses()):
        model.train()
        strategy.task_finished(stage.run(model, [task]), task.batches)
        assert model.training
        assert all(p.grad is None for p in model.parameters())


def test_dropout_is_off_in_passes_over_a_task_and_on_again_after():
    model = stage.model()
    model.train()
    dropouts = [part for part in model.modules() if isinstance(part, Dropout)]
    with without_dropout(model):
        assert model.training
        assert not any(part.training for part in dropouts)
    assert dropouts
    assert all(part.training for part in dropouts)


@pytest.mark.parametrize(("count", "wanted"), [(10, None), (10, 3), (10, 10), (3, 10), (7, 5)])
def test_batches_are_taken_from_all_over(count, wanted):
    chosen = spread(count, wanted)
    assert len(chosen) == min(count, wanted or count)
    assert chosen[0] == 0
    assert chosen == sorted(set(chosen))
    gaps = [b - a for a, b in zip(chosen, [*chosen[1:], count], strict=True)]
    assert max(gaps) - min(gaps) <= 1
