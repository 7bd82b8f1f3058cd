"""Reads arrays of number arrays from a pickle, without running anything that it names.

A pickle builds only our stand-ins, which become arrays once all of them are checked: numpy's own
classes trust the sizes and types in a pickle.
"""

from __future__ import annotations

import io
import pickle
import re
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

NUMBERS = re.compile(r"[<>|=]?([biuf][1248]|O8?)")
"""Type codes of numbers, and of arrays of arrays."""


class NotNumbers(Exception):
    """A pickle holds something other than arrays of numbers; the message ends a sentence."""


def read_pickled(content: bytes) -> NDArray[Any]:
    """The array in a pickled npy file; an array of objects becomes an array of arrays.

    Raises:
        NotNumbers: it holds something else, or is damaged.
    """
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format
    header = read.read_array_header_1_0 if version == (1, 0) else read.read_array_header_2_0
    shape = header(stream)[0]
    try:
        found = _Unpickler(stream, encoding="latin1").load()
    except NotNumbers:
        raise
    except Exception as error:  # a damaged pickle fails in many ways
        raise NotNumbers(f"is damaged: {type(error).__name__}: {error}") from None
    if not isinstance(found, _Array):
        raise NotNumbers("is not an array")
    array = found.array(depth=0)
    if array.shape != shape:
        raise NotNumbers(f"is {list(array.shape)}, but its header says {list(shape)}")
    return array


class _Kind:
    """Stands for `numpy.dtype`."""

    def __init__(self, code: str, *flags: object) -> None:
        if not isinstance(code, str) or not NUMBERS.fullmatch(code):
            raise NotNumbers(f"has the unsupported number type `{code}`")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        # Version, byte order, and fields that number types do not use.
        if state[1] not in ("<", ">", "|", "="):
            raise NotNumbers("has numbers with an unknown byte order")
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands for `numpy.ndarray`, as its `__reduce__` writes it."""

    def __init__(self, *arguments: object) -> None:
        self.state: Any = None
        self._made: NDArray[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def array(self, depth: int) -> NDArray[Any]:
        """The array; NotNumbers if the pickled state is not a valid array."""
        if self._made is None:
            self._made = self._make(depth)
        return self._made

    def _make(self, depth: int) -> NDArray[Any]:
        try:
            _, shape, kind, fortran, content = self.state
            whole = all(type(size) is int and size >= 0 for size in shape)
            if not whole or not isinstance(kind, _Kind) or len(shape) > 4:
                raise TypeError
            if kind.dtype.hasobject:
                return _of_arrays(content, shape, depth)
            data = content.encode("latin1") if isinstance(content, str) else content
            if not isinstance(data, bytes) or len(data) != prod(shape) * kind.dtype.itemsize:
                raise TypeError
            flat = np.frombuffer(data, kind.dtype)
            shaped = flat.reshape(shape, order="F" if fortran else "C")
            return shaped.astype(kind.dtype.newbyteorder("="))
        except (TypeError, ValueError):
            raise NotNumbers("has an array whose size or kind is damaged") from None


def _of_arrays(content: object, shape: tuple[int, ...], depth: int) -> NDArray[Any]:
    if depth or not isinstance(content, list) or len(content) != prod(shape):
        raise NotNumbers("is not an array of arrays")
    made = np.empty(len(content), object)
    for place, each in enumerate(content):
        if not isinstance(each, _Array):
            raise NotNumbers(f"is not an array at index {place}")
        made[place] = each.array(depth + 1)
    return made.reshape(shape)


# The Python implementation: the C one allocates as much memory as a pickle asks for.
class _Unpickler(pickle._Unpickler):  # type: ignore[name-defined,misc]
    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return _Array
        if (module, name) == ("numpy", "ndarray"):
            return _Array
        if (module, name) == ("numpy", "dtype"):
            return _Kind
        if (module, name) == ("_codecs", "encode"):
            return _encode
        raise NotNumbers(f"names `{module}.{name}`, which is not an array of numbers")


def _encode(text: str, encoding: str) -> bytes:
    """Decodes bytes as some versions of Python pickled them."""
    if encoding != "latin1":
        raise NotNumbers(f"has bytes in `{encoding}`")
    return text.encode("latin1")
