"""miditok's tokenizers, set up so that no note of a file is lost.

All pitches and drums are known, several instruments are one stream with a program before each note,
and a beat has as many positions as the grid says, for notes of any length up to `LONGEST_NOTE`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from rnngen_music.score import Score, missing, symusic

LONGEST_NOTE = 16
"""Beats; longer notes are cut."""

TEMPI = (20, 260, 61)
"""Slowest, fastest, and how many: 20, 24, 28, ..."""

SIGNATURES = {4: range(1, 9), 8: range(1, 16), 16: range(1, 16)}
"""Denominators and numerators of the time signatures known; others are read as 4/4."""

NOTHING = "PAD_None"
"""The one token of miditok's that stands for no event."""


def tokenizer(kind: str, grid: int, velocities: int) -> Any:
    """A tokenizer of miditok.

    Args:
        kind: `remi` or `tsd`.
        grid: positions a beat.
        velocities: how many loudnesses.

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
        warnings.simplefilter("ignore")  # it tells of choices that are made on purpose here
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
    """What tokens can't say of a score, a sentence each."""
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
    """The names of all tokens, in order of the tokenizer's own numbers."""
    vocabulary: dict[str, int] = tokenizer.vocab
    return sorted(vocabulary, key=lambda name: vocabulary[name])


def tokens_of(tokenizer: Any, score: Score) -> list[str]:
    """The names of the tokens of a score."""
    tokens: list[str] = tokenizer.encode(score).tokens
    return tokens


def score_of(tokenizer: Any, tokens: list[str]) -> Score:
    """The score of names of tokens; those that make no sense where they stand are passed over."""
    import miditok

    return tokenizer.decode(miditok.TokSequence(tokens=tokens))
