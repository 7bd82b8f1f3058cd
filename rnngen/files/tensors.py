"""Reads and writes safetensors files, with errors that name the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rnngen.contracts.errors import BundleError

if TYPE_CHECKING:
    import torch


def tensor_bytes(tensors: Mapping[str, torch.Tensor]) -> bytes:
    """The content of a safetensors file that holds these tensors."""
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


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file; BundleError if it is invalid."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise _not_safetensors(path, error) from None


def tensor_shapes(path: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Type (`F32`) and shape of every tensor of a safetensors file, from its header alone."""
    from safetensors import SafetensorError, safe_open

    shapes = {}
    try:
        with safe_open(path, framework="np") as file:
            for name in file.keys():  # noqa: SIM118 (it is not a mapping)
                part = file.get_slice(name)
                shapes[name] = (str(part.get_dtype()), tuple(part.get_shape()))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise _not_safetensors(path, error) from None
    return shapes


def _not_safetensors(path: Path, error: Exception) -> BundleError:
    return BundleError(
        f"`{path}` is not a whole safetensors file: {error}",
        hint="the file is damaged; use an earlier copy of the folder",
    )
