"""Whatever a file or an option holds, it quickly makes a constraint or a named error."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import RnngenError
from rnngen_constrained.decoder.chosen import chosen
from rnngen_constrained.decoder.options import Options
from rnngen_constrained.errors import BadSyntax, Hostile, Unsupported
from rnngen_constrained.files import read_bytes
from rnngen_constrained.json_schema.kind import JsonSchema
from rnngen_constrained.kinds.grammar import Grammar
from rnngen_constrained.kinds.includes import MustInclude, MustNotInclude
from rnngen_constrained.kinds.number import Number
from rnngen_constrained.kinds.regex import Regex
from rnngen_constrained.kinds.words import Words
from rnngen_poetry.dictionary import read_dictionary
from tests.plugins.rnngen_constrained.vocabularies import all_bytes

FILES = {
    "schema": JsonSchema,
    "grammar": Grammar,
    "rules": lambda path: list(chosen(Options(rules=path))),
    "words": lambda path: Words([path]),
    "dictionary": read_dictionary,
}
TEXTS = {"regex": Regex, "number": Number, "words": lambda text: Words(text.split(","))}
JSON = r"""{"type": "string" } { [ ] , : "$ref" "#" 1e999 NaN "anyOf" "items" "pattern"
    "\\p{L}" "\ud800" null -1 "minLength" "enum" true"""
LARK = r"""start : "a" | /a*/ ( ) ~ .. %import common.INT %ignore %declare A a ? {x} -> ! // \ ""
    /(?=a)/ 999999999 _"""
TOML = """regex = 'a' [ ] [[number]] { } text ' " 1 true words haiku length json_schema . ,
    1979-05-27 inf key rule"""
REGEX = r"""a ( ) [ ] { } * + ? | \ ^ $ - 1 , P< (? : # = ! \1 \x \N{ ٣ 9999 \U0010 . > i)"""
TOKENS = {
    "schema": JSON.split(),
    "grammar": [*LARK.split(), "\n", " "],
    "rules": [*TOML.split(), "\n"],
    "words": ["a", "\n", "'", "é", " ", "(", "\0", "\ufeff", "-"],
    "dictionary": ["MOON", "  ", "M", "UW1", "\n", ";;;", "(1)", "#", "é", "AA9", "\0", "\r"],
    "regex": [*REGEX.split(), "\ud800"],
    "number": ["..", "1", "-", ".", "0", "e", "9" * 30, "inf", "nan", "+", " ", "_", "٣"],
}


def told(make, given):
    """What a reader says; any other error than a named one fails the test."""
    said = None
    try:
        make(given)
    except RnngenError as error:
        said = error.message
    assert said is None or 0 < len(said) < 2000
    return said


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_junk_in_a_file_is_a_named_error(kind, data, tmp_path):
    token = st.sampled_from(TOKENS[kind]) | st.text(max_size=2)
    text = data.draw(st.lists(token, max_size=14).map("".join))
    raw = data.draw(st.just(text.encode(errors="surrogatepass")) | st.binary(max_size=8))
    file = tmp_path / "junk.txt"
    file.write_bytes(raw)
    told(FILES[kind], str(file))


@pytest.mark.parametrize("kind", TEXTS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_junk_in_an_option_is_a_named_error(kind, data):
    token = st.sampled_from(TOKENS.get(kind, TOKENS["words"])) | st.text(max_size=2)
    told(TEXTS[kind], data.draw(st.lists(token, max_size=8).map("".join)))


@pytest.mark.parametrize("kind", FILES)
def test_a_missing_file_a_folder_and_a_bad_path_are_named(kind, tmp_path):
    for path in (f"{tmp_path}/none", f"{tmp_path}", f"{tmp_path}/a\0b", f"{tmp_path}/{'x' * 300}"):
        assert "can't be read" in told(FILES[kind], path)


@pytest.mark.parametrize("kind", FILES)
def test_a_file_without_an_end_is_read_up_to_a_limit(kind):
    assert "larger than" in told(FILES[kind], "/dev/zero")


def test_the_limit_is_the_largest_size_that_is_read(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(bytes(5))
    assert read_bytes(file, "the file", largest=5) == bytes(5)
    with pytest.raises(BadSyntax, match=r"the file .* larger than"):
        read_bytes(file, "the file", largest=4)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("rules", "a=" + "[" * 5000 + "]" * 5000),
        ("rules", "a=" + "{a=" * 3000 + "1" + "}" * 3000),
        ("rules", "number = " + "9" * 5000),
        ("schema", "[" * 100_000),
        ("schema", '{"items":' * 3000 + "{}" + "}" * 3000),
        ("schema", '{"minimum":' + "9" * 5000 + "}"),
        ("schema", '{"minimum":NaN}'),
        ("schema", '{"maxLength":1e999}'),
        ("schema", '{"multipleOf":1e999}'),
        ("schema", '{"type":"string","type":"null"}'),
        ("schema", '{"$ref":"#a","$defs":3}'),
        ("schema", '{"type":"string","maxLength":1000000000}'),
        ("schema", '{"type":"string","pattern":"^(a?){10000}$","minLength":3}'),
        ("grammar", "start: /(a?){10000}/ "),
        ("grammar", "start: " + "(" * 3000 + '"a"' + ")" * 3000),
    ],
)
def test_what_is_broken_too_deep_or_too_large_is_named(kind, text, tmp_path):
    file = tmp_path / "deep"
    file.write_text(text, encoding="utf-8")
    assert told(lambda path: list_or_bound(FILES[kind](path)), str(file))


def list_or_bound(made):
    return made if isinstance(made, list) else made.bind(all_bytes())


@pytest.mark.parametrize("keyword", ["pattern", "patternProperties", "not"])
def test_a_pattern_that_can_not_be_read_is_refused_by_name(keyword, tmp_path):
    pattern = r"^\p{Script=Greek}+$"
    schema = {
        "pattern": {"type": "string", "pattern": pattern},
        "patternProperties": {"type": "object", "patternProperties": {pattern: {}}},
        "not": {"type": "string", "not": {"pattern": pattern}},
    }[keyword]
    file = tmp_path / "s.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    with pytest.raises(Unsupported, match=r"s.json: .*the property `Script=Greek` .* at 1: "):
        JsonSchema(str(file))


def test_a_library_is_not_given_references_that_would_end_the_process(tmp_path):
    defs = {f"a{i}": {"properties": {"x": {"$ref": f"#/$defs/a{i + 1}"}}} for i in range(4000)}
    schema = {"$ref": "#/$defs/a0", "contains": {"type": "null"}, "$defs": {**defs, "a4000": {}}}
    file = tmp_path / "s.json"
    file.write_text(json.dumps(schema), encoding="utf-8")
    with pytest.raises(Hostile, match="4001 references, expected at most 1000"):
        JsonSchema(str(file)).bind(all_bytes())


@pytest.mark.parametrize("kind", [MustInclude, MustNotInclude])
@pytest.mark.parametrize("texts", [["x" * 200_000], ["é" * 501], [f"{i:0900}" for i in range(12)]])
def test_texts_that_are_far_too_long_are_refused_with_the_limit(kind, texts):
    with pytest.raises(Hostile, match=r"must_.*include` has .* bytes, expected at most 10*\b"):
        kind(texts).bind(all_bytes())
