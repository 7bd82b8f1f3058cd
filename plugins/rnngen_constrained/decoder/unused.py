"""Refuses, by name, options that would have no effect or that contradict each other."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from rnngen import UsageError, describe_options, find_component
from rnngen_constrained.decoder.options import Options
from rnngen_constrained.errors import BadSyntax

ONLY = {
    "temperature": ("base", "sample"),
    "top_k": ("base", "sample"),
    "top_p": ("base", "sample"),
    "min_p": ("base", "sample"),
    "width": ("base", "beam"),
    "n_best": ("base", "beam"),
    "length_penalty": ("base", "beam"),
    "particles": ("sampling", "exact"),
    "effort": ("sampling", "exact"),
}
"""When an option has an effect: the option that decides it, and its value."""


def check_options(options: Options) -> None:
    """Raises UsageError for an option that has no effect, or that contradicts another."""
    if options.sampling == "exact":
        _check_exact(options)
    for name, (decides, value) in ONLY.items():
        chosen = getattr(options, decides)
        if chosen != value and _is_given(options, name):
            raise UsageError(
                f"`{name}` has no effect with `{decides}={chosen}`",
                hint=f"leave it out, or use `-o {decides}={value}`",
            )
    if options.n_best > options.width:
        raise UsageError(
            f"`n_best` is {options.n_best}, expected at most `width`, {options.width}",
            hint=f"`-o width={options.n_best}`",
        )


def check_rules(options: Options) -> None:
    """Raises UsageError for a file without rules, and for a dictionary that no rule reads.

    The rules themselves have already been read and checked.
    """
    kinds = [rule.partition(":")[0].strip() for rule in options.rule]
    if options.rules is not None:
        listed = list(tomllib.loads(Path(options.rules).read_text("utf-8-sig")))
        if not listed:
            raise BadSyntax(
                f"the file `{options.rules}` has no rules",
                hint="write `kind = 'text'`, one per line",
            )
        kinds += listed
    if options.rhymes is not None and "rhymes" not in set(_options_of(kinds)):
        raise UsageError(
            "`rhymes` has no effect: it is for poems, and none of the rules is one",
            hint="add one, such as `-o rule=haiku`, or leave `rhymes` out",
        )


def _check_exact(options: Options) -> None:
    if options.base != "sample":
        raise UsageError(
            f"`sampling=exact` draws at random, but `base={options.base}` does not",
            hint="leave `base` out",
        )
    for name in ("top_k", "top_p", "min_p"):
        if _is_given(options, name):
            raise UsageError(
                f"`sampling=exact` is from the model's distribution, which `{name}` changes",
                hint=f"leave `{name}` out",
            )
    if options.temperature == 0:
        raise UsageError(
            "`sampling=exact` needs a `temperature` above 0", hint="use `base=greedy` instead"
        )


def _is_given(options: Options, name: str) -> bool:
    return bool(getattr(options, name) != getattr(Options, name))


def _options_of(kinds: list[str]) -> Iterator[str]:
    """The names of the options of some kinds of constraints."""
    for kind in kinds:
        fields = find_component("constraint", kind.replace("_", "-")).load_options()
        if fields is not None:
            yield from (field.name for field in describe_options(fields))
