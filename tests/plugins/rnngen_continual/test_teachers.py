"""The old model as a teacher and as a writer; gradients that may not hurt the memory."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rnngen.model.loss import batch_nll, mean_nll
from rnngen.training.rehearsal import beside, columns, extended
from rnngen_continual.agem import AGEM
from rnngen_continual.agem import Options as AGEMOptions
from rnngen_continual.lwf import LearningWithoutForgetting
from rnngen_continual.replay import Options as ReplayOptions
from rnngen_continual.replay import Replay
from rnngen_continual.self_replay import Options as SelfReplayOptions
from rnngen_continual.self_replay import SelfReplay
from rnngen_continual.teacher import Teacher, divergence
from rnngen_continual.writer import WINDOWS, WRITERS, Writer
from tests.plugins.rnngen_continual import stage


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_divergence_is_that_of_torch(temperature):
    output, taught = torch.randn(2, 7, 3, 5).unbind(0)
    expected = nn.functional.kl_div(
        (output / temperature).log_softmax(-1), (taught / temperature).softmax(-1), reduction="none"
    ).sum(-1)
    found = divergence(output, taught, temperature)
    torch.testing.assert_close(found, expected * temperature**2)


@pytest.mark.parametrize("cell", ["gru", "lstm", "rnn"])
def test_teacher_reads_on_where_it_was_and_begins_rehearsed_rows_anew(cell):
    model = stage.model(cell=cell)
    task = stage.task(stage.text())
    run = stage.run(model, [task])
    teacher = Teacher(model)
    state = model.initial_state(4)
    for index in range(3):
        own = task.batches.batch(0, index)
        extra = own._replace(inputs=own.inputs[:, :2], targets=own.targets[:, :2], resets=None)
        batch = beside(own, [extra])
        run.lanes = 4
        found = teacher.output(run, batch)
        alone, state = model(own.inputs, state, own.resets)
        fresh, _ = model(extra.inputs, model.initial_state(2))
        torch.testing.assert_close(found[:, :4], alone)
        torch.testing.assert_close(found[:, 4:], fresh)


def test_distillation_is_nothing_for_the_teacher_itself_and_pulls_back_what_strays():
    model = stage.model()
    task = stage.task(stage.text())
    run = stage.run(model, [task, task])
    run.position.task, run.lanes = 1, 4
    strategy = LearningWithoutForgetting()
    strategy.task_started(run)
    batch = task.batches.batch(0, 0)
    _, output, _ = mean_nll(model, batch, model.initial_state(4), run.device)
    assert strategy.loss_terms(run, batch, output)["distillation"].item() == pytest.approx(0)
    strategy.task_started(run)
    with torch.no_grad():
        model.readout.bias[1] += 1.0
    _, output, _ = mean_nll(model, batch, model.initial_state(4), run.device)
    term = strategy.loss_terms(run, batch, output)["distillation"]
    assert term.item() > 0.01
    term.backward()
    assert model.readout.bias.grad[1] > 0


def test_first_task_has_no_teacher_unless_the_model_was_trained_before(tmp_path):
    task = stage.task(stage.text())
    for start, expected in ((None, None), (tmp_path, "distillation")):
        run = stage.run(stage.model(), [task], start=start)
        run.lanes = 4
        strategy = LearningWithoutForgetting()
        strategy.task_started(run)
        batch = task.batches.batch(0, 0)
        _, output, _ = mean_nll(run.model, batch, run.model.initial_state(4), run.device)
        terms = strategy.loss_terms(run, batch, output)
        assert terms is None if expected is None else list(terms) == [expected]


def gradient(model, batch):
    model.zero_grad()
    loss, _, _ = mean_nll(model, batch, model.initial_state(batch.inputs.shape[1]), None or CPU)
    loss.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


CPU = torch.device("cpu")


@pytest.mark.parametrize("seed", range(4))
def test_projected_gradient_is_that_of_the_paper_and_never_hurts_the_memory(seed):
    model = stage.model()
    old, new = (stage.task(stage.text(seed=10 * seed + i), name=str(i)) for i in range(2))
    run = stage.run(model, [old, new])
    strategy = AGEM(AGEMOptions(memory="100%", share=1.0))
    strategy.task_finished(run)
    run.position.task, run.lanes = 1, 4
    memory = strategy.memory.draw(8, 4, 0, 0)
    reference = gradient(model, memory)
    own = gradient(model, new.batches.batch(0, 0))
    # One that points against the memory on purpose, and one as it comes.
    for change in (own, own - 3 * reference):
        start = 0
        for p in model.parameters():
            p.grad.copy_(change[start : start + p.numel()].view_as(p))
            start += p.numel()
        strategy.gradients_ready(run)
        found = torch.cat([p.grad.flatten() for p in model.parameters()])
        along = change @ reference
        expected = change
        if along < 0:
            expected = change - along / (reference @ reference) * reference
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
        assert found @ reference > -1e-5


def test_rehearsed_rows_weigh_as_much_as_they_are_said_to_whatever_their_number():
    task = stage.task(stage.text(4000))
    for share in (0.25, 1.0):
        strategy = Replay(ReplayOptions(memory="50%", share=share, weight=2.0))
        run = stage.run(stage.model(), [task])
        strategy.task_finished(run)
        batch = task.batches.batch(0, 0)
        rows = strategy.rehearse(run, batch)
        assert rows.inputs.shape == (8, round(4 * share))
        assert rows.weights.sum().item() == pytest.approx(2.0 * batch.targets.numel())


def test_rows_stand_where_columns_says_and_leave_the_lanes_alone():
    model = stage.model(cell="lstm")
    own = stage.task(stage.text()).batches.batch(0, 0)
    rows = {
        name: own._replace(inputs=own.inputs[:, :n], targets=own.targets[:, :n], resets=None)
        for name, n in (("a", 2), ("b", 3))
    }
    places = columns(4, rows)
    together = beside(own, list(rows.values()))
    assert {name: (place.start, place.stop) for name, place in places.items()} == {
        "a": (4, 6),
        "b": (6, 9),
    }
    for name, place in places.items():
        assert torch.equal(together.inputs[:, place], rows[name].inputs)
    state = model.initial_state(4)
    nll, _, after = batch_nll(model, together, extended(model, state, 5), CPU)
    alone, _, expected = batch_nll(model, own, state, CPU)
    torch.testing.assert_close(nll[:, :4], alone)
    for found, wanted in zip(after[0], expected[0], strict=True):
        torch.testing.assert_close(found[:4], wanted)


def test_writer_writes_what_the_model_would_and_nothing_twice():
    model = stage.model(size=4)
    with torch.no_grad():
        model.readout.bias[:] = torch.tensor([-9.0, 1.0, 0.0, -1.0])
        model.readout.weight.zero_()
    writer = Writer(model, 6, 0, 3, 1.0)
    per_turn = WRITERS * WINDOWS
    batch = writer.rows(6, per_turn)
    counts = torch.bincount(batch.targets.flatten(), minlength=4).double()
    chances = model.readout.bias.detach().double().softmax(-1)
    total = counts.sum()
    # Each count within four standard deviations of a binomial.
    spread = (total * chances * (1 - chances)).sqrt()
    assert ((counts - total * chances).abs() < 4 * spread + 1).all()
    more = writer.rows(6, per_turn)
    assert not torch.equal(more.inputs, batch.inputs)
    assert batch.resets[0].all()
    assert torch.equal(batch.inputs[1:], batch.targets[:-1])


@pytest.mark.parametrize("steps", [6, 4, 9])
def test_writer_comes_back_from_its_state_and_goes_on_the_same(steps):
    model = stage.model()
    writer = Writer(model, 6, 0, 3, 1.0)
    writer.rows(6, 300)
    other = Writer(stage.model(hidden=4), 6, 0, 3, 1.0)
    other.load_state_dict(writer.state_dict())
    for _ in range(3):
        mine, again = writer.rows(steps, 200), other.rows(steps, 200)
        assert torch.equal(mine.inputs, again.inputs)
        assert mine.inputs.shape == (steps, 200)


@pytest.mark.parametrize("teach", ["answers", "text"])
def test_what_was_written_is_learned_from_beside_the_loss_of_the_text(teach):
    model = stage.model()
    task = stage.task(stage.text())
    run = stage.run(model, [task, task])
    strategy = SelfReplay(SelfReplayOptions(teach=teach, share=0.5))
    strategy.task_started(run)
    batch = task.batches.batch(0, 0)
    assert strategy.rehearse(run, batch) is None, "nothing was learned yet"
    run.position.task = 1
    strategy.task_started(run)
    rows = strategy.rehearse(run, batch)
    assert not rows.weights.any(), "the trainer's loss is of the text alone"
    together = beside(batch, [rows])
    run.rehearsed = columns(4, {"self-replay": rows})
    state = extended(model, model.initial_state(4), 2)
    _, output, _ = mean_nll(model, together, state, run.device)
    term = strategy.loss_terms(run, together, output)["written"].item()
    if teach == "answers":
        assert term == pytest.approx(0, abs=1e-6), "the learner still is the teacher"
    else:
        nll, _, _ = batch_nll(model, rows, model.initial_state(2), CPU)
        assert term == pytest.approx(nll.mean().item(), rel=1e-5)


@pytest.mark.parametrize("teach", ["text", "both"])
def test_old_model_also_teaches_on_the_memory_unless_told_otherwise(teach):
    model = stage.model()
    task = stage.task(stage.text())
    run = stage.run(model, [task, task])
    strategy = Replay(ReplayOptions(memory="50%", teach=teach, weight=0.5))
    strategy.task_started(run)
    strategy.task_finished(run)
    run.position.task, run.lanes = 1, 4
    strategy.task_started(run)
    batch = task.batches.batch(0, 0)
    rows = strategy.rehearse(run, batch)
    taught, _ = model(rows.inputs, model.initial_state(2), rows.resets)
    with torch.no_grad():
        model.readout.bias[1] += 1.0
    together = beside(batch, [rows])
    run.rehearsed = columns(4, {"replay": rows})
    state = extended(model, model.initial_state(4), 2)
    _, output, _ = mean_nll(model, together, state, run.device)
    terms = strategy.loss_terms(run, together, output)
    if teach == "text":
        assert terms is None
    else:
        expected = 0.5 * divergence(output[:, 4:], taught).mean()
        torch.testing.assert_close(terms["answers"], expected)
        assert expected > 0.01
