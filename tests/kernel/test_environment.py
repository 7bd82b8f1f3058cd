"""Environment variables that set nothing."""

from __future__ import annotations

import pytest

from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.environment import VARIABLES, unknown


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RNNGEN_TRAIN_LERNING_RATE", "RNNGEN_TRAIN_LEARNING_RATE"),
        ("RNNGEN_SEDE", "RNNGEN_SEED"),
        ("RNNGEN_PLUGIN", "RNNGEN_PLUGINS"),
        ("RNNGEN_CASHE", "RNNGEN_CACHE"),
        ("RNNGEN_SAMPLE_TEMPRATURE", "RNNGEN_SAMPLE_TEMPERATURE"),
        ("RNNGEN_SAMPEL_TEMPERATURE", "RNNGEN_SAMPLE_TEMPERATURE"),
        ("RNNGEN_REPLAY_MEMROY", "RNNGEN_REPLAY_MEMORY"),
    ],
)
def test_a_misspelt_variable_gets_the_nearest_one(name: str, meant: str) -> None:
    (said,) = unknown({name: "1"}, get_catalog)
    assert said == f"the environment variable `{name}` sets nothing; did you mean `{meant}`?"


def test_a_variable_like_nothing_is_said_with_where_all_are() -> None:
    assert unknown({"RNNGEN_QQ": "1", "PATH": "x", "_RNNGEN_COMPLETE": "x"}, get_catalog) == [
        "the environment variable `RNNGEN_QQ` sets nothing; `rnngen config` lists every option"
    ]


def test_what_is_documented_or_an_option_of_any_component_is_known(install) -> None:
    install("good")
    options = ["RNNGEN_MODEL_HIDDEN", "RNNGEN_BEAM_WIDTH", "RNNGEN_STEADY_STRENGTH"]
    assert unknown(dict.fromkeys([*VARIABLES, *options], "1"), get_catalog) == []


def test_a_command_says_it_once_on_stderr_and_goes_on(run_cli, monkeypatch) -> None:
    monkeypatch.setenv("RNNGEN_FOO", "1")
    done = run_cli("list", "cells", "--json")
    assert done.exit_code == 0
    assert done.stderr.count("RNNGEN_FOO") == 1
    assert done.stderr.startswith("warning: ")
    assert "RNNGEN_FOO" not in done.stdout
    assert run_cli("-qq", "list", "cells").stderr == ""
