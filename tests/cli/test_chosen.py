"""The run and the decoder that a command works with: named, or found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import small_bundle
from tests.conftest import RunCli


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run below `runs/` of the working folder."""
    monkeypatch.chdir(tmp_path)
    return small_bundle.train(Path("runs/one"))


COMMANDS = {
    "generate": (),
    "chat": ("--you", "a", "--other", "b"),
    "evaluate": (),
    "export": ("--out", "model.onnx"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_that_is_not_there_is_a_usage_error_that_says_what_a_run_is(
    run: Path, run_cli: RunCli, command: str
) -> None:
    done = run_cli(command, "runs/tow", *COMMANDS[command])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "there is no run `runs/tow`" in done.stderr
    assert "a run is the folder that `rnngen fit` makes" in done.stderr
    assert ("--prompt" in done.stderr) == (command == "generate")


@pytest.mark.parametrize("command", COMMANDS)
def test_without_any_run_it_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli: RunCli, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_cli(command, *COMMANDS[command])
    assert done.exit_code == 2
    assert "rnngen fit" in done.stderr


@pytest.mark.parametrize("command", ["generate", "chat", "evaluate"])
def test_the_device_comes_from_the_environment(
    run: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("RNNGEN_DEVICE", "abacus")
    done = run_cli(command, run, *COMMANDS[command])
    assert done.exit_code == 2
    assert "`abacus` is not a device" in done.stderr


@pytest.mark.parametrize(
    "refused",
    [["--stop=a"], ["--documents=0"], ["--documents=2"], ["--explain"], ["--primer=a.json"]],
    ids=str,
)
def test_what_has_no_meaning_for_a_forecast_is_refused(
    run: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, refused: list[str]
) -> None:
    monkeypatch.setattr("rnngen.components.domains.text.TextDomain.forecasts", True)
    done = run_cli("generate", run, *refused)
    assert done.exit_code == 2
    name = refused[0].partition("=")[0]
    assert f"`{name}` does not apply to a forecast" in done.stderr


def test_a_forecast_is_drawn_with_sample_only(
    run: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnngen.components.domains.text.TextDomain.forecasts", True)
    done = run_cli("generate", run, "--decoder", "greedy")
    assert done.exit_code == 2
    assert "not `greedy`" in done.stderr
    assert "temperature=0" in done.stderr
