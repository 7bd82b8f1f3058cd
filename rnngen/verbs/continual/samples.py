"""What the final models write for each task: prompted alike, with the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnngen.verbs.continual.methods import SINGLE
from rnngen.verbs.continual.trials import Trial
from rnngen.verbs.generate import generate

LENGTH = 200
"""Tokens of a sample."""


def write(trials: Sequence[Trial], root: Path, prompts: Sequence[str], device: str) -> list[str]:
    """A text for each task, without its prompt.

    Args:
        trials: one training that learned all tasks, or one for each of them.
        root: the folder of the comparison.
        prompts: of each task.
        device: `auto`, `cpu`, `cuda`.
    """
    texts = []
    for task, prompt in enumerate(prompts):
        trial = trials[task] if trials[0].method.name == SINGLE else trials[0]
        # A model of few texts hardly knows where one ends, so an end does not stop it.
        (written,) = generate(
            root / trial.name,
            prompt,
            length=LENGTH,
            seed=trial.seed,
            documents=0,
            device=device,
        )
        texts.append(written.text)
    return texts
