"""One optimizer step of truncated backpropagation through time with carried state.

It reads the next chunk of every lane, starting from the state that the chunk before left (Williams
and Peng 1990), with the true previous step as input (teacher forcing), and lowers the mean negative
log-likelihood:

    batch, rehearsal, forward, loss, strategies' terms, backward   for each batch of the step
    strategies' last word on the gradients, clipping, optimizer

Until the optimizer changes the weights, the step can be given up and is taken back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from rnngen.contracts.batch import Batch
from rnngen.contracts.cell import State
from rnngen.model.loss import autocast, backward, batch_nll, counted, weighted_mean
from rnngen.training.interrupts import GivenUp
from rnngen.training.parts import Parts
from rnngen.training.progress import mean_loss
from rnngen.training.rehearsal import beside, columns, extended
from rnngen.training.run import Run
from rnngen.training.schedule import rate
from rnngen.training.scheduled_sampling import guessed_inputs


@dataclass(frozen=True)
class Took:
    """What a step took: its time, its tokens, and numbers to show."""

    seconds: float
    tokens: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class Lowered:
    """What a step lowers: the mean loss, over how many tokens, and the strategies' terms."""

    loss: Tensor
    tokens: int
    terms: dict[str, Tensor]


def step(run: Run, parts: Parts) -> Took:
    """Takes one step.

    Raises:
        Exploded: the loss or its gradient is far too high; no weight was changed.
        GivenUp: Ctrl-C, and the step took too long; it was taken back.
    """
    begin, position = parts.clock(), run.position
    learning_rate = run.options.learning_rate * rate(parts.limits.progress(run), run.options)
    learning_rate *= position.rate_scale
    for group in run.optimizer.param_groups:
        group["lr"] = learning_rate
    lowered, norm = _gradients_or_back(run, parts)
    parts.history.add(lowered.loss)
    if parts.guard.due(run):
        loss = float(lowered.loss)
        parts.guard.check(run, loss, float(norm))
        parts.progress.saw(run, loss, float(norm))
    run.optimizer.step()
    position.step += 1
    position.task_step += 1
    position.tokens += lowered.tokens
    metrics = {"learning_rate": learning_rate}
    metrics.update({name: float(term.detach()) for name, term in lowered.terms.items()})
    if parts.strategies:
        parts.strategies.step_finished(run, {"loss": mean_loss(run), **metrics})
    seconds = parts.clock() - begin
    position.add_seconds(seconds)
    return Took(seconds, lowered.tokens, metrics)


def _gradients_or_back(run: Run, parts: Parts) -> tuple[Lowered, Tensor]:
    """Clipped gradients, and their norm before; takes back what was given up."""
    clip = run.options.clip if run.options.clip > 0 else math.inf
    before = parts.undo.before(run)
    try:
        with parts.watch.part(f"step {run.position.step + 1}", "a step"):
            lowered = _gradients(run, parts)
            norm = torch.nn.utils.clip_grad_norm_(run.model.parameters(), clip)
    except GivenUp:
        parts.checkpoints.whole = parts.undo.take_back(run, before)
        raise
    return lowered, norm


def _gradients(run: Run, parts: Parts) -> Lowered:
    """Gradients of all batches of a step; no weight is changed."""
    count, strategies = run.options.accumulate, parts.strategies
    run.optimizer.zero_grad(set_to_none=True)
    total, tokens = torch.zeros((), device=run.device), 0
    terms: dict[str, Tensor] = {}
    run.task_gradient = {}
    for _ in range(count):
        batch, state = _next_batch(run, parts)
        nll, output, batch = _forward(run, parts, batch, state)
        loss = weighted_mean(nll, batch.weights)
        if strategies:
            terms = strategies.loss_terms(run, batch, output)
        objective = loss + sum(terms.values()) if terms else loss
        own = _own(run, nll, batch.weights) if nll.shape[1] > run.lanes else loss
        _backward(run, parts, own / count, objective / count)
        total += own.detach() / count
        tokens += run.lanes * len(batch.targets)
    if strategies:
        strategies.gradients_ready(run)
    return Lowered(total, tokens, terms)


def _next_batch(run: Run, parts: Parts) -> tuple[Batch, list[State]]:
    """The next chunk of every lane, and the state before it, a new one at the start."""
    batches = run.task.batches
    epoch, index = divmod(run.position.batch, len(batches))
    run.position.batch += 1
    batch = batches.batch(epoch, index)
    if run.device.type != "cpu":
        batch = batch.to(run.device)
    batch = counted(run.model, batch)
    return batch, parts.carried.begin(batch.inputs.shape[1], anew=index == 0)


def _forward(
    run: Run, parts: Parts, batch: Batch, state: list[State]
) -> tuple[Tensor, Tensor, Batch]:
    """Nats of every step, the output, and the batch with what is rehearsed beside it."""
    lanes = run.lanes = batch.inputs.shape[1]
    share = run.options.scheduled_sampling * parts.limits.progress(run)
    if share:
        with autocast(run.device, run.dtype):
            inputs = guessed_inputs(run.model, batch, state, share, run.generator)
        batch = batch._replace(inputs=inputs)
    if parts.strategies:
        rehearsed = parts.strategies.rehearse(run, batch)
        run.rehearsed = columns(lanes, rehearsed)
        batch = beside(batch, list(rehearsed.values()))
        state = extended(run.model, state, batch.inputs.shape[1] - lanes)
    nll, output, state = batch_nll(run.model, batch, state, run.device, run.dtype)
    parts.carried.keep(state, lanes)
    return nll, output, batch


def _own(run: Run, nll: Tensor, weights: Tensor | None) -> Tensor:
    """The mean over the task's own rows, without what is rehearsed."""
    lanes = run.lanes
    return weighted_mean(nll[:, :lanes], None if weights is None else weights[:, :lanes])


def _backward(run: Run, parts: Parts, own: Tensor, objective: Tensor) -> None:
    """Gradients of the objective; those of the task's own loss apart, if a strategy asks."""
    if not parts.strategies.task_gradient:
        torch.autograd.backward(objective)
        return
    learned = {name: p for name, p in run.model.named_parameters() if p.requires_grad}
    rest = objective - own
    backward(own, rest if rest.requires_grad else None, learned, run.task_gradient)
