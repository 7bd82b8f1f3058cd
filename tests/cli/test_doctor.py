"""`rnngen doctor`."""

from __future__ import annotations

import json
import platform

import torch

from rnngen.contracts.version import __version__


def test_report_has_versions_machine_extras_and_plugins(run_cli, install):
    install("good", "importerror")
    done = run_cli("doctor", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert report["versions"]["rnngen"] == __version__
    assert report["versions"]["python"].startswith(platform.python_version())
    assert report["versions"]["torch"] == torch.__version__
    assert report["processor"]["torch threads"] == torch.get_num_threads()
    assert isinstance(report["processor"]["native bf16"], bool)
    assert {"plots", "tensorboard", "corpora", "onnx"} <= set(report["extras"])
    assert report["folders"]["cache"]
    assert report["plugins"]["good"]["status"] == "ok"
    assert "torchvision" in report["plugins"]["importerror"]["reason"]


def test_device_and_the_reason_for_it_are_told(run_cli):
    from rnngen.engines.device import choose_device

    device, reason = choose_device("auto")
    report = json.loads(run_cli("doctor", "--json").stdout)
    assert report["devices"]["auto"] == f"{device} ({reason})"


def test_text_says_the_same_as_json(run_cli, install):
    install("importerror")
    done = run_cli("doctor")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1].split() == ["versions", "rnngen", __version__]
    assert "0.3.0 failed RuntimeError: operator torchvision::nms does not exist" in done.stdout


def test_missing_extra_is_told_with_how_to_install_it(run_cli, monkeypatch):
    from rnngen.cli import doctor

    real = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name == "pooch" else real(name))
    report = json.loads(run_cli("doctor", "--json").stdout)
    assert report["extras"]["corpora"] == "missing pooch: `pip install 'rnngen[corpora]'`"
