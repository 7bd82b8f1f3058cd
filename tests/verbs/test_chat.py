import io
import json
from dataclasses import dataclass

import pytest

from rnngen.contracts.errors import DataError, UsageError
from rnngen.verbs.chat import Chat, speakers
from rnngen.verbs.generate import generate
from tests import small_bundle

ALPHABET = "ab: \nUSYTEM"
PLACES = {"you": "USE: ", "other": "SYS: "}


@dataclass
class Part:
    text: str


@pytest.fixture
def bundle(tmp_path):
    small_bundle.save(tmp_path, characters=ALPHABET, size=len(ALPHABET) + 1)
    return tmp_path


def test_every_answer_is_what_the_model_writes_after_the_whole_conversation(bundle):
    chat = Chat(bundle, **PLACES, seed=5, length=30)
    told = ""
    for turn, said in enumerate(["ab ba", "bb", "a  b a"]):
        told += f"USE: {' '.join(said.split())}\nSYS: "
        answer = chat.answer(said)
        whole = generate(bundle, told, stop="\n", seed=5, length=30, count=turn + 1, documents=1)
        assert answer == whole[turn].text
        told += f"{answer}\n"


def test_what_the_model_does_not_know_leaves_the_conversation_as_it_was(bundle):
    asked, other = (Chat(bundle, **PLACES, seed=1, length=20) for _ in range(2))
    with pytest.raises(DataError, match="z"):
        asked.answer("z")
    assert asked.answer("ab") == other.answer("ab")


def test_an_answer_is_streamed_as_it_is_returned(bundle):
    parts = []
    chat = Chat(bundle, **PLACES, length=20)
    assert "".join(parts) == (chat.answer("a", parts.append) and "".join(parts))
    assert "\n" not in "".join(parts)


@pytest.mark.parametrize(
    "text", ["a story\nA: of\n", "A: one\nB: two\nA: b\nB: c\n" + "prose\n" * 9]
)
def test_a_model_that_writes_no_dialogues_is_refused_with_the_mend(bundle, monkeypatch, text):
    monkeypatch.setattr("rnngen.verbs.chat.generate", lambda *args, **kwargs: [Part(text)])
    with pytest.raises(UsageError, match="does not write dialogues") as caught:
        Chat(bundle)
    assert "--you" in caught.value.hint


def test_who_speaks_is_found_in_what_the_model_writes(bundle, monkeypatch):
    text = "B: hello\nA: you\nB: once: more\nA: and again\nNOTE: one\n"
    monkeypatch.setattr("rnngen.verbs.chat.generate", lambda *args, **kwargs: [Part(text)])
    assert speakers(bundle, None, None) == ("B: ", "A: ")
    assert speakers(bundle, "A: ", None) == ("A: ", "B: ")
    assert speakers(bundle, None, "B: ") == ("A: ", "B: ")


def test_a_model_is_listened_to_on_the_device_and_engine_that_were_asked_for(bundle, monkeypatch):
    asked = []

    def write(*args, device, engine, **kwargs):
        asked.append((device, engine))
        return [Part("A: a\nB: b\n" * 3)]

    monkeypatch.setattr("rnngen.verbs.chat.generate", write)
    Chat(bundle, device="cpu", engine="torch")
    assert asked == [("cpu", "torch")]


def test_the_command_answers_each_line_and_ends_with_the_input(bundle, run_cli, monkeypatch):
    arguments = ["chat", bundle, "--you", "USE: ", "--other", "SYS: ", "-l", "20"]
    monkeypatch.setattr("sys.stdin", io.StringIO("ab\n\nba\n"))
    plain = run_cli(*arguments)
    assert plain.exit_code == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("ab\n\nba\n"))
    turns = json.loads(run_cli(*arguments, "--json").stdout)
    assert [turn["you"] for turn in turns] == ["ab", "ba"]
    assert plain.stdout == "".join(turn["answer"] + "\n" for turn in turns)


def test_a_model_that_writes_no_text_is_refused(tmp_path, run_cli):
    files = ["--domain", "music", "--steps", "2", "--hidden", "8", "-o", "train.sample=0"]
    assert run_cli("fit", *files, "--run", tmp_path / "tunes", "-q").exit_code == 0
    outcome = run_cli("chat", tmp_path / "tunes", "--you", "A: ", "--other", "B: ")
    assert outcome.exit_code == 2
    assert "does not write text" in outcome.stderr
