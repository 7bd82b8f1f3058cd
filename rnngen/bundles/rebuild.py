"""Builds what a manifest describes again, from the components that are installed.

A manifest is not trusted: components are found by name in the catalogue, their options are checked,
and what does not fit is a message, not an exception of whoever stumbled over it.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.bundles.manifest import Chosen, Manifest, Used
from rnngen.contracts.errors import BundleError, PluginError, RnngenError, UsageError
from rnngen.contracts.options import build as build_options
from rnngen.files.tensors import read_tensors, tensor_shapes
from rnngen.kernel.component import PLURALS
from rnngen.kernel.reading import formerly

if TYPE_CHECKING:
    import torch

    from rnngen.contracts.likelihood import Likelihood
    from rnngen.model.model import Model


def build_model(manifest: Manifest) -> Model:
    """The model that a manifest describes, with the weights that it names.

    It is first built without memory (torch's `meta` device) and compared with the header of the
    file, so that numbers in JSON can't make it larger than the file is.

    Raises:
        BundleError: description and weights don't fit; names the tensor.
        PluginError: the cell is not installed.
    """
    from rnngen.model.build import from_manifest

    folder, description = manifest.folder, manifest.model
    weights = manifest.verified(manifest.weights)
    find(manifest, "cell", description.get("cell"))
    if description.get("condition") is not None:
        find(manifest, "conditioner", description.get("conditioner", "window"))
    with reading(folder, "model"):
        saved = tensor_shapes(weights)
        _compare_numbers(folder, description, saved)
        likelihood = build_component(manifest, "likelihood", manifest.likelihood)
        outline = _outline(description, likelihood)
        if outline is not None:
            _compare(folder, outline.tensors(), saved)
        model = from_manifest(description, likelihood)
        model.load_tensors(read_tensors(weights))
    return model.eval()


def _outline(description: Mapping[str, Any], likelihood: Likelihood) -> Model | None:
    """The model without memory; None where a plugin's cell looks at numbers while it is built."""
    from rnngen.model.build import from_manifest
    from rnngen.model.without_memory import without_memory

    try:
        with without_memory():
            return from_manifest(description, likelihood)
    except RnngenError:
        raise
    except Exception:
        return None


def _compare_numbers(
    folder: Path, description: Mapping[str, Any], saved: Mapping[str, tuple[str, tuple[int, ...]]]
) -> None:
    """No size in the description is larger than the number of all saved numbers."""
    total = sum(math.prod(shape) for _, shape in saved.values())
    for name in ("hidden", "embedding", "layers", "size"):
        claimed = description.get(name)
        if isinstance(claimed, int) and claimed > total:
            raise BundleError(
                f"`{folder}` claims `{name}` to be {claimed}, but has {total} weights altogether"
            )


def _compare(
    folder: Path,
    expected: Mapping[str, torch.Tensor],
    saved: Mapping[str, tuple[str, tuple[int, ...]]],
) -> None:
    for name in sorted(expected.keys() | saved.keys()):
        if name not in saved:
            raise BundleError(f"the weights of `{folder}` lack the tensor `{name}`")
        if name not in expected:
            raise BundleError(
                f"the weights of `{folder}` have a tensor `{name}` that its model does not have"
            )
        kind, shape = saved[name]
        if shape != tuple(expected[name].shape):
            raise BundleError(
                f"the tensor `{name}` of `{folder}` is {list(shape)}, but `bundle.json` says "
                f"{list(expected[name].shape)}"
            )
        if expected[name].is_floating_point() != kind.startswith(("F", "BF")):
            raise BundleError(
                f"the tensor `{name}` of `{folder}` has type {kind}, expected "
                f"{str(expected[name].dtype).removeprefix('torch.')}"
            )


def find(manifest: Manifest, kind: str, name: Any) -> Any:
    """The component in the catalogue; PluginError naming the plugin that had it."""
    from rnngen.kernel.catalog import get_catalog

    if not isinstance(name, str):
        raise BundleError(f"the bundle names the {kind} {name!r}, expected text")
    try:
        return get_catalog().find(kind, name)
    except UsageError as error:
        for part in manifest.components:
            if (part.kind, part.name) == (kind, name):
                raise _missing(part) from None
        raise BundleError(error.message, hint=error.hint) from None


def missing(manifest: Manifest, kinds: Collection[str] = tuple(PLURALS)) -> Iterator[PluginError]:
    """An error for each component of these kinds that the run used and that is not installed.

    It names the plugin, and says how to install it.
    """
    from rnngen.kernel.catalog import get_catalog

    for part in manifest.components:
        if part.kind not in kinds:
            continue
        try:
            get_catalog().find(part.kind, part.name)
        except UsageError:
            yield _missing(part)
        except PluginError:  # it is there, and fails or is there twice: said where it is used
            pass


def _missing(part: Used) -> PluginError:
    return PluginError(
        f"the bundle needs the {part.kind} {_quoted(part.name)} of the plugin "
        f"{_quoted(part.plugin)}, which is not installed or not allowed",
        hint=_how_to_install(part),
    )


def _quoted(text: Any) -> str:
    """In backticks; what would command a terminal is escaped."""
    return f"`{text}`" if str(text).isprintable() else repr(text)


def _how_to_install(part: Used) -> str:
    name, number = str(part.distribution or part.plugin), part.version
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", name):
        # A loose file, or something one should not paste into a shell.
        return "ask whoever gave you the bundle for its plugin, and see `rnngen plugins`"
    exact = isinstance(number, str) and re.fullmatch(r"[0-9][0-9A-Za-z.+!]*", number)
    wanted = f"{name}=={number}" if exact else name
    return f"if you trust it, `pip install {wanted}`; see `rnngen plugins`"


def build_domain(manifest: Manifest, reading: Mapping[str, Any]) -> Any:
    """The domain with the options it was trained with, but for those in `reading`."""
    chosen = manifest.domain
    before = formerly(find(manifest, "domain", chosen.name))
    options = {**before, **chosen.options, **reading}
    return build_component(manifest, "domain", Chosen(chosen.name, options))


def build_component(manifest: Manifest, kind: str, chosen: Chosen) -> Any:
    """The component built with the options of the manifest, which are checked."""
    component = find(manifest, kind, chosen.name)
    options, values = component.load_options(), chosen.options
    if options is None:
        return component.build(**values)
    return component.build(**vars(build_options(options, values, f"{kind} `{chosen.name}`")))


@contextlib.contextmanager
def reading(folder: Path, part: str) -> Iterator[None]:
    """Turns what a component raises over content that it did not write into a BundleError."""
    try:
        yield
    except UsageError as error:
        raise BundleError(f"the {part} of `{folder}`: {error.message}", hint=error.hint) from None
    except RnngenError:
        raise
    except Exception as error:
        raise BundleError(
            f"the {part} of `{folder}` can't be read: {type(error).__name__}: {error}",
            hint="the bundle is damaged, or was written by another version of its plugin",
        ) from error
