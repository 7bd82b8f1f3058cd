"""What several verbs take, checked and in one form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnngen.contracts.errors import UsageError
from rnngen.verbs.arguments import check_at_least, listed


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), ()),
        ("", ()),
        ("a.txt", ("a.txt",)),
        (Path("a.txt"), ("a.txt",)),
        ([Path("a.txt"), "corpus:poems"], ("a.txt", "corpus:poems")),
    ],
)
def test_files_are_one_or_several_texts_or_paths(files: Any, expected: tuple[str, ...]) -> None:
    assert listed(files) == expected


def test_a_number_that_is_too_small_is_named() -> None:
    check_at_least(1, length=1, count=None)
    with pytest.raises(UsageError, match="`count` is 0, expected at least 1"):
        check_at_least(1, length=7, count=0)
