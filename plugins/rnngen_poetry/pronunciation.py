"""What a word's pronunciation says about verse: its stresses, and what rhymes with it.

Phonemes are written as in the CMU Pronouncing Dictionary, one space between two of them: a vowel
ends in its stress, 1 primary, 2 secondary, 0 none, and nothing else has a digit.
"""

from __future__ import annotations

from string import ascii_letters

DIGITS_ONLY = str.maketrans("", "", ascii_letters + " ")
NO_DIGITS = str.maketrans("", "", "012")


def stresses(spoken: str) -> str:
    """One digit per syllable: `Y UW2 N AH0 V ER1 S AH0 T IY0` is `20100`."""
    return spoken.translate(DIGITS_ONLY)


def rhyming_part(spoken: str) -> str:
    """The phonemes from the last stressed vowel on, without their stresses.

    Two words rhyme where these are equal. Secondary stress counts: `sunlight` rhymes with `night`.
    A word without stress rhymes from its last vowel on; one without a vowel as a whole.
    """
    vowel = max(spoken.rfind("1"), spoken.rfind("2"))
    if vowel < 0:
        vowel = max(spoken.rfind("0"), 0)
    return spoken[spoken.rfind(" ", 0, vowel) + 1 :].translate(NO_DIGITS)
