import json
import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.components.domains.text.codecs import CODECS, ByteCodec, CharCodec, WordCodec, fit, load
from rnngen.components.domains.text.codecs.subword import ALPHABET
from rnngen.components.domains.text.codecs.word import frequent
from rnngen.components.domains.text.codecs.wordwise import sample
from rnngen.components.domains.text.options import read_tokens
from rnngen.contracts.codec import Codec
from rnngen.contracts.errors import BundleError, DataError
from rnngen.contracts.steps import Piece

TEXT = (
    """The whale, the whale! Up helm, up helm! Oh, all ye sweet powers of air, now hug me close!
Let not the whale, the mad fiend, don't let the whale come near us. — Starbuck's naïve prayer 1851.
"""
    * 8
)

KINDS = ["char", "byte", "word:40", "bpe:320", "unigram:320"]
OPEN = KINDS[1:]
"""Kinds of tokens that every text has."""

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LIKELY = st.text("the whale'\n é\u3000\r\t1中🙂_-.\x00", max_size=60)


def pieces(*texts) -> list[Piece]:
    return [Piece(text, True, len(text)) for text in texts]


FITTED = {kind: fit(read_tokens(kind), lambda: pieces(TEXT), "\n") for kind in KINDS}


@pytest.fixture(params=KINDS)
def codec(request) -> Codec:
    return FITTED[request.param]


@pytest.fixture(params=OPEN)
def open_codec(request) -> Codec:
    return FITTED[request.param]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(OPEN), ANY | LIKELY)
def test_any_text_comes_back_as_it_was(kind, text):
    codec = FITTED[kind]
    steps = codec.encode(text)
    assert codec.decode(steps) == text
    assert codec.decode_bytes(steps) == text.encode()
    assert codec.boundary not in steps
    assert steps.max(initial=0) < codec.size


@settings(max_examples=60, deadline=None)
@given(st.text(sorted(set(TEXT))))
def test_characters_come_back_as_they_were(text):
    steps = FITTED["char"].encode(text)
    assert FITTED["char"].decode(steps) == text
    assert len(steps) == len(text)
    assert 0 not in steps


@settings(max_examples=60, deadline=None)
@given(st.binary())
def test_any_bytes_come_back_as_they_were(data):
    codec = FITTED["byte"]
    assert codec.decode_bytes(codec.encode(data)) == data


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["char", "byte"]), st.text(sorted(set(TEXT))), st.integers(0, 50))
def test_where_text_is_cut_does_not_change_characters_and_bytes(kind, text, cut):
    codec = FITTED[kind]
    parts = np.concatenate([codec.encode(text[:cut]), codec.encode(text[cut:])])
    assert parts.tolist() == codec.encode(text).tolist()


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KINDS), st.text("the whale\n ,!"), st.integers(0, 60))
def test_a_cut_between_a_word_and_a_space_changes_no_tokens(kind, text, near):
    codec = FITTED[kind]
    cuts = [i for i in range(1, len(text)) if not text[i - 1].isspace() and text[i].isspace()]
    if cuts:
        cut = cuts[near % len(cuts)]
        parts = np.concatenate([codec.encode(text[:cut]), codec.encode(text[cut:])])
        assert parts.tolist() == codec.encode(text).tolist()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_a_stream_gives_what_decode_gives(kind, data):
    codec = FITTED[kind]
    steps = data.draw(st.lists(st.integers(0, codec.size - 1), max_size=40))
    stream = codec.stream()
    text = "".join([stream.feed(step) for step in steps]) + stream.flush()
    assert text == codec.decode(steps)
    assert text == codec.decode(np.array(steps, codec.dtype))
    whole = codec.decode_bytes(steps)
    assert text == whole.decode(errors="replace") or 0 in steps[1:]


def test_a_character_is_held_back_until_it_is_whole():
    codec = FITTED["byte"]
    stream = codec.stream()
    assert [stream.feed(step) for step in codec.encode("aé🙂")] == ["a", "", "é", "", "", "", "🙂"]


def test_half_a_character_is_shown_as_such_when_a_document_ends():
    codec = FITTED["byte"]
    half = codec.encode("é")[:1].tolist()
    assert codec.decode([*half, 0, *codec.encode("b")]) == "\ufffd\nb"
    assert codec.decode(half) == "\ufffd"


