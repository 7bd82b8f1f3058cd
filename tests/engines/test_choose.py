"""Engines are components: found by name, checked by their contract, chosen with `--engine`."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from rnngen.contracts.cell import map_state, tensors
from rnngen.contracts.engine import Engine as EngineContract
from rnngen.contracts.errors import PluginError, UsageError
from rnngen.engines.choose import make_engine
from rnngen.engines.same_bits import PROBED_STEPS, Probe, SameBits, Way
from rnngen.engines.torch_engine import Engine
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.build import build
from rnngen.testing.engines import CHECKS
from tests import small_bundle, strangers
from tests.conftest import RunCli


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_torch_keeps_the_contract_of_an_engine(check: Callable[..., None]) -> None:
    check(Engine)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_a_strangers_engine_keeps_it_too(check: Callable[..., None]) -> None:
    options = strangers.PlainOptions()
    check(lambda model, boundary, condition: strangers.plain(model, boundary, condition, options))


class Broken(Engine):
    """An engine that breaks one promise."""

    def __init__(self, promise: str, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.promise = promise
        if promise == "says_what_it_steps":
            self.size += 1
        if promise == "starts_again_at_a_boundary":
            self._boundary = None
        if promise == "is_conditioned_on_its_condition":
            self._condition = None

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        output, after = super().step(tokens, state)
        if self.promise == "computes_what_the_model_computes":
            output = output * 1.1
        if self.promise == "a_row_has_the_same_bits_beside_any_others":
            output = output + 1e-6 * len(tokens)
        if self.promise == "leaves_what_it_is_given":
            for (_, old), (_, new) in zip(tensors(state), tensors(after), strict=True):
                old.copy_(new)
        return output, after

    def read(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        if self.promise == "reads_as_it_steps":
            tokens = tokens.flip(0)
        return super().read(tokens, state)

    def read_prompt(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        if self.promise == "reads_a_long_prompt_as_it_steps":
            tokens = tokens[-1:]
        return super().read_prompt(tokens, state)

    def select(self, state: Any, rows: Tensor) -> Any:
        rows = rows.flip(0) if self.promise == "selected_rows_continue" else rows
        return super().select(state, rows)


@pytest.mark.parametrize("promise", CHECKS)
def test_an_engine_that_breaks_a_promise_is_found(promise: str) -> None:
    with pytest.raises(AssertionError), torch.inference_mode():
        CHECKS[promise](lambda *arguments: Broken(promise, *arguments))


def test_an_unknown_engine_is_refused_with_the_nearest_one() -> None:
    model = build(5, ModelOptions(hidden=8), {})
    with pytest.raises(UsageError, match="no engine named `troch`") as error:
        make_engine(model, name="troch")
    assert "did you mean `torch`?" in error.value.hint
    assert isinstance(make_engine(model), Engine)


def test_what_is_not_an_engine_is_refused_by_name(make_plugin: Callable[..., Path]) -> None:
    make_plugin(
        "odd",
        "def odd(model, boundary, condition): return model\n"
        "@rnngen.hookimpl\n"
        "def register_engines(register): register('odd', odd, summary='odd')\n",
    )
    with pytest.raises(PluginError, match=r"engine `odd` of plugin `odd`.* is a Model, expected"):
        make_engine(build(5, ModelOptions(hidden=8), {}), name="odd")


def test_a_strangers_engine_writes_from_the_command_line(tmp_path: Path, run_cli: RunCli) -> None:
    bundle = small_bundle.train(tmp_path / "run")
    before = ("--plugin-path", strangers.__file__)

    def written(*more: str) -> list[Any]:
        command = ("generate", bundle, "--decoder", "greedy", "-l", 12, "--json", *more)
        done = run_cli(*before, *command)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    (own,), (other,) = written("--engine", "torch"), written("--engine", "plain")
    assert written() == [own]
    assert other["text"] == own["text"]
    assert other["log_probability"] == pytest.approx(own["log_probability"], rel=1e-4)
    # Its options reach it: outputs that are all 0 make every step as probable as any other.
    (flat,) = written("--engine", "plain", "-o", "plain.scale=0")
    logs = [token["log_probability"] for token in flat["tokens"]]
    assert logs == pytest.approx([-math.log(5)] * 12)

    listed = run_cli(*before, "list", "engines")
    assert "plain" in listed.stdout
    assert "torch" in listed.stdout
    assert "plain.scale" in run_cli(*before, "show", "engine", "plain").stdout


# The way that repeats bits knows no engine: two functions are enough.


def _found(advance: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> SameBits:
    probe = Probe(7, (), torch.device("cpu"))
    return SameBits(advance, lambda rows: torch.zeros(rows, 32), probe)


def test_exact_steps_are_computed_at_once() -> None:
    def advance(tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        state = state + tokens.unsqueeze(1)
        return state, state

    same = _found(advance)
    assert same.unit == 1
    assert {same.way(rows) for rows in (1, 2, 3, 50)} == {Way.WHOLE}


def test_steps_that_depend_on_the_number_of_rows_are_computed_unit_by_unit() -> None:
    def advance(tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        state = state + tokens.unsqueeze(1) + 1e-7 * len(tokens)
        return state, map_state(torch.clone, state)

    same = _found(advance)
    assert same.way(same.unit) is Way.WHOLE
    assert same.way(5 * same.unit) is Way.UNITS


def test_a_unit_fills_whole_vectors() -> None:
    probe = Probe(7, (), torch.device("cpu"))
    for width, unit in ((32, 1), (16, 2), (24, 4), (7, 32)):
        same = SameBits(
            lambda tokens, state: (state, state),
            lambda rows, width=width: torch.zeros(rows, width),  # type: ignore[misc]
            probe,
        )
        assert same.unit == unit
        assert same.padded(5) % unit == 0


def test_probed_steps_are_ids_or_vectors_and_draw_nothing() -> None:
    before = torch.get_rng_state()
    ids = Probe(7, (), torch.device("cpu")).steps(5)
    vectors = Probe(9, (3,), torch.device("cpu")).steps(5)
    assert ids.shape == (PROBED_STEPS, 5)
    assert 0 <= int(ids.min()) <= int(ids.max()) < 7
    assert vectors.shape == (PROBED_STEPS, 5, 3)
    assert float(vectors.abs().max()) <= 1
    assert torch.equal(torch.get_rng_state(), before)


def test_every_engine_is_of_the_contract() -> None:
    assert issubclass(Engine, EngineContract)
