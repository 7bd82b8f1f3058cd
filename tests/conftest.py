"""What every test can use: a clean environment, the command line in this process, plugins."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

import pytest

DISTRIBUTIONS = Path(__file__).parent / "distributions"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache folder for all tests, and not the developer's."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, cache: Path) -> Iterator[None]:
    """No `RNNGEN_*` of the developer, no colours, one thread, and a catalog of its own."""
    from rnngen.kernel import catalog

    for name in os.environ:
        if name.startswith("RNNGEN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("RNNGEN_CACHE", str(cache))
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    catalog.configure()
    yield
    catalog.configure()


@dataclass(frozen=True)
class Outcome:
    """What a command line did."""

    exit_code: int
    stdout: str
    stderr: str


RunCli = Callable[..., Outcome]


@pytest.fixture
def run_cli(capsys: pytest.CaptureFixture[str]) -> RunCli:
    """`run_cli("fit", "book.txt")`: the whole command line, in this process."""
    from rnngen.cli import main

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        exit_code = main([str(argument) for argument in arguments])
        written = capsys.readouterr()
        return Outcome(exit_code, written.out, written.err)

    return run


@pytest.fixture
def without_bundled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugins of rnngen's own distribution are not there."""
    from rnngen.kernel import distributions

    everything = distributions.distributions

    def others() -> Iterator[Distribution]:
        return (found for found in everything() if distributions.folder_name(found)[0] != "rnngen")

    monkeypatch.setattr(distributions, "distributions", others)


@pytest.fixture
def make_plugin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """`make_plugin("x", code)`: installs a plugin `x`, module `rnngen_x`, of that code."""
    made = []

    def make(
        name: str, code: str, *, version: str = "1.0", requires: str = "rnngen", entry: str = ""
    ) -> Path:
        folder = tmp_path / f"plugin-{name}"
        info = folder / f"rnngen_{name}-{version}.dist-info"
        info.mkdir(parents=True)
        metadata = f"Metadata-Version: 2.1\nName: rnngen-{name}\nVersion: {version}\n"
        (info / "METADATA").write_text(metadata + f"Requires-Dist: {requires}\n")
        target = entry or f"rnngen_{name}"
        (info / "entry_points.txt").write_text(f"[rnngen]\n{name} = {target}\n")
        path = folder / f"rnngen_{name}.py"
        path.write_text("import rnngen\n" + code)
        monkeypatch.syspath_prepend(str(folder))
        made.append(f"rnngen_{name}")
        return path

    yield make
    for name in made:
        sys.modules.pop(name, None)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """`install("good", "clash")`: puts fake distributions of `tests/distributions` on the path."""
    before = set(sys.modules)

    def put(*names: str) -> None:
        for name in names:
            assert (DISTRIBUTIONS / name).is_dir(), name
            monkeypatch.syspath_prepend(str(DISTRIBUTIONS / name))

    yield put
    for name in set(sys.modules) - before:
        if str(DISTRIBUTIONS) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def small(tmp_path: Path) -> list[str]:
    """Two short texts that have letters of their own."""
    texts = ["the cat sat on the mat. " * 90, "wer reitet so spät durch nacht und wind? " * 60]
    paths = [tmp_path / f"{number}.txt" for number in range(2)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return [str(path) for path in paths]


LONG = (
    "test_the_commands_of_the_readme_run_as_written",
    "test_forged_runs_are_read_or_refused",
    "test_model_of_last_month_is_protected_without_its_old_data",
)
"""Tests of half a minute: they begin first, so that no process waits for them in the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.name not in LONG)
