"""Drawings in npz files, in four layouts:

- one array per drawing, stroke-3 `[n,3]` or stroke-5 `[n,5]`, in the order of their names;
- one array for all: `strokes [N,3]` or `[N,5]`, and `offsets [D+1]`, the start of each drawing;
- the same split into `dxy [N,2]`, `pen [N]` (or its bits, packed) and `offsets`;
- arrays of arrays, `train`, `valid` and `test`, as in sketch-rnn: these are pickled.

The second and third may also have `texts [D]` and `writers` or `writer [D]`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnngen import DataError, LeftOut, Source
from rnngen_handwriting.drawing import Drawing
from rnngen_handwriting.pickled import NotNumbers, read_pickled
from rnngen_handwriting.strokes import Line, from_stroke3, from_stroke5

PARTS = {"train": "train", "valid": "valid", "validation": "valid", "test": "test"}
LARGEST = 2**31
"""Most bytes in an unpacked array."""

BEYOND_UNICODE = 0x110000

Arrays = Mapping[str, NDArray[Any]]


def read(source: Source, left: LeftOut, *, pickled: bool) -> Iterator[Drawing]:
    """The drawings in an npz file.

    Args:
        source: the file.
        left: counts arrays that hold no drawings.
        pickled: whether pickled arrays are read.

    Raises:
        DataError: it is damaged, pickled, or has arrays of another shape; names the array or row.
    """
    with source.open() as stream:
        content = stream.read()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            arrays = {
                info.filename.removesuffix(".npy"): _array(archive, info, source.name, pickled)
                for info in archive.infolist()
            }
    except DataError:
        raise
    except Exception as error:  # damage raises many types: zip, zlib, lzma, passwords
        raise DataError(f"`{source.name}` is damaged or not an npz file: {error}") from None
    if "offsets" in arrays:
        yield from _packed(arrays, source.name)
        return
    drawn = {name: array for name, array in arrays.items() if _may_be_drawn(array)}
    for name in arrays if drawn else ():
        if name not in drawn:
            left.add("arrays that hold no drawings left out", source.name, 1, f"`{name}`")
    yield from _named(drawn or arrays, source.name)


def _may_be_drawn(array: NDArray[Any]) -> bool:
    """Whether an array has the dimensions of drawings, not those of a scale or of names."""
    return array.ndim == (1 if array.dtype.hasobject else 2) and array.dtype.kind not in "USmM"


def _array(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: str, pickled: bool
) -> NDArray[Any]:
    if info.file_size > LARGEST:
        raise DataError(
            f"`{file}`: the array `{info.filename}` has {info.file_size / 2**30:.1f} GiB unpacked, "
            f"expected at most {LARGEST / 2**30:g}",
            hint="split the file",
        )
    content = archive.read(info)
    try:
        array = _plain(content)
    except Exception as error:  # the library's own parser fails in many ways
        reason = str(error).split("\n")[0][:100]
        raise DataError(f"`{file}`: the array `{info.filename}` is damaged: {reason}") from None
    if array is not None:
        return array
    if not pickled:
        raise DataError(
            f"`{file}`: the array `{info.filename}` is pickled, and a pickle can hold code",
            hint="`-o handwriting.pickled=yes` reads arrays of numbers and nothing else",
        )
    try:
        return read_pickled(content)
    except NotNumbers as error:
        raise DataError(f"`{file}`: the pickled array `{info.filename}` {error}") from None


def _plain(content: bytes) -> NDArray[Any] | None:
    """The array in an npy file; None if it is pickled."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format
    header = read.read_array_header_1_0 if version == (1, 0) else read.read_array_header_2_0
    shape, _, dtype = header(stream)
    if dtype.hasobject:
        return None
    if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize > len(content):
        raise ValueError(f"its header says {list(shape)} of {dtype}, but it has less data")
    stream.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    if dtype.kind == "U" and array.size:
        points = np.ascontiguousarray(array.astype(dtype.newbyteorder("="), copy=False))
        if dtype.itemsize and points.reshape(-1).view(np.uint32).max() >= BEYOND_UNICODE:
            raise ValueError("it has a character beyond Unicode")
    return array


