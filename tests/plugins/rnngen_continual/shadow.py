"""A strategy alone on a path that others shared: what it would have measured without them."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

import rnngen
from rnngen.kernel.strategies import Active, Lifecycle
from rnngen.model.loss import batch_nll, weighted_mean
from rnngen.training.rehearsal import beside, columns, extended


class Shadow:
    """Follows the weights of a run, step by step, with one strategy and nobody else's terms.

    At each step it is given the task's own rows of the batch. Its model is a copy that takes the
    weights of the run's before and after each step; forward and backward passes are its own.

    Args:
        strategy: a new one, of the same options as the one in the run.
    """

    def __init__(self, strategy: Active) -> None:
        self.name = strategy.name
        self.hooks = Lifecycle([strategy])
        self.run: Any = None
        self.terms: list[dict[str, float]] = []
        """Of each step: what the strategy adds to the loss when it is alone."""
        self.beside: list[dict[str, float]] = []
        """What the one in the run added at that step."""
        self._state: Any = None

    def _view(self, run: Any) -> Any:
        """The run, as it would be with this strategy alone."""
        if self.run is None:
            model = copy.deepcopy(run.model)
            optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
            self.run = SimpleNamespace(**{**vars(run), "model": model, "optimizer": optimizer})
            self.run.task = run.task
            self.run.seed = run.seed
            self.run.strategies = (self.name,)
            self.run.generator = torch.Generator()
            self.run.note = self.run.warn = lambda text: None
        self.run.position, self.run.task = run.position, run.task
        with torch.no_grad():
            pairs = zip(self.run.model.parameters(), run.model.parameters(), strict=True)
            for mine, other in pairs:
                mine.copy_(other)
        return self.run

    @rnngen.hookimpl
    def fit_started(self, run):
        self.hooks.fit_started(self._view(run))

    @rnngen.hookimpl
    def task_started(self, run, task):
        self._state = None
        self.hooks.task_started(self._view(run), task)

    @rnngen.hookimpl
    def loss_terms(self, run, batch, output):
        mine, lanes = self._view(run), run.lanes
        own = rnngen.Batch(
            batch.inputs[:, :lanes],
            batch.targets[:, :lanes],
            None if batch.weights is None else batch.weights[:, :lanes],
            None if batch.resets is None else batch.resets[:, :lanes],
        )
        mine.lanes = lanes
        mine.optimizer.zero_grad(set_to_none=True)
        rehearsed = self.hooks.rehearse(mine, own)
        mine.rehearsed = columns(lanes, rehearsed)
        whole = beside(own, list(rehearsed.values()))
        fresh = self._state is None or (own.resets is not None and bool(own.resets[0].all()))
        state = mine.model.initial_state(lanes) if fresh else self._state
        state = extended(mine.model, state, whole.inputs.shape[1] - lanes)
        nll, output, state = batch_nll(mine.model, whole, state, run.device, run.dtype)
        self._state = [rnngen.map_state(lambda part: part[:lanes].detach(), each) for each in state]
        weights = None if whole.weights is None else whole.weights[:, :lanes]
        task = weighted_mean(nll[:, :lanes], weights)
        learned = {name: p for name, p in mine.model.named_parameters() if p.requires_grad}
        found = torch.autograd.grad(task, list(learned.values()), retain_graph=True)
        mine.task_gradient = dict(zip(learned, found, strict=True))
        terms = self.hooks.loss_terms(mine, whole, output)
        self.terms.append({name: float(term.detach()) for name, term in terms.items()})
        objective: Tensor = weighted_mean(nll, whole.weights)
        torch.autograd.backward(sum(terms.values(), objective))

    @rnngen.hookimpl
    def gradients_ready(self, run):
        self.hooks.gradients_ready(self.run)

    @rnngen.hookimpl
    def step_finished(self, run, metrics):
        own = {name: value for name, value in metrics.items() if name.startswith(f"{self.name}.")}
        self.beside.append(own)
        self.hooks.step_finished(self._view(run), metrics)

    @rnngen.hookimpl
    def task_finished(self, run, task, batches):
        self.hooks.task_finished(self._view(run), task, batches)

    def state_dict(self):
        """Nothing of it is saved."""
        return {}
