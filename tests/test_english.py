"""Messages, docstrings and documents avoid the phrases that mark our English as translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PLACES = ["rnngen", "plugins", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "Makefile"]

SUFFIXES = {".py", ".md", ".toml"}
"""Files of a folder that people read."""

GAP = r"""(?:\s+(?:\#\s)?|["']\s*\n\s*[rf]{0,2}["'])+"""
"""Between two words: blanks, the next line of a comment, or the next of adjacent strings."""

COMPARATIVES = (
    "better|earlier|faster|fewer|greater|higher|larger|later|less|longer|lower|more|shorter|"
    "slower|smaller|worse"
)
"""Words that may follow `is no`, as in `is no longer`."""

BANNED = {
    "is no X": (
        rf"(?P<fine>\bthere )?\b(?:is|are|was|were) no (?!(?:{COMPARATIVES})\b)\w+",
        "`is not a`",
    ),
    "hang on": (r"\b(?:hang|hangs|hanging|hung) on\b", "`depend on`, `be conditioned on`"),
    "gone on": (r"\bgone on\b", "`continued`, `resumed`"),
    "begun anew": (r"\b(?:begin|begins|began|begun) anew\b", "`restart`"),
    "beside another": (r"\bbeside another\b", "`side by side`, `together`"),
    "learnt": (r"\blearnt\b", "`learned`"),
    "so many": (r"\bso many\b", "`this many`, or the number"),
}
"""The pattern of each phrase, and what to write instead; `fine` in a match makes it good."""


def found(phrase: str, text: str) -> Iterator[tuple[int, str]]:
    """Line and words of each place where the text has the phrase, also across lines."""
    pattern = re.compile(BANNED[phrase][0].replace(" ", GAP), re.IGNORECASE)
    for match in pattern.finditer(text):
        if not match.groupdict().get("fine"):
            yield text.count("\n", 0, match.start()) + 1, " ".join(match[0].split())


def files(place: str) -> list[Path]:
    """The file itself, or what people read of a folder."""
    path = ROOT / place
    return sorted(path.rglob("*")) if path.is_dir() else [path]


@pytest.mark.parametrize("phrase", BANNED)
@pytest.mark.parametrize("place", PLACES)
def test_a_place_has_none_of_the_worst_phrases(place: str, phrase: str) -> None:
    read = [file for file in files(place) if file == ROOT / place or file.suffix in SUFFIXES]
    assert read
    bad = [
        f"{file.relative_to(ROOT)}:{line}: {words}"
        for file in read
        for line, words in found(phrase, file.read_text(encoding="utf-8"))
    ]
    assert not bad, f"write {BANNED[phrase][1]} instead:\n" + "\n".join(bad)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("is no X", "`5x` is no duration"),
        ("is no X", "steps that are no\n    # text"),
        ("is no X", 'f"`{name}` is "\n    f"no count"'),
        ("hang on", "what a document hangs on"),
        ("hang on", "Hung\non it"),
        ("gone on", "is gone on with"),
        ("begun anew", "a lane is begun anew"),
        ("beside another", "draws curves beside another"),
        ("learnt", "Learnt by heart"),
        ("so many", "one in so\nmany chunks"),
    ],
)
def test_a_bad_phrase_is_found_also_across_lines(phrase: str, text: str) -> None:
    assert len(list(found(phrase, text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "there is no run",
        "There\n    is no way to satisfy all",
        "is no longer true",
        "is no more than a copy",
        "is no worse than before",
        "it is not a count",
        "no such file",
        "a change on disk",
        "learned so much, many times",
    ],
)
def test_good_english_is_not_mistaken_for_a_bad_phrase(text: str) -> None:
    assert not [phrase for phrase in BANNED if list(found(phrase, text))]
