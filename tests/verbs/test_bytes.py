"""A model of bytes reads, writes and is measured on any bytes."""

from __future__ import annotations

import base64
import json
import lzma
import random
from pathlib import Path

import pytest

import rnngen
from rnngen.contracts.errors import DataError
from rnngen.verbs.chat import Chat
from tests.conftest import RunCli

NOISE = random.Random(3).randbytes(8000)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of bytes that has hardly learned, so that what it writes is rarely UTF-8."""
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "noise").write_bytes(NOISE)
    rnngen.fit(
        str(folder / "noise"),
        run=folder / "run",
        hidden=8,
        steps=2,
        options=["text.tokens=byte", "train.sample=60"],
    )
    return folder / "run"


def test_xz_counts_the_bytes_that_are_there(run: Path) -> None:
    found = rnngen.evaluate(run, sample=0)
    (alone,) = [row for row in found.baselines if row.name == "xz"]
    held_out = NOISE[-found.tokens :]
    packed = len(lzma.compress(held_out, preset=9 | lzma.PRESET_EXTREME))
    assert alone.bits_per_byte == pytest.approx(8 * packed / len(held_out))
    assert alone.bits_per_byte > 8  # random bytes can't be packed


def test_the_copy_check_compares_bytes(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Of different bytes that are all U+FFFD to a reader, none is a copy of another.
    from rnngen.verbs import evaluate as module

    texts: list[str] = []
    check = module.memorization

    def listening(sample: str, training: object) -> object:
        texts.append(sample)
        texts.extend(training)  # type: ignore[call-overload]
        return check("", [])

    monkeypatch.setattr(module, "memorization", listening)
    rnngen.evaluate(run, sample=50, baselines=False)
    learned = "".join(texts[1:]).encode("utf-8", "surrogateescape")
    assert learned.rstrip(b"\n") == NOISE[: len(learned.rstrip(b"\n"))]
    assert "\ufffd" not in texts[0]


def test_every_way_out_gives_the_same_bytes(run: Path, tmp_path: Path, run_cli: RunCli) -> None:
    told: list[bytes] = []
    shown: list[str] = []
    (written,) = rnngen.generate(
        run,
        b"\xe9",
        length=300,
        stream=lambda row, text: shown.append(text),
        stream_bytes=lambda row, data: told.append(data),
    )
    assert written.prompt_data == b"\xe9"
    assert b"".join(told) == written.data
    assert len(written.data) == 300
    assert "".join(shown) == written.text == written.data.decode("utf-8", "replace")
    (tmp_path / "prompt").write_bytes(b"\xef\xbb\xbf\xe9\n")
    arguments = ["generate", run, "--prompt-file", tmp_path / "prompt", "-l", 300]
    assert run_cli(*arguments, "--out", tmp_path / "out").exit_code == 0
    assert (tmp_path / "out").read_bytes() == b"\xe9" + written.data
    (row,) = json.loads(run_cli(*arguments, "--json").stdout)
    assert base64.b64decode(row["text_base64"]) == written.data
    assert base64.b64decode(row["prompt_base64"]) == b"\xe9"
    assert (row["prompt"], row["text"]) == ("\ufffd", written.text)


def test_a_prompt_argument_may_hold_any_bytes(run: Path, tmp_path: Path, run_cli: RunCli) -> None:
    # Python hands over arguments that are not UTF-8 in this form.
    done = run_cli("generate", run, "--prompt", "\udce9", "-l", 4, "-n", 2, "--out", tmp_path)
    assert done.exit_code == 0, done.stderr
    assert all(path.read_bytes()[:1] == b"\xe9" for path in tmp_path.iterdir())


def test_samples_in_the_run_are_bytes(run: Path) -> None:
    (sample, *_) = sorted((run / "samples").iterdir())
    data = sample.read_bytes()
    assert len(data) == 60
    with pytest.raises(UnicodeDecodeError):
        data.decode()


def test_a_conversation_may_hold_any_bytes(run: Path) -> None:
    told: list[bytes] = []
    chat = Chat(run, you="A: ", other="B: ", length=40)
    answer = chat.answer(b"caf\xe9", stream_bytes=told.append)
    assert b"".join(told) == chat.data
    assert answer == chat.data.decode("utf-8", "replace")


def test_other_models_refuse_what_is_not_utf8(tmp_path: Path, run_cli: RunCli) -> None:
    (tmp_path / "text").write_text("the tower stands. " * 40)
    for tokens in ("char", "word:50", "bpe:300"):
        folder = tmp_path / tokens[:4]
        options = [f"text.tokens={tokens}", "train.sample=0"]
        bundle = rnngen.fit(str(tmp_path / "text"), run=folder, hidden=4, steps=1, options=options)
        for prompt in (b"\xe9", "\udce9"):
            with pytest.raises(DataError, match="the prompt is not UTF-8: byte 0xe9 at offset 0"):
                bundle.generate(prompt)
        done = run_cli("generate", folder, "\udce9")
        assert (done.exit_code, done.stdout) == (1, "")
