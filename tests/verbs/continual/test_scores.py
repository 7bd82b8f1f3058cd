"""The numbers of a comparison, from made-up histories, against the definitions worked by hand."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import pytest

from rnngen.verbs.continual import report, scores
from rnngen.verbs.continual.held_out import HeldOut
from rnngen.verbs.continual.methods import Method
from rnngen.verbs.continual.result import Comparison
from rnngen.verbs.continual.scores import Spread
from rnngen.verbs.continual.settings import Chosen
from rnngen.verbs.continual.trials import all_trials
from tests.continual_runs import history

METHODS = [Method(name, (name,)) for name in ("naive", "ewc", "joint", "single")]
NAIVE = [[8, 8], [2, 6], [6, 2]]
EWC = [[8, 8], [2, 6], [4, 3]]
JOINT = [[8, 8], [2, 2]]


def comparison(seeds: int = 1, ewc: Any = EWC, naive: Any = NAIVE) -> Comparison:
    """Two tasks, in the given order; with seed s all numbers of ewc are s / 2 higher."""
    looked = {seed: HeldOut(["x", "y"], [10, 10], [5.0, 4.0], ["p", "q"]) for seed in range(seeds)}
    chosen = Chosen({"train": {"device": "cpu"}}, "text", {}, 0, 20, None, {}, {})
    made = Comparison(Path("nowhere"), ["a", "b"], METHODS, [(0, 1)], looked, chosen)
    made.parameters = 100
    for trial in all_trials(METHODS, list(looked), [(0, 1)]):
        bits = {"naive": naive, "joint": JOINT, "ewc": ewc}.get(trial.method.name)
        if trial.method.name == "ewc":
            bits = [[b + trial.seed / 2 for b in row] for row in ewc]
        if bits is None:
            bits = [[8, 8], [1, 5]] if trial.arrangement == ((0,),) else [[8, 8], [5, 3]]
        kept = {"memory_bytes": 64, "seconds": 6.0} if trial.method.name == "ewc" else {}
        made.histories.add(trial, history(bits, trial.arrangement, **kept))
    return made


def test_every_number_is_what_its_definition_says() -> None:
    (found,) = comparison().scored(METHODS[1])
    expected = {
        "average": 3.5,
        "learning": 2.5,
        "backward_transfer": -2,
        "forward_transfer": 4 - 6,
        "forgetting": 2,
        "gap_recovered": (4 - 3.5) / (4 - 2),
        "intransigence": 2.5 - 2,
        "cost": 6 / 4,
        "seconds": 6,
        "steps": 20,
        "tokens": 200,
        "memory_bytes": 64,
        "memory_tokens": 0,
        "after_switch": 3,
        "recovered": 20,
    }
    assert found.scores == {name: pytest.approx(value) for name, value in expected.items()}


def test_single_models_are_scored_each_on_its_own_task() -> None:
    (found,) = comparison().scored(METHODS[3])
    assert found.scores["average"] == pytest.approx((1 + 3) / 2)
    assert found.scores["gap_recovered"] == pytest.approx(1.0)
    assert (found.scores["seconds"], found.scores["steps"]) == (4.0, 20)
    # The memory of a model for each task is all of them but one, of four bytes a parameter.
    assert found.scores["memory_bytes"] == 400


def test_mean_and_deviation_are_those_over_seeds() -> None:
    summary = comparison(seeds=3).summary(METHODS[1])
    averages = [3.5, 4.0, 4.5]
    spread = summary["average"]
    assert spread is not None
    assert spread.mean == pytest.approx(statistics.mean(averages))
    assert spread.deviation == pytest.approx(statistics.stdev(averages))
    assert spread.count == 3


def test_a_missing_value_is_not_averaged_away() -> None:
    assert Spread.of([1.0, None]) is None
    assert Spread.of([]) is None
    assert Spread.of([1.0]) == Spread(1.0, None, 1)


def test_where_naive_loses_nothing_there_is_no_gap_to_recover() -> None:
    made = comparison(naive=[[8, 8], [2, 6], [2, 2]])
    assert made.scored(METHODS[1])[0].scores["gap_recovered"] is None
    assert any("nothing to recover" in line for line in report.notes(made))


def test_a_strategy_without_effect_is_found_out() -> None:
    assert comparison().active(METHODS[1]) is True
    idle = comparison(ewc=NAIVE)
    assert idle.active(METHODS[1]) is False
    assert any("ewc had no effect" in line for line in report.notes(idle))
    assert idle.active(METHODS[0]) is None


def test_the_smallest_difference_is_an_effect() -> None:
    other = history(NAIVE, [[0], [1]])
    other["rows"][1]["nats"][1] += 1e-15
    assert scores.differs(other, history(NAIVE, [[0], [1]]))
    assert not scores.differs(history(NAIVE, [[0], [1]]), history(NAIVE, [[0], [1]]))


def test_matrices_are_averaged_over_seeds_and_single_models_stacked() -> None:
    made = comparison(seeds=3)
    assert made.matrix(METHODS[1]) == [[pytest.approx(b + 0.5) for b in row] for row in EWC]
    assert made.matrix(METHODS[3]) == [
        [pytest.approx(b) for b in row] for row in [[8, 8], [1, 5], [5, 3]]
    ]


def test_the_table_has_a_row_for_each_method_and_says_which_failed() -> None:
    made = comparison(seeds=2)
    made.failed["ewc"] = "it broke"
    for _, columns, rows in report.tables(made):
        assert [row[0] for row in rows] == ["naive", "ewc", "joint", "single"]
        assert all(len(row) == len(columns) for row in rows)
        assert rows[1][1] == "failed"
    (_, columns, rows), _ = report.tables(comparison(seeds=2))
    table = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    assert table["ewc"]["AVG"] == "3.750 ± 0.354"
    assert table["naive"]["gap"] == "0 ± 0 %"
    assert table["ewc"]["BWT"] == "-2.000 ± 0.000"
    assert table["joint"]["BWT"] == "-"


def test_samples_are_one_line_each_and_show_no_control_characters() -> None:
    made = comparison()
    made.samples = {"ewc": ["one\ntwo\x1b[31m" + "x" * 200, "b"]}
    (title, _, rows), _ = report.sample_tables(made)
    assert title == "a, continuing: p"
    ((name, text),) = rows
    assert (name, len(text)) == ("ewc", report.WIDTH)
    assert text.startswith("one two [31m")


def test_the_best_method_is_one_that_learns_in_a_row() -> None:
    line = report.best(comparison())
    assert line is not None
    assert line.startswith("best in a row: ewc, 3.500 bits per token")
    assert "25 %" in line
