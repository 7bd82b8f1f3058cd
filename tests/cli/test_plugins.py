"""`rnngen plugins`."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.usefixtures("without_bundled")


def test_every_plugin_is_listed_with_its_status(run_cli, install, monkeypatch):
    install("good", "importerror", "needs_newer", "slow")
    monkeypatch.setenv("RNNGEN_DISABLE", "slow")
    done = run_cli("plugins")
    assert (done.exit_code, done.stderr) == (0, "")
    rows = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert rows["good"].split()[:4] == ["good", "1.2.0", "ok", "rnngen-good"]
    assert "strategy steady, strategy watcher" in rows["good"]
    assert rows["importerror"].endswith("RuntimeError: operator torchvision::nms does not exist")
    assert "failed" in rows["needs-newer"]
    assert "it needs rnngen >=99" in rows["needs-newer"]
    assert "disabled" in rows["slow"]
    assert "`RNNGEN_DISABLE`" in rows["slow"]


def test_json_is_complete_and_enough_to_install_them_again(run_cli, install):
    install("good", "importerror")
    good, broken = json.loads(run_cli("plugins", "--json").stdout)
    assert (good["distribution"], good["version"], good["status"]) == ("rnngen-good", "1.2.0", "ok")
    assert good["hooks"] == ["register_constraints", "register_decoders", "register_strategies"]
    assert {"kind": "strategy", "name": "steady"} in good["components"]
    assert (good["reason"], good["traceback"]) == (None, None)
    assert broken["status"] == "failed"
    assert "Traceback" in broken["traceback"]


def test_one_plugin_is_shown_with_its_traceback_and_loads_alone(run_cli, install):
    install("importerror", "slow")
    done = run_cli("plugins", "importerror")
    assert done.exit_code == 3
    assert done.stderr == ""
    assert "status        failed" in done.stdout
    assert "rnngen_importerror.py" in done.stdout
    import sys

    assert "rnngen_slow" not in sys.modules


def test_one_good_plugin_is_shown_by_either_name(run_cli, install):
    install("good")
    for name in ("good", "rnngen-good"):
        done = run_cli("plugins", name)
        assert done.exit_code == 0
        assert "component     strategy `steady`  adds a constant to the loss" in done.stdout


def test_component_that_can_not_be_imported_is_missing_where_its_plugin_is_asked_for(
    run_cli, make_plugin
):
    make_plugin(
        "half",
        "class Here: pass\n"
        "@rnngen.hookimpl\n"
        "def register_decoders(register):\n"
        "    register('here', Here)\n"
        "    register('gone', 'a_package_nobody_has:Decoder')\n",
    )
    assert run_cli("plugins").exit_code == 0
    done = run_cli("plugins", "half")
    assert done.exit_code == 3
    assert "component     decoder `here`" in done.stdout
    assert (
        "missing       decoder `gone` of plugin `half` (rnngen-half 1.0) could not be"
        in done.stdout
    )
    here, gone = json.loads(run_cli("plugins", "half", "--json").stdout)[0]["components"]
    assert here == {"kind": "decoder", "name": "here"}
    assert "a_package_nobody_has" in gone["missing"]


def test_unknown_plugin_gets_a_suggestion(run_cli, install):
    install("good")
    done = run_cli("plugins", "goood")
    assert done.exit_code == 3
    assert "did you mean `good`?" in done.stderr


def test_no_plugins_is_said(run_cli, monkeypatch):
    monkeypatch.setattr("rnngen.kernel.discovery.GROUP", "nobody.registers.this")
    done = run_cli("plugins")
    assert done.exit_code == 0
    assert "no plugin is installed" in done.stderr
    assert json.loads(run_cli("plugins", "--json").stdout) == []
