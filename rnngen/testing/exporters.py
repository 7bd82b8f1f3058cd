"""Contract checks for any exporter: `check_exporter(build)` runs all, `CHECKS` names each.

from rnngen.testing.exporters import CHECKS

@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_contract(check):
    check(lambda: Gguf(GgufOptions()))

They export a small model of text, with one GRU.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from rnngen.bundles.bundle import Bundle, load
from rnngen.bundles.write import commit_model
from rnngen.components.domains.text.codecs.char import CharCodec
from rnngen.contracts.conform import conform
from rnngen.contracts.output import Exporter
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.build import build as build_model
from rnngen.testing.saying import all_of, require

Build = Callable[[], Exporter]


def check_exporter(build: Build) -> None:
    """Runs every check on exporters that `build` makes; AssertionError names what is broken."""
    for check in CHECKS.values():
        check(build)


@contextlib.contextmanager
def _place() -> Iterator[tuple[Bundle, Path]]:
    """A small bundle, and the path to export it to."""
    with TemporaryDirectory() as place:
        folder, out = Path(place) / "run", Path(place) / "out"
        folder.mkdir()
        out.mkdir()
        codec = CharCodec(["a", "b", "c"], "\n")
        torch.manual_seed(0)
        model = build_model(codec.size, ModelOptions(cell="gru", hidden=6, embedding=4), {})
        described = {
            "step": 1,
            "model": model.describe(),
            "domain": {"name": "text", "options": {}},
            "likelihood": {"name": "categorical", "options": {"size": codec.size}},
            "components": [],
        }
        commit_model(folder, model.tensors(), described, codec.files())
        yield load(folder), out / "model.out"


def _export(build: Build, bundle: Bundle, path: Path) -> list[Path]:
    exporter = conform("exporter", "checked", build())
    written = exporter.export(bundle, path)
    if written is None:
        return [path]
    return [Path(each) for each in ([written] if isinstance(written, str | Path) else written)]


def writes_what_it_names(build: Build) -> None:
    """The files that it gives are there, below the path's folder; without any, the path is."""
    with _place() as (bundle, path):
        made = _export(build, bundle, path)
        require(made, "it gives an empty list: give the files written, or nothing at all")
        for each in made:
            require(each.exists(), f"it names `{each.name}`, and did not write it")
            require(
                each.is_relative_to(path.parent),
                f"it wrote `{each}`, outside of the folder of the path that it was given",
            )
        require(path.exists() or len(made) > 0, "nothing was written")
        sizes = [each.stat().st_size for each in path.parent.rglob("*") if each.is_file()]
        require(sum(sizes) > 0, "what it wrote is empty")


def writes_nowhere_else(build: Build) -> None:
    """Neither the bundle nor the working folder is written to."""
    with _place() as (bundle, path), TemporaryDirectory() as elsewhere:
        before, here = _digests(bundle.path), Path.cwd()
        os.chdir(elsewhere)
        try:
            _export(build, bundle, path)
        finally:
            os.chdir(here)
        require(_digests(bundle.path) == before, "it changed the bundle's own files")
        strays = [each.name for each in Path(elsewhere).iterdir()]
        require(not strays, f"it wrote {strays} to the working folder")


def leaves_the_model(build: Build) -> None:
    """The model that it was given is as it was, and torch's random numbers, too."""
    with _place() as (bundle, path):
        before = {name: part.clone() for name, part in bundle.model.tensors().items()}
        random = torch.get_rng_state()
        _export(build, bundle, path)
        for name, part in bundle.model.tensors().items():
            require(torch.equal(part, before[name]), f"it changed the tensor `{name}`")
        require(not bundle.model.training, "it left the model in training mode")
        require(torch.equal(torch.get_rng_state(), random), "it draws from torch's random numbers")


def replaces_what_is_there(build: Build) -> None:
    """A second export to the same path gives files of the same names."""
    with _place() as (bundle, path):
        first = sorted(each.name for each in _export(build, bundle, path))
        again = sorted(each.name for each in _export(build, bundle, path))
        require(first == again, f"it wrote {first}, and then {again}")


def prints_nothing(build: Build) -> None:
    """stdout is for data: nothing is printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), _place() as (bundle, path):
        _export(build, bundle, path)
    require(not said.getvalue(), f"it printed {said.getvalue()[:60]!r}")


def _digests(folder: Path) -> dict[str, str]:
    return {
        each.relative_to(folder).as_posix(): hashlib.sha256(each.read_bytes()).hexdigest()
        for each in folder.rglob("*")
        if each.is_file()
    }


CHECKS: dict[str, Callable[[Build], None]] = all_of(
    (
        writes_what_it_names,
        writes_nowhere_else,
        leaves_the_model,
        replaces_what_is_there,
        prints_nothing,
    )
)
