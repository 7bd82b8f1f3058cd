"""What `rnngen continual` compares: names, orders, trials and budgets."""

from __future__ import annotations

import itertools

import pytest

from rnngen.contracts.errors import UsageError
from rnngen.kernel.catalog import get_catalog
from rnngen.verbs.continual.methods import Method, parse
from rnngen.verbs.continual.trials import Trial, all_trials, limits, orders


def names(compare: str) -> list[str]:
    return [method.name for method in parse(compare, get_catalog())]


def test_naive_joint_and_single_are_always_there_and_nothing_is_there_twice() -> None:
    assert names("ewc") == ["naive", "ewc", "joint", "single"]
    assert names("joint,ewc, replay + ewc,naive,ewc") == [
        "naive",
        "ewc",
        "replay+ewc",
        "joint",
        "single",
    ]


def test_a_combination_is_its_strategies_in_order() -> None:
    assert parse("replay+ewc", get_catalog())[1].plugins == ("replay", "ewc")


@pytest.mark.parametrize(
    ("compare", "message", "hint"),
    [
        ("ewcc", "no method `ewcc`", "did you mean `ewc`?"),
        ("replay+nothing", "no method `nothing`", "there are agem, avalanche, ewc"),
        ("ewc,,si", "is missing a strategy name", "--compare"),
        ("ewc+joint", "makes no sense", "in the table anyway"),
        ("ewc+ewc", "twice", "once"),
    ],
)
def test_what_is_no_method_is_an_error_with_a_hint(compare: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        parse(compare, get_catalog())
    assert hint in str(caught.value.hint)


def test_orders_are_the_given_one_the_reverse_and_then_others_without_repeats() -> None:
    assert orders(3, 2) == [(0, 1, 2), (2, 1, 0)]
    assert set(orders(3, 6)) == set(itertools.permutations(range(3)))
    # More orders later keep the trials of fewer.
    assert orders(5, 7)[:4] == orders(5, 4)


@pytest.mark.parametrize("count", [0, 3])
def test_more_orders_than_there_are_is_an_error(count: int) -> None:
    with pytest.raises(UsageError, match="2 tasks have 2 orders"):
        orders(2, count)


METHODS = [Method(name, ("x",)) for name in ("naive", "ewc", "joint", "single")]


def test_every_method_is_run_with_every_seed_and_order_that_matters_to_it() -> None:
    found = [trial.name for trial in all_trials(METHODS, [4, 5], [(0, 1), (1, 0)])]
    assert len(found) == len(set(found)) == 2 * (2 * 2 + 1 + 2)
    assert found[:5] == [
        "naive-seed4-order1",
        "ewc-seed4-order1",
        "joint-seed4",
        "single1-seed4",
        "single2-seed4",
    ]
    by_name = {trial.name: trial for trial in all_trials(METHODS, [4], [(0, 1), (1, 0)])}
    assert by_name["ewc-seed4-order2"].arrangement == ((1,), (0,))
    assert by_name["joint-seed4"].arrangement == ((0, 1),)
    assert by_name["single2-seed4"].arrangement == ((1,),)


def test_budgets_give_every_method_the_same_steps() -> None:
    row, joint, single = (
        Trial(Method(name, ()), 0, 0, arrangement)
        for name, arrangement in (
            ("ewc", ((0,), (1,), (2,))),
            ("joint", ((0, 1, 2),)),
            ("single", ((1,),)),
        )
    )
    # What can't be shared evenly is left out for all.
    assert limits(row, 3, 100, None, None)["steps"] == 99
    assert limits(joint, 3, 100, None, None)["steps"] == 99
    assert limits(single, 3, 100, None, None)["steps"] == 33
    assert limits(row, 3, None, 2, 96) == {"steps": None, "epochs": 2}
    assert limits(joint, 3, None, 2, 96) == {"steps": 96, "epochs": 2}
