"""The constraint `words`: every word of the text is in a list."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

from rnngen import Constraint, Machine, Single, Vocabulary
from rnngen_constrained.errors import BadSyntax
from rnngen_constrained.files import read_text
from rnngen_constrained.kinds.word_list import is_word_character, stranger, texts_of
from rnngen_constrained.machines.bind import bind_bytes
from rnngen_constrained.whole_text import shown, text_fault

LARGEST_FILE = 16 << 20


class Words(Constraint):
    """Every word is one of `words`, spelled as there, or of a file with one word per line."""

    many = True
    proven = True

    def __init__(self, words: Sequence[str]) -> None:
        self.name = f"words={','.join(words[:5])}" + (",..." if len(words) > 5 else "")
        if len(words) == 1 and _is_file(words[0]):
            words = _read(Path(words[0]))
        self.words = sorted(set(words))
        for word in self.words:
            if not word or not all(is_word_character(char) or char == "'" for char in word):
                raise BadSyntax(
                    f"`words` has `{word:.40}`, which is not one word",
                    hint="a word has no spaces and no signs but `'`; "
                    "for a file of words, give its path",
                )

    def bind(self, vocabulary: Vocabulary) -> Machine | Single:
        """The machine."""
        characters = "".join(dict.fromkeys("".join(self.words)))
        return bind_bytes(self.name, texts_of(self.words), vocabulary, characters)

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """The first word of a finished text that is not in the list."""
        words = set(self.words)
        return text_fault(machine.vocabulary, steps, lambda text: unknown_word(text, words))


def unknown_word(text: str, words: Set[str]) -> str | None:
    """What is wrong with a text whose words should all be in a list."""
    found = stranger(text, words)
    return None if found is None else f"{shown(found)} is not in the list"


def _is_file(name: str) -> bool:
    if "/" in name or "\\" in name or "." in name:
        return True
    try:
        return Path(name).is_file()
    except OSError:  # too long for a name
        return False


def _read(path: Path) -> list[str]:
    words = read_text(path, "the words", LARGEST_FILE).split()
    if not words:
        raise BadSyntax(f"the word list `{path}` is empty", hint="write one word per line")
    return words
