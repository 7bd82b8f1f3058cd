"""Pickled arrays are read as numpy reads them, and what is forged makes nothing but an error."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnngen.contracts.errors import DataError
from rnngen.contracts.left_out import LeftOut
from rnngen.files.source import Source
from rnngen_handwriting import arrays
from rnngen_handwriting.pickled import NotNumbers, read_pickled

HEADER = io.BytesIO()
np.lib.format.write_array_header_1_0(HEADER, {"descr": "|O", "fortran_order": False, "shape": (1,)})


class Forged:
    """Pickled as an array whose parts are given."""

    def __init__(self, kind: Any, *state: Any) -> None:
        self.kind, self.state = kind, state

    def __reduce__(self) -> tuple[Any, ...]:
        shape, fortran, content = self.state
        make = np.zeros(1).__reduce__()[0]
        return make, (np.ndarray, (0,), b"b"), (1, shape, self.kind, fortran, content)


class Kind:
    """Pickled as a kind of number with this code."""

    def __init__(self, code: str, *state: Any) -> None:
        self.code, self.state = code, state

    def __reduce__(self) -> tuple[Any, ...]:
        whole = (3, "<", None, None, None, -1, -1, 0)
        return np.dtype, (self.code, False, True), self.state or whole


def npy(content: Any, protocol: int = 3) -> bytes:
    return HEADER.getvalue() + pickle.dumps(content, protocol)


def test_forgeries_that_say_the_truth_are_read() -> None:
    inner = Forged(Kind("i2"), (2, 2), True, b"\1\0\2\0\3\0\4\0")
    found = read_pickled(npy(Forged(Kind("O8"), (1,), False, [inner])))
    assert found[0].tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize("kind", ["<i2", ">i2", "<f4", ">f8", "|u1", "|b1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_pickled_arrays_are_what_numpy_reads(kind: str, order: Any) -> None:
    drawings = np.empty(3, object)
    drawings[:] = [np.array([[1, 0, 1]] * n, dtype=kind, order=order) for n in (1, 2, 5)]
    file = io.BytesIO()
    np.save(file, drawings, allow_pickle=True)
    file.seek(0)
    expected = np.load(file, allow_pickle=True)
    found = read_pickled(file.getvalue())
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
    assert [each.dtype for each in found] == [each.dtype for each in expected]


ONE = Forged(Kind("i2"), (1,), False, b"\1\0")
FORGED = {
    "more than there is": Forged(Kind("i2"), (1 << 40,), False, b"\1\0"),
    "less than nothing": Forged(Kind("i2"), (-1, -1), False, b"\1\0"),
    "a size for a content": Forged(Kind("i2"), (1,), False, 1 << 40),
    "a text": Forged(Kind("U1000000000"), (1,), False, b""),
    "a structure": Forged(Kind("V8"), (1,), False, b"12345678"),
    "numbers for arrays": Forged(Kind("O8"), (1,), False, b"12345678"),
    "arrays of arrays of arrays": Forged(Kind("O8"), (1,), False, [[ONE]]),
    "an order of bytes": Forged(
        Kind("i2", 3, "?", None, None, None, -1, -1, 0), (1,), False, b"12"
    ),
    "a state of another form": Forged(Kind("i2", 3), (1,), False, b"12"),
}


@pytest.mark.parametrize("what", FORGED)
def test_forged_arrays_are_refused(what: str) -> None:
    for content in (FORGED[what], Forged(Kind("O8"), (1,), False, [FORGED[what]])):
        with pytest.raises(NotNumbers):
            read_pickled(npy(content))


def test_a_pickle_that_asks_for_memory_gets_none() -> None:
    """The pickle module in C would make room for four billion values that it remembers."""
    asks = b"\x80\x02K\x01r\xff\xff\xff\xff."
    with pytest.raises(NotNumbers, match="is not an array"):
        read_pickled(HEADER.getvalue() + asks)


def _member(tmp_path: Path, content: bytes) -> Source:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("texts.npy", content)
    return Source("x.npz", path)


def test_damaged_arrays_are_refused_by_name(tmp_path: Path) -> None:
    text = io.BytesIO()
    np.save(text, np.array(["abc"]))
    good = text.getvalue()
    damaged = {
        "a letter beyond Unicode": good[:-4] + b"\xff\xff\xff\xff",
        "a header that does not end": good.replace(b"}", b"("),
        "a shape of years": good.replace(b"(1,)", b"(9**9,)"),
        "a shape that is larger": good.replace(b"(1,), } ", b"(99999999,), }"),
    }
    for content in damaged.values():
        with pytest.raises(DataError, match=r"the array `texts\.npy` is damaged"):
            list(arrays.read(_member(tmp_path, content), LeftOut(), pickled=False))


def test_a_damaged_archive_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez_compressed(path, a=np.zeros((500, 3)))
    whole = bytearray(path.read_bytes())
    start = whole.index(b"a.npy") + 20
    whole[start : start + 8] = b"\xff" * 8
    path.write_bytes(whole)
    with pytest.raises(DataError, match=r"`x\.npz`"):
        list(arrays.read(Source("x.npz", path), LeftOut(), pickled=False))
