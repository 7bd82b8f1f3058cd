"""A conversation and stop texts have the line ends of the model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rnngen
from rnngen.verbs.chat import Chat
from rnngen.verbs.line_ends import commonest
from rnngen.verbs.writing import StopTexts, line_by_line
from tests.conftest import RunCli

PLACES = {"you": "A: ", "other": "B: "}


@pytest.mark.parametrize(
    ("text", "end"),
    [("", "\n"), ("a\nb\r\n\n", "\n"), ("a\r\nb\r\n\n", "\r\n"), ("a\rb\r\r\n", "\r")],
)
def test_the_commonest_line_end_is_found(text: str, end: str) -> None:
    assert commonest(text) == end


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_stop_text_cuts_off_the_whole_line_end(end: str) -> None:
    gate = StopTexts(line_by_line(["\n", "\r"]))
    passed = "".join(gate.feed(part) for part in f"one{end}two")
    assert (passed, gate.found) == ("one", True)
    gate = StopTexts(line_by_line(["\n\n"]))
    passed = "".join(gate.feed(part) for part in f"one{end}two{end}{end}three")
    assert (passed, gate.found) == (f"one{end}two", True)


@pytest.fixture(scope="module", params=["\n", "\r\n", "\r"])
def dialogue(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of bytes that has learned one conversation by heart."""
    folder, end = tmp_path_factory.mktemp("dialogue"), request.param
    text = f"A: ab{end}B: ba{end}" * 300
    (folder / "text").write_bytes(text.encode())
    rnngen.fit(
        str(folder / "text"),
        run=folder / "run",
        hidden=16,
        steps=60,
        options=["text.tokens=byte", "train.sample=0", "train.learning_rate=0.03"],
    )
    (folder / "end").write_text(json.dumps(end))
    return folder


def test_turns_end_as_the_lines_of_the_model_do(dialogue: Path, run_cli: RunCli) -> None:
    end = json.loads((dialogue / "end").read_text())
    chat = Chat(dialogue / "run", **PLACES, decoder="greedy")
    assert chat.line_end == end
    for _ in range(2):
        # Without the line end, and not cut off: so short an answer has come to its end.
        assert chat.answer("ab") in ("ab", "ba")
        assert chat.data in (b"ab", b"ba")


def test_old_models_keep_the_line_ends_that_they_learned(tmp_path: Path) -> None:
    from tests import small_bundle

    # Before there was an option for it, line ends were kept; a bundle does not name the option.
    small_bundle.save(tmp_path, characters="ab\r\n", size=5)
    bundle = rnngen.load(tmp_path)
    assert bundle.domain.spelled("a\r\nb") == "a\r\nb"
    assert rnngen.generate(bundle, "a\r\n", length=1)[0].prompt == "a\r\n"
