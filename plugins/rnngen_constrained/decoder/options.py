"""The options of the decoder `constrained`; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen import option


@dataclass(frozen=True)
class Options:
    """Sequences that satisfy every rule given, and end within the length."""

    regex: tuple[str, ...] | None = option(
        None, "the whole text matches this regular expression; given twice, both", cut=False
    )
    words: tuple[str, ...] = option((), "only these words, or those of a file, one a line")
    must_include: tuple[str, ...] = option((), "the text has all of these")
    must_not_include: tuple[str, ...] = option((), "the text has none of these")
    min_length: int | None = option(None, "characters at least (steps, if they are no text)", min=0)
    max_length: int | None = option(None, "characters at most (steps, if they are no text)", min=0)
    number: tuple[str, ...] | None = option(
        None, "a number in a range, `1..12` or `0.00..1.50`", cut=False
    )
    json_schema: tuple[str, ...] | None = option(
        None, "JSON that a schema in this file allows", cut=False
    )
    whitespace: Literal["none", "space", "free"] = option(
        "space", "of json_schema: none; one space after a comma and a colon; or free, anywhere"
    )
    grammar: tuple[str, ...] | None = option(
        None, "what a grammar in this file (Lark's notation) allows", cut=False
    )
    rule: tuple[str, ...] = option(
        (), "other kinds, see `rnngen list constraints`: `haiku`, or with its text, `key:C major`"
    )
    rules: str | None = option(None, "a TOML file of constraints: `regex = '...'`, and so on")
    rhymes: str | None = option(None, "a pronouncing dictionary (CMUdict's notation) for poems")
    base: Literal["sample", "greedy", "beam"] = option("sample", "how steps are chosen")
    sampling: Literal["masked", "exact"] = option(
        "masked",
        "masked: fast, but rare beginnings come too often; exact: from the model's distribution "
        "of all that satisfies the rules",
    )
    temperature: float = option(1.0, "of base sample, and of exact sampling", min=0, max=100)
    top_k: int = option(0, "of base sample: draw from the k most probable steps; 0: all", min=0)
    top_p: float = option(1.0, "of base sample: draw from the nucleus", min=0, max=1)
    min_p: float = option(0.0, "of base sample: leave out what is less probable", min=0, max=1)
    width: int = option(4, "of base beam: how many beginnings are kept", min=1, max=10_000)
    n_best: int = option(1, "of base beam: how many sequences are written", min=1, max=10_000)
    length_penalty: float = option(0.0, "of base beam: above 0 favours longer", min=0, max=10)
    particles: int = option(64, "of sequential Monte Carlo, where exact falls back to it", min=2)
    effort: int = option(
        10_000, "tries for one sequence before exact falls back to sequential Monte Carlo", min=1
    )
