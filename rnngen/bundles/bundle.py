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

import tomllib
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from rnngen.bundles.manifest import BUNDLE, CONFIG, KIND, read_manifest
from rnngen.bundles.rebuild import build_component, build_model, reading
from rnngen.contracts.conform import conform_codec
from rnngen.contracts.errors import BundleError
from rnngen.files import schema
from rnngen.files.tensors import read_tensors
from rnngen.files.verify import read_index, verified_file
from rnngen.kernel.blame import attributed

if TYPE_CHECKING:
    from rnngen.contracts.codec import Codec
    from rnngen.contracts.domain import Domain
    from rnngen.model.model import Model


T = TypeVar("T")


@attributed()
def load(path: str | Path) -> Bundle:
    """Opens a bundle; what is in it is read when it is asked for.

    Raises:
        BundleError: there is no bundle at `path`, it is incomplete, or of a newer format.
    """
    return Bundle(Path(path))


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
        if not codec.step_shape and codec.size != size:
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
            return conform_codec(domain, domain.load_codec(files))

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
        from rnngen.files.tree import unpack

        name = self.manifest.get("strategy_tensors")
        tensors = read_tensors(verified_file(self.path, self.manifest, name)) if name else {}
        with reading(self.path, "state of the strategy"):
            return dict(unpack(self.manifest.get("strategy") or {}, tensors))


def read_config(path: Path) -> dict[str, dict[str, Any]]:
    """The sections of a `config.toml`; BundleError where it is not one."""
    try:
        sections = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"`{path}` can't be read as TOML: {error}") from None
    schema.check(sections, schema.Each(dict), f"`{path}`:")
    return sections


RECORD = {
    "fingerprint": schema.Each(str, list),
    "sources": schema.Each(str, list),
    "valid": schema.Each(str, list),
    "prepared": schema.Each(str, list),
    "fitted": bool,
}


def data_of(bundle: Bundle) -> Mapping[str, Any]:
    """What a bundle's manifest says of its data; BundleError where it is not whole."""
    data = bundle.manifest.get("data")
    seed = bundle.manifest.get("seed")
    schema.check(
        {"data": data, "seed": seed}, {"data": RECORD, "seed": int}, f"`{bundle.path}/bundle.json`:"
    )
    return {**bundle.manifest["data"], "seed": seed}
