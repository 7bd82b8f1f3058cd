"""The errors where no poem at all can be written, with what is missing."""

from __future__ import annotations

from collections import Counter

from rnngen import Vocabulary
from rnngen_constrained import ConstraintError, EmptyLanguage, Unspellable
from rnngen_poetry.dictionary import Dictionary
from rnngen_poetry.lexicon import Lexicon
from rnngen_poetry.spelling import FAR

SHOWN = 10


def no_words(
    rule: str, dictionary: Dictionary, vocabulary: Vocabulary, missing: Counter[str]
) -> ConstraintError:
    """The error where no word of the dictionary can be used."""
    if not any(vocabulary.tokens):
        return Unspellable(
            f"`{rule}` is about text, and the model's steps are not", hint="use rules for its steps"
        )
    if missing:
        return Unspellable(
            f"the model can't write any word of `{dictionary.name}` for `{rule}`: it has never "
            f"seen {_characters(missing)}",
            hint="train on text with these characters, or with `--tokens byte`",
        )
    return EmptyLanguage(
        f"no word of `{dictionary.name}` fits into a line of `{rule}`",
        hint="allow more syllables per line, or use a dictionary with shorter words",
    )


def empty(
    rule: str, dictionary: Dictionary, vocabulary: Vocabulary, lexicon: Lexicon
) -> ConstraintError:
    """The error where words can be used, but no poem can be made of them."""
    form, plan, spelling = lexicon.form, lexicon.plan, lexicon.spelling
    short = _hint(lexicon)
    if form.length > 1 and not any(len(moves.lines[0]) for moves in spelling.moves.values()):
        return Unspellable(
            f"the model can't write `{rule}`: it has never seen a line break",
            hint="train on text with lines, or with `--tokens byte`",
        )
    for line, measure in enumerate(form.measures):
        if int(plan.rhymes.ending[plan.measure[line]].min()) < FAR:
            continue
        if not len(spelling.moves["word"].words[0]):
            return Unspellable(
                f"the model can't write `{rule}`: it has never seen a space between words",
                hint="train on text with spaces, or with `--tokens byte`",
            )
        return EmptyLanguage(
            f"no words of `{dictionary.name}` make line {line + 1} of `{rule}`, {measure.name}",
            hint=short or "use another number of syllables, or a larger dictionary",
        )
    for letter in dict.fromkeys(filter(None, plan.letters)):
        lines = [line for line in range(form.length) if plan.letters[line] == letter]
        rests = plan.rhymes.rests(plan.measures_after(lines[0], letter))
        if int((plan.rhymes.ending[plan.measure[lines[0]]] + rests).min()) >= FAR:
            numbers = ", ".join(str(line + 1) for line in lines[:-1])
            return EmptyLanguage(
                f"no rhyme of `{dictionary.name}` has {len(lines)} words for lines {numbers} and "
                f"{lines[-1] + 1} of `{rule}`",
                hint=short or "let fewer lines rhyme, allow `repeat`, or use a larger dictionary",
            )
    return EmptyLanguage(
        f"no poem with the words of `{dictionary.name}` satisfies `{rule}`", hint=short
    )


def _hint(lexicon: Lexicon) -> str | None:
    if not lexicon.missing:
        return None
    return f"many words can't be used, as the model has never seen {_characters(lexicon.missing)}"


def _characters(missing: Counter[str]) -> str:
    most = [letter for letter, _ in missing.most_common(SHOWN)]
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    named = ", ".join(f"`{letter}`" if letter.isprintable() else repr(letter) for letter in most)
    return f"the character{'s' * (len(missing) > 1)} {named}{more}"
