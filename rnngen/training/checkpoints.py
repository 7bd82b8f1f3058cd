"""When a checkpoint is taken, and what it holds: the sum of its parts' `state_dict`s."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from torch import Tensor

from rnngen.bundles.checkpoint import commit_checkpoint, load_checkpoint
from rnngen.bundles.run_folder import RunFolder
from rnngen.files.tree import pack, unpack
from rnngen.kernel.strategies import Lifecycle
from rnngen.model.model import Model
from rnngen.training.run import Run

CHECKPOINT_SECONDS = 60.0

MODEL = "model."
"""Prefix of the model's tensors; those of a part begin with its name."""

Saved = tuple[dict[str, Tensor], dict[str, Any]]
"""Tensors and JSON, as `load_checkpoint` gives them."""


class Part(Protocol):
    """Something that the next step depends on."""

    def state_dict(self) -> Any:
        """Tensors and JSON, nested."""

    def load_state_dict(self, state: Any) -> Any:
        """Goes back to where `state_dict` was taken."""


class Checkpoints:
    """Saves and restores everything that the next step depends on.

    A run that was stopped, or killed, resumes from there and ends with the very same weights.

    Args:
        folder: of the run.
        model: its tensors stand beside the parts.
        parts: by name, in the order in which they are restored.
        clock: in seconds.
    """

    def __init__(
        self,
        folder: RunFolder,
        model: Model,
        parts: Mapping[str, Part],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._model = model
        self._parts = parts
        self._clock = clock
        self._last = clock()
        self.whole = False
        """Whether the run as it is now could be saved: not in the middle of a strategy's work."""

    def due(self, run: Run) -> bool:
        """Whether it is time for one after this step."""
        every = run.options.checkpoint_every
        if every is not None:
            return run.position.step % every == 0
        return self._clock() - self._last >= CHECKPOINT_SECONDS

    def save(self, run: Run) -> None:
        """Commits a checkpoint of this moment.

        Raises:
            RunError: it could not be written; the one before is whole.
        """
        tensors = {f"{MODEL}{name}": tensor for name, tensor in self._model.tensors().items()}
        state = {name: _packed(name, part, tensors) for name, part in self._parts.items()}
        step = run.position.step
        self._folder.write(lambda path: commit_checkpoint(path, step, tensors, state))
        self._last = self._clock()
        self.whole = True

    def last(self) -> Saved | None:
        """What was saved last; None where nothing was."""
        return load_checkpoint(self._folder.path)

    def restore(self, saved: Saved) -> None:
        """Goes back to where it was saved."""
        tensors, state = saved
        self._model.load_tensors(
            {name.removeprefix(MODEL): t for name, t in tensors.items() if name.startswith(MODEL)}
        )
        for name, part in self._parts.items():
            part.load_state_dict(unpack(state[name], tensors))
        self.whole = True


def _packed(name: str, part: Part, tensors: dict[str, Tensor]) -> Any:
    if isinstance(part, Lifecycle):
        # Says which strategy remembers what can't be saved.
        return part.packed(pack, name, tensors)
    return pack(part.state_dict(), name, tensors)
