"""How the table of tasks shows what was learned and forgotten."""

from __future__ import annotations

import math
from typing import Any

from rnngen.cli.task_table import before_and_after


def history(
    bits: list[list[float | None]], learned: list[list[int]], names: str = "abcdef"
) -> dict[str, Any]:
    """A run's history with these bits per token."""
    return {
        "tasks": list(names[: len(bits[0])]),
        "learned": learned,
        "rows": [
            {
                "learned": number - 1 if number else None,
                "nats": [None if b is None else b * math.log(2) for b in row],
            }
            for number, row in enumerate(bits)
        ],
    }


def test_the_table_says_what_was_learned_and_what_was_forgotten() -> None:
    run = history([[8, 8, None], [2, 6, None], [5, 2, None], [4.5, 2.0001, None]], [[0], [1], [2]])
    columns, rows = before_and_after(run)
    assert columns == ["task (bits per token)", "when just learned", "now", "forgotten", "kept"]
    assert rows == [
        ["a", "2.000", "4.500", "+2.500", "58%"],
        ["b", "2.000", "2.000", "0.000", "100%"],
        ["c", "-", "-", "-", "-"],
    ]


def test_the_table_of_a_run_that_went_on_begins_with_how_it_was_before() -> None:
    run = history([[3, 8], [2, 4]], [[0], [1]])
    columns, rows = before_and_after(run, continued=True)
    assert columns[1] == "before this run"
    # The run was stopped before the second task was learned; the first one was not forgotten yet.
    assert rows == [
        ["a", "3.000", "2.000", "2.000", "-", "-"],
        ["b", "8.000", "-", "4.000", "-", "-"],
    ]
