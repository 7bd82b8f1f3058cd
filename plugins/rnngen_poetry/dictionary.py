"""Reads a pronouncing dictionary: a text file in the format of the CMU Pronouncing Dictionary.

    ;;; a comment
    TOMATO  T AH0 M EY1 T OW2
    TOMATO(1)  T AH0 M AA1 T OW2    # another pronunciation of the same word

The file is UTF-8, UTF-16 with a mark, or else Latin-1, as the dictionary itself has been. Words of
a file in capitals are written in small letters, `I` and its short forms excepted. Entries that are
not words (`"CLOSE-QUOTE`, `3D`) and those without a vowel are left out.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rnngen import DataError
from rnngen_constrained import read_bytes
from rnngen_poetry.pronunciation import rhyming_part, stresses

PHONEME = r"[A-Za-z]+[0-2]?"
PHONEMES = re.compile(rf"{PHONEME}(?: {PHONEME})*")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*['’]?")

LARGEST_FILE = 64 << 20
"""Most bytes to read."""


class Pronunciation(NamedTuple):
    """One way to say a word.

    Args:
        stresses: one digit a syllable.
        rhyme: the part that must be equal in words that rhyme.
    """

    stresses: str
    rhyme: str


@dataclass(frozen=True)
class Dictionary:
    """Words and their pronunciations.

    Args:
        words: each word's different pronunciations, in the order of the file.
        left_out: entries that are not words, or have no vowel.
        name: where it is from, for messages.
    """

    words: dict[str, tuple[Pronunciation, ...]]
    left_out: int
    name: str


def read_dictionary(path: Path) -> Dictionary:
    """The dictionary in a file.

    Raises:
        BadSyntax: there is no such file, it can't be read, or is too large.
        DataError: a line is not an entry; the line is named.
    """
    hint = "give a file in the format of CMUdict, `-o rhymes=FILE`"
    data = read_bytes(path, "the pronouncing dictionary", LARGEST_FILE, hint)
    return parse_dictionary(_text(data).split("\n"), str(path))


def parse_dictionary(lines: Iterable[str], name: str) -> Dictionary:
    """The dictionary in lines; DataError names a line that is not an entry."""
    found: dict[str, list[Pronunciation]] = {}
    known: dict[str, Pronunciation] = {}
    left_out = 0
    for number, line in enumerate(lines, 1):
        word, *phonemes = line.partition("#")[0].split() or [""]
        if not word or word.startswith(";;;"):
            continue
        if word.endswith(")"):
            word = re.sub(r"(?<=.)\(\d+\)$", "", word)
        spoken = " ".join(phonemes)
        if spoken not in known:
            if PHONEMES.fullmatch(spoken) is None:
                raise _broken(name, number, line.strip(), phonemes)
            known[spoken] = Pronunciation(stresses(spoken), rhyming_part(spoken))
        said = known[spoken]
        if not said.stresses or not (word.isalpha() or WORD.fullmatch(word)):
            left_out += 1
        elif word not in found:
            found[word] = [said]
        elif said not in found[word]:
            found[word].append(said)
    if not found:
        raise DataError(
            f"`{name}` has no words",
            hint="an entry is a word, two spaces and its phonemes: `MOON  M UW1 N`",
        )
    capitals = all(word.isupper() for word in found)
    words = {_small(word) if capitals else word: tuple(said) for word, said in found.items()}
    return Dictionary(words, left_out, name)


def _small(word: str) -> str:
    return "I" + word[1:].lower() if word[:2] in ("I", "I'", "I’") else word.lower()


def _broken(name: str, number: int, entry: str, phonemes: list[str]) -> DataError:
    wrong = next((part for part in phonemes if not re.fullmatch(PHONEME, part)), None)
    expected = (
        "a word and its phonemes" if wrong is None else f"a phoneme in place of `{wrong:.20}`"
    )
    return DataError(
        f"line {number} of `{name}` is `{entry:.40}`, expected {expected}",
        hint="an entry is a word, two spaces and its phonemes: `MOON  M UW1 N`",
    )


def _text(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")
