"""What is wrong with a requested poem, and why a step of a poem is forbidden."""

from __future__ import annotations

from importlib.resources import files

import pytest

from rnngen import Checking, describe_options
from rnngen.contracts.constraint import Vocabulary
from rnngen.contracts.errors import DataError, UsageError
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.errors import Contradiction, EmptyLanguage, Unspellable
from rnngen_constrained.machines.make import make
from rnngen_poetry.constraints import Options

END = 0
TEXT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \n,.;:!?'"


def vocabulary(characters):
    tokens = [b"", *(character.encode() for character in characters)]
    return Vocabulary(tokens, ["<end>", *characters], END)


def dictionary(tmp_path, lines):
    file = tmp_path / "small.dict"
    file.write_text("\n".join(lines), encoding="utf-8")
    return {"rhymes": str(file)}


def bind(kind, text, options, characters=TEXT):
    return make(kind, text, options).bind(vocabulary(characters))


SMALL = ["MOON  M UW1 N", "JUNE  JH UW1 N", "RIVER  R IH1 V ER0", "CAFÉ  K AE0 F EY1"]


def test_a_missing_or_broken_dictionary_is_an_error_of_the_constraint(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        bind("haiku", "", {"rhymes": str(tmp_path / "none")})
    with pytest.raises(DataError, match="line 2 of"):
        bind("haiku", "", dictionary(tmp_path, ["MOON  M UW1 N", "JUNE"]))


def test_a_scheme_that_no_rhyme_can_fill_names_its_lines(tmp_path):
    options = dictionary(tmp_path, SMALL)
    with pytest.raises(EmptyLanguage, match=r"no rhyme of `.*` has 3 words for lines 1, 2 and 4"):
        bind("syllables", "3/3/3/3 AABA", options)
    assert bind("syllables", "3/3/3/3 ABAC", options)
    assert bind("syllables", "3/3/3/3 AABA", {**options, "repeat": "yes"})


def test_syllables_that_no_words_add_up_to_name_their_line(tmp_path):
    options = dictionary(tmp_path, ["RIVER  R IH1 V ER0"])
    with pytest.raises(EmptyLanguage, match=r"make line 2 of `syllables=4/5`, 5 syllables"):
        bind("syllables", "4/5", options)
    with pytest.raises(EmptyLanguage, match=r"no word of .* fits into a line of `syllables=1`"):
        bind("syllables", "1", options)


def test_characters_that_the_vocabulary_lacks_are_named(tmp_path):
    options = dictionary(tmp_path, ["CAFÉ  K AE0 F EY1", "NAÏVE  N AY0 IY1 V"])
    with pytest.raises(Unspellable, match=r"never seen the characters `é`, `ï`"):
        bind("syllables", "2", options)
    with pytest.raises(EmptyLanguage) as caught:
        bind("syllables", "3", dictionary(tmp_path, ["CAFÉ  K AE0 F EY1", "RIVER  R IH1 V ER0"]))
    assert "never seen the character `é`" in caught.value.hint
    assert bind("syllables", "2", dictionary(tmp_path, SMALL))


def test_a_vocabulary_without_lines_spaces_or_text_is_refused():
    with pytest.raises(Unspellable, match="never seen a line break"):
        bind("haiku", "", {}, TEXT.replace("\n", ""))
    with pytest.raises(Unspellable, match="never seen a space"):
        bind("haiku", "", {}, TEXT.replace(" ", ""))
    music = Vocabulary([b"", b""], ["<end>", "NOTE_60"], END)
    with pytest.raises(Unspellable, match="is about text"):
        make("haiku", "", {}).bind(music)


@pytest.mark.parametrize(
    ("kind", "text", "options", "message"),
    [
        ("haiku", "5", {}, "`haiku` takes no text, but `5` was given"),
        ("limerick", "x", {}, "`limerick` takes no text"),
        ("couplets", "many", {}, "`couplets` takes a number of lines, not `many`"),
        ("couplets", "5", {}, "couplets can't have 5 lines, expected an even number"),
        ("couplets", "4", {"line_syllables": "9-6"}, "a line of 9-6 syllables can't be written"),
        ("syllables", "", {}, "`syllables` has no lines"),
        ("syllables", "8/x", {}, "`x` is not a syllable count"),
        ("syllables", "0", {}, "a line of 0 syllables can't be written, expected 1 to 60"),
        ("syllables", "8/6", {"form": "A?"}, "`A.` is not a rhyme scheme: `.` is not a letter"),
        ("syllables", "8/6 AAAAAAAA", {}, "8 lines with different measures share the rhyme `A`"),
        ("metre", "iambic-pentametre", {}, "there is no metre `iambic-pentametre`"),
        ("metre", "AB", {}, "`metre` has no lines"),
    ],
)
def test_what_makes_no_sense_is_refused(kind, text, options, message):
    with pytest.raises(UsageError, match=message):
        make(kind, text, options)


def test_the_metre_that_was_meant_is_suggested():
    with pytest.raises(UsageError) as caught:
        make("metre", "iambic-pentametre", {})
    assert caught.value.hint == "did you mean `iambic-pentameter`?"


def sentence(machine, text, step, left=None):
    state = machine.reading.read(machine.start(), text.encode())
    number = END if step is None else TEXT.index(step) + 1
    return machine.explain(state, number, left)


@pytest.mark.parametrize(
    ("text", "step", "why"),
    [
        (
            "a silent river,\nsummer moon and the un",
            "i",
            "line 2 needs 7 syllables, 5 are written, `university` has 5",
        ),
        ("moon", "x", "no word of the dictionary begins with `moonx`"),
        ("moo", " ", "`moo` is not a word of the dictionary"),
        ("", " ", "' ' has to follow a word"),
        ("moon,", ".", "`.` can't follow a comma"),
        ("moon", "\n", "line 1 needs 5 syllables, 0 are written, `moon` has 1"),
        ("a silent river", None, "line 1 of 3 is not the last"),
        ("a silent river", " ", "line 1 needs 5 syllables, 3 are written, `river` has 2"),
        ("a silent river\nmoon", None, "line 2 needs 7 syllables, 0 are written, `moon` has 1"),
    ],
)
def test_a_forbidden_step_is_explained_in_the_words_of_a_poet(text, step, why):
    reason = sentence(bind("haiku", "", {}), text, step)
    assert (reason.kind, reason.rule, reason.text) == ("rule", "haiku", f"haiku: {why}")


def test_a_rhyme_that_is_missing_is_explained():
    machine = bind("couplets", "2", {"line_syllables": "2"})
    reason = sentence(machine, "the moon\na ", "c")
    assert reason.text.endswith(
        "line 2 has to rhyme with `moon`, no word that begins with `c` does"
    )
    machine = bind("couplets", "2", {"line_syllables": "1-2"})
    reason = sentence(machine, "moon\na", None)
    assert reason.text.endswith("line 2 has to rhyme with `moon`, `a` does not")
    reason = sentence(machine, "moon\nmoon", None)
    assert reason.text.endswith("`moon` already ends a line that line 2 rhymes with")
    machine = bind("couplets", "2", {"line_syllables": "1"})
    reason = sentence(machine, "wor", "l")
    assert reason.text.endswith(
        "line 1 has to rhyme with line 2, no word that begins with `worl` does"
    )


def test_an_ending_that_is_given_instead_is_a_shortest_one():
    machine = bind("haiku", "", {})
    state = machine.reading.read(machine.start(), b"moo")
    reason = machine.explain(state, TEXT.index(" ") + 1, None)
    assert len(reason.ending) == machine.needed(state)
    for left in range(len(reason.ending), 0, -1):
        step = reason.ending[-left]
        assert step in machine.allowed(state, left)
        state = machine.advance(state, step)
    assert END in machine.allowed(state, 0)


def test_a_budget_that_is_too_short_is_explained_with_what_is_needed():
    machine = bind("haiku", "", {})
    state = machine.start()
    needed = machine.needed(state)
    step = TEXT.index("u") + 1
    after = machine.needed(machine.advance(state, step))
    reason = machine.explain(state, step, needed)
    assert after + 1 > needed
    assert reason.kind == "length"
    assert f"takes {after + 1} steps, {needed} are left" in reason.text


def test_a_step_that_is_allowed_is_not_explained():
    machine = bind("haiku", "", {})
    with pytest.raises(ValueError, match="is allowed"):
        machine.explain(machine.start(), TEXT.index("m") + 1, None)


def test_a_required_word_that_the_dictionary_lacks_is_named_with_the_dictionary():
    words = Checking((("haiku", ""), ("must-include", "moon,zebra")))
    with pytest.raises(Contradiction) as caught:
        Constrained().check(words)
    assert "`must_include=zebra`" in caught.value.message
    assert "moon" not in caught.value.message
    assert "the 466 words of the built-in dictionary" in caught.value.hint
    assert "rhymes=FILE" in caught.value.hint


def test_the_number_of_words_that_is_told_is_that_of_the_dictionary():
    own = (files("rnngen_poetry") / "words.dict").read_text("utf-8").split("\n")
    count = len({line.split()[0].partition("(")[0] for line in own if line[:1].isalpha()})
    checked = Constrained().check(Checking((("haiku", ""),), samples=0))
    assert f"the {count} words of the built-in dictionary" in checked.parts[0].engine
    described = {one.name: one.help for one in describe_options(Options)}
    assert f"of {count} words" in described["rhymes"]
