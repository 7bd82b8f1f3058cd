"""The options of the decoder `constrained`; nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen import option
from rnngen_constrained.decoder.from_python import expressions, schemas


@dataclass(frozen=True)
class Options:
    """Writes sequences that satisfy every given rule and end within the length."""

    regex: tuple[str, ...] | None = option(
        None,
        "regular expression that the whole text matches; repeat to require several",
        cut=False,
        read=expressions,
    )
    words: tuple[str, ...] = option((), "only these words, or those in a file, one per line")
    must_include: tuple[str, ...] = option((), "the text contains all of these")
    must_not_include: tuple[str, ...] = option((), "the text contains none of these")
    min_length: int | None = option(
        None, "shortest length, in characters (in steps, if not text)", min=0
    )
    max_length: int | None = option(
        None, "longest length, in characters (steps, if not text)", min=0
    )
    number: tuple[str, ...] | None = option(
        None, "a number in a range, `1..12` or `0.00..1.50`", cut=False
    )
    json_schema: tuple[str, ...] | None = option(
        None, "JSON that the schema in this file, or this schema, allows", cut=False, read=schemas
    )
    whitespace: Literal["none", "space", "free"] = option(
        "space", "in JSON: none; space: one may follow a comma or colon; free: wherever JSON has it"
    )
    grammar: tuple[str, ...] | None = option(
        None, "text that the grammar in this file (Lark, GBNF or EBNF) allows", cut=False
    )
    notation: Literal["auto", "lark", "gbnf", "ebnf", "w3c"] = option(
        "auto", "of a grammar: auto, by its content; lark; gbnf; ebnf, of ISO 14977; w3c, its EBNF"
    )
    start_rule: str | None = option(
        None, "a grammar's first rule; default: start (Lark), root (GBNF), either or the first"
    )
    rule: tuple[str, ...] = option(
        (), "other kinds, see `rnngen list constraints`: `haiku`, or with its text, `key:C major`"
    )
    rules: str | None = option(None, "a TOML file of constraints: `regex = '...'`, and so on")
    rhymes: str | None = option(None, "a pronouncing dictionary (CMUdict's notation) for poems")
    base: Literal["sample", "greedy", "beam"] = option("sample", "how steps are chosen")
    sampling: Literal["masked", "exact"] = option(
        "masked",
        "masked: fast, but too often picks beginnings that rarely end well; exact: from the "
        "model's distribution over everything that satisfies the rules",
    )
    temperature: float = option(
        1.0, "temperature of base sample and of exact sampling", min=0, max=100
    )
    top_k: int = option(0, "base sample: draw from the k most probable steps; 0: all", min=0)
    top_p: float = option(1.0, "base sample: draw from the nucleus", min=0, max=1)
    min_p: float = option(0.0, "base sample: leave out less probable steps", min=0, max=1)
    width: int = option(4, "base beam: beginnings to keep", min=1, max=10_000)
    n_best: int = option(1, "base beam: sequences to write", min=1, max=10_000)
    length_penalty: float = option(
        0.0, "base beam: above 0 favours longer sequences", min=0, max=10
    )
    particles: int = option(
        64, "particles of sequential Monte Carlo, to which exact falls back", min=2
    )
    effort: int = option(
        10_000, "tries for one sequence before exact falls back to sequential Monte Carlo", min=1
    )
