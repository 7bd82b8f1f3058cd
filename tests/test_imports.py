"""What is imported for what: help, lists and completion stay light, and the package is lazy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rnngen

ROOT = Path(__file__).parents[1]
DISTRIBUTIONS = ROOT / "tests" / "distributions"
HEAVY = {"torch", "numpy", "rich", "tokenizers", "safetensors", "pooch", "scipy", "matplotlib"}
HEAVY |= {"symusic", "miditok"}

PROGRAM = """
import json, sys
from rnngen.cli import main
try:
    code = main(sys.argv[1:])
except SystemExit as exit:
    code = exit.code
print("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


def modules_after(*arguments: str, program: str = PROGRAM, **environment: str) -> set[str]:
    """The modules imported by a command line in a fresh interpreter, strangers' plugins beside."""
    folders = [ROOT, *(DISTRIBUTIONS / name for name in ("good", "slow", "importerror"))]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders)), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert not code, done.stdout + done.stderr
    return set(modules)


def completion(words: str) -> dict[str, str]:
    return {
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_RNNGEN_COMPLETE": "bash_complete",
    }


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["fit", "--help"], ["list", "--help"], ["completion", "bash"]],
    ids=" ".join,
)
def test_help_imports_nothing_heavy_and_no_plugin(arguments):
    imported = modules_after(*arguments)
    assert not imported & {*HEAVY, "rnngen_good", "rnngen_slow", "importlib.metadata", "pluggy"}


@pytest.mark.parametrize("arguments", [["list"], ["plugins"], ["list", "--json"]], ids=" ".join)
def test_lists_load_plugins_but_nothing_heavy(arguments):
    imported = modules_after(*arguments)
    assert {"rnngen_good", "rnngen_slow"} <= imported
    assert not imported & {*HEAVY, "rnngen_good_strategies"}


@pytest.mark.parametrize(
    "words", ["rnngen ", "rnngen fit --cell ", "rnngen fit --plugin ", "rnngen show ", "rnngen -"]
)
def test_completion_imports_nothing_heavy_and_no_plugin_of_a_stranger(words):
    imported = modules_after(**completion(words))
    assert not imported & {*HEAVY, "rnngen_good", "rnngen_slow"}


def test_importing_the_package_imports_only_how_threads_wait():
    program = (
        "import sys, json; before = set(sys.modules); import rnngen; "
        "print(json.dumps([0, sorted(set(sys.modules) - before)]))"
    )
    imported = modules_after(program=program)
    ours = {name for name in imported if name.startswith("rnngen")}
    assert ours == {"rnngen", "rnngen.engines", "rnngen.engines.waiting"}
    assert not imported & {*HEAVY, "click", "pluggy"}


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute `fitt`"):
        _ = rnngen.fitt


def test_version_is_that_of_the_distribution():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert rnngen.__version__ == project["project"]["version"]


def test_reading_a_model_does_not_import_the_compiler_of_torch(tmp_path):
    from tests import small_bundle

    small_bundle.save(tmp_path)
    assert "torch._dynamo" not in modules_after("generate", str(tmp_path), "--length", "3")
