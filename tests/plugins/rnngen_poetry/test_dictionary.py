"""Reading pronouncing dictionaries: notation, encodings, and what is wrong with a file."""

from __future__ import annotations

import pytest

from rnngen.contracts.errors import DataError, UsageError
from rnngen_poetry.dictionary import Pronunciation, parse_dictionary, read_dictionary
from rnngen_poetry.pronunciation import rhyming_part

LINES = """\
;;; a comment
MOON  M UW1 N
TOMATO  T AH0 M EY1 T OW2
TOMATO(1)  T AH0 M AA1 T OW2 # as some say
I  AY1
I'LL  AY1 L
DAD'S  D AE1 D Z
"CLOSE-QUOTE  K L OW1 Z K W OW1 T
HMM  HH M
3D  TH R IY1 D IY2
"""


def test_words_have_all_their_pronunciations_and_small_letters():
    dictionary = parse_dictionary(LINES.split("\n"), "test")
    assert dictionary.words == {
        "moon": (Pronunciation("1", "UW N"),),
        "tomato": (Pronunciation("012", "OW"),),
        "I": (Pronunciation("1", "AY"),),
        "I'll": (Pronunciation("1", "AY L"),),
        "dad's": (Pronunciation("1", "AE D Z"),),
    }
    assert dictionary.left_out == 3


@pytest.mark.parametrize(
    ("phonemes", "part"),
    [
        ("S AH1 N L AY2 T", "AY T"),
        ("R IH1 V ER0", "IH V ER"),
        ("Y UW2 N AH0 V ER1 S AH0 T IY0", "ER S AH T IY"),
        ("DH AH0", "AH"),
        ("AE2 F T ER0 N UW1 N", "UW N"),
    ],
)
def test_words_rhyme_from_their_last_stressed_vowel_on(phonemes, part):
    assert rhyming_part(phonemes) == part


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_files_in_several_encodings_are_read(tmp_path, encoding):
    file = tmp_path / "words.dict"
    file.write_bytes("DÉJÀ  D EY2 ZH AA1\r\nVU  V UW1\r\n".encode(encoding))
    assert list(read_dictionary(file).words) == ["déjà", "vu"]


def test_words_of_a_file_in_both_cases_stay_as_they_are():
    assert list(parse_dictionary(["Anna  AE1 N AH0", "anna  AE1 N AH0"], "x").words) == [
        "Anna",
        "anna",
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("MOON", "expected a word and its phonemes"),
        ("MOON M UW3 N", "expected a phoneme in place of `UW3`"),
        ("MOON M-UW1-N", "expected a phoneme in place of `M-UW1-N`"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, what):
    file = tmp_path / "broken.dict"
    file.write_text(f";;; comment\nJUNE  JH UW1 N\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=f"line 3 of `.*broken.dict` is `{line}`, {what}"):
        read_dictionary(file)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "none.dict", tmp_path):
        with pytest.raises(UsageError, match=f"dictionary `{path}` can't be read") as caught:
            read_dictionary(path)
        assert "rhymes=FILE" in caught.value.hint


@pytest.mark.parametrize("text", ["", ";;; only comments\n", "HMM  HH M\n"])
def test_a_file_without_words_is_refused(tmp_path, text):
    file = tmp_path / "empty.dict"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="has no words"):
        read_dictionary(file)
