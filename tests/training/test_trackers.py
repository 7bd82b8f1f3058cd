from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

import rnngen
from rnngen.components.trackers.tensorboard import TensorBoard
from rnngen.contracts.errors import PluginError


def test_metrics_are_read_back_from_the_event_file(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    tracker = TensorBoard(tmp_path)
    for step in (10, 20):
        tracker.log(step, {"train/loss": step / 4, "valid/loss": math.nan})
    tracker.close()
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert events.Tags()["scalars"] == ["train/loss"]
    assert [(e.step, e.value) for e in events.Scalars("train/loss")] == [(10, 2.5), (20, 5.0)]


def test_missing_tensorboard_is_said_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    monkeypatch.delitem(sys.modules, "rnngen.components.trackers.tensorboard")
    (tmp_path / "text.txt").write_text("a text to learn from. " * 20)
    with pytest.raises(PluginError, match="tracker `tensorboard`") as caught:
        rnngen.fit(tmp_path / "text.txt", run=tmp_path / "run", trackers=["tensorboard"])
    assert "rnngen[tensorboard]" in str(caught.value.hint)
    assert caught.value.exit_code == 3
    assert not (tmp_path / "run").exists()


def test_the_tracker_is_found_in_the_catalog() -> None:
    from rnngen.kernel.catalog import get_catalog

    assert get_catalog().find("tracker", "tensorboard").load() is TensorBoard
