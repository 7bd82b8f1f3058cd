"""What the pronunciation of a word says about verse: its stresses, and what rhymes with it.

Phonemes are written as in the CMU Pronouncing Dictionary, one space between two of them: a vowel
ends in its stress, 1 primary, 2 secondary, 0 none, and nothing else has a digit.
"""

from __future__ import annotations


def stresses(spoken: str) -> str:
    """One digit a syllable: `Y UW2 N AH0 V ER1 S AH0 T IY0` is `20100`."""
    return "".join([sign for sign in spoken if sign in "012"])


def rhyming_part(spoken: str) -> str:
    """The phonemes from the last stressed vowel on, without their stresses.

    Two words rhyme where these are equal. Secondary stress counts: `sunlight` rhymes with `night`.
    A word without stress rhymes from its last vowel on; one without a vowel as a whole.
    """
    vowel = max(spoken.rfind("1"), spoken.rfind("2"))
    if vowel < 0:
        vowel = max(spoken.rfind("0"), 0)
    part = spoken[spoken.rfind(" ", 0, vowel) + 1 :]
    return part.replace("0", "").replace("1", "").replace("2", "")