def test_boundaries_become_separators_between_documents(codec):
    one, two = codec.encode("the whale").tolist(), codec.encode("air").tolist()
    assert codec.decode([0, *one, 0, *two]) == "the whale\nair"
    assert codec.decode([*one, 0, *two, 0]) == "the whale\nair\n"
    assert codec.decode_bytes([0, *one, 0, *two]) == b"the whale\nair"


def test_the_bytes_of_tokens_are_the_bytes_of_the_text(codec):
    steps = codec.encode("the whale, naïve")
    assert b"".join(codec.bytes_of(step) for step in steps) == "the whale, naïve".encode()
    assert codec.bytes_of(codec.boundary) == b""


def test_several_contents_at_once_are_encoded_as_one_by_one(codec):
    texts = ["the whale", "", "up helm!", "naïve"]
    steps, lengths = codec.encode_many(texts)
    alone = [codec.encode(text) for text in texts]
    assert steps.tolist() == np.concatenate(alone).tolist()
    assert lengths == [len(part) for part in alone]
    assert steps.dtype == codec.dtype


def test_the_files_of_a_codec_give_the_same_codec(codec):
    again = load(codec.files())
    assert type(again) is type(codec)
    assert (again.size, again.separator) == (codec.size, codec.separator)
    assert again.encode(TEXT).tolist() == codec.encode(TEXT).tolist()
    assert again.files() == codec.files()


def test_files_are_json_and_nothing_else(codec):
    assert [json.loads(data)["kind"] for data in codec.files().values()] == [codec.kind]


def test_tokens_are_shown_as_a_person_reads_them(codec):
    shown = [codec.token(step) for step in range(codec.size)]
    assert shown[0] == "<boundary>"
    assert all(text.isprintable() and text for text in shown)
    assert "␣" in shown
    assert "\\n" in shown


def test_bytes_that_are_no_text_are_shown_as_numbers():
    assert FITTED["byte"].token(0xE4 + 1) == "<0xE4>"


def test_growing_keeps_the_meaning_of_every_old_id(codec):
    grown = codec.grow(pieces("ξένος ξένος the ξένος žluť žluť"))
    assert [grown.bytes_of(step) for step in range(codec.size)] == [
        codec.bytes_of(step) for step in range(codec.size)
    ]
    text = "ξένος žluť the whale"
    assert grown.decode(grown.encode(text)) == text
    assert load(grown.files()).encode(text).tolist() == grown.encode(text).tolist()


def test_growing_adds_characters_and_words_only():
    new = pieces("ξένος žluť ξένος žluť\nžluť")
    sizes = {kind: FITTED[kind].grow(new).size - FITTED[kind].size for kind in KINDS}
    assert sizes == {"char": 7, "byte": 0, "word:40": 1, "bpe:320": 0, "unigram:320": 0}
    same = pieces("the whale the whale")
    assert all(FITTED[kind].grow(same) is FITTED[kind] for kind in KINDS)


def test_characters_are_in_order_of_code_point():
    codec = CharCodec.fit(pieces("zebra", "Äa\n"), "\n")
    assert [codec.token(step) for step in range(codec.size)] == [
        "<boundary>", "\\n", "a", "b", "e", "r", "z", "Ä",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["the é", "the 中", "the \x00", "\ud800"])
def test_an_unknown_character_is_an_error_that_lists_it(text):
    codec = CharCodec.fit(pieces("the whale"), "\n")
    with pytest.raises(DataError, match="never seen the character") as error:
        codec.encode(text)
    assert (text[-1] if text[-1].isprintable() else repr(text[-1])) in error.value.message
    assert "text.unseen=replace" in error.value.hint


def test_many_unknown_characters_are_not_all_listed():
    codec = CharCodec.fit(pieces("a"), "\n")
    with pytest.raises(DataError, match="and 18 more"):
        codec.encode("abcdefghijklmnopqrstuvwxyz1")


def test_unknown_characters_can_be_replaced_and_counted():
    codec = CharCodec.fit(pieces("the whale"), "\n", replace=True)
    steps = codec.encode("the ÿ🙂 whale\udcff")
    assert codec.decode(steps) == "the \ufffd\ufffd whale\ufffd"
    assert np.count_nonzero(steps == codec.unknown) == 3
    assert load(codec.files()).encode("ö").tolist() == [codec.unknown]
    assert codec.grow(pieces("ö")).encode("öä").tolist() == [codec.size, codec.unknown]


