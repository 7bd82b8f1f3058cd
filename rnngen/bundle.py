"""The bundle: the folder a trained model is, and the checkpoint a run resumes from.

    bundle.json                     names and describes everything else; see `SCHEMA`
    weights-000200.safetensors      the model's tensors at step 200
    strategy-000200.safetensors     what a learning strategy remembers, where it has tensors
    codec-000200.json               files of the codec
    config.toml                     the resolved configuration
    checkpoint.json, checkpoints/   the same for resuming: optimizer, random state, place in data

Nothing in it executes: it is read by safetensors and JSON, and components are found by name in the
catalogue of what is installed.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from rnngen import schema
from rnngen.assembly import build_component, build_model, reading
from rnngen.blame import attributed
from rnngen.commit import Commit
from rnngen.errors import BundleError, PluginError
from rnngen.protocols import step_shape
from rnngen.verify import (
    FORMAT,
    inside,
    named_file,
    read_index,
    read_tensors,
    verified_file,
)

if TYPE_CHECKING:
    import torch

    from rnngen.model import Model
    from rnngen.protocols import Codec, Domain

T = TypeVar("T")

BUNDLE = "bundle.json"
CHECKPOINT = "checkpoint.json"
CONFIG = "config.toml"
KIND = "rnngen bundle"
CHECKPOINT_KIND = "rnngen checkpoint"
WEIGHTS_PATTERN = "weights-{}.safetensors"
STRATEGY_PATTERN = "strategy-{}.safetensors"
CHECKPOINT_PATTERN = "checkpoints/{}.safetensors"
RECORDS = ("metrics.jsonl", "log.txt", "samples/*.txt")
"""What `seal` names besides the model; it grows while a run goes on."""

COMPONENT = {"name": str, "options": schema.Maybe(dict)}
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
"""How a run of several tasks went; see `rnngen.task_history`."""

SCHEMA = {
    "model": dict,
    "domain": COMPONENT,
    "likelihood": COMPONENT,
    "components": schema.Each(
        {"kind": str, "name": str, "plugin": schema.Maybe(str), "distribution": schema.Maybe(str)},
        list,
    ),
    "metrics": schema.Maybe(dict),
    "data": schema.Maybe(dict),
    "weights": str,
    "codec": schema.Each(str),
    "strategy": schema.Maybe(dict),
    "strategy_tensors": schema.Maybe(str),
    "history": schema.Maybe(HISTORY),
    "rnngen": schema.Maybe(str),
    "created": schema.Maybe(str),
}


# Writing


def commit_model(
    folder: Path,
    tensors: Mapping[str, torch.Tensor],
    manifest: Mapping[str, Any],
    codec_files: Mapping[str, bytes],
    extra: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Makes `folder` a bundle of this model, or leaves the bundle that was there.

    Args:
        folder: the run's.
        tensors: the model's, by name.
        manifest: `step`, `model`, `domain`, `likelihood`, `components`, and what else is to be kept
            in `bundle.json`; JSON only.
        codec_files: what `Codec.files` gave.
        extra: the tensors of `manifest["strategy"]` (packed by `rnngen.tree`).

    Raises:
        RunError: something could not be written; the previous commit is whole.
    """
    step = int(manifest["step"])
    with Commit(folder, BUNDLE) as new:
        document = {
            "format": FORMAT,
            "kind": KIND,
            "rnngen": version("rnngen"),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            **_finite(manifest),
            "weights": new.put(WEIGHTS_PATTERN, step, _safetensors(tensors)),
            "codec": {
                name: new.put(_codec_pattern(name), step, content)
                for name, content in codec_files.items()
            },
        }
        new.tidy(STRATEGY_PATTERN)
        if extra:
            document["strategy_tensors"] = new.put(STRATEGY_PATTERN, step, _safetensors(extra))
        for name in new.previous.get("codec", ()):
            if name not in codec_files:
                new.tidy(_codec_pattern(name))
        if (folder / CONFIG).exists():
            new.keep(CONFIG)
        new.finish(document)


def seal(folder: Path) -> None:
    """At the end of a run: `bundle.json` also names the metrics, the log and the samples."""
    if not (folder / BUNDLE).exists():
        return
    with Commit(folder, BUNDLE) as new:
        new.keep_previous(set(new.previous["files"]) - {CONFIG})
        for pattern in (CONFIG, *RECORDS):
            for path in sorted(folder.glob(pattern)):
                new.keep(path.relative_to(folder).as_posix())
        new.finish(new.previous)