def _named(arrays: Arrays, file: str) -> Iterator[Drawing]:
    """Drawings stored as one array each, or in arrays of arrays."""
    for name, array in arrays.items():
        where = f"`{file}`, array `{name}`"
        if not array.dtype.hasobject:
            lines = _lines(array, where)
            yield Drawing(lines, where, array.nbytes, part=PARTS.get(name, ""))
            continue
        for row, each in enumerate(array):
            if not isinstance(each, np.ndarray):
                raise DataError(f"{where}, row {row} is not an array")
            at = f"{where}, row {row}"
            yield Drawing(_lines(each, at), at, each.nbytes, part=PARTS.get(name, ""))


def _packed(arrays: Arrays, file: str) -> Iterator[Drawing]:
    """Drawings stored together in one array."""
    strokes = _strokes(arrays, file)
    offsets = arrays["offsets"]
    whole = offsets.dtype.kind in "iu" and offsets.ndim == 1 and len(offsets) > 1
    if not whole or offsets[0] != 0 or offsets[-1] != len(strokes) or (np.diff(offsets) < 0).any():
        raise DataError(
            f"`{file}`: `offsets` does not increase from 0 to {len(strokes)}, the number of rows"
        )
    count = len(offsets) - 1
    texts = _beside(arrays, ("texts", "text", "labels"), count, file)
    writers = _beside(arrays, ("writers", "writer"), count, file)
    for row, (start, stop) in enumerate(pairwise(offsets)):
        where = f"`{file}`, row {row}"
        part = strokes[start:stop]
        yield Drawing(
            _lines(part, where),
            where,
            part.nbytes,
            None if texts is None else str(texts[row]),
            None if writers is None else str(writers[row]),
        )


def _strokes(arrays: Arrays, file: str) -> NDArray[Any]:
    if "strokes" in arrays:
        return arrays["strokes"]
    try:
        dxy, pen = arrays["dxy"], arrays["pen"]
    except KeyError as missing:
        raise DataError(
            f"`{file}` has `offsets`, but no {missing}",
            hint="expected `strokes` [N,3], or `dxy` [N,2] and `pen` [N]",
        ) from None
    if pen.dtype == np.uint8 and len(pen) == -(-len(dxy) // 8):
        pen = np.unpackbits(pen)[: len(dxy)]
    if dxy.ndim != 2 or dxy.shape[1] != 2 or pen.shape != dxy.shape[:1]:
        raise DataError(
            f"`{file}`: `dxy` is {list(dxy.shape)} and `pen` {list(pen.shape)}, expected [N,2] and "
            "[N]"
        )
    return np.column_stack([dxy, pen])


def _beside(arrays: Arrays, names: tuple[str, ...], count: int, file: str) -> NDArray[Any] | None:
    for name in names:
        if name in arrays:
            if arrays[name].shape != (count,):
                raise DataError(
                    f"`{file}`: `{name}` is {list(arrays[name].shape)}, expected [{count}], one "
                    "per drawing"
                )
            return arrays[name]
    return None


def _lines(array: NDArray[Any], where: str) -> list[Line]:
    """The lines of stroke-3 or stroke-5, told apart by their width."""
    if array.ndim != 2 or array.shape[1] not in (3, 5) or array.dtype.kind not in "iuf":
        raise DataError(
            f"{where} is {list(array.shape)} of {array.dtype}, expected stroke-3 [n,3] or "
            "stroke-5 [n,5]"
        )
    pen = array[:, 2:]
    if not np.isin(pen, (0, 1)).all():
        bad = int(np.flatnonzero(~np.isin(pen, (0, 1)).all(1))[0])
        raise DataError(f"{where}: the pen of point {bad} is {pen[bad].tolist()}, expected 0 or 1")
    return from_stroke3(array) if array.shape[1] == 3 else from_stroke5(array)
