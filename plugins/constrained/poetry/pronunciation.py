"""What the pronunciation of a word says about verse: its stresses, and what rhymes with it.

Phonemes are written as in the CMU Pronouncing Dictionary: a vowel ends in its stress, 1 primary,
2 secondary, 0 none.
"""

from __future__ import annotations

from collections.abc import Sequence


def stresses(phonemes: Sequence[str]) -> str:
    """One digit a syllable: `university` is `20100`."""
    return "".join(phoneme[-1] for phoneme in phonemes if phoneme[-1] in "012")


def rhyming_part(phonemes: Sequence[str]) -> tuple[str, ...]:
    """The phonemes from the last stressed vowel on, without their stresses.

    Two words rhyme where these are equal. Secondary stress counts: `sunlight` rhymes with `night`.
    A word without stress rhymes from its last vowel on; one without a vowel as a whole.
    """
    vowels = [place for place, phoneme in enumerate(phonemes) if phoneme[-1] in "012"]
    stressed = [place for place in vowels if phonemes[place][-1] != "0"]
    start = (stressed or vowels or [0])[-1]
    return tuple(phoneme.rstrip("012") for phoneme in phonemes[start:])
