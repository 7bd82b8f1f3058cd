"""When a checkpoint is taken, and what it holds: the sum of its parts' `state_dict`s."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor

from rnngen.bundles.checkpoint import commit_checkpoint, load_checkpoint
from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.errors import BundleError, RnngenError
from rnngen.files.tree import pack, unpack
from rnngen.kernel.blame import blamed, one_line
from rnngen.kernel.strategies import Lifecycle
from rnngen.model.model import Model
from rnngen.training.carried import Carried
from rnngen.training.restored import check_lanes, check_optimizer, check_state
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
        """Goes back to where it was saved.

        Raises:
            BundleError: what was saved is none of this run; names the part.
        """
        tensors, state = saved
        with self._reading("model"):
            own = {name: t for name, t in tensors.items() if name.startswith(MODEL)}
            self._model.load_tensors({name.removeprefix(MODEL): t for name, t in own.items()})
        check_state(state, self._folder.path)
        for name, part in self._parts.items():
            with self._reading(name):
                part.load_state_dict(_checked(part, unpack(state[name], tensors), self._model))
        self.whole = True

    @contextmanager
    def _reading(self, part: str) -> Iterator[None]:
        """Turns what is raised over content of the file into a BundleError."""
        try:
            yield
        except RnngenError:
            raise
        except Exception as error:
            if blamed(error) is not None:  # a plugin's own code, which is named
                raise
            reason = "it is not there" if isinstance(error, KeyError) else one_line(error)
            raise BundleError(
                f"`{part}` of the checkpoint in `{self._folder.path}` can't be restored: {reason}",
                hint="the checkpoint is damaged, or from another run; use an earlier copy of the "
                f"folder, or start from its model: `rnngen fit --from {self._folder.path} FILE`",
            ) from error


def _checked(part: Part, state: Any, model: Model) -> Any:
    """The state, if it is one that a part can go on from."""
    if isinstance(part, torch.optim.Optimizer):
        check_optimizer(state, part)
    elif isinstance(part, Carried):
        check_lanes(state, model)
    return state


def _packed(name: str, part: Part, tensors: dict[str, Tensor]) -> Any:
    if isinstance(part, Lifecycle):
        # Says which strategy remembers what can't be saved.
        return part.packed(pack, name, tensors)
    return pack(part.state_dict(), name, tensors)
