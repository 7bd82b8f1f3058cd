"""`bundle.json`: its form, and the one reader of it.

`read(folder)` gives a `Manifest`, which is passed on: whoever has it looks at no JSON again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from rnngen.contracts.errors import BundleError
from rnngen.contracts.kept import Kept
from rnngen.data.record import DataRecord
from rnngen.files import schema
from rnngen.files.verify import Index, inside, read_index

BUNDLE = "bundle.json"


CHECKPOINT = "checkpoint.json"


CONFIG = "config.toml"


KIND = "rnngen bundle"


HISTORY = {
    "tasks": schema.Each(str, list),
    "learned": schema.Each(schema.Each(int, list), list),
    "rows": schema.Each(
        {
            "learned": schema.Maybe(int),
            "nats": schema.Each(schema.Maybe(float), list),
            "steps": int,
            "tokens": int,
            "seconds": float,
            "after_switch": schema.Maybe(float),
            "recovered": schema.Maybe(int),
            "memory_bytes": int,
            "memory_tokens": int,
        },
        list,
    ),
}
"""How a run of several tasks went; see `rnngen.metrics.task_history`."""


@dataclass(frozen=True)
class Chosen:
    """A component that was chosen by its name, with its options."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Used:
    """A component that a run used, and where that came from."""

    kind: str
    name: str
    plugin: str | None = None
    distribution: str | None = None
    version: Any = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Manifest(Index, Mapping[str, Any]):
    """What `bundle.json` says, checked.

    It is also the mapping that version 0.1.0 gave to plugins: `manifest["data"]` is the JSON.

    Args:
        model: what `Model.describe` said.
        domain: with the options it was trained with.
        likelihood: of the next step.
        components: that the run used, and their plugins.
        weights: name of the file with the model's tensors.
        codec: names of the codec's files, by the names that the codec gave them.
        metrics: how well the model did when it was saved.
        data: what it learned from; see `data_record`.
        strategy: what learning strategies remember, packed by `rnngen.files.tree`.
        strategy_tensors: name of the file with the tensors of `strategy`.
        kept: what these hold of the data, by name; see `kept_by_strategies`.
        left_out: names of strategies whose state was left out when the bundle was exported.
        history: how each task was done after each of them; of the form `HISTORY`.
        continued: whether the run began with another model (`--from`).
        start: the bundle it began with.
        seed: of the run.
        rnngen: the version that wrote it.
        created: when.
    """

    model: Mapping[str, Any]
    domain: Chosen
    likelihood: Chosen
    components: list[Used]
    weights: str
    codec: Mapping[str, str]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    strategy: Mapping[str, Any] = field(default_factory=dict)
    strategy_tensors: str | None = None
    kept: Mapping[str, Kept] | None = None
    left_out: list[str] = field(default_factory=list)
    history: Annotated[Mapping[str, Any] | None, schema.Maybe(HISTORY)] = None
    continued: Any = False
    start: Any = None
    seed: Any = None
    rnngen: str | None = None
    created: str | None = None

    def __getitem__(self, key: str) -> Any:
        return self.document[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.document)

    def __len__(self) -> int:
        return len(self.document)

    @cached_property
    def data_record(self) -> DataRecord:
        """What the run learned from.

        Raises:
            BundleError: the bundle does not say all of it, as one made by hand may not.
        """
        where = f"`{self.folder / BUNDLE}`:"
        schema.check({"data": self.document.get("data")}, {"data": dict}, where)
        schema.check({"seed": self.seed}, {"seed": int}, where)
        return schema.make(DataRecord, self.data, f"{where}, `data`,", seed=self.seed)

    def kept_by_strategies(self) -> dict[str, Kept]:
        """What strategies keep of the data; of an older bundle only the size is known."""
        if self.kept is not None:
            return dict(self.kept)
        names = [name for name, state in self.strategy.items() if _has_tensors(state)]
        entry = self.files.get(self.strategy_tensors or "")
        return {name: Kept(bytes=entry.bytes) for name in names} if entry else {}

    def needed(self) -> set[str]:
        """The files without which the model can't be used."""
        tensors = self.strategy_tensors
        return {self.weights, *self.codec.values(), *([tensors] if tensors else [])}


def _has_tensors(state: Any) -> bool:
    """Whether a packed state refers to tensors; see `rnngen.files.tree`."""
    if isinstance(state, Mapping):
        return "$tensor" in state or any(map(_has_tensors, state.values()))
    return isinstance(state, list) and any(map(_has_tensors, state))


def read(folder: Path) -> Manifest:
    """`bundle.json`, checked for its form and for the files it names.

    Files without which the model can't be used must be there, of the size that was saved; their
    content is verified when it is read.

    Raises:
        BundleError: what is wrong with it.
    """
    if not folder.is_dir():
        lost = "a link that leads nowhere" if folder.is_symlink() else "not found"
        raise BundleError(
            f"`{folder}` is not a bundle: " + ("it is a file" if folder.exists() else lost),
            hint="a bundle is the folder that `rnngen fit` makes, for example `runs/NAME`",
        )
    if not (folder / BUNDLE).exists():
        hint = "a bundle is the folder that `rnngen fit` makes, for example `runs/NAME`"
        if (folder / "run.json").exists() or (folder / CHECKPOINT).exists():
            hint = f"it has no model yet; continue it with `rnngen fit --resume {folder}`"
        raise BundleError(f"`{folder}` is not a bundle: it has no `{BUNDLE}`", hint=hint)
    for _ in range(4):
        manifest = read_index(folder, BUNDLE, KIND, Manifest)
        try:
            return _with_its_files(manifest)
        except BundleError:
            # A run that commits a newer model meanwhile removes the files of the older one.
            if read_index(folder, BUNDLE, KIND, Index).files == manifest.files:
                raise
    return _with_its_files(read_index(folder, BUNDLE, KIND, Manifest))


def _with_its_files(manifest: Manifest) -> Manifest:
    for name in manifest.files:
        inside(manifest.folder, name)
    for name in manifest.needed():
        manifest.path(name)
    return manifest
