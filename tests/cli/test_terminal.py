"""What text holds never commands a terminal; pipes and files get it as it is."""

from __future__ import annotations

import io
import itertools
import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.cli.terminal import Terminal, guarded, visible, visible_json, visible_line
from tests import small_bundle

HOSTILE = "\x1b[35m\x9b7m\x07\u202e"
SHOWN = r"\x1b[35m\x9b7m\x07\u202e"

OWN = re.compile(r"\x1b\[[0-9;]*[mAK]|\x1b\[\?25[lh]|\r")
"""What rich writes by itself: colours, erasing a line, the cursor up, hidden and back."""


def commands(character: str) -> bool:
    """By Unicode's own classes, independent of our list."""
    kind = unicodedata.category(character)
    directs = unicodedata.bidirectional(character) in {
        *("LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    }
    return (
        (kind == "Cc" and character not in "\n\t")
        or kind in {"Cs", "Zl", "Zp"}
        or directs
        or character in "\u061c\u200e\u200f"
        or 0xE0000 <= ord(character) < 0xE0080
    )


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_every_character_that_could_command_a_terminal_is_escaped_and_others_stay() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if commands(character):
            assert visible(character).isascii(), hex(code)
            assert visible(character).isprintable(), hex(code)
            if unicodedata.category(character) != "Cs":
                assert visible(character).encode().decode("unicode_escape") == character
        elif unicodedata.category(character) not in {"Cf", "Cn"}:
            assert visible(character) == character, hex(code)


@pytest.mark.parametrize(
    "text",
    [
        "العربية",
        "עברית",
        "क्षि",
        "한국어 日本語 葛\U000e0100",
        "é ä",
        "👩‍👩‍👧 👍🏽 ❤️",
        "می‌خواهم",
        "a\tb\nc\r\nd",
    ],
)
def test_languages_and_line_ends_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


@given(st.text(), st.lists(st.integers(0, 50)))
@settings(max_examples=200, deadline=None)
def test_text_in_parts_is_shown_as_the_whole_is(text: str, cuts: list[int]) -> None:
    screen = Screen()
    terminal = Terminal(screen)
    places = [0, *sorted(cuts), len(text)]
    for begin, end in itertools.pairwise(places):
        terminal.write(text[begin:end])
    terminal.write("")
    terminal.release()
    assert screen.getvalue() == visible(text[: places[-1]])
    assert not any(map(commands, screen.getvalue().replace("\r\n", "\n")))


def test_bytes_on_a_terminal_are_shown_too_even_where_a_character_is_split() -> None:
    screen = Screen()
    terminal = Terminal(screen)
    for byte in "é\x1b\u202e".encode() + b"\xff\n":
        terminal.buffer.write(bytes([byte]))
    assert screen.getvalue() == "é\\x1b\\u202e\\xff\n"


def test_a_line_has_no_line_end_and_json_stays_the_same_json() -> None:
    assert visible_line("a\r\nb\nc\td\x1b") == r"a\r\nb\nc\td\x1b"
    value = {"a": "\x7f\u202e\U000e0041 é\n\x1b"}
    text = visible_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert not any(map(commands, text))
    assert "é" in text


def test_a_terminal_shows_and_a_pipe_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = io.StringIO(), Screen()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with guarded():
        print(HOSTILE)
        print(HOSTILE, file=sys.stderr)
    assert (sys.stdout, sys.stderr) == (out, err)
    assert out.getvalue() == HOSTILE + "\n"
    assert err.getvalue() == SHOWN + "\n"


# In a process with a terminal of its own ---------------------------------------------------------

DRIVER = """
import json, sys
from rnngen.cli import main
for arguments in json.loads(sys.argv[1]):
    code = main(arguments)
    print(f"<<<{code}>>>", flush=True)
"""


def on_a_terminal(commands: list[list[str]], folder: Path, **environment: str) -> list[str]:
    """What a terminal was sent by each command, stdout and stderr."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(commands)],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "400", **environment},
    )
    os.close(theirs)
    assert process.stdin is not None
    process.stdin.write(b"hello\n" * 20)
    process.stdin.close()
    sent = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not part:
            break
        sent += part
    os.close(ours)
    process.wait()
    return re.split(r"<<<\d+>>>", sent.decode("utf-8"))[:-1]


PLUGIN = f"""
import warnings
import rnngen

warnings.warn("careful " + {HOSTILE!r}, stacklevel=1)

@rnngen.hookimpl
def register_cells(register):
    register("evil", "nothing:Here", summary={HOSTILE!r})
"""

NAME = f"no{HOSTILE}thing.txt"

CHARACTERS = "".join(dict.fromkeys("A: heloB\n" + HOSTILE))

COMMANDS = {
    "generate": ["generate", "run", HOSTILE, "-l", "300"],
    "generate --json": ["generate", "run", HOSTILE, "-l", "9", "--json"],
    "chat": ["chat", "run", "--you", "A: ", "--other", "B: " + HOSTILE, "-l", "100"],
    "fit": [
        *("fit", "text.txt", "--hidden", "8", "--steps", "2", "-o", "train.sample=99"),
        *("--run", f"made{HOSTILE}"),
    ],
    "show": ["show", f"made{HOSTILE}"],
    "missing file": ["fit", NAME],
    "missing run": ["generate", NAME],
    "option": ["fit", "text.txt", "-o", f"{HOSTILE}=1"],
    "value": ["fit", "text.txt", "-o", f"train.seed={HOSTILE}"],
    "click": ["list", f"--{HOSTILE}"],
    "click's value": ["fit", "--time", HOSTILE],
    "command": [HOSTILE],
    "kind": ["list", HOSTILE],
    "list": ["list", "cells"],
    "show cell": ["show", "cell", "evil"],
    "plugins": ["plugins"],
    "traceback": ["-v", "plugins", "broken"],
    "configuration": ["fit", "text.txt", "--config", "bad.toml"],
    "corpus": ["corpus", "fetch", HOSTILE],
    "compare": ["compare", "run", NAME],
}


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each of `COMMANDS` sent to the terminal."""
    folder = tmp_path_factory.mktemp("terminal")
    size = len(CHARACTERS) + 1
    small_bundle.save(folder / "run", characters=CHARACTERS, size=size)
    (folder / "text.txt").write_text(HOSTILE * 400)
    (folder / "bad.toml").write_text('[train]\n"\\u001b[35m" = 1\n')
    for name, code in (("evil", PLUGIN), ("broken", f"raise ValueError({HOSTILE!r})")):
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[rnngen]\n{name} = rnngen_{name}\n")
        (folder / f"rnngen_{name}.py").write_text(code)
    colours = {"NO_COLOR": "", "PYTHONPATH": str(folder)}
    texts = on_a_terminal(list(COMMANDS.values()), folder, **colours)
    assert len(texts) == len(COMMANDS), texts
    return dict(zip(COMMANDS, texts, strict=True))


@pytest.mark.parametrize("name", list(COMMANDS))
def test_no_command_sends_a_terminal_what_is_not_its_own(sent: dict[str, str], name: str) -> None:
    text = sent[name]
    assert "\x1b[35m" not in text
    assert not [c for c in OWN.sub("", text) if commands(c)], text
    assert r"\x1b" in text or r"\u001b" in text, text
    assert "internal error" not in text


def test_our_own_colours_are_still_there(sent: dict[str, str]) -> None:
    assert "\x1b[31;1merror:\x1b[0m" in sent["missing file"]


def test_warnings_of_python_are_shown_too(sent: dict[str, str]) -> None:
    assert f"careful {SHOWN}" in "".join(sent.values())


def test_pipes_and_files_get_the_very_bytes(tmp_path: Path, run_cli, monkeypatch) -> None:
    from rnngen.verbs.generate import generate

    monkeypatch.chdir(tmp_path)
    small_bundle.save(tmp_path / "run", characters=CHARACTERS, size=len(CHARACTERS) + 1)
    text = HOSTILE + generate("run", HOSTILE, length=60)[0].text
    assert run_cli("generate", "run", HOSTILE, "-l", 60).stdout == text + "\n"
    assert run_cli("generate", "run", HOSTILE, "-l", 60, "--out", "o.txt").exit_code == 0
    written = (tmp_path / "o.txt").read_bytes().decode()
    assert text.removeprefix(HOSTILE) in written
