"""Which strategies the bridge accepts, and how it refuses the others."""

from __future__ import annotations

import pytest

from rnngen.contracts.errors import PluginError, UsageError
from rnngen_avalanche import backend, names
from rnngen_avalanche.bridge import Bridge
from rnngen_avalanche.options import Options as BridgeOptions


def test_combinations_keep_the_order_in_which_they_are_named():
    assert names.read("replay+ewc") == ("replay", "ewc")
    assert names.read(" EWC + A-GEM ") == ("ewc", "agem")


@pytest.mark.parametrize(
    "text",
    [
        "CoPE",
        "GDumb",
        "GSS",
        "gss_greedy",
        "MIR",
        "RAR",
        "LFL",
        "BiC",
        "CWR*",
        "NCM",
        "FeCAM",
        "FeatureDistillation",
        "feature-distillation",
        "iCaRL",
        "generative-replay",
        "DER",
    ],
)
def test_strategy_that_cant_learn_sequences_is_refused_by_name_with_the_reason(text):
    with pytest.raises(UsageError, match="can't learn sequences: ") as caught:
        names.read(f"ewc+{text}")
    assert f"`avalanche.strategy={text}`" in caught.value.message
    assert "it can be: naive, ewc" in caught.value.hint


def test_unknown_strategy_gets_the_nearest_name_or_all_of_them():
    with pytest.raises(UsageError, match="has no `replayy`") as caught:
        names.read("replayy")
    assert caught.value.hint == "did you mean `replay`?"
    with pytest.raises(UsageError, match="has no ``") as caught:
        names.read("ewc+")
    assert "it can be: naive, ewc" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [("ewc+ewc", "`ewc` twice"), ("ewc+ewc-online", "`ewc` twice"), ("naive+si", "nothing")],
)
def test_what_does_not_go_together_is_refused(text, message):
    with pytest.raises(UsageError, match=message):
        names.read(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strategy": "agem", "lambda_": 2.0}, "`avalanche.lambda` is 2, but `agem` does not use"),
        ({"strategy": "ewc", "memory": 400}, "`avalanche.memory` is 400, but `ewc` does not use"),
        ({"strategy": "ewc+gem", "rows": 4}, r"`avalanche.rows` is 4, but `ewc\+gem` does not use"),
    ],
)
def test_option_that_nobody_has_a_use_for_is_not_passed_over_in_silence(options, message):
    with pytest.raises(UsageError, match=message):
        Bridge(BridgeOptions(**options))


def test_missing_package_is_an_error_that_says_how_to_install_it(monkeypatch):
    def missing(name):
        raise backend.PackageNotFoundError(name)

    monkeypatch.setattr(backend, "version", missing)
    with pytest.raises(PluginError, match="avalanche-lib, which is not installed") as caught:
        Bridge()
    assert "pip install 'rnngen[avalanche]'" in caught.value.hint


def test_other_release_is_refused_since_its_faults_are_not_known(monkeypatch):
    monkeypatch.setattr(backend, "version", lambda name: "0.7.0")
    with pytest.raises(PluginError, match=r"works with avalanche-lib 0\.6\.0, but 0\.7\.0"):
        Bridge()


def test_part_of_avalanche_that_cant_be_imported_is_an_error_with_the_way_out(
    monkeypatch, installed
):
    def broken(name):
        raise ImportError("No module named 'gdown'")

    monkeypatch.setattr(backend.importlib, "import_module", broken)
    with pytest.raises(PluginError, match=r"could not be imported: ImportError: .*gdown") as caught:
        backend.load("build")
    assert "pip install 'rnngen[avalanche]'" in caught.value.hint
