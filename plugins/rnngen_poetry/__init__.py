"""Poems by rule: rhyme, syllables and metre, from a pronouncing dictionary the user supplies."""

from __future__ import annotations

from rnngen import Register, hookimpl


@hookimpl
def register_constraints(register: Register) -> None:
    """Registers the forms of poems."""
    register(
        "haiku",
        "rnngen_poetry.constraints:haiku",
        options="rnngen_poetry.constraints:Options",
        summary="a poem of lines of 5, 7 and 5 syllables",
    )
    register(
        "couplets",
        "rnngen_poetry.constraints:couplets",
        options="rnngen_poetry.constraints:Options",
        summary="a number of lines that rhyme in pairs: `couplets:6`",
    )
    register(
        "limerick",
        "rnngen_poetry.constraints:limerick",
        options="rnngen_poetry.constraints:Options",
        summary="five lines that rhyme AABBA",
    )
    register(
        "syllables",
        "rnngen_poetry.constraints:syllables",
        options="rnngen_poetry.constraints:Options",
        summary="the syllables of each line, and which lines rhyme: `8/6/8/6 ABCB`",
    )
    register(
        "metre",
        "rnngen_poetry.constraints:metre",
        options="rnngen_poetry.constraints:Options",
        summary="lines of a metre, and which rhyme: `iambic-pentameter ABAB`",
    )
