"""Base of the strategies that keep some old data: the memory, and the messages about it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rnngen import BundleError, Run, Task, UsageError, hookimpl
from rnngen_continual.kept_data import Memory, Size
from rnngen_continual.unprotected import way_to_protect


class KeepsData:
    """Adds every learned task to a memory.

    Args:
        name: of the strategy, for messages.
        memory: how much is kept, as the user wrote it.
    """

    def __init__(self, name: str, memory: str) -> None:
        self.name = name
        self.size = Size.read(memory, f"{name}.memory")
        self.tasks = 0
        """How many it has taken in."""
        self._memory: Memory | None = None

    @property
    def memory_tokens(self) -> int:
        """How many steps of old text are kept."""
        return 0 if self._memory is None else self._memory.tokens

    @property
    def keeps_data(self) -> bool:
        """Its state has the very steps of the data."""
        return self.memory is not None

    @property
    def memory(self) -> Memory | None:
        """The memory, unless it is empty."""
        return self._memory if self._memory is not None and len(self._memory) else None

    @hookimpl
    def fit_started(self, run: Run) -> None:
        """Checks that the memory has room for a window, and tells what is too short for one.

        Raises:
            UsageError: it does not, or this kind of data can't be kept in windows.
        """
        if run.tasks[0].train.conditions is not None:
            raise UsageError(
                f"`{self.name}` keeps windows cut from the data, but here every sequence is "
                "conditioned on something else, such as the text that is written",
                hint=f"leave `{self.name}` out; `ewc`, `si` and `mas` keep no data",
            )
        window = run.options.chunk
        self._check_room(window + 1, max(1, run.tasks[0].train.steps[:1].nbytes))
        for number, task in enumerate(run.tasks):
            self._tell_if_short(run, task, window, first=number == 0 and run.start is None)
        if len(run.tasks) == 1 and run.start is None:
            run.note(
                f"{self.name}: only one task so far, so nothing to rehearse yet; a part of it is "
                "kept in the bundle, for `rnngen fit --from`"
            )

    def _check_room(self, tokens: int, step: int) -> None:
        """Raises UsageError if a fixed size has no room for a window of these tokens."""
        size = tokens * step
        if self.size.unit == "%" or self.size.windows(0, tokens, size) >= 1:
            return
        least = f"{size}B" if self.size.unit == "bytes" else str(tokens)
        raise UsageError(
            f"`{self.name}.memory` is {self.size}, less than one window of {tokens} tokens "
            f"({size} bytes)",
            hint=f"keep at least one window, `-o {self.name}.memory={least}`, or use shorter ones: "
            f"`train.chunk` is {tokens - 1}",
        )

    def _tell_if_short(self, run: Run, task: Task, window: int, *, first: bool) -> None:
        """Says so where a text is too short for the memory to have its share of it."""
        windows, steps = task.train.targets // window, task.train.targets
        if windows == 0:
            run.warn(
                f"{self.name}: `{task.name}` has {steps} steps, fewer than a window of {window} "
                "(`train.chunk`), so it is learned, but nothing of it is kept; join it with other "
                f"texts of its kind, or use shorter windows: `-o train.chunk={steps}`"
            )
        elif self.size.unit == "%" and not first and self.size.number * windows < 1:
            run.note(
                f"{self.name}: {self.size} is less than one of the {windows} windows of "
                f"`{task.name}`, so perhaps nothing of it is kept; "
                f"`-o {self.name}.memory={math.ceil(100 / windows)}%` keeps at least one"
            )

    @hookimpl
    def task_started(self, run: Run) -> None:
        """Warns if nothing is kept of what was learned, or if windows must be dropped."""
        if run.start is not None and run.position.task == 0 and self._memory is None:
            run.warn(
                f"{self.name}: `{run.start}` keeps nothing of its old data, so what the model "
                f"knows can't be rehearsed; from now on it can. {way_to_protect(run)}"
            )

        if run.start is not None and run.position.task == 0 and self._memory is not None:
            if not run.task.train.steps.shape[1:] and not self._memory.within(
                run.model.likelihood.size
            ):
                raise BundleError(
                    f"`{run.start}`: the memory of `{self.name}` holds tokens that the model does "
                    "not have",
                    hint="the bundle is damaged; use an earlier copy, or `--plugin none`",
                )
            room, held = self._memory.room, len(self._memory)
            if room < held:
                run.warn(
                    f"{self.name}: `{run.start}` keeps {held} windows of old text, and "
                    f"`{self.name}.memory` is now {self.size}: {held - room} of them will be "
                    "dropped; set a larger one to keep them all"
                )

    @hookimpl
    def task_finished(self, run: Run) -> None:
        """Adds the task to the memory."""
        if self._memory is None:
            self._memory = Memory(self.size, run.options.chunk)
        self._memory.add(run.task.train, run.options.seed, self.tasks)
        self.tasks += 1

    def state_dict(self) -> dict[str, Any]:
        """The memory."""
        memory = None if self._memory is None else self._memory.state_dict()
        return {"memory": memory, "tasks": self.tasks}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        saved, self.tasks = state["memory"], int(state["tasks"])
        self._memory = None if saved is None else Memory.of(saved, self.size)
