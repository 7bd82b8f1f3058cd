"""OpenMP's threads wait asleep, unless the user said otherwise."""

import os
import subprocess
import sys

import pytest
import torch

from rnngen.engines.waiting import DECIDED_BY, others_run, wait_asleep


def test_the_policy_is_set_where_nothing_is():
    environment = {"HOME": "/"}
    assert wait_asleep(environment, [], busy=True) == "asleep"
    assert environment == {"HOME": "/", "OMP_WAIT_POLICY": "PASSIVE"}
    environment = {"HOME": "/"}
    assert wait_asleep(environment, [], busy=False) == "spinning first"
    assert environment == {"HOME": "/", "GOMP_SPINCOUNT": "10000"}


def test_others_run_where_enough_are_runnable_or_nobody_knows(tmp_path, monkeypatch):
    load = tmp_path / "loadavg"
    monkeypatch.setattr("rnngen.engines.waiting.LOAD", str(load))
    monkeypatch.setattr("rnngen.engines.waiting.os.cpu_count", lambda: 8)
    assert others_run()
    for runnable, busy in (("1", False), ("2", False), ("3", True), ("x", True)):
        load.write_text(f"9.00 9.00 9.00 {runnable}/200 4711\n")
        assert others_run() is busy


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
    chosen = ("GOMP_SPINCOUNT = '0'", "GOMP_SPINCOUNT = '10000'")
    assert any(count in displayed("import rnngen, torch") for count in chosen)
    late = displayed("import torch, rnngen")
    assert not any(count in late for count in chosen)
    seen = displayed("import rnngen, torch", GOMP_SPINCOUNT="7")
    assert "GOMP_SPINCOUNT = '7'" in seen
