"""What a checkpoint says is checked before a run goes on: a forged one is refused, and named."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from rnngen.contracts.errors import BundleError, UsageError
from rnngen.contracts.options import OptionField, coerce
from rnngen.kernel.config_file import read_config
from tests.conftest import RunCli


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("abc cab bac. " * 60)
    assert (
        run_cli("fit", "text.txt", "--hidden", "4", "--steps", "2", "--run", "run").exit_code == 0
    )
    return Path("run")


def edit(run: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = run / "checkpoint.json"
    document = json.loads(path.read_text())
    change(document["state"])
    path.write_text(json.dumps(document))


def edit_tensors(run: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """Changes the tensors of the checkpoint, and what the index says of the file."""
    index = json.loads((run / "checkpoint.json").read_text())
    path = run / index["tensors"]
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    data = path.read_bytes()
    index["files"][index["tensors"]] = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
    }
    (run / "checkpoint.json").write_text(json.dumps(index))


def at(*keys: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(state: Any) -> None:
        for key in keys[:-1]:
            state = state[key]
        state[keys[-1]] = to

    return change


STATES = {
    "no position": (lambda state: state.pop("position"), "has no `position`"),
    "step is text": (at("position", "step", to="2"), "`state.position.step`, is '2'"),
    "step below 0": (at("position", "step", to=-1), "an integer of at least 0"),
    "no step": (lambda state: state["position"].pop("step"), "has no `step`"),
    "history is text": (at("position", "history", to="x"), "expected a list"),
    "no optimizer": (lambda state: state.pop("optimizer"), "`optimizer` of the checkpoint"),
    "optimizer is text": (at("optimizer", to="x"), "the state of its optimizer is none"),
    "rate is a list": (at("optimizer", "param_groups", 0, "lr", to=[1]), "`lr` of its optimizer"),
    "fewer groups": (at("optimizer", "param_groups", to=[]), "other groups of parameters"),
    "lanes are numbers": (at("lanes", to=[1, 2]), "the state of its lanes is not that"),
    "lanes are a tensor that is not there": (at("lanes", to={"$tensor": "no"}), "`no`"),
    "random is text": (at("random", to="x"), "`random` of the checkpoint"),
    "stream is text": (at("stream", "blocks", to="x"), "expected a list"),
}


@pytest.mark.parametrize("name", STATES)
def test_a_state_that_is_none_is_refused_by_name(name: str, run: Path, run_cli: RunCli) -> None:
    change, said = STATES[name]
    edit(run, change)
    done = run_cli("fit", "--resume", run, "--steps", "4")
    assert done.exit_code == 1, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def _resize(prefix: str) -> Callable[[dict[str, torch.Tensor]], None]:
    def change(tensors: dict[str, torch.Tensor]) -> None:
        name = next(name for name in sorted(tensors) if name.startswith(prefix))
        tensors[name] = torch.zeros(3, 2, 5)

    return change


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("optimizer.", "of its optimizer is a tensor of [3, 2, 5]"),
        ("lanes", "the state of its lanes is not that of this model"),
        ("model.", "the saved tensor `cells"),
    ],
)
def test_a_tensor_of_another_shape_is_refused(
    prefix: str, said: str, run: Path, run_cli: RunCli
) -> None:
    edit_tensors(run, _resize(prefix))
    done = run_cli("fit", "--resume", run, "--steps", "4")
    assert done.exit_code == 1, done.stderr
    assert said in done.stderr


def test_a_config_without_its_data_is_refused(run: Path, run_cli: RunCli) -> None:
    text = (run / "config.toml").read_text()
    (run / "config.toml").write_text(text[text.index("[model]") :])
    done = run_cli("fit", "--resume", run, "--steps", "4")
    assert done.exit_code == 1, done.stderr
    assert "does not say what `fit.data` was" in done.stderr


def test_a_sample_of_a_terabyte_does_not_hold_up_the_end(run: Path, run_cli: RunCli) -> None:
    with next(iter(run.glob("samples/*.txt"))).open("r+b") as file:
        file.truncate(2**40)
    assert run_cli("fit", "--resume", run, "--steps", "4").exit_code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("[train]\nsteps = " + "9" * 5000, "is not TOML"),
    ],
)
def test_a_config_that_python_can_not_read_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "rnngen.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_config(path)


def test_a_config_of_a_terabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "rnngen.toml"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(2**40)
    with pytest.raises(UsageError, match="larger than the limit"):
        read_config(path)


@pytest.mark.parametrize(("kind", "value"), [(float, 10**400), (int, math.inf)])
def test_a_number_that_is_too_large_is_refused(kind: type, value: Any) -> None:
    field = OptionField("rate", kind, 1, "a number", None, None)
    with pytest.raises(UsageError, match=r"option `rate` of here is .*expected"):
        coerce(field, value, "here")


def test_weights_larger_than_the_machine_are_not_read(run: Path) -> None:
    from rnngen.bundles.bundle import load

    path = run / "bundle.json"
    document = json.loads(path.read_text())
    document["files"][document["weights"]]["bytes"] = 2**50
    path.write_text(json.dumps(document))
    with (run / document["weights"]).open("r+b") as file:
        try:
            file.truncate(2**50)
        except OSError:
            file.truncate(2**43)
            document["files"][document["weights"]]["bytes"] = 2**43
            path.write_text(json.dumps(document))
    with pytest.raises(BundleError, match="more than this machine has memory"):
        _ = load(run).model
