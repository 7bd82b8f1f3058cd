import subprocess
import sys

import numpy as np
import pytest

from rnngen.components.domains.text import TextDomain
from rnngen.components.domains.text.options import KINDS, Options, Tokens, read_tokens
from rnngen.contracts.errors import DataError, RunError, UsageError
from rnngen.contracts.options import build, describe
from rnngen.files.source import Source
from rnngen.testing.domains import Sequence, check_domain


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("char", Tokens("char", 0)),
        ("byte", Tokens("byte", 0)),
        ("word", Tokens("word", 10_000)),
        ("word:1", Tokens("word", 1)),
        ("bpe", Tokens("bpe", 1_000)),
        ("bpe:32_000", Tokens("bpe", 32_000)),
        ("unigram:257", Tokens("unigram", 257)),
    ],
)
def test_tokens_are_a_kind_and_perhaps_a_number(text, tokens):
    assert read_tokens(text) == tokens


@pytest.mark.parametrize(
    "text",
    ["", "chr", "bpe:", "bpe:x", "bpe:0", "bpe:256", "bpe:-5", "bpe:1e3", "bpe:2000000", "char:5"],
)
def test_tokens_that_make_no_sense_are_an_error_with_a_hint(text):
    with pytest.raises(UsageError) as error:
        TextDomain(Options(tokens=text))
    assert any(kind in error.value.hint for kind in KINDS)


def test_a_misspelt_kind_of_tokens_gets_a_suggestion():
    with pytest.raises(UsageError) as error:
        read_tokens("charr")
    assert error.value.hint == "did you mean `char`?"


@pytest.mark.parametrize(
    "options", [{"documents": "page"}, {"valid": 0.95}, {"valid": -0.1}, {"token": "char"}]
)
def test_options_that_make_no_sense_are_errors(options):
    with pytest.raises(UsageError):
        build(Options, options, "domain `text`")


def test_every_option_has_a_help():
    assert all(field.help for field in describe(Options))


@pytest.mark.parametrize("tokens", ["char", "byte", "word", "bpe:300", "unigram:300"])
@pytest.mark.parametrize("documents", ["file", "line", "blank"])
def test_the_domain_keeps_the_contract_of_domains(tmp_path, tokens, documents):
    path = tmp_path / "poem.txt"
    text = "Roses are red,\nviolets are blue.\n\nSugar is sweet,\nso are you.\n\nñandú 中 🙂\n"
    path.write_bytes((text * 5).encode())
    check_domain(TextDomain(Options(tokens=tokens, documents=documents)), [Source("poem", path)])


def _written(*texts):
    return [Sequence(text=text) for text in texts]


@pytest.mark.parametrize(
    ("documents", "between"), [("file", "---\n"), ("line", ""), ("blank", "\n")]
)
def test_texts_of_one_file_are_separated_and_each_ends_its_line(tmp_path, documents, between):
    domain = TextDomain(Options(documents=documents))
    domain.write(_written("one", "zwö\n", "3"), None, tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_bytes() == f"one\n{between}zwö\n{between}3\n".encode()


def test_texts_are_written_while_they_arrive_and_an_old_file_stays_if_none_does(tmp_path):
    path = tmp_path / "out.txt"

    class Arriving(list):
        def __len__(self):
            return 3

        def __iter__(self):
            yield from _written("one", "two")
            assert path.stat().st_size == 0 or path.read_text().startswith("one")
            yield from _written("x" * 100_000)
            assert path.read_text().startswith("one\n---\ntwo\n---\nxxx")

    TextDomain().write(Arriving(), None, path)

    class Failing(Arriving):
        def __iter__(self):
            raise UsageError("no")
            yield

    before = path.read_bytes()
    with pytest.raises(UsageError):
        TextDomain().write(Failing(), None, path)
    assert path.read_bytes() == before


def test_into_a_folder_each_text_is_written_as_a_file(tmp_path):
    TextDomain().write(_written("one\r\n", "two"), None, tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {"0001.txt": b"one\r\n", "0002.txt": b"two"}


def test_what_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        TextDomain().write(_written("text"), None, tmp_path / "nowhere" / "out.txt")
    (tmp_path / "file").touch()
    with pytest.raises(RunError):
        TextDomain().write(_written("text"), None, tmp_path / "file" / "out.txt")
    with pytest.raises(DataError):
        TextDomain().write([], None, tmp_path / "out.txt")


def test_the_likelihood_is_over_the_whole_vocabulary():
    domain = TextDomain(Options(tokens="byte"))
    codec = domain.fit_codec(list)
    assert domain.likelihood(codec) == ("categorical", {"size": 257})


def test_any_binary_file_can_be_read_as_bytes(tmp_path):
    data = np.random.default_rng(0).integers(0, 256, 5000, np.uint8).tobytes()
    path = tmp_path / "noise.bin"
    path.write_bytes(data)
    domain = TextDomain(Options(tokens="byte"))
    codec = domain.fit_codec(list)
    steps = np.concatenate([codec.encode(p.content) for p in domain.read([Source("n", path)])])
    assert codec.decode_bytes(steps) == data


def test_options_are_known_without_numpy():
    code = (
        "import sys, rnngen.components.domains.text, rnngen.components.domains.text.options;"
        "import rnngen.files.source;"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'torch', 'tokenizers')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
