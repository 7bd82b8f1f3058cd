"""Conditioners are components: checked by their contract, built by name, recorded in bundles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import rnngen
from rnngen.bundles.bundle import load
from rnngen.components.conditioners.window import Window
from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.cell import Cell
from rnngen.contracts.errors import BundleError, PluginError, UsageError
from rnngen.contracts.steps import ConditionShape
from rnngen.kernel.catalog import configure
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.build import from_manifest
from rnngen.model.model import Model
from rnngen.testing.conditioners import CHECKS
from tests import strangers
from tests.conftest import RunCli
from tests.plugins.rnngen_handwriting.test_handwriting_domain import _words as write_words

SYMBOLS = ConditionShape(symbols=6, length=5, pace=0.5)


@pytest.fixture
def stranger() -> Iterator[str]:
    """The file of a stranger's plugin, allowed in this process."""
    configure(files=[Path(strangers.__file__)])
    yield strangers.__file__
    configure()


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_window_keeps_the_contract_of_a_conditioner(check: Callable[..., None]) -> None:
    check(lambda cell: Window(cell, 5, SYMBOLS, 3), SYMBOLS)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_a_strangers_conditioner_keeps_it_too(check: Callable[..., None]) -> None:
    options = strangers.MeanOptions()
    check(lambda cell: strangers.mean(cell, 5, SYMBOLS, 3, options), SYMBOLS)


