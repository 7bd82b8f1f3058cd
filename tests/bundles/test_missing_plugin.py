"""A run whose plugin is not installed says so in every command, with the package to install."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

CODE = """
from rnngen.components.cells.gru import GRU
from rnngen.components.likelihoods.categorical import Categorical
from rnngen.components.domains.text import TextDomain


class Domain(TextDomain):
    def likelihood(self, codec):
        return "own-likelihood", {"size": codec.size}


class Nothing:
    @rnngen.hookimpl
    def step_finished(self, run):
        pass


def sgd(parameters, learning_rate):
    import torch

    return torch.optim.SGD([parameter for _, parameter in parameters], lr=learning_rate)


@rnngen.hookimpl
def register_cells(register):
    register("own-cell", GRU)


@rnngen.hookimpl
def register_domains(register):
    register("own-domain", Domain)


@rnngen.hookimpl
def register_likelihoods(register):
    register("own-likelihood", Categorical)


@rnngen.hookimpl
def register_optimizers(register):
    register("own-optimizer", sgd)


@rnngen.hookimpl
def register_strategies(register):
    register("own-strategy", Nothing)
"""

CHOSEN = {
    "cell": ("--cell", "own-cell"),
    "domain": ("--domain", "own-domain"),
    "optimizer": ("-o", "train.optimizer=own-optimizer"),
    "strategy": ("--plugin", "own-strategy"),
}

COMMANDS = {
    "generate": ("generate", "made", "-l", "3"),
    "evaluate": ("evaluate", "made"),
    "export": ("export", "made", "--out", "x.onnx"),
    "chat": ("chat", "made", "--you", "a", "--other", "b"),
    "resume": ("fit", "--resume", "made", "--steps", "4"),
    "from": ("fit", "text.txt", "--from", "made", "--steps", "1", "--run", "more"),
}

ALWAYS = {"cell": COMMANDS.keys(), "domain": COMMANDS.keys()}
"""Of an optimizer or a strategy, only training itself has need."""

ALSO = ("likelihood",)
"""What the plugin brings besides, and a command may need first."""


@pytest.fixture
def uninstalled(make_plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli):
    """Makes a run with a component of a plugin, and takes the plugin away."""
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("abc cab bac. " * 60)
    made = make_plugin("indrnn", CODE, version="1.4")

    def make(kind: str) -> None:
        done = run_cli("fit", "text.txt", "--hidden", "4", "--steps", "2", "--run", "made",
                       *CHOSEN[kind])  # fmt: skip
        assert done.exit_code == 0, done.stderr
        shutil.rmtree(made.parent)

    return make


@pytest.mark.parametrize("kind", CHOSEN)
def test_every_command_that_needs_it_names_the_package(kind, uninstalled, run_cli) -> None:
    uninstalled(kind)
    for command in ALWAYS.get(kind, ["resume"]):
        done = run_cli(*COMMANDS[command])
        assert done.exit_code == 3, (command, done.stderr)
        named = {f"needs the {each} `own-{each}` of the plugin `indrnn`" for each in (kind, *ALSO)}
        assert any(text in done.stderr for text in named), (command, done.stderr)
        assert "`pip install rnngen-indrnn==1.4`" in done.stderr, command
        assert "did you mean" not in done.stderr
        assert not Path("more").exists()


@pytest.mark.parametrize("kind", ["cell", "strategy"])
def test_the_card_is_shown_with_a_warning(kind, uninstalled, run_cli) -> None:
    uninstalled(kind)
    done = run_cli("show", "made")
    assert done.exit_code == 0
    assert (
        f"warning: the bundle needs the {kind} `own-{kind}` of the plugin `indrnn`" in done.stderr
    )
    assert "rnngen-indrnn==1.4" in done.stderr


def test_a_model_goes_on_without_the_strategy_that_it_learned_with(uninstalled, run_cli) -> None:
    uninstalled("strategy")
    assert run_cli(*COMMANDS["from"]).exit_code == 0
    assert run_cli(*COMMANDS["generate"]).exit_code == 0


def test_a_likelihood_is_recorded_with_its_plugin(uninstalled) -> None:
    import json

    uninstalled("domain")
    used = json.loads(Path("made/bundle.json").read_text())["components"]
    (likelihood,) = [part for part in used if part["kind"] == "likelihood"]
    assert likelihood["name"] == "own-likelihood"
    assert likelihood["distribution"] == "rnngen-indrnn"
