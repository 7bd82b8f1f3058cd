from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnngen.bundles import bundle
from rnngen.components.cells.gru import GRU
from rnngen.contracts.errors import PluginError, RunError, UsageError
from rnngen.engines.exporters.onnx import Onnx
from tests import small_bundle


def export(folder: Path, **model: Any) -> tuple[Any, Any, dict[str, Any]]:
    """The model, an ONNX Runtime session, and the JSON beside the graph."""
    from onnxruntime import InferenceSession

    small_bundle.save(folder, **model)
    opened = bundle.load(folder)
    graph, beside = Onnx().export(opened, folder / "out/model.onnx")
    session = InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    return opened.model, session, json.loads(beside.read_text())


def stepped(session: Any, steps: Tensor, states: list[dict[str, Any]]) -> np.ndarray:
    """Logits `[T,B,K]`, from nothing but what the JSON tells of the states."""
    rows = steps.shape[1]
    state = {
        part["input"]: np.broadcast_to(
            np.asarray(part["initial"], part["type"]), [rows, *part["shape"][1:]]
        )
        for part in states
    }
    logits = []
    for tokens in steps.numpy():
        wanted = ["logits", *(part["output"] for part in states)]
        output, *after = session.run(wanted, {"tokens": tokens, **state})
        state = {part["input"]: value for part, value in zip(states, after, strict=True)}
        logits.append(output)
    return np.stack(logits)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"residual": True, "layer_norm": True, "dropout": 0.5},
        {"tied": True, "embedding": None},
    ],
)
@pytest.mark.parametrize("rows", [1, 4])
def test_stepping_the_graph_equals_the_model(
    tmp_path: Path, cell: str, options: dict[str, Any], rows: int
) -> None:
    model, session, described = export(tmp_path, cell=cell, **options)
    steps = torch.randint(5, (20, rows), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected, _ = model(steps, model.initial_state(rows))
    found = stepped(session, steps, described["states"])
    assert np.abs(found - expected.numpy()).max() < 1e-4


def test_states_that_do_not_begin_at_zero_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def learnt(self: GRU, batch_size: int) -> Tensor:
        return torch.linspace(-1, 1, self.hidden_size).repeat(batch_size, 1)

    monkeypatch.setattr(GRU, "initial_state", learnt)
    model, session, described = export(tmp_path)
    steps = torch.zeros(6, 2, dtype=torch.int64)
    with torch.no_grad():
        expected, _ = model(steps, model.initial_state(2))
    found = stepped(session, steps, described["states"])
    assert np.abs(found - expected.numpy()).max() < 1e-4


def test_the_tokens_stand_beside_the_graph(tmp_path: Path) -> None:
    _, _, described = export(tmp_path)
    assert described["tokens"] == ["<boundary>", "␣", "a", "b", "c"]
    text = b"".join(bytes.fromhex(described["token_bytes"][step]) for step in (2, 3, 1, 4))
    assert text == b"ab c"
    assert described["boundary"] == 0
    assert described["model"] == "model.onnx"


def test_a_graph_that_does_not_compute_the_model_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = GRU.step

    def other(self: GRU, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        y, state = step(self, x, state)
        return y + 0.01, state

    monkeypatch.setattr(GRU, "step", other)
    small_bundle.save(tmp_path)
    with pytest.raises(RunError, match="differs from the model"):
        Onnx().export(bundle.load(tmp_path), tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_a_cell_that_onnx_can_not_say_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sorting(self: GRU, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        h = torch.linalg.matrix_exp(state @ state.T) @ state
        return h, h

    monkeypatch.setattr(GRU, "step", sorting)
    small_bundle.save(tmp_path)
    with pytest.raises(PluginError, match="cell `gru` can't be written as ONNX"):
        Onnx().export(bundle.load(tmp_path), tmp_path / "model.onnx")


def test_missing_onnx_is_said_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_bundle.save(tmp_path)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(PluginError, match="needs onnx") as caught:
        Onnx().export(bundle.load(tmp_path), tmp_path / "model.onnx")
    assert "rnngen[onnx]" in str(caught.value.hint)


def test_without_onnx_runtime_the_graph_is_written_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_bundle.save(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    written = Onnx().export(bundle.load(tmp_path), tmp_path / "model.onnx")
    assert all(path.stat().st_size > 0 for path in written)


def test_the_graph_must_not_take_the_place_of_its_json(tmp_path: Path) -> None:
    small_bundle.save(tmp_path)
    with pytest.raises(UsageError, match=r"`.*model\.json` ends in"):
        Onnx().export(bundle.load(tmp_path), tmp_path / "model.json")
