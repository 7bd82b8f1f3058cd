"""The machine for poems against all possible poems, written out from the definition."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.constraint import INFINITE, Vocabulary
from rnngen_poetry.dictionary import Dictionary, Pronunciation
from rnngen_poetry.forms import Form
from rnngen_poetry.lexicon import NoWords, make_lexicon
from rnngen_poetry.measure import Measure
from rnngen_poetry.poem import Poem

END = 0


def vocabulary_of(tokens):
    listed = [b"", *dict.fromkeys(tokens)]
    return Vocabulary(listed, [repr(token) for token in listed], END)


def fits_metre(stresses, metre, place):
    if not metre or len(stresses) == 1:
        return True
    return all(
        stress == "2" or stress == metre[place + number] for number, stress in enumerate(stresses)
    )


def lines_of(words, measure):
    """Every line of a measure: words with one pronunciation each."""
    found = []

    def extend(line, place):
        if line and place in measure.counts:
            found.append(line)
        for word, said in words.items():
            for spoken in said:
                after = place + len(spoken.stresses)
                if after <= max(measure.counts) and fits_metre(
                    spoken.stresses, measure.metre, place
                ):
                    extend([*line, (word, spoken)], after)

    extend([], 0)
    return found


def spellings(line, capitals, punctuation, last):
    texts = [""]
    for number, (word, _) in enumerate(line):
        forms = {word}
        if number == 0 and capitals != "never":
            upper = word[0].upper() + word[1:]
            forms = {upper} if capitals == "always" else {word, upper}
        between = [""]
        if number:
            between = [" ", ", "] if punctuation else [" "]
        texts = [text + space + form for text in texts for space in between for form in forms]
    if punctuation:
        signs = ["", ".", ";", ":", "!", "?"] + ([] if last else [","])
        texts = [text + sign for text in texts for sign in signs]
    return texts


def all_poems(words, form, capitals, punctuation, repeat, limit):
    """Every poem as text, or None where there are more than `limit`."""
    options = [lines_of(words, measure) for measure in form.measures]
    count = 1
    for listed in options:
        count *= len(listed)
    if count > limit:
        return None
    poems = set()
    for lines in product(*options):
        ends = {}
        good = True
        for number, line in enumerate(lines):
            letter = form.letter(number)
            if letter is None:
                continue
            word, spoken = line[-1]
            others = ends.setdefault(letter, [])
            good &= all(spoken.rhyme == rhyme for _, rhyme in others)
            good &= repeat or all(word != other for other, _ in others)
            others.append((word, spoken.rhyme))
        if not good:
            continue
        written = [
            spellings(line, capitals, punctuation, number == len(lines) - 1)
            for number, line in enumerate(lines)
        ]
        total = 1
        for texts in written:
            total *= len(texts)
        if total > limit or len(poems) > limit:
            return None
        poems.update("\n".join(texts) for texts in product(*written))
    return {poem.encode() for poem in poems}


def fewest_steps(poems, tokens):
    """For each beginning of a poem, the fewest tokens from there to the end of any poem."""
    known = {token for token in tokens if token}
    longest = max(map(len, known))
    far = 10**6
    least = {}
    for poem in poems:
        steps = [far] * len(poem) + [0]
        for begin in range(len(poem) - 1, -1, -1):
            for end in range(begin + 1, min(len(poem), begin + longest) + 1):
                if poem[begin:end] in known:
                    steps[begin] = min(steps[begin], steps[end] + 1)
        for place, count in enumerate(steps):
            beginning = poem[:place]
            least[beginning] = min(least.get(beginning, far), count)
    return {beginning: count for beginning, count in least.items() if count < far}


WORDS = st.lists(st.text("abé", min_size=1, max_size=3), min_size=1, max_size=5, unique=True)
SAID = st.lists(
    st.builds(
        Pronunciation,
        st.sampled_from(["0", "1", "01", "10", "20", "010"]),
        st.sampled_from(["A", "B", "C"]),
    ),
    min_size=1,
    max_size=2,
    unique=True,
)
MEASURES = st.one_of(
    st.frozensets(st.integers(1, 3), min_size=1, max_size=2).map(Measure),
    st.sampled_from(["01", "10", "010"]).map(lambda m: Measure(frozenset({len(m)}), m)),
)
MERGES = st.lists(st.text("abé", min_size=2, max_size=3), max_size=4)


@st.composite
def poems(draw):
    words = draw(WORDS)
    said = {word: tuple(draw(SAID)) for word in words}
    count = draw(st.integers(1, 4))
    same = draw(st.booleans())
    first = draw(MEASURES)
    measures = tuple(first if same else draw(MEASURES) for _ in range(count))
    letters = tuple(draw(st.text("AAB-", min_size=count, max_size=count)))
    return Dictionary(said, 0, "test"), Form(measures, letters)


@st.composite
def vocabularies(draw, spanning=False):
    signs = [" ", "\n", ",", ".", ";", ":", "!", "?"]
    kind = draw(st.sampled_from(["characters", "bytes", "merges"]))
    if kind == "bytes" and not spanning:
        text = "aAbBéÉ" + "".join(signs)
        return vocabulary_of(bytes([byte]) for byte in sorted(set(text.encode())))
    singles = [character.encode() for character in [*"aAbBéÉ", *signs]]
    merges = [text.encode() for text in draw(MERGES)]
    more = [b" " + text for text in merges[:2]] + [b"\nA", b", a", b".\n", b",\n"]
    if spanning:
        more += [b"a ", b"b a", b"a\n", b" a b", b"\xa9\n"]
    if kind == "characters" and not spanning:
        merges = more = []
    return vocabulary_of([*singles, *merges, *more])


def make(dictionary, form, vocabulary, capitals, punctuation, repeat):
    lexicon = make_lexicon(
        dictionary, form, vocabulary, punctuation=punctuation, capitals=capitals, repeat=repeat
    )
    return Poem(lexicon, vocabulary, "poem")


SETTINGS = {
    "capitals": st.sampled_from(["never", "optional", "always"]),
    "punctuation": st.booleans(),
    "repeat": st.booleans(),
    "seed": st.integers(0, 2**32),
}


@settings(max_examples=200, deadline=None)
@given(case=poems(), vocabulary=vocabularies(), **SETTINGS)
def test_steps_and_the_fewest_needed_are_those_of_all_poems(
    case, vocabulary, capitals, punctuation, repeat, seed
):
    dictionary, form = case
    expected = all_poems(dictionary.words, form, capitals, punctuation, repeat, 3000)
    if expected is None:
        return
    try:
        machine = make(dictionary, form, vocabulary, capitals, punctuation, repeat)
    except NoWords:
        assert not expected
        return
    assert machine.exact
    least = fewest_steps(expected, vocabulary.tokens)
    rng = random.Random(seed)
    state, text = machine.start(), b""
    assert machine.needed(state) == least.get(b"", INFINITE)
    while expected:
        after = {
            step: least[text + token]
            for step, token in enumerate(vocabulary.tokens)
            if token and text + token in least
        }
        over = [END] if text in expected else []
        assert sorted(machine.allowed(state, None)) == over + sorted(after)
        for left in range(least[text], least[text] + 4):
            wanted = [step for step, steps in after.items() if steps < left]
            assert sorted(machine.allowed(state, left)) == over + sorted(wanted)
        if not after:
            return
        step = rng.choice(sorted(after))
        state, text = machine.advance(state, step), text + vocabulary.tokens[step]
        assert machine.needed(state) == least[text]


@settings(max_examples=100, deadline=None)
@given(case=poems(), vocabulary=vocabularies(spanning=True), **SETTINGS)
def test_tokens_that_span_words_lead_into_no_dead_end(
    case, vocabulary, capitals, punctuation, repeat, seed
):
    dictionary, form = case
    expected = all_poems(dictionary.words, form, capitals, punctuation, repeat, 3000)
    if not expected:
        return
    machine = make(dictionary, form, vocabulary, capitals, punctuation, repeat)
    least = fewest_steps(expected, vocabulary.tokens)
    rng = random.Random(seed)
    state, text = machine.start(), b""
    left = machine.needed(state) + rng.randrange(4)
    while True:
        after = {
            step for step, token in enumerate(vocabulary.tokens) if token and text + token in least
        }
        over = {END} if text in expected else set()
        assert set(machine.allowed(state, None)) == after | over
        assert least[text] <= machine.needed(state) <= left
        step = rng.choice(sorted(machine.allowed(state, left)))
        if step == END:
            return
        state, text, left = machine.advance(state, step), text + vocabulary.tokens[step], left - 1


def test_a_step_that_is_not_allowed_is_refused():
    vocabulary = vocabulary_of([b"a", b"b", b" ", b"\n"])
    dictionary = Dictionary({"a": (Pronunciation("1", "A"),)}, 0, "test")
    machine = make(dictionary, Form((Measure(frozenset({2})),)), vocabulary, "never", False, False)
    with pytest.raises(ValueError, match="not allowed"):
        machine.advance(machine.start(), 2)
