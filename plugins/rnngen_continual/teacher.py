"""The model as it was before a task: it keeps teaching what it knew while another learns."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from rnngen import Batch, Model, Run, State, autocast, extended, map_state


class Teacher:
    """A copy of the model that reads the same rows with a state of its own.

    Args:
        model: what is copied, as it is.
    """

    def __init__(self, model: Model) -> None:
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self._lanes: list[State] | None = None

    def output(self, run: Run, batch: Batch) -> Tensor:
        """The output `[T,B,K]` for the rows of a batch; the task's rows carry their state.

        Rows behind the first `run.lanes` begin with the initial state, as they do for the learner.
        """
        lanes, rows = run.lanes, batch.inputs.shape[1]
        with torch.no_grad(), autocast(run.device, run.dtype):
            state = self._lanes
            if state is None or _width(state) != lanes:
                state = self.model.initial_state(lanes)
            state = extended(self.model, state, rows - lanes)
            output, state = self.model.forward(batch.inputs, state, batch.resets)
        self._lanes = [map_state(lambda part: part[:lanes], layer) for layer in state]
        return output

    def answers(self, run: Run, batch: Batch) -> Tensor:
        """The output `[T,b,K]` for rows that all begin with the initial state."""
        with torch.no_grad(), autocast(run.device, run.dtype):
            state = self.model.initial_state(batch.inputs.shape[1])
            output, _ = self.model.forward(batch.inputs, state, batch.resets)
        return output

    def state_dict(self) -> dict[str, Any]:
        """Its weights, and its state for the lanes."""
        return {"weights": dict(self.model.tensors()), "lanes": self._lanes}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned, for a copy of the same model."""
        self.model.load_tensors(state["weights"])
        device = next(self.model.parameters()).device
        lanes = state["lanes"]
        self._lanes = None if lanes is None else map_state(lambda part: part.to(device), lanes)


class OldModel:
    """The teacher of a task, if there is one: made when the task begins, gone when it ends.

    Its saved state is restored when it is first used, since only then the model is
    known.
    """

    def __init__(self) -> None:
        self._teacher: Teacher | None = None
        self._saved: Mapping[str, Any] | None = None

    def begin(self, run: Run) -> None:
        """Makes the teacher, from the second task on or for a model that was trained before."""
        # Steps that are vectors have no list of probabilities to teach.
        tokens = not run.model.likelihood.step_shape
        known = tokens and (run.position.task > 0 or run.start is not None)
        self._teacher = Teacher(run.model) if known else None
        self._saved = None

    def get(self, run: Run) -> Teacher | None:
        """The teacher; None while the first task is learned."""
        if self._saved is not None:
            self._teacher = Teacher(run.model)
            self._teacher.load_state_dict(self._saved)
            self._saved = None
        return self._teacher

    def end(self) -> None:
        """Drops the teacher: the next one is the model as it is now."""
        self._teacher = self._saved = None

    def state_dict(self) -> Mapping[str, Any] | None:
        """The teacher's state, while a task is being learned."""
        if self._saved is not None or self._teacher is None:
            return self._saved
        return self._teacher.state_dict()

    def load_state_dict(self, state: Mapping[str, Any] | None) -> None:
        """Restores what `state_dict` returned."""
        self._saved, self._teacher = state, None


def own_rows(batch: Batch, lanes: int) -> Batch:
    """The task's own rows of a batch, without what strategies rehearse."""
    if batch.inputs.shape[1] == lanes:
        return batch
    return Batch(
        batch.inputs[:, :lanes],
        batch.targets[:, :lanes],
        None if batch.weights is None else batch.weights[:, :lanes],
        None if batch.resets is None else batch.resets[:, :lanes],
        None if batch.condition is None else batch.condition[:lanes],
    )


def divergence(output: Tensor, taught: Tensor, temperature: float = 1.0) -> Tensor:
    """KL(teacher ‖ learner) at every step, `[..., K]` to `[...]` in nats, times temperature².

    The factor keeps the size of the gradient (Hinton et al. 2015, section 2).
    """
    log_p = torch.log_softmax(output.float() / temperature, -1)
    log_q = torch.log_softmax(taught.float() / temperature, -1)
    return (log_q.exp() * (log_q - log_p)).sum(-1) * temperature**2


def _width(state: Any) -> int:
    while not isinstance(state, Tensor):
        state = next(iter(state.values() if isinstance(state, dict) else state))
    return state.shape[0]
