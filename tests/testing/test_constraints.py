"""The checks of constraints are found where version 0.1.0 had them."""

from __future__ import annotations

import importlib

import rnngen_constrained.testing as kit


def test_the_checks_are_found_under_their_old_name() -> None:
    from rnngen.testing.constraints import CHECKS, characters, check_constraint, events

    assert (CHECKS, characters, check_constraint, events) == (
        kit.CHECKS,
        kit.characters,
        kit.check_constraint,
        kit.events,
    )


def test_an_unknown_check_is_an_attribute_error() -> None:
    old = importlib.import_module("rnngen.testing.constraints")
    assert not hasattr(old, "check_everything")
