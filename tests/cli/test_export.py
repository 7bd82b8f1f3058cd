from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests import small_bundle

PLUGIN = '''
from dataclasses import dataclass

import rnngen
from rnngen.contracts.options import option


@dataclass(frozen=True)
class Options:
    """Copies numbers."""

    times: int = option(1, "how often", min=1, max=9)


class Numbers:
    def __init__(self, times):
        self.times = times

    def export(self, bundle, path):
        if path.name == "crash":
            raise ZeroDivisionError("oh")
        path.write_text(f"{bundle.step} " * self.times)


@rnngen.hookimpl
def register_exporters(register):
    register("numbers", Numbers, options=Options, summary="numbers")
'''


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: Any) -> Any:
    monkeypatch.chdir(tmp_path)
    small_bundle.train(Path("runs/a"))
    Path("numbers_plugin.py").write_text(PLUGIN)
    monkeypatch.delitem(sys.modules, "numbers_plugin", raising=False)

    def run(*arguments: str) -> Any:
        return run_cli("--plugin-path", "numbers_plugin.py", "export", *arguments)

    return run


def test_export_goes_through_the_registry_with_options(export: Any) -> None:
    result = export("runs/a", "--format", "numbers", "--out", "x.txt", "-o", "times=3")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "x.txt\n", "")
    assert Path("x.txt").read_text() == "100 100 100 "


def test_export_without_a_run_takes_the_newest(export: Any) -> None:
    result = export("--format", "numbers", "--out", "x.txt")
    assert result.stderr == "run runs/a\n"
    assert Path("x.txt").read_text() == "100 "


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["runs/a", "--format", "numbres", "--out", "x"], 2, "did you mean `numbers`"),
        (["runs/a", "--format", "numbers"], 2, "--out"),
        (
            ["runs/a", "--format", "numbers", "--out", "x", "-o", "time=2"],
            2,
            "did you mean `numbers.times`",
        ),
        (["runs/a", "--format", "numbers", "--out", "x", "-o", "times=99"], 2, "between 1 and 9"),
        (["nowhere", "--format", "numbers", "--out", "x"], 2, "there is no run `nowhere`"),
        (["runs/a", "--format", "numbers", "--out", "crash"], 3, "ZeroDivisionError: oh"),
    ],
)
def test_what_can_not_be_exported_is_a_message(
    export: Any, arguments: list[str], code: int, message: str
) -> None:
    result = export(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_onnx_is_built_in_and_says_what_it_wrote(export: Any) -> None:
    result = export("runs/a", "--out", "deep/a.onnx", "-o", "opset=18")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "deep/a.onnx\ndeep/a.json\n"
    import onnx

    model = onnx.load("deep/a.onnx")
    assert model.opset_import[0].version == 18
    assert [part.name for part in model.graph.input] == ["tokens", "state_0", "state_1"]
    outputs = [part.name for part in model.graph.output]
    assert outputs == ["logits", "next_state_0", "next_state_1"]
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
