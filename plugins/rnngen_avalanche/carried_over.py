"""What a run that continues a bundle can use of the strategy's memories in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch import nn

from rnngen import Run, UsageError

COUNTING = {"mas", "rwalk", "gem"}
"""Strategies that look up something for every task that the clock has counted."""

GROWING = "its vocabulary may grow, which adds rows; nothing else may"


def shapes_of(model: nn.Module) -> dict[str, list[int]]:
    """The shape of every parameter."""
    return {name: list(parameter.shape) for name, parameter in model.named_parameters()}


class Inherited:
    """What was saved: by which plugins, and for a model of which shapes."""

    def __init__(self, parts: Iterable[str], shapes: Mapping[str, Sequence[int]]) -> None:
        self.parts = set(parts)
        self.shapes = shapes

    def check_growth(self, names: Iterable[str], run: Run) -> None:
        """Checks that the model has grown in a way that plugins can follow.

        Raises:
            UsageError: it has not; SI, which keeps parameters as flat rows of numbers, would put
                the old numbers in the wrong places.
        """
        now = shapes_of(run.model)
        for name, old in self.shapes.items():
            new = now.get(name)
            if new is None or new[1:] != list(old[1:]) or new[0] < old[0]:
                raise UsageError(
                    f"`{'+'.join(names)}` remembers `{name}` as {list(old)}, but it is now {new}: "
                    f"{GROWING}",
                    hint="continue without the strategy, or train a new model",
                )

    @staticmethod
    def check(inherited: Inherited | None, names: Sequence[str], run: Run) -> None:
        """Warns of what can't be protected.

        Raises:
            UsageError: a plugin can't begin in the middle.
        """
        parts = inherited.parts if inherited is not None else set()
        missing = [name for name in names if name not in parts and name != "naive"]
        late = COUNTING.intersection(missing)
        if inherited is not None and late:
            raise UsageError(
                f"`{run.start}` was trained with `{'+'.join(sorted(parts)) or 'naive'}`, and "
                f"`{sorted(late)[0]}` has to be there from the first task on",
                hint="name the strategies that it was trained with, or others than "
                f"{', '.join(sorted(COUNTING))}",
            )
        if missing:
            alone = (
                "`self-replay`, which needs the model alone, protects the old"
                if "self-replay" in run.strategies
                else "To keep the old as well: `--plugin self-replay` needs the model alone, or "
                "train with the old data as the first task"
            )
            run.warn(
                f"avalanche: `{run.start}` was trained without `{'+'.join(missing)}`, so what the "
                f"model knows can't be protected by it; from now on it is. {alone}"
            )