def test_more_than_255_characters_get_wider_ids():
    alphabet = "".join(map(chr, range(0x4E00, 0x4E00 + 300)))
    codec = CharCodec.fit(pieces(alphabet), "\n").grow(pieces("abc"))
    assert codec.dtype == np.uint16
    assert codec.decode(codec.encode("abc" + alphabet)) == "abc" + alphabet


def test_long_and_short_pieces_have_the_same_characters():
    text = "".join(map(chr, range(32, 700))) * 3
    whole = CharCodec.fit(pieces(text), "\n")
    assert CharCodec.fit(pieces(*text), "\n").characters == whole.characters
    ascii_text = "".join(map(chr, range(128))) * 20
    parts = pieces("ab", ascii_text, ascii_text)
    assert CharCodec.fit(parts, "\n").characters == tuple(map(chr, range(128)))


@pytest.mark.parametrize("kind", ["byte", "word:40", "bpe:320", "unigram:320"])
def test_half_a_surrogate_pair_is_an_error(kind):
    with pytest.raises(DataError, match="not a character"):
        FITTED[kind].encode("a\ud800")


def test_frequent_words_have_one_id_with_their_space():
    codec = WordCodec.fit(pieces("the cat and the cat, and the dog's dog's"), "\n", 10)
    assert codec.vocabulary == (" and", " cat", " dog's", " the")
    assert [codec.token(step) for step in codec.encode("x the dog's")] == ["x", "␣the", "␣dog's"]


def test_words_are_counted_in_bounded_memory(monkeypatch):
    from rnngen.components.domains.text.codecs import word

    monkeypatch.setattr(word, "COUNTED", 50)
    rare = [f"rare{number}" for number in range(1000)]
    texts = [f"whale {one} ship {two}" for one, two in zip(rare[::2], rare[1::2], strict=True)]
    assert set(frequent(pieces(*texts), 3)) >= {"whale", " ship"}


def test_remembered_words_are_forgotten_when_there_are_too_many(monkeypatch):
    from rnngen.components.domains.text.codecs import wordwise

    monkeypatch.setattr(wordwise, "REMEMBERED", 2000)
    codec = load(FITTED["bpe:320"].files())
    for number in range(300):
        text = f"word{number} whale"
        assert codec.decode(codec.encode(text)) == text
    assert len(codec._known) < 40


def test_subwords_make_text_shorter(open_codec):
    if open_codec.kind != "byte":
        assert len(open_codec.encode(TEXT)) < 0.6 * len(TEXT)


@pytest.mark.parametrize("kind", ["bpe:300", "unigram:300", "bpe:257", "unigram:257"])
def test_subword_vocabularies_are_no_larger_than_asked_for(kind):
    codec = fit(read_tokens(kind), lambda: pieces(TEXT), "\n")
    asked = int(kind.partition(":")[2])
    assert 0.9 * asked < codec.size <= asked
    assert codec.decode(codec.encode("中 the")) == "中 the"


@pytest.mark.parametrize("kind", ["bpe:300", "unigram:300", "word:10"])
def test_a_text_of_one_letter_still_gives_a_codec(kind):
    codec = fit(read_tokens(kind), lambda: pieces("a"), "\n")
    assert codec.decode(codec.encode("abc é")) == "abc é"


PRINT = """
import hashlib, sys
from rnngen.components.domains.text.codecs import fit
from rnngen.components.domains.text.options import read_tokens
from rnngen.contracts.steps import Piece
for kind in ("word:40", "bpe:320", "unigram:320"):
    codec = fit(read_tokens(kind), lambda: [Piece(sys.argv[1], True, 0)], "\\n")
    print(hashlib.sha256(codec.files()["codec.json"]).hexdigest())
"""


def test_fitting_twice_gives_the_same_codec_in_another_process():
    here = Counter()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", PRINT, TEXT], env=environment, capture_output=True, check=True
        )
        here.update(run.stdout.split())
    assert sorted(here.values()) == [2, 2, 2]


def test_the_byte_characters_are_those_of_the_tokenizers_library():
    from tokenizers import pre_tokenizers

    assert sorted(ALPHABET) == sorted(pre_tokenizers.ByteLevel.alphabet())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40_000), max_size=30), st.integers(40_000, 100_000))
