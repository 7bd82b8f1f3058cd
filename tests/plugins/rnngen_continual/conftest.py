"""Three made-up languages over one alphabet, and what every strategy makes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

import rnngen

LENGTH = 44_000
WORDS = 60


def language(seed: int, length: int = LENGTH) -> str:
    """Words of random letters, each with its own odds for the next (Zipf)."""
    rng = np.random.default_rng(seed)
    letters = list("abcdefghijklmnopqrstuvwxyz")
    words = sorted({"".join(rng.choice(letters, rng.integers(2, 7))) for _ in range(WORDS)})
    odds = []
    for _ in words:
        chances = rng.random(len(words)) ** 3 / (1 + rng.permutation(len(words)))
        odds.append(chances / chances.sum())
    text: list[str] = []
    word = size = 0
    while size < length:
        word = rng.choice(len(words), p=odds[word])
        text.append(words[word])
        size += len(words[word]) + 1
    return " ".join(text)[:length]


@dataclass(frozen=True)
class Outcome:
    """A run over the toy: the task matrix in bits, and what it kept."""

    matrix: list[list[float]]
    memory_bytes: int
    memory_tokens: int

    @property
    def average(self) -> float:
        """Bits per token over all tasks, in the end."""
        return sum(self.matrix[-1]) / len(self.matrix[-1])

    @property
    def backward_transfer(self) -> float:
        """How much better each task but the last is in the end than when it was just learned."""
        tasks = range(len(self.matrix[0]) - 1)
        return sum(self.matrix[task + 1][task] - self.matrix[-1][task] for task in tasks) / len(
            tasks
        )


Learn = Callable[..., Outcome]
SETTINGS = (
    "train.lanes=16",
    "train.chunk=32",
    "train.learning_rate=0.004",
    "train.sample=0",
    "train.validate_every=100000",
    "model.dropout=0",
    "model.embedding=24",
)


@pytest.fixture(scope="session")
def languages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Files of the three languages."""
    folder = tmp_path_factory.mktemp("languages")
    paths = [folder / f"language-{seed}.txt" for seed in range(3)]
    for seed, path in enumerate(paths):
        path.write_text(language(seed))
    return [str(path) for path in paths]


@pytest.fixture(scope="session")
def learn(languages: list[str], tmp_path_factory: pytest.TempPathFactory) -> Learn:
    """Learns the three languages in a row with strategies `a+b`; each way is run once."""

    @cache
    def run(strategies: str, *options: str, arrangement: Sequence[Sequence[int]] | None = None):
        bundle = rnngen.fit(
            languages,
            run=tmp_path_factory.mktemp("toy") / "run",
            plugins=[name for name in strategies.split("+") if name],
            arrangement=arrangement,
            cell="gru",
            hidden=64,
            epochs=3,
            device="cpu",
            precision="fp32",
            options=[*SETTINGS, *options],
        )
        rows = bundle.manifest["history"]["rows"]
        return Outcome(
            [[nats / math.log(2) for nats in row["nats"]] for row in rows],
            rows[-1]["memory_bytes"],
            rows[-1]["memory_tokens"],
        )

    return run
