"""Fixes what Avalanche 0.6.0 does wrong for a model of text.

Each has a test that shows the fault in the stock version (test_avalanche_fixes.py). The plugins
themselves, their equations and the order of their work, are Avalanche's.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch
from avalanche.training import LearningWithoutForgetting
from avalanche.training.plugins import AGEMPlugin, EWCPlugin, LwFPlugin, ReplayPlugin
from avalanche.training.plugins.clock import Clock
from avalanche.training.plugins.synaptic_intelligence import SynapticIntelligencePlugin
from torch import Tensor

from rnngen_avalanche import windows
from rnngen_avalanche.chunk import IGNORED, Chunk
from rnngen_avalanche.memory import Memory, side_by_side

SI = SynapticIntelligencePlugin

STOCK: dict[str, Callable[..., Any]] = {
    name: getattr(SI, name) for name in ("extract_weights", "extract_grad", "update_ewc_data")
}
"""Of synaptic intelligence, as installed."""


@torch.no_grad()
def extract_weights(model: Any, target: Any, excluded: Any) -> None:
    """A copy of the parameters.

    The stock version keeps a view of them on the processor: what should be the weights before and
    after a step are then the same, and so importance and penalty are 0.
    """
    for name, parameter in SI.allowed_parameters(model, excluded):
        target[name].data = parameter.detach().cpu().flatten().clone()


@torch.no_grad()
def extract_grad(model: Any, target: Any, excluded: Any) -> None:
    """A copy of the gradients; zeros for parameters without one."""
    for name, parameter in SI.allowed_parameters(model, excluded):
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        target[name].data = gradient.detach().cpu().flatten().clone()


@functools.wraps(STOCK["update_ewc_data"])
def update_ewc_data(net: Any, ewc_data: Any, *args: Any, **kwargs: Any) -> None:
    """The stock version, but importances are never below 0.

    A parameter along whose path the loss rose gets a negative one; the penalty then rewards
    moving away without bound.
    """
    STOCK["update_ewc_data"](net, ewc_data, *args, **kwargs)
    for importance in ewc_data[1].values():
        importance.data = importance.data.clamp(min=0)


def mend_synaptic_intelligence() -> None:
    """Replaces three functions of the class, by whose name they call each other."""
    for function in (extract_weights, extract_grad, update_ewc_data):
        setattr(SI, function.__name__, staticmethod(function))


class PerTokenEWC(EWCPlugin):  # type: ignore[misc]
    """EWC whose importances are the Fisher information per token.

    Avalanche squares the gradient of a batch's mean loss, which for N independent tokens is the
    information divided by N: strength would change with the size of a batch.
    """

    def compute_importances(
        self,
        model: Any,
        criterion: Any,
        optimizer: Any,
        dataset: Any,
        device: Any,
        batch_size: int,
        num_workers: int = 0,
    ) -> Any:
        """Importance of each parameter, by name."""
        importances = super().compute_importances(
            model, criterion, optimizer, dataset, device, batch_size, num_workers
        )
        _, y = windows.tensors(dataset)
        batches = -(-len(dataset) // batch_size)
        tokens = int((y != IGNORED).sum()) / batches
        for importance in importances.values():
            importance.data = importance.data * tokens
        return importances


class OldTokens(LearningWithoutForgetting):  # type: ignore[misc]
    """Distillation over all tokens that the teacher knows.

    Avalanche takes the classes that occur among the items' targets, one for each item. Of text that
    is the number of the task: one arbitrary token would be distilled.
    """

    def __init__(self, alpha: float, temperature: float, chunk: Chunk) -> None:
        super().__init__(alpha, temperature)
        self.chunk = chunk

    def post_adapt(self, agent: Any, exp: Any) -> None:
        """Makes the current model the teacher of the tokens that it knows."""
        super().post_adapt(agent, exp)
        self.prev_classes_by_task[0] = set(range(agent.model.units))

    def _distillation_loss(self, out: Tensor, prev_out: Tensor, active_units: Any) -> Tensor:
        units = len(active_units)
        known = self.chunk.known(units, out.shape[1])
        if known is not None:
            out, prev_out = out[known], prev_out[known]
        log_p = torch.log_softmax(out[:, :units] / self.temperature, dim=1)
        q = torch.softmax(prev_out[:, :units] / self.temperature, dim=1)
        if not len(q):
            return out.sum() * 0.0
        return torch.nn.functional.kl_div(log_p, q, reduction="batchmean")


class LwF(LwFPlugin):  # type: ignore[misc]
    """Learning without forgetting, for a vocabulary."""

    def __init__(self, alpha: float, temperature: float, chunk: Chunk) -> None:
        super().__init__(alpha, temperature)
        self.lwf = OldTokens(alpha, temperature, chunk)


class Draws(Iterator[Any]):
    """What A-GEM takes its reference gradient from: as many windows of each memory."""

    def __init__(self, memories: list[Memory], rows: int, clock: Clock) -> None:
        self._memories = memories
        self._rows = rows
        self._clock = clock

    def __next__(self) -> Any:
        turn = self._clock.train_iterations
        x, y = side_by_side([memory.windows(self._rows, turn) for memory in self._memories])
        return [x, y, torch.zeros(len(x), dtype=torch.int64)]


class AGEM(AGEMPlugin):  # type: ignore[misc]
    """A-GEM whose memory can be saved.

    The stock version keeps views of whole tasks, and draws from a generator that can be neither
    saved nor put back to where it was.
    """

    def __init__(self, windows_of_task: int, rows: int, clock: Clock, seed: int) -> None:
        super().__init__(windows_of_task, rows)
        self.sample_size: int = rows
        self._clock = clock
        self._seed = seed

    def update_memory(self, dataset: Any, num_workers: int = 0, **kwargs: Any) -> None:
        """Adds a task, whose windows are in `dataset`."""
        self.sample_size = max(self.sample_size, len(self.buffers) + 1)
        super().update_memory(dataset, num_workers)
        self.buffers[-1] = windows.detached(self.buffers[-1])
        self.draw()

    def draw(self) -> None:
        """Resumes drawing from the current buffers."""
        memories = [
            Memory(*windows.tensors(buffer), self._seed, number)
            for number, buffer in enumerate(self.buffers)
        ]
        self.buffer_dliter = Draws(memories, self.sample_size // len(memories), self._clock)


class Replay(ReplayPlugin):  # type: ignore[misc]
    """Replay whose memory is no larger than what it holds: the stock one's are views of tasks.

    It also calls the method that the stock one's call is deprecated in favour of.
    """

    def after_training_exp(self, strategy: Any, **kwargs: Any) -> None:
        """Adds the task."""
        self.storage_policy.post_adapt(strategy, strategy.experience)
        for group in self.storage_policy.buffer_groups.values():
            group.buffer = windows.detached(group.buffer)


mend_synaptic_intelligence()
