"""miditok's tokenizers, set up so that no note of a file is lost.

All pitches and drums have tokens, several instruments share one stream with a program before each
note, and the grid sets the positions per beat, for notes of any length up to `Ranges.longest`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from rnngen_music.score import Score, missing, symusic


@dataclass(frozen=True)
class Ranges:
    """What the tokens of a model can say.

    Args:
        longest: longest note in beats of the time signature (eighths in 6/8); beyond `FINE` beats
            in whole beats.
        tempi: slowest and fastest tempo in beats per minute, and the number of tempi between.
    """

    longest: int = 32
    tempi: tuple[int, int, int] = (10, 400, 196)


NOW = Ranges()

EARLIER = Ranges(longest=16, tempi=(20, 260, 61))
"""The ranges of rnngen 0.1.0, whose models do not state them."""

FINE = 16
"""Beats up to which a note's length is on the grid."""

SIGNATURES = {4: range(1, 9), 8: range(1, 16), 16: range(1, 16)}
"""Known time signatures, numerators by denominator; others are read as 4/4."""

NOTHING = "PAD_None"
"""The only miditok token that does not stand for an event."""


def tokenizer(kind: str, grid: int, velocities: int, ranges: Ranges) -> Any:
    """A miditok tokenizer.

    Args:
        kind: `remi` or `tsd`.
        grid: positions per beat.
        velocities: number of loudness bins.
        ranges: longest note and tempi.

    Raises:
        PluginError: miditok is not installed.
    """
    symusic()
    try:
        import miditok
    except ImportError:
        raise missing("miditok") from None
    slowest, fastest, tempi = ranges.tempi
    lengths = {(0, FINE): grid}
    if ranges.longest > FINE:
        lengths[FINE, ranges.longest] = 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of choices made here on purpose
        config = miditok.TokenizerConfig(
            pitch_range=(0, 127),
            drums_pitch_range=(0, 127),
            beat_res=lengths,
            num_velocities=velocities,
            special_tokens=[],
            use_programs=True,
            one_token_stream_for_programs=True,
            program_changes=False,
            use_pitchdrum_tokens=True,
            use_tempos=True,
            tempo_range=(slowest, fastest),
            num_tempos=tempi,
            use_time_signatures=True,
            time_signature_range={beat: list(counts) for beat, counts in SIGNATURES.items()},
            remove_duplicated_notes=False,
        )
        return {"remi": miditok.REMI, "tsd": miditok.TSD}[kind](config)


def names_of(tokenizer: Any) -> list[str]:
    """The names of all tokens, in the order of the tokenizer's ids."""
    vocabulary: dict[str, int] = tokenizer.vocab
    return sorted(vocabulary, key=lambda name: vocabulary[name])


def tokens_of(tokenizer: Any, score: Score) -> list[str]:
    """The names of the tokens of a score."""
    tokens: list[str] = tokenizer.encode(score).tokens
    return tokens


def score_of(tokenizer: Any, tokens: list[str]) -> Score:
    """The score for a list of token names; tokens that make no sense in their place are skipped."""
    import miditok

    return tokenizer.decode(miditok.TokSequence(tokens=tokens))
