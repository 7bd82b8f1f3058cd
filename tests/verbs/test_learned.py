"""The data a model was trained on is found again, or the reason why not is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import rnngen
from rnngen.bundles.bundle import Bundle
from rnngen.contracts.errors import DataError, UsageError
from rnngen.verbs import learned

TEXT = "the river runs.\nthe tower stands.\n" * 40


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("learned")
    (folder / "text.txt").write_text(TEXT)
    small = ["train.sample=0", "text.valid=0"]
    return rnngen.fit(
        str(folder / "text.txt"), run=folder / "run", hidden=4, steps=1, options=small
    )


def silent(text: str) -> None:
    """Told what nobody asks for here."""


def test_the_training_text_is_read_again_as_it_was(trained: Bundle) -> None:
    found = learned.reopen(trained)
    assert "".join(learned.texts(trained.codec, found)).strip() == TEXT.strip()


def test_a_long_text_comes_in_blocks(trained: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "BLOCK", 100)
    (dataset,) = found = learned.reopen(trained)
    blocks = list(learned.texts(trained.codec, found))
    assert len(blocks) == -(-len(dataset.train) // 100)
    assert "".join(blocks).strip() == TEXT.strip()


def test_changed_data_is_not_what_the_model_learned(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    run = rnngen.fit(str(path), run=tmp_path / "run", hidden=4, steps=1, options=["train.sample=0"])
    path.write_text(TEXT + "and more.\n")
    with pytest.raises(DataError, match="changed"):
        learned.reopen(run)
    told: list[str] = []
    (found,) = learned.sources_of(run, (), told.append)
    assert found.path == path
    assert told == ["the data has changed since the model was trained; using the new data"]
    path.unlink()
    with pytest.raises(UsageError):
        learned.reopen(run)


def test_standard_input_can_not_be_read_again(
    trained: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(trained), "data_record", replace(trained.data_record, sources=["-"]))
    with pytest.raises(UsageError, match="standard input") as caught:
        learned.sources_of(trained, (), silent)
    assert f"rnngen generate {trained.path} FILE" in str(caught.value.hint)


def test_a_part_that_the_makers_did_not_split_off_is_refused(trained: Bundle) -> None:
    with pytest.raises(UsageError, match="no part `test`, because its makers did not split it"):
        learned.encode(trained, (), "test", silent)
