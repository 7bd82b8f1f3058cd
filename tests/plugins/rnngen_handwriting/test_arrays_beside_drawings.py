"""npz files that hold more than drawings, and drawings of which some have no text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnngen.contracts.errors import DataError
from rnngen.files.source import Source
from rnngen_handwriting.domain import HandwritingDomain
from rnngen_handwriting.options import Options

STROKES = np.array([[1, 0, 0], [2, 3, 0], [1, 1, 1]], np.float32)


def read(path: Path, arrays: dict[str, Any], **options: Any) -> tuple[list[Any], list[str]]:
    np.savez(path, **arrays)
    domain = HandwritingDomain(Options(**options))
    return list(domain.read([Source(path.name, path)])), list(domain.remarks)


def test_scales_means_and_names_beside_drawings_are_left_out_and_said(tmp_path: Path) -> None:
    beside = {"std": np.float64(3.2), "mean": np.zeros(2), "names": np.array(["a", "b"])}
    found, remarks = read(tmp_path / "a.npz", {"one": STROKES, **beside, "two": STROKES})
    assert len(found) == 2
    (remark,) = remarks
    assert "arrays that hold no drawings left out (3: `std`, `mean`, `names`)" in remark


def test_pickled_parts_are_read_beside_a_scale(tmp_path: Path) -> None:
    parts = {}
    for name, count in (("train", 3), ("valid", 2), ("test", 1)):
        parts[name] = np.empty(count, object)
        for row in range(count):
            parts[name][row] = STROKES
    found, _ = read(tmp_path / "a.npz", {**parts, "std": np.float64(3.2)}, pickled=True)
    assert len(found) == 6


def test_an_array_of_another_width_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"array `two` is \[3, 4\]"):
        read(tmp_path / "a.npz", {"one": STROKES, "two": np.zeros((3, 4))})


def test_a_file_of_a_scale_alone_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"array `std` is \[\]"):
        read(tmp_path / "a.npz", {"std": np.float64(3.2)})


def test_drawings_without_a_text_are_counted_and_said(tmp_path: Path) -> None:
    arrays = {
        "strokes": np.concatenate([STROKES] * 4),
        "offsets": np.arange(0, 13, 3),
        "texts": np.array(["a", "", "b", ""]),
    }
    found, remarks = read(tmp_path / "a.npz", arrays)
    assert [piece.condition or "" for piece in found] == ["a", "", "b", ""]
    assert remarks == ["2 of 4 drawings have no text: learned without"]
