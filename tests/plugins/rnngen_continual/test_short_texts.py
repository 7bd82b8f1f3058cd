"""A note of a few lines beside a book: it is learned, and what is too short to be kept is said."""

from __future__ import annotations

import re

import pytest

import rnngen
from rnngen.contracts.errors import UsageError
from rnngen.contracts.reporter import Silent
from tests.continual_runs import write_tasks

STRATEGIES = ["naive", "ewc", "si", "mas", "lwf", "replay", "agem", "self-replay"]
NOTE = (
    "my own note on the roof. it leaked on a friday and i set four pots below it, one of them "
    "with a hole, so that the cat had to move and sat in the oven."
)


class Told(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(f"warning: {text}")


@pytest.fixture
def learn(tmp_path, monkeypatch):
    """Learns texts in a row, in chunks of 64; gives the bundle and what was said."""
    write_tasks(tmp_path, "b")
    (tmp_path / "note.txt").write_text(NOTE)
    monkeypatch.chdir(tmp_path)

    def fit(files, run, plugin, *options, start=None, lanes=4):
        told = Told()
        bundle = rnngen.fit(
            files,
            run=run,
            plugins=[plugin],
            start=start,
            steps=4 * len(files),
            device="cpu",
            precision="fp32",
            options=[f"train.lanes={lanes}", "train.sample=0", *options],
            reporter=told,
            **({"cell": "gru", "hidden": 8} if start is None else {}),
        )
        return bundle, told.lines

    return fit


@pytest.mark.parametrize("plugin", STRATEGIES)
def test_note_of_a_few_lines_is_learned_beside_a_book_and_after_it(plugin, learn):
    assert 140 <= len(NOTE) <= 160
    together, _ = learn(["b.txt", "note.txt"], "together", plugin)
    first, *_, last = together.manifest["history"]["rows"]
    assert last["nats"][1] < first["nats"][1]
    learn(["b.txt"], "book", plugin)
    after, _ = learn(["note.txt"], "after", plugin, start="book")
    first, last = after.manifest["history"]["rows"]
    assert last["nats"][0] < first["nats"][0]


@pytest.mark.parametrize("plugin", ["replay", "agem"])
def test_share_that_keeps_none_of_a_note_says_so_and_what_keeps_some(plugin, learn):
    _, lines = learn(["b.txt", "note.txt"], "five", plugin)
    (line,) = [line for line in lines if "perhaps nothing of it is kept" in line]
    assert "`note.txt`" in line
    (more,) = re.findall(r"`-o (\S+=\d+%)` keeps at least one", line)
    bundle, lines = learn(["b.txt", "note.txt"], "more", plugin, more)
    assert not [line for line in lines if "perhaps" in line]
    memory = bundle.strategy_state[plugin]["memory"]
    texts = [bundle.codec.decode(row[1:].numpy()) for row in memory["steps"]]
    assert any(text in NOTE for text in texts)


@pytest.mark.parametrize("plugin", ["replay", "agem"])
def test_text_shorter_than_a_window_is_learned_and_said_to_leave_nothing(plugin, learn, tmp_path):
    (tmp_path / "line.txt").write_text(NOTE[:60])
    bundle, lines = learn(["line.txt", "b.txt"], "run", plugin)
    (line,) = [line for line in lines if line.startswith("warning:")]
    assert "`line.txt` has 54 steps, fewer than a window of 64" in line
    assert bundle.strategy_state[plugin]["tasks"] == 2
    (windows,) = re.findall(r"`-o (train.chunk=\d+)`", line)
    _, lines = learn(["line.txt", "b.txt"], "shorter", plugin, windows)
    assert not [line for line in lines if line.startswith("warning:")]


@pytest.mark.parametrize(
    ("plugin", "size"),
    [("replay", "64"), ("agem", "30 tokens"), ("replay", "10B"), ("agem", "64 bytes")],
)
def test_memory_without_room_for_a_window_is_refused_and_the_size_advised_suffices(
    plugin, size, learn
):
    if size.endswith("bytes"):
        size = size.replace(" bytes", "b")
    with pytest.raises(UsageError, match="less than one window of 65 tokens") as caught:
        learn(["b.txt"], "small", plugin, f"{plugin}.memory={size}")
    (advised,) = re.findall(r"`-o (\S+)`", caught.value.hint)
    assert advised != f"{plugin}.memory={size}"
    bundle, _ = learn(["b.txt"], "enough", plugin, advised)
    assert len(bundle.strategy_state[plugin]["memory"]["steps"]) == 1
