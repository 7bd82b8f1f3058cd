"""Helpers for the tests of bundles: reads all of one, and damages or forges it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from hypothesis import strategies as st

from rnngen.bundles import bundle, checkpoint
from rnngen.contracts.errors import RnngenError
from tests import small_bundle


def read_all(folder: Path) -> tuple[int, torch.Tensor, str, float]:
    """Step, output of the model, vocabulary and strategy's number: everything, verified."""
    opened = bundle.load(folder)
    steps = torch.arange(5).unsqueeze(1)
    with torch.no_grad():
        output, _ = opened.model(steps, opened.model.initial_state(1))
    state = opened.strategy_state["ewc"]["importance"]
    return opened.step, output, "".join(opened.codec.characters), float(state[0])


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text().filter(lambda key: not key.startswith("$")), inner, max_size=3)
    ),
    max_leaves=10,
)


def forged(first: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    folder = tmp_path / "forged"
    shutil.copytree(first, folder)
    small_bundle.edit(folder, change)
    return folder


def assign(*keys: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = to

    return change


def read_or_refuse(folder: Path) -> None:
    """Everything that reads a bundle, of which only `RnngenError` may come."""
    for read in (
        lambda opened: opened.model,
        lambda opened: opened.codec,
        lambda opened: opened.config,
        lambda opened: opened.strategy_state,
    ):
        with suppress(RnngenError):
            read(bundle.load(folder))
    with suppress(RnngenError):
        checkpoint.load_checkpoint(folder)


@contextmanager
def changed(path: Path, data: bytes, adopt: bool) -> Iterator[None]:
    """The file with other content, which the index may be made to name (a forgery)."""
    folder = path.parent if path.parent.name != "checkpoints" else path.parent.parent
    saved = {name: (folder / name).read_bytes() for name in ("bundle.json", "checkpoint.json")}
    before = path.read_bytes()
    path.write_bytes(data)
    if adopt:
        entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        key = path.relative_to(folder).as_posix()
        for name in saved.keys() - {key}:
            small_bundle.edit(folder, assign("files", key, to=entry), name)
    try:
        yield
    finally:
        for name, content in saved.items():
            (folder / name).write_bytes(content)
        path.write_bytes(before)
