"""When Avalanche is imported, and how torchvision is if its build does not match torch's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LIGHT = """
import sys
from rnngen.kernel.catalog import get_catalog
get_catalog().find("strategy", "avalanche").load_options()
assert "torch" not in sys.modules and "avalanche" not in sys.modules
from rnngen_avalanche.bridge import Bridge
from rnngen_avalanche.options import Options
Bridge(Options(strategy="replay+ewc"))
assert "torch" in sys.modules and "avalanche" not in sys.modules
"""

FAKE = """
import torch
for name in {names}:
    torch.library.register_fake("torchvision::" + name)(lambda *given: None)
if {broken}:
    raise RuntimeError("something else")
"""

GUARDED = """
import torch
from rnngen_avalanche import torchvision_guard as guard
try:
    module = guard.import_torchvision()
    print("imported", module.__name__)
except RuntimeError as error:
    print("error", error)
print(*guard.declared)
if guard.declared:
    operator = getattr(torch.ops.torchvision, guard.declared[0])
    try:
        operator(torch.zeros(1, 4), torch.zeros(1), 0.5)
    except NotImplementedError:
        print("no code")
"""


def run(program: str, *folders: Path) -> list[str]:
    """What a program prints in a fresh interpreter, with these folders in front."""
    begin = "import sys\n" + "".join(f"sys.path.insert(0, {str(f)!r})\n" for f in folders)
    done = subprocess.run(
        [sys.executable, "-c", begin + program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")


def fake(folder: Path, names: list[str], broken: bool = False) -> Path:
    """A torchvision that describes operators which nobody declared."""
    package = folder / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text("from torchvision import registrations\n")
    (package / "registrations.py").write_text(FAKE.format(names=names, broken=broken))
    return folder


@pytest.mark.usefixtures("installed")
def test_avalanche_is_not_imported_before_a_run_starts():
    run(LIGHT)


def test_only_the_operators_that_the_error_names_are_declared_and_have_no_code(tmp_path):
    lines = run(GUARDED, fake(tmp_path, ["one_op", "another_op"]))
    assert lines[:3] == ["imported torchvision", "one_op another_op", "no code"]


def test_healthy_torchvision_is_left_alone(tmp_path):
    assert run(GUARDED, fake(tmp_path, []))[:2] == ["imported torchvision", ""]


def test_any_other_error_of_torchvision_is_let_through(tmp_path):
    assert run(GUARDED, fake(tmp_path, [], broken=True))[:2] == ["error something else", ""]
