"""OpenMP's threads wait asleep, unless the user said otherwise."""

import os
import subprocess
import sys

import pytest
import torch

from rnngen.engines.waiting import DECIDED_BY, wait_asleep


def test_the_policy_is_set_where_nothing_is():
    environment = {"HOME": "/"}
    assert wait_asleep(environment, []) == "asleep"
    assert environment == {"HOME": "/", "OMP_WAIT_POLICY": "PASSIVE"}


@pytest.mark.parametrize("name", DECIDED_BY)
def test_what_the_user_set_is_left_alone(name):
    environment = {name: "1"}
    assert wait_asleep(environment, []) == "as the environment says"
    assert environment == {name: "1"}


def test_after_torch_nothing_is_pretended():
    environment = {}
    assert wait_asleep(environment, ["torch"]) == "as torch was imported"
    assert environment == {}


def displayed(program, **more):
    """What torch's own OpenMP says of its settings as it starts."""
    kept = {name: value for name, value in os.environ.items() if name not in DECIDED_BY}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**kept, "OMP_DISPLAY_ENV": "verbose", **more},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr


@pytest.mark.skipif(
    "GOMP" not in torch.__config__.parallel_info() and not sys.platform.startswith("linux"),
    reason="this torch has another OpenMP than GNU's, which prints other names",
)
def test_the_openmp_of_torch_sees_it():
    assert "GOMP_SPINCOUNT = '0'" in displayed("import rnngen, torch")
    assert "GOMP_SPINCOUNT = '0'" not in displayed("import torch, rnngen")
    seen = displayed("import rnngen, torch", GOMP_SPINCOUNT="7")
    assert "GOMP_SPINCOUNT = '7'" in seen
