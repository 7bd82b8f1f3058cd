"""miditok's tokenizers, set up so that no note of a file is lost.

All pitches and drums have tokens, several instruments share one stream with a program before each
note, and the grid sets the positions per beat, for notes of any length up to `LONGEST_NOTE`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from rnngen_music.score import Score, missing, symusic

LONGEST_NOTE = 16
"""Longest note in beats; longer ones are cut."""

TEMPI = (20, 260, 61)
"""Slowest and fastest tempo, and the number of tempi: 20, 24, 28, ..."""

SIGNATURES = {4: range(1, 9), 8: range(1, 16), 16: range(1, 16)}
"""Known time signatures, numerators by denominator; others are read as 4/4."""

NOTHING = "PAD_None"
"""The only miditok token that does not stand for an event."""


def tokenizer(kind: str, grid: int, velocities: int) -> Any:
    """A miditok tokenizer.

    Args:
        kind: `remi` or `tsd`.
        grid: positions per beat.
        velocities: number of loudness bins.

    Raises:
        PluginError: miditok is not installed.
    """
    symusic()
    try:
        import miditok
    except ImportError:
        raise missing("miditok") from None
    slowest, fastest, tempi = TEMPI
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of choices made here on purpose
        config = miditok.TokenizerConfig(
            pitch_range=(0, 127),
            drums_pitch_range=(0, 127),
            beat_res={(0, LONGEST_NOTE): grid},
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


def losses(score: Score) -> Iterator[str]:
    """What tokens can't represent in a score, one sentence each."""
    longest = LONGEST_NOTE * int(score.ticks_per_quarter)
    cut = sum(int((track.notes.numpy()["duration"] > longest).sum()) for track in score.tracks)
    if cut:
        yield f"{cut:,} note{'s' if cut > 1 else ''} longer than {LONGEST_NOTE} beats cut to that"
    unknown = {
        f"{sign.numerator}/{sign.denominator}"
        for sign in score.time_signatures
        if sign.numerator not in SIGNATURES.get(sign.denominator, ())
    }
    if unknown:
        yield f"the time signature {', '.join(sorted(unknown))} is read as 4/4"


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
