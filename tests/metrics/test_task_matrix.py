"""The task matrix: its summaries are those of the formulas written out, and tables say what is."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import BundleError
from rnngen.metrics.task_matrix import Change, TaskMatrix, changes

BITS = st.floats(0.01, 20)


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


@st.composite
def rows_of_tasks(draw: Any) -> tuple[list[list[float]], list[int], list[float]]:
    """A whole matrix, columns in the order of the data; an order of learning; unigrams."""
    count = draw(st.integers(2, 5))
    bits = [draw(st.lists(BITS, min_size=count, max_size=count)) for _ in range(count + 1)]
    order = draw(st.permutations(range(count)))
    return bits, order, draw(st.lists(BITS, min_size=count, max_size=count))


@given(rows_of_tasks())
@settings(max_examples=60, deadline=None)
def test_summaries_are_the_formulas_in_the_order_of_learning(drawn: Any) -> None:
    bits, order, unigram = drawn
    matrix = TaskMatrix.of(history(bits, [[task] for task in order]))
    count = len(order)
    # R[i][j] and b[j] with tasks numbered from 1 as they were learned, as in the formulas.
    R = [[math.nan, *(row[task] for task in order)] for row in bits]
    b = [math.nan, *(unigram[task] for task in order)]
    T, tasks = count, range(1, count + 1)
    assert matrix.order == list(order)
    assert matrix.average == pytest.approx(sum(R[T][j] for j in tasks) / T)
    assert matrix.learning == pytest.approx(sum(R[j][j] for j in tasks) / T)
    assert matrix.backward_transfer == pytest.approx(
        sum(R[j][j] - R[T][j] for j in range(1, T)) / (T - 1)
    )
    assert matrix.forward_transfer(unigram) == pytest.approx(
        sum(b[j] - R[j - 1][j] for j in range(2, T + 1)) / (T - 1)
    )
    assert matrix.forgetting == pytest.approx(
        sum(R[T][j] - min(R[i][j] for i in range(j, T + 1)) for j in range(1, T)) / (T - 1)
    )


def test_forgetting_is_negative_transfer_and_what_came_back_is_not_forgotten() -> None:
    # Task a: learned at 2 bits, forgotten to 5, then back at 3.
    bits: list[list[float | None]] = [[8, 8, 8], [2, 6, 6], [5, 2, 6], [3, 2, 2]]
    matrix = TaskMatrix.of(history(bits, [[0], [1], [2]]))
    assert matrix.backward_transfer == pytest.approx(-0.5)
    assert matrix.forgetting == pytest.approx(0.5)


def test_joint_training_has_an_average_and_no_transfer() -> None:
    matrix = TaskMatrix.of(history([[8, 8], [2, 4]], [[0, 1]]))
    assert matrix.average == matrix.learning == pytest.approx(3)
    assert matrix.backward_transfer is None
    assert matrix.forgetting is None
    assert matrix.forward_transfer([4, 4]) is None


def test_a_single_task_knows_only_its_own_row() -> None:
    matrix = TaskMatrix.of(history([[8, 8], [7, 4]], [[1]]))
    assert matrix.order == [1]
    assert matrix.learning == pytest.approx(4)
    assert matrix.row_of(0) is None


def test_a_task_learned_twice_counts_from_the_last_time_that_is_over() -> None:
    bits: list[list[float | None]] = [[8, 8], [3, 8], [5, 3], [2, 4]]
    learned = [[0], [1], [0]]
    whole = TaskMatrix.of(history(bits, learned))
    assert whole.order == [1, 0]
    assert whole.backward_transfer == pytest.approx(-1)
    stopped = TaskMatrix.of(history(bits[:3], learned))
    assert stopped.backward_transfer == pytest.approx(-2)


def test_a_missing_number_makes_the_summary_missing_rather_than_wrong() -> None:
    matrix = TaskMatrix.of(history([[8, None], [2, None], [3, None]], [[0], [1]]))
    assert matrix.average is None
    assert matrix.learning is None
    assert matrix.backward_transfer == pytest.approx(-1)


@pytest.mark.parametrize(
    ("bits", "learned"),
    [([[8.0, 8.0], [8.0]], [[0], [1]]), ([[8.0], [2.0], [2.0]], [[0]]), ([[8.0], [2.0]], [[1]])],
    ids=["ragged", "more rows than tasks learned", "a task there is not"],
)
def test_parts_that_do_not_fit_are_an_error(bits: Any, learned: Any) -> None:
    with pytest.raises(BundleError, match="history"):
        TaskMatrix.of(history(bits, learned))


def test_a_change_has_what_was_learned_forgotten_and_kept() -> None:
    run = history([[8, 8, None], [2, 6, None], [5, 2, None], [4.5, 2, None]], [[0], [1], [2]])
    first, second, third = changes(run)
    assert first == Change("a", 8, 2, 4.5, 2.5, pytest.approx(3.5 / 6))
    assert second == Change("b", 8, 2, 2, 0, 1)
    assert third == Change("c", None, None, None, None, None)
