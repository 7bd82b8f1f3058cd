"""The kinds of constraints that are poems: haiku, couplets, limerick, syllables and metre."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rnngen import Constraint, option
from rnngen_constrained import BadSyntax
from rnngen_poetry import forms
from rnngen_poetry.forms import Form
from rnngen_poetry.measure import read_metre, read_syllables

if TYPE_CHECKING:
    from rnngen import Vocabulary
    from rnngen_poetry.dictionary import Dictionary
    from rnngen_poetry.poem import Poem

OWN = "words.dict"


@dataclass(frozen=True)
class Options:
    """Poems made only of words from a pronouncing dictionary."""

    rhymes: str | None = option(
        None, "pronouncing dictionary in CMUdict's notation; none: the built-in one of 466 words"
    )
    form: str = option("", "which lines rhyme, such as `ABAB`; `-`: need not rhyme")
    lines: int | None = option(None, "number of lines", min=1, max=forms.LONGEST)
    line_syllables: str = option("6-10", "couplets: syllables per line, `8` or `6-10`")
    capitals: Literal["optional", "always", "never"] = option(
        "optional", "whether lines begin with a capital"
    )
    punctuation: bool = option(True, "whether there may be commas, and signs at the end of lines")
    repeat: bool = option(False, "whether a word may rhyme with itself")


class PoemConstraint(Constraint):
    """A poem of some form.

    Args:
        name: the constraint as the user wrote it.
        form: the poem's lines.
        options: how it is written.
    """

    proven = True

    def __init__(self, name: str, form: Form, options: Options) -> None:
        self.name = name
        self.form = form
        self._options = options

    def bind(self, vocabulary: Vocabulary) -> Poem:
        """The machine.

        Raises:
            UsageError, DataError: the dictionary can't be read.
            EmptyLanguage: no such poem can be written with its words, or by this model.
        """
        from rnngen_poetry.feasible import empty, no_words
        from rnngen_poetry.lexicon import NoWords, make_lexicon
        from rnngen_poetry.poem import Poem

        dictionary = self._dictionary()
        try:
            lexicon = make_lexicon(
                dictionary,
                self.form,
                vocabulary,
                punctuation=self._options.punctuation,
                capitals=self._options.capitals,
                repeat=self._options.repeat,
            )
        except NoWords as error:
            raise no_words(self.name, dictionary, vocabulary, error.missing) from None
        machine = Poem(lexicon, vocabulary, self.name)
        if machine.reading.impossible:
            raise empty(self.name, dictionary, vocabulary, lexicon)
        own = self._options.rhymes is None
        which = "the built-in dictionary" if own else f"`{dictionary.name}`"
        words = f"{len(dictionary.words):,} words of {which}"
        machine.engine = f"poem of the {words}, states made when reached"
        machine.limits = f"`{self.name}` has only the {words}; `-o rhymes=FILE` reads another"
        return machine

    def _dictionary(self) -> Dictionary:
        from rnngen_poetry.dictionary import read_dictionary

        if self._options.rhymes is not None:
            return read_dictionary(Path(self._options.rhymes))
        with as_file(files(__package__) / OWN) as path:
            return read_dictionary(path)


def haiku(text: str, options: Options | None = None) -> PoemConstraint:
    """Three lines of 5, 7 and 5 syllables."""
    _refuse_text("haiku", text)
    return PoemConstraint("haiku", forms.haiku(), options or Options())


def limerick(text: str, options: Options | None = None) -> PoemConstraint:
    """Five lines that rhyme AABBA."""
    _refuse_text("limerick", text)
    return PoemConstraint("limerick", forms.limerick(), options or Options())


def couplets(text: str, options: Options | None = None) -> PoemConstraint:
    """Lines that rhyme in pairs; the text is the number of lines."""
    settings = options or Options()
    if text and not text.strip().isdecimal():
        raise BadSyntax(
            f"`couplets` takes a number of lines, not `{text}`", hint="for example `couplets:6`"
        )
    lines = int(text) if text else settings.lines or 4
    form = forms.couplets(lines, read_syllables(settings.line_syllables))
    return PoemConstraint(f"couplets={text}".removesuffix("="), form, settings)


def syllables(text: str, options: Options | None = None) -> PoemConstraint:
    """Lines by syllables, `8/6/8/6`; then, if lines rhyme, their scheme: `ABCB`."""
    return _free("syllables", text, options or Options())


def metre(text: str, options: Options | None = None) -> PoemConstraint:
    """Lines of a metre, `iambic-pentameter`; then, if lines rhyme, their scheme: `ABAB`."""
    return _free("metre", text, options or Options())


def _free(kind: Literal["syllables", "metre"], text: str, settings: Options) -> PoemConstraint:
    # Commas separate rules on the command line, so other signs are accepted here.
    parts = [part for part in re.split(r"[,;/\s]+", text) if part]
    scheme = settings.form
    if parts and re.fullmatch("[A-Z-]*[A-Z][A-Z-]*", parts[-1]):
        scheme = parts.pop()
    if not parts:
        example = "syllables:8/6/8/6 ABCB" if kind == "syllables" else "metre:iambic-pentameter"
        raise BadSyntax(f"`{kind}` has no lines", hint=f"for example `{example}`")
    read = read_syllables if kind == "syllables" else read_metre
    measures = [read(part) for part in parts]
    form = forms.free_form(measures, scheme, settings.lines, kind)
    return PoemConstraint(f"{kind}={text}", form, settings)


def _refuse_text(kind: str, text: str) -> None:
    if text.strip():
        raise BadSyntax(
            f"`{kind}` takes no text, but `{text}` was given", hint=f"write `rule={kind}`"
        )
