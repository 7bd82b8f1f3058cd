"""What of a component is not there is found out without importing it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rnngen.contracts.version import __version__
from rnngen.kernel import importable
from rnngen.kernel.component import Component, Plugin

PLUGIN = Plugin("x", "x", __version__, "x")


def why(target: str, options: str | None = None) -> str:
    return importable.why_missing(Component("cell", "x", target, options, "", PLUGIN))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`apart`, a package that fails where it is imported."""
    folder = tmp_path / "apart"
    (folder / "inner").mkdir(parents=True)
    for file in ("__init__.py", "inner/__init__.py"):
        (folder / file).write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder / "inner"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("class Cell: ...", ""),
        ("from apart import Cell", ""),
        ("from elsewhere_entirely import *", "needs the module `elsewhere_entirely`"),
        ("import a_package_nobody_has\nclass Cell: ...", "needs the module `a_package_nobody_has`"),
        ("try:\n    import nobody_has\nexcept ImportError: ...\nclass Cell: ...", ""),
        ("from typing import *", ""),
        ("def __getattr__(name): ...", ""),
        ("globals()['Cell'] = 1", ""),
        ("class Sell: ...", "has no `Cell`"),
        ("class (", "can't be read: SyntaxError"),
    ],
)
def test_module_is_read_and_not_imported(package: Path, code: str, reason: str) -> None:
    (package / "cell.py").write_text(code)
    importable._why.cache_clear()
    said = why("apart.inner.cell:Cell")
    assert reason in said
    assert bool(said) == bool(reason)
    assert "apart" not in sys.modules


def test_what_is_not_installed_is_named(package: Path) -> None:
    assert why("nobody_has.it:Cell") == "there is no module `nobody_has.it`"
    assert why("apart.inner.gone:Cell") == "there is no module `apart.inner.gone`"
    assert why("rnngen.components.cells.gru:GRU") == ""
    assert why("rnngen.components.cells.gru:GRU", "nobody_has:Options")


def test_components_of_our_own_are_all_there() -> None:
    from rnngen.kernel.catalog import Catalog

    catalog = Catalog()
    catalog.load_all()
    found = [part for plugin in (catalog.builtin, *catalog.plugins) for part in plugin.components]
    assert {str(part): why for part in found if (why := importable.why_missing(part))} == {}