def test_a_sample_is_bounded_and_spread_evenly(lengths, limit):
    texts = ["ab " * (length // 3 + 1) for length in lengths]
    held = sample(pieces(*texts), limit, "\n")
    total, size = sum(map(len, texts)), sum(map(len, held))
    assert size <= limit
    assert size >= min(total, limit // 4) or total == 0


def test_a_sample_of_little_is_all_of_it():
    text = "some words and more " * 5000
    assert "".join(sample(pieces(text), 1 << 20, "\n")) == text


@pytest.mark.parametrize("separator", ["\n", "\n\n"])
def test_the_separator_travels_with_the_codec(separator):
    assert load(ByteCodec(separator).files()).decode([98, 0, 99]) == f"a{separator}b"


def content(codec: Codec) -> dict:
    return json.loads(codec.files()["codec.json"])


def damaged(kind: str, changes: dict) -> dict[str, bytes]:
    return {"codec.json": json.dumps(content(FITTED[kind]) | changes).encode()}


def test_a_codec_without_its_file_is_refused():
    with pytest.raises(BundleError, match=r"no `codec\.json`"):
        load({"other.json": b"{}"})


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"\xff", b"{", b'{"format": 2}', b"[" * 100_000, b"NaN"]
)
def test_nonsense_is_refused(data):
    with pytest.raises(BundleError):
        load({"codec.json": data})


NONSENSE = [
    ("char", {"kind": "pickle"}),
    ("char", {"kind": 5}),
    ("char", {"separator": None}),
    ("char", {"separator": "x" * 1000}),
    ("char", {"characters": None}),
    ("char", {"characters": "abc"}),
    ("char", {"characters": ["a", "a"]}),
    ("char", {"characters": ["ab"]}),
    ("char", {"characters": [""]}),
    ("char", {"characters": ["\udc80"]}),
    ("char", {"characters": [1]}),
    ("char", {"replace": 1}),
    ("char", {"replace": True}),
    ("word:40", {"words": {"a": 1}}),
    ("word:40", {"words": ["ab", "ab"]}),
    ("word:40", {"words": ["ab", 7]}),
    ("word:40", {"words": ["two words"]}),
    ("word:40", {"words": ["\ud800b"]}),
    ("word:40", {"words": ["x" * 100_000]}),
    ("word:40", {"number": 0}),
    ("word:40", {"number": True}),
    ("word:40", {"number": 10**12}),
    ("bpe:320", {"tokens": ["a", "b"]}),
    ("bpe:320", {"tokens": [*ALPHABET, "a b"]}),
    ("bpe:320", {"tokens": [*ALPHABET, "中"]}),
    ("bpe:320", {"merges": ["a"]}),
    ("bpe:320", {"merges": ["a b c"]}),
    ("bpe:320", {"merges": ["q q"]}),
    ("bpe:320", {"merges": None}),
    ("unigram:320", {"scores": []}),
    ("unigram:320", {"scores": ["1"] * 319}),
    ("unigram:320", {"scores": [True] * 319}),
    ("unigram:320", {"scores": [float("nan")] * 319}),
    ("unigram:320", {"scores": [float("-inf")] * 319}),
]


@pytest.mark.parametrize(("kind", "changes"), NONSENSE)
def test_a_codec_that_makes_no_sense_is_refused(kind, changes):
    with pytest.raises(BundleError):
        load(damaged(kind, changes))


@pytest.mark.parametrize("kind", ["char", "word:40", "bpe:320", "unigram:320"])
def test_a_codec_that_lacks_a_field_is_refused(kind):
    fields = content(FITTED[kind])
    for name in fields:
        rest = {key: value for key, value in fields.items() if key != name}
        with pytest.raises(BundleError):
            load({"codec.json": json.dumps(rest).encode()})


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(CODECS)),
    st.dictionaries(
        st.sampled_from(["characters", "words", "tokens", "merges", "scores", "number", "replace"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
            lambda inner: st.lists(inner, max_size=4),
            max_leaves=6,
        ),
    ),
)
def test_a_foreign_file_is_refused_or_read_but_never_breaks(kind, fields):
    data = {"format": 1, "kind": kind, "separator": "\n", **fields}
    try:
        codec = load({"codec.json": json.dumps(data).encode()})
    except BundleError:
        return
    assert codec.size >= 1
