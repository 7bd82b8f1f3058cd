"""Splits nested state into JSON and tensors, so that it can be saved without pickle.

Dicts with string keys, lists, tuples, numbers, strings, booleans, None and tensors; everything that
is saved of an optimizer, a strategy or the lanes' states goes through `pack` and `unpack`.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from rnngen.contracts.errors import BundleError

TENSOR = "$tensor"
TUPLE = "$tuple"
PAIRS = "$pairs"


def pack(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    """`value` as JSON; its tensors are put into `tensors` under names that begin with `path`.

    Raises:
        TypeError: there is something else in it; a strategy's author has to mend that.
    """
    if isinstance(value, Tensor):
        tensors[path] = value.detach().contiguous()
        return {TENSOR: path}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return {TUPLE: [pack(part, f"{path}.{i}", tensors) for i, part in enumerate(value)]}
    if isinstance(value, list):
        return [pack(part, f"{path}.{i}", tensors) for i, part in enumerate(value)]
    if isinstance(value, dict):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: pack(part, f"{path}.{key}", tensors) for key, part in value.items()}
        pairs = [[key, pack(part, f"{path}.{key}", tensors)] for key, part in value.items()]
        return {PAIRS: pairs}
    raise TypeError(f"`{path}` is a {type(value).__name__}; only tensors and JSON can be saved")


def unpack(value: Any, tensors: dict[str, Tensor]) -> Any:
    """What `pack` was given.

    Raises:
        BundleError: it names a tensor that is not there.
    """
    if isinstance(value, list):
        return [unpack(part, tensors) for part in value]
    if not isinstance(value, dict):
        return value
    if TENSOR in value:
        name = value[TENSOR]
        if name not in tensors:
            raise BundleError(f"the saved state names the tensor `{name}`, which is missing")
        return tensors[name]
    if TUPLE in value:
        return tuple(unpack(part, tensors) for part in value[TUPLE])
    if PAIRS in value:
        return {key: unpack(part, tensors) for key, part in value[PAIRS]}
    return {key: unpack(part, tensors) for key, part in value.items()}
