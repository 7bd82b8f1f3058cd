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


HOSTILE = """
import warnings
warnings.warn("care\\nful \\x1b[31m" + "long " * 500)
@rnngen.hookimpl
def register_cells(register):
    register("evil", "nobody_has:Cell", summary="a\\nb\\tc\\x1b[31m" + "x" * 5000)
    register("a" + "b" * 300, "rnngen.components.cells.gru:GRU")
"""


def test_no_plugin_breaks_a_table(run_cli, install, make_plugin):
    install("good")
    make_plugin("hostile", HOSTILE, version="1.0")
    done = run_cli("plugins")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["name", "good", "hostile"]
    assert "missing" in lines[2]
    assert "cell `evil`: there is no module `nobody_has`" in lines[2]
    assert all(len(line) < 700 for line in lines)
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("warning: UserWarning: care ful")
    assert len(done.stderr) < 1000
    table = run_cli("list", "cells").stdout
    assert len(table.splitlines()) == 6
    assert r"a\nb\tc\x1b[31m" in table
    assert "\x1b" not in table
    assert max(map(len, table.splitlines())) < 400
    page = run_cli("show", "cell", "evil").stdout
    assert r"a\nb\tc\x1b[31m" in page
    assert "\x1b" not in page


def test_json_of_plugins_is_clean_and_says_what_is_missing(run_cli, make_plugin):
    make_plugin("hostile", HOSTILE)
    (plugin,) = json.loads(run_cli("-qq", "plugins", "--json").stdout)
    assert plugin["status"] == "missing"
    assert plugin["components"][0]["missing"] == "there is no module `nobody_has`"
    assert "missing" not in plugin["components"][1]


def test_no_torch_is_imported_to_find_what_is_missing():
    import subprocess
    import sys

    code = "from rnngen.cli import main; main(['plugins'])"
    code = f"import sys; {code}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("group", ["rnngen.plugins", "rnngen_plugins", "RNNGEN", "rnn-gen"])
def test_an_entry_point_in_a_mistyped_group_is_told(run_cli, make_plugin, group):
    path = make_plugin("lost", "")
    points = path.parent / "rnngen_lost-1.0.dist-info" / "entry_points.txt"
    points.write_text(f"[{group}]\nlost = rnngen_lost\n")
    told = f"`rnngen-lost` has the entry point `lost` in the group `{group}`"
    assert told in run_cli("plugins").stderr
    done = run_cli("plugins", "lost")
    assert done.exit_code == 3
    assert told in done.stderr
    assert "the group is `rnngen`" in done.stderr
