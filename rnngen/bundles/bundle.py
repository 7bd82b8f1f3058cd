"""The bundle: the folder a trained model is, and the checkpoint a run resumes from.

    bundle.json                     names and describes everything else; see `manifest`
    weights-000200.safetensors      the model's tensors at step 200
    strategy-000200.safetensors     what a learning strategy remembers, where it has tensors
    codec-000200.json               files of the codec
    config.toml                     the resolved configuration
    checkpoint.json, checkpoints/   the same for resuming: optimizer, random state, place in data

Nothing in it executes: it is read by safetensors and JSON, and components are found by name in the
catalogue of what is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from rnngen.bundles import manifest
from rnngen.bundles.manifest import BUNDLE, CONFIG, KIND, Manifest
from rnngen.bundles.rebuild import build_domain, build_model, reading
from rnngen.bundles.records import read_config
from rnngen.contracts.conform import conform_codec
from rnngen.contracts.errors import BundleError
from rnngen.data.record import DataRecord
from rnngen.files.regular import read_regular
from rnngen.files.tensors import read_tensors
from rnngen.files.verify import Index, read_index
from rnngen.kernel.blame import attributed

if TYPE_CHECKING:
    from rnngen.contracts.codec import Codec
    from rnngen.contracts.domain import Domain
    from rnngen.model.model import Model


T = TypeVar("T")

CODEC_LIMIT = 2**28
"""Bytes of a file of a codec, which is JSON; a larger one is not read."""


@attributed()
def load(path: str | Path) -> Bundle:
    """Opens a bundle; its contents are read on demand.

    Raises:
        BundleError: there is no bundle at `path`, it is incomplete, or of a newer format.
    """
    return Bundle(Path(path))


class Bundle:
    """A trained model in its folder; its contents are read on demand.

    A run may commit a newer model meanwhile: then the newer one is read.

    Args:
        folder: where it is.

    Raises:
        BundleError: it is not one; every property raises it where its part is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._reading: Mapping[str, Any] = {}
        self.manifest: Manifest = manifest.read(folder)

    def __repr__(self) -> str:
        return f"Bundle({str(self.path)!r}, step {self.step})"

    def _read(self, read: Callable[[], T]) -> T:
        """Calls `read()`, and retries if a concurrent commit removed a file."""
        for _ in range(4):
            try:
                return read()
            except BundleError:
                if not self._is_newer():
                    raise
                self.manifest = manifest.read(self.path)
        return read()

    def _is_newer(self) -> bool:
        try:
            return read_index(self.path, BUNDLE, KIND, Index).files != self.manifest.files
        except BundleError:
            return False

    @property
    def step(self) -> int:
        """Optimizer steps after which the weights were saved."""
        return self.manifest.step

    @cached_property
    def config(self) -> dict[str, dict[str, Any]]:
        """The resolved configuration, section by section; empty where none was saved."""
        if CONFIG in self.manifest.files:
            return read_config(self.manifest.verified(CONFIG))
        path = self.path / CONFIG
        return read_config(path) if path.exists() else {}

    @property
    def data_record(self) -> DataRecord:
        """What the run learned from; BundleError where the bundle does not say all of it."""
        return self.manifest.data_record

    @cached_property
    def domain(self) -> Domain:
        """The domain, with the options it was trained with."""
        chosen = self.manifest.domain
        with reading(self.path, f"domain `{chosen.name}`"):
            return cast("Domain", build_domain(self.manifest, self._reading))

    def reading(self, options: Mapping[str, Any]) -> Bundle:
        """The same bundle, whose domain reads other data with these options."""
        other = copy(self)
        for made in ("domain", "codec"):
            vars(other).pop(made, None)
        other._reading = {**self._reading, **options}
        return other

    @cached_property
    def codec(self) -> Codec:
        """The fitted codec."""
        codec = self._read(self._read_codec)
        size = self.manifest.model.get("size")
        if not codec.step_shape and codec.size != size:
            raise BundleError(
                f"`{self.path}` has a codec of {codec.size} steps, but a model of {size}"
            )
        return codec

    def _read_codec(self) -> Codec:
        files = {
            logical: read_regular(self.manifest.verified(name), CODEC_LIMIT)
            for logical, name in self.manifest.codec.items()
        }
        domain = self.domain
        with reading(self.path, "codec"):
            return conform_codec(domain, domain.load_codec(files))

    @cached_property
    def model(self) -> Model:
        """The model with its weights, on the processor, ready to be used (`eval`)."""
        return self._read(self._read_model)

    def _read_model(self) -> Model:
        return build_model(self.manifest)

    @cached_property
    def strategy_state(self) -> dict[str, Any]:
        """What learning strategies remember, by name; tensors and JSON."""
        return self._read(self._read_strategy)

    def _read_strategy(self) -> dict[str, Any]:
        from rnngen.files.tree import unpack

        name = self.manifest.strategy_tensors
        tensors = read_tensors(self.manifest.verified(name)) if name else {}
        with reading(self.path, "state of the strategy"):
            return dict(unpack(self.manifest.strategy, tensors))
