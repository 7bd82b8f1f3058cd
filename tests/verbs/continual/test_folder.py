"""The folder of a comparison goes on with what it was begun with, and says what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnngen.contracts.errors import UsageError
from rnngen.verbs.continual.folder import ComparisonFolder, differing

SETTINGS: dict[str, Any] = {
    "data": ["/x/a.txt", "/x/b.txt"],
    "fingerprints": ["aa", "bb"],
    "domain": "text",
    "config": {"train": {"steps": 10, "epochs": None}, "replay": {"memory": "5%"}},
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**SETTINGS, **changes}


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        (SETTINGS, []),
        # The same texts in another place, and another method with options of its own.
        (changed(data=["/y/a.txt", "/y/b.txt"]), []),
        (changed(config={**SETTINGS["config"], "ewc": {"strength": 1.0}}), []),
        (changed(config={"train": {"steps": 10, "epochs": None}}), []),
        (changed(fingerprints=["aa", "cc"]), ["the content of `/x/b.txt` changed"]),
        (
            changed(data=["/x/b.txt", "/x/a.txt"], fingerprints=["bb", "aa"]),
            ["data was /x/a.txt /x/b.txt, now /x/b.txt /x/a.txt"],
        ),
        (changed(domain="music"), ["domain was text, now music"]),
        (
            changed(config={"train": {"steps": None, "epochs": 2.0}, "replay": {"memory": "1%"}}),
            [
                "`train.steps` was 10, now none",
                "`train.epochs` was none, now 2.0",
                "`replay.memory` was 5%, now 1%",
            ],
        ),
    ],
)
def test_what_differs_is_named_and_what_does_not_matter_is_not(
    now: dict[str, Any], lines: list[str]
) -> None:
    assert differing(SETTINGS, now) == lines


def test_a_folder_is_gone_on_with_under_the_same_settings_only(tmp_path: Path) -> None:
    path = tmp_path / "cl"
    with ComparisonFolder(path, SETTINGS) as folder:
        folder.write({"status": "running"})
    with ComparisonFolder(path, SETTINGS):
        pass
    with pytest.raises(UsageError, match=r"another comparison: domain was text, now music"):
        ComparisonFolder(path, changed(domain="music"))


def test_two_commands_do_not_write_one_folder(tmp_path: Path) -> None:
    with (
        ComparisonFolder(tmp_path / "cl", SETTINGS),
        pytest.raises(UsageError, match="being written by another process"),
    ):
        ComparisonFolder(tmp_path / "cl", SETTINGS)


@pytest.mark.parametrize("text", ['{"kind": "something else"}', "[]"])
def test_a_file_of_that_name_that_is_not_ours_is_left_alone(tmp_path: Path, text: str) -> None:
    (tmp_path / "continual.json").write_text(text)
    with pytest.raises(UsageError, match="not the result of a comparison"):
        ComparisonFolder(tmp_path, SETTINGS)
    assert (tmp_path / "continual.json").read_text() == text