class Broken(Window):
    """A window that breaks one promise."""

    promise = ""

    def encode(self, values: Tensor, mask: Tensor) -> Tensor:
        if self.promise == "padding_is_nothing":
            return values[:, : int(mask.sum(1).max()) + 1]
        if self.promise == "each_lane_reads_its_own":
            return values[:1].expand(len(values), -1)
        return values

    def read(self, memory: Tensor, focus: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        read, after = super().read(memory, focus, h)
        if self.promise == "reads_what_it_says":
            read = read.double()
        if self.promise == "what_is_read_matters":
            read = torch.zeros_like(read)
        if self.promise == "every_parameter_learns":
            read = read.detach()
        if self.promise == "keeps_the_contract_of_a_cell":
            read = read + memory.float().mean() + len(read)
        return read, after


@pytest.mark.parametrize("promise", CHECKS)
def test_a_conditioner_that_breaks_a_promise_is_found(promise: str) -> None:
    def build(cell: Callable[[int], Cell]) -> Window:
        made = Broken(cell, 5, SYMBOLS, 3)
        made.promise = promise
        return made

    with pytest.raises(AssertionError):
        CHECKS[promise](build, SYMBOLS)


def model(conditioner: str = "window", shape: ConditionShape = SYMBOLS, **options: Any) -> Model:
    torch.manual_seed(0)
    chosen = ModelOptions(hidden=8, layers=2, conditioner=conditioner)
    return Model(Categorical(9), chosen, {}, shape, options)


def test_the_model_builds_its_conditioner_by_name(stranger: str) -> None:
    assert isinstance(model().cells[0], Window)
    made = model("mean", width=2)
    assert made.cells[0].width == 2
    described = json.loads(json.dumps(made.describe()))
    assert (described["conditioner"], described["conditioner_options"]) == ("mean", {"width": 2})
    again = from_manifest(described, made.likelihood)
    again.load_tensors(made.tensors())
    steps, read = torch.randint(0, 9, (4, 2)), torch.tensor([[1, 2, 0, 0, 0], [3, 0, 0, 0, 0]])
    first, second = (each.eval()(steps, each.initial_state(2, read))[0] for each in (made, again))
    assert torch.equal(first, second)


def test_a_bundle_that_does_not_name_its_conditioner_means_the_window() -> None:
    made = model()
    described = made.describe()
    for name in ("conditioner", "conditioner_options"):
        del described[name]
    described["condition"] = {"symbols": 6, "length": 5, "pace": 0.5}
    again = from_manifest(described, made.likelihood)
    assert isinstance(again.cells[0], Window)
    again.load_tensors(made.tensors())


@pytest.mark.parametrize(
    "condition",
    [
        {"symbols": 6, "length": 5, "dtype": "object"},
        {"symbols": 6, "length": 5, "element": [0]},
        {"symbols": 0, "length": 5},
        {"symbols": 6, "length": 5, "element": 3},
        {"length": 5, "other": 1},
        [1],
    ],
)
def test_a_damaged_shape_of_conditions_is_refused(condition: Any) -> None:
    described = {**model().describe(), "condition": condition}
    with pytest.raises(BundleError, match="condition"):
        from_manifest(described, Categorical(9))


def test_the_window_refuses_what_is_not_symbols() -> None:
    picture = ConditionShape(symbols=None, length=4, dtype="float32", element=(3,))
    assert picture.shape == (4, 3)
    with pytest.raises(UsageError, match=r"`window` reads symbols, but .* float32 of shape") as why:
        model(shape=picture)
    assert "rnngen list conditioners" in why.value.hint


def test_a_condition_of_numbers_is_handed_over_with_its_mask() -> None:
    picture = ConditionShape(symbols=None, length=3, dtype="float32", element=(2,))
    seen = []

    class Sum(Window):
        def __init__(self, build: Callable[[int], Cell]) -> None:
            rnngen.Conditioner.__init__(self, build, 4, picture, 2)

        def encode(self, values: Tensor, mask: Tensor) -> Tensor:
            seen.append(mask)
            return (values * mask.unsqueeze(-1)).sum(1)

        def focus(self, batch: int) -> Tensor:
            return torch.zeros(batch, 1)

        def read(self, memory: Tensor, focus: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
            return memory, focus

    made = Sum(lambda size: rnngen_cell(size))
    values = torch.tensor([[[1.0, 2.0], [0.0, 3.0], [0.0, 0.0]]])
    state = made.conditioned(values)
    assert seen[-1].tolist() == [[True, True, False]]
    assert state["text"].tolist() == [[1.0, 5.0]]


def rnngen_cell(size: int) -> Cell:
    from rnngen.components.cells.gru import GRU

    return GRU(size, 6)


def test_a_strangers_conditioner_learns_resumes_and_writes_from_the_command_line(
    tmp_path: Path, run_cli: RunCli
) -> None:
    data = write_words(tmp_path / "x.npz", 30)
    before = ("--plugin-path", strangers.__file__)
    small = ("-o", "hidden=8", "-o", "layers=1", "-o", "lanes=4", "-o", "train.threads=1")
    chosen = ("-o", "conditioner=mean", "-o", "mean.width=2", "-o", "schedule=constant")

    def fit(run: str, *more: object) -> Path:
        done = run_cli(*before, "fit", *more)
        assert done.exit_code == 0, done.stderr
        return tmp_path / run

    def learned(run: str, steps: int) -> Path:
        command = (data, "--domain", "handwriting", *small, *chosen, "--steps", steps)
        return fit(run, *command, "--run", tmp_path / run)

    whole, parted = learned("whole", 8), learned("parted", 5)
    fit("parted", "--resume", parted, "--steps", 8)
    onward = ("--from", whole, "--steps", 2, "--run", tmp_path / "onward")
    fit("onward", data, "--domain", "handwriting", *small[4:], *onward)

    other = ("-o", "conditioner=window", "--from", whole, "--steps", 2)
    refused = run_cli(*before, "fit", data, "--domain", "handwriting", *small[4:], *other)
    assert refused.exit_code == 2
    assert "`model.conditioner` is 'window', but the model" in refused.stderr

    manifest = json.loads((whole / "bundle.json").read_text())
    assert manifest["model"]["conditioner"] == "mean"
    assert manifest["model"]["conditioner_options"] == {"width": 2}
    assert {"kind": "conditioner", "name": "mean"}.items() <= manifest["components"][-1].items()
    assert "[mean]\n" in (whole / "config.toml").read_text()
    configure()
    with pytest.raises(PluginError, match="conditioner `mean`"):
        _ = load(whole).model
    for run in ("whole", "onward"):
        done = run_cli(*before, "generate", tmp_path / run, "lv", "-l", 20, "--json")
        assert done.exit_code == 0, done.stderr

    configure(files=[Path(strangers.__file__)])
    tensors = [load(run).model.tensors() for run in (whole, parted)]
    configure()
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])
    assert any("symbols" in name for name in tensors[0])
