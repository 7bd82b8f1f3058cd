"""The bundled plugin keeps the contract that every plugin is tested against."""

from __future__ import annotations

import pytest

from rnngen.kernel.catalog import Catalog
from rnngen.kernel.discovery import Policy
from rnngen.testing.plugins import plugin_checks


@pytest.mark.parametrize("check", plugin_checks("continual"), ids=str)
def test_plugin_keeps_the_contract(check):
    check()


def test_strategies_are_in_a_plugin_of_their_own():
    catalog = Catalog(Policy())
    catalog.load_all()
    plugins = {part.name: part.plugin.name for part in catalog.components("strategy")}
    own = {"naive", "ewc", "si", "mas", "lwf", "replay", "agem", "self-replay"}
    assert {name for name, plugin in plugins.items() if plugin == "continual"} == own
