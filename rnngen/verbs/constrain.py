"""Checks constraints without a model, as their authors write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from rnngen.contracts.checking import Checked, Checking
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import suggest
from rnngen.kernel.catalog import get_catalog
from rnngen.verbs.components import Given
from rnngen.verbs.start import make_decoder

DECODER = "constrained"
KIND_OF = {
    ".json": "json-schema",
    ".lark": "grammar",
    ".gbnf": "grammar",
    ".ebnf": "grammar",
    ".bnf": "grammar",
}
"""The kind of constraint that a file holds, by its suffix."""


def named(things: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Kind and text of what a user typed: a file, `KIND=TEXT`, or a kind alone.

    Raises:
        UsageError: it is none of these; with the nearest kind.
    """
    for thing in things:
        kind, equals, text = thing.partition("=")
        kind = kind.strip().replace("_", "-")
        kinds = get_catalog().names("constraint")
        path = Path(thing)
        if kind in kinds:
            yield kind, text
        elif path.suffix.lower() in KIND_OF:
            yield KIND_OF[path.suffix.lower()], thing
        elif equals and re.fullmatch(r"[a-z][a-z-]*", kind):
            near = suggest(kind, kinds)
            raise UsageError(
                f"there is no kind of constraint `{kind}`",
                hint=f"did you mean `{near}`?" if near else "see `rnngen list constraints`",
            )
        else:
            known = " or ".join(f"`{suffix}` ({one})" for suffix, one in KIND_OF.items())
            raise UsageError(
                f"`{thing}` is not a constraint, expected a file that ends in {known}, or "
                "`KIND=TEXT`",
                hint=f"write `KIND={thing}`; `rnngen list constraints` lists the kinds",
            )


def check(checking: Checking, options: Given = None) -> Checked:
    """What the decoder `constrained` says of constraints without a model.

    Args:
        checking: what to check.
        options: of the decoder, among them further constraints.

    Raises:
        UsageError: a constraint can't be read, served or satisfied.
        PluginError: the decoder's plugin is missing.
    """
    return make_decoder(DECODER, options).check(checking)
