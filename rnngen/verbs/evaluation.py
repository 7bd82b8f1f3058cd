"""What the verb `evaluate` finds: the numbers of a model, and those of simple models beside it."""

from __future__ import annotations

from dataclasses import dataclass

from rnngen.contracts.domain import Report
from rnngen.metrics.baselines import Baseline
from rnngen.metrics.copying import Memorization

PROTOCOL = "every token once, in order, one lane, state carried, float32"


@dataclass(frozen=True)
class Evaluation:
    """How well a model predicts a text, and how well simple models do.

    Args:
        nats_per_token: mean −ln p of a token.
        bits_per_character: all bits by the characters of the text.
        bits_per_byte: all bits by its bytes in UTF-8.
        perplexity: exp(nats_per_token).
        protocol: how it was measured.
        data: what it was measured on.
        tokens: how many steps were scored.
        steps_are: what they are called.
        characters: of the text that these tokens stand for.
        bytes: the same in UTF-8.
        unknown: characters the model does not know, scored as unknown.
        baselines: unigram, n-gram, xz.
        copied: how much of a generated sample is copied from the training text.
        warnings: what makes a number less than it seems.
    """

    nats_per_token: float
    bits_per_character: float
    bits_per_byte: float
    perplexity: float
    protocol: str
    data: str
    tokens: int
    steps_are: str
    characters: int
    bytes: int
    unknown: int
    baselines: tuple[Baseline, ...]
    copied: Memorization | None
    warnings: tuple[str, ...]

    @property
    def model(self) -> Baseline:
        """The model's own numbers, as a row of the same table."""
        return Baseline(
            "model",
            self.nats_per_token,
            self.bits_per_character,
            self.bits_per_byte,
            self.perplexity,
            self.protocol,
        )

    def copied_sentence(self) -> str:
        """What the memorization check found, in a sentence."""
        assert self.copied is not None
        return self.copied.sentence()


@dataclass(frozen=True)
class Evaluations:
    """How well a model of several tasks predicts what was held out of each.

    Args:
        tasks: the name of each and what was found, in the order of the data.
        copied: how much of a generated sample is copied from the training text of all tasks.
        warnings: what makes a number less than it seems.
    """

    tasks: tuple[tuple[str, Evaluation | Report], ...]
    copied: Memorization | None = None
    warnings: tuple[str, ...] = ()