def unseal(folder: Path) -> None:
    """Before a run is resumed: `bundle.json` no longer names what is going to change."""
    if not (folder / BUNDLE).exists():
        return
    changing = {CONFIG} | {
        path.relative_to(folder).as_posix() for pattern in RECORDS for path in folder.glob(pattern)
    }
    with Commit(folder, BUNDLE) as new:
        named = set(new.previous.get("files", ()))
        if named & changing:
            new.keep_previous(named - changing)
            new.finish(new.previous)


def commit_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, torch.Tensor], state: Mapping[str, Any]
) -> None:
    """Saves what a run resumes from, or leaves the checkpoint that was there.

    Args:
        folder: the run's.
        step: optimizer steps done.
        tensors: by name.
        state: JSON; numbers may be infinite or not a number.

    Raises:
        RunError: something could not be written; the previous checkpoint is whole.
    """
    with Commit(folder, CHECKPOINT) as new:
        document = {
            "format": FORMAT,
            "kind": CHECKPOINT_KIND,
            "step": step,
            "tensors": new.put(CHECKPOINT_PATTERN, step, _safetensors(tensors)),
            "state": _finite(state),
        }
        new.finish(document)


def load_checkpoint(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """Tensors and state of the last checkpoint; None where there is none.

    Raises:
        BundleError: it is damaged.
    """
    if not (folder / CHECKPOINT).exists():
        return None
    index = read_index(folder, CHECKPOINT, CHECKPOINT_KIND)
    schema.check(index, {"tensors": str, "state": dict}, f"`{folder / CHECKPOINT}`:")
    path = verified_file(folder, index, index["tensors"])
    return read_tensors(path), _restored(index["state"], folder / CHECKPOINT)


def _safetensors(tensors: Mapping[str, torch.Tensor]) -> bytes:
    from safetensors.torch import save

    # safetensors refuses tensors that share memory; a view of a larger one would drag all of it.
    own = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    seen: set[int] = set()
    for name, tensor in own.items():
        storage = tensor.untyped_storage()
        if storage.data_ptr() in seen or storage.nbytes() != tensor.nbytes:
            own[name] = tensor.clone()
        seen.add(storage.data_ptr())
    return bytes(save(own))


def _codec_pattern(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.json", name):
        raise PluginError(f"a codec saves a file named {name!r}, expected one like `codec.json`")
    return f"{name.removesuffix('.json')}-{{}}.json"


def _finite(value: Any) -> Any:
    """JSON has no infinity: it becomes `{"$float": "inf"}`."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value


def _restored(value: Any, path: Path) -> Any:
    if isinstance(value, list):
        return [_restored(part, path) for part in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$float"}:
        if value["$float"] not in ("inf", "-inf", "nan"):
            raise BundleError(f"`{path}` has {value['$float']!r} where a number is expected")
        return float(value["$float"])
    return {key: _restored(part, path) for key, part in value.items()}


# Reading


@attributed()
def load(path: str | Path) -> Bundle:
    """Opens a bundle; what is in it is read when it is asked for.

    Raises:
        BundleError: there is no bundle at `path`, it is incomplete, or of a newer format.
    """
    return Bundle(Path(path))


def read_manifest(folder: Path) -> dict[str, Any]:
    """`bundle.json`, checked for its form and for the files it names.

    Raises:
        BundleError: what is wrong with it.
    """
    if not folder.is_dir():
        raise BundleError(
            f"`{folder}` is not a bundle: " + ("it is a file" if folder.exists() else "not found"),
            hint="a bundle is the folder that `rnngen fit` makes, for example `runs/NAME`",
        )
    if not (folder / BUNDLE).exists():
        hint = "a bundle is the folder that `rnngen fit` makes, for example `runs/NAME`"
        if (folder / "run.json").exists() or (folder / CHECKPOINT).exists():
            hint = f"it has no model yet; continue it with `rnngen fit --resume {folder}`"
        raise BundleError(f"`{folder}` is not a bundle: it has no `{BUNDLE}`", hint=hint)
    manifest = read_index(folder, BUNDLE, KIND)
    where = folder / BUNDLE
    schema.check(manifest, SCHEMA, f"`{where}`:")
    try:
        manifest = _restored(manifest, where)
    except RecursionError:
        raise BundleError(f"`{where}` is nested too deeply") from None
    for name in manifest["files"]:
        inside(folder, name)
    for name in _needed(manifest):
        named_file(folder, manifest, name)
    return dict(manifest)


def _needed(manifest: Mapping[str, Any]) -> set[str]:
    """The files without which the model can't be used."""
    tensors = manifest.get("strategy_tensors")
    return {manifest["weights"], *manifest["codec"].values(), *([tensors] if tensors else [])}


class Bundle:
    """A trained model in its folder; what is in it is read when it is asked for.

    A run may commit a newer model meanwhile: then the newer one is read.

    Args:
        folder: where it is.

    Raises:
        BundleError: it is not one; every property raises it where its part is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self.manifest: dict[str, Any] = {}
        self.manifest = self._read(lambda: read_manifest(folder))

    def __repr__(self) -> str:
        return f"Bundle({str(self.path)!r}, step {self.step})"

    def _read(self, read: Callable[[], T]) -> T:
        """`read()`, once more where a commit took away a file under our hands."""
        for _ in range(4):
            try:
                return read()
            except BundleError:
                if not self._is_newer():
                    raise
                self.manifest = read_manifest(self.path)
        return read()

    def _is_newer(self) -> bool:
        try:
            files = read_index(self.path, BUNDLE, KIND)["files"]
        except BundleError:
            return False
        return bool(files != self.manifest.get("files"))

    @property
    def step(self) -> int:
        """Optimizer steps after which the weights were saved."""
        return int(self.manifest["step"])

    @cached_property
    def config(self) -> dict[str, dict[str, Any]]:
        """The resolved configuration, section by section; empty where none was saved."""
        path = self.path / CONFIG
        if CONFIG not in self.manifest["files"]:
            if not path.exists():
                return {}
        else:
            path = verified_file(self.path, self.manifest, CONFIG)
        return read_config(path)

    @cached_property
    def domain(self) -> Domain:
        """The domain, with the options it was trained with."""
        chosen = self.manifest["domain"]
        with reading(self.path, f"domain `{chosen['name']}`"):
            return cast("Domain", build_component(self.manifest, "domain", chosen))

    @cached_property
    def codec(self) -> Codec:
        """The fitted codec."""
        codec = self._read(self._read_codec)
        size = self.manifest["model"].get("size")
        if not step_shape(codec) and codec.size != size:
            raise BundleError(
                f"`{self.path}` has a codec of {codec.size} steps, but a model of {size}"
            )
        return codec

    def _read_codec(self) -> Codec:
        files = {
            logical: verified_file(self.path, self.manifest, name).read_bytes()
            for logical, name in self.manifest["codec"].items()
        }
        domain = self.domain
        with reading(self.path, "codec"):
            return domain.load_codec(files)

    @cached_property
    def model(self) -> Model:
        """The model with its weights, on the processor, ready to be used (`eval`)."""
        return self._read(self._read_model)

    def _read_model(self) -> Model:
        path = verified_file(self.path, self.manifest, self.manifest["weights"])
        return build_model(self.path, self.manifest, path)

    @cached_property
    def strategy_state(self) -> dict[str, Any]:
        """What learning strategies remember, by name; tensors and JSON."""
        return self._read(self._read_strategy)

    def _read_strategy(self) -> dict[str, Any]:
        from rnngen.tree import unpack

        name = self.manifest.get("strategy_tensors")
        tensors = read_tensors(verified_file(self.path, self.manifest, name)) if name else {}
        with reading(self.path, "state of the strategy"):
            return dict(unpack(self.manifest.get("strategy") or {}, tensors))

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        """Sequences of this model; see `rnngen.generate`."""
        from rnngen.generate import generate

        return generate(self, *args, **kwargs)

    def evaluate(self, *args: Any, **kwargs: Any) -> Any:
        """How well this model predicts a text; see `rnngen.evaluate`."""
        from rnngen.evaluate import evaluate

        return evaluate(self, *args, **kwargs)


def read_config(path: Path) -> dict[str, dict[str, Any]]:
    """The sections of a `config.toml`; BundleError where it is not one."""
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"`{path}` can't be read as TOML: {error}") from None
    schema.check(sections, schema.Each(dict), f"`{path}`:")
    return sections
