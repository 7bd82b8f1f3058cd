"""The settings that all methods share, and the options that each of them takes.

An option of a strategy goes to the methods that have the strategy; an option that no method has is
an error, as for `rnngen fit`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from rnngen.contracts.errors import PluginError, UsageError
from rnngen.files.json import TEXT, plain
from rnngen.kernel.assignments import Assignment, assign, parse_assignments
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.config_file import Config
from rnngen.kernel.strategies import resolve
from rnngen.training.settle import settle
from rnngen.training.wanted import Wanted
from rnngen.verbs.continual.methods import Method

EPOCHS = 2.0
"""Passes over each task where the user gave no limit."""

QUIET = ("train.sample=0", "train.validate_every=1000000000")
"""Previews and validations of a training are of no use here, and would hide what a method costs."""


@dataclass(frozen=True)
class Chosen:
    """What the user's flags, files and options come to.

    Args:
        config: all options by section, as JSON; without the seed.
        domain: its name.
        domain_options: to build it.
        first_seed: of the first trial.
        steps: of a whole row of tasks, or None.
        epochs: over each task, or None.
        options: `-o` texts by method.
        failed: methods that are unavailable, with the reason.
    """

    config: Mapping[str, Mapping[str, Any]]
    domain: str
    domain_options: Mapping[str, Any]
    first_seed: int
    steps: int | None
    epochs: float | None
    options: Mapping[str, Sequence[str]]
    failed: Mapping[str, str]


def choose(methods: Sequence[Method], wanted: Wanted, file: Config | None) -> Chosen:
    """Resolves the settings for all methods together.

    Args:
        methods: the baselines among them.
        wanted: data, domain, flags and options; its plugins are not looked at.
        file: the configuration file.

    Raises:
        UsageError: an unknown option, a wrong value, or a limit that makes no sense here.
        PluginError: even the baselines are unavailable.
    """
    catalog = get_catalog()
    strategies: dict[str, set[str]] = {}
    failed: dict[str, str] = {}
    for method in methods:
        try:
            components = resolve(catalog, method.plugins)
            for component in components:
                component.load_options()
            strategies[method.name] = {component.name for component in components}
        except PluginError as error:
            if method.is_baseline:
                raise
            failed[method.name] = error.message
    usable = [method for method in methods if method.name not in failed]
    plugins = list(dict.fromkeys(name for method in usable for name in method.plugins))
    lost = {name for method in methods if method.name in failed for name in method.plugins}
    assignments = [
        assignment
        for assignment in parse_assignments([*QUIET, *wanted.options])
        # What failed to load can't say which options it has.
        if assignment.section not in lost - set(plugins)
    ]
    given = replace(wanted, plugins=plugins, options=[_text(part) for part in assignments])
    settings, domain, _ = settle(given, file, None)
    train = settings["train"]
    _check_limits(settings)
    sections = {name: type(settings[name]) for name in settings}
    placed = [(_section(part, sections), part) for part in assignments]
    of_strategies = set().union(*strategies.values())
    return Chosen(
        config=_shared({name: asdict(settings[name]) for name in settings}),
        domain=domain,
        domain_options=asdict(settings[domain]) if domain in settings else {},
        first_seed=train.seed,
        steps=train.steps,
        epochs=EPOCHS if train.steps is None and train.epochs is None else train.epochs,
        options={
            method.name: [
                _text(replace(part, section=section))
                for section, part in placed
                if section not in of_strategies or section in strategies[method.name]
            ]
            for method in usable
        },
        failed=failed,
    )


def _check_limits(settings: Any) -> None:
    train = settings["train"]
    hints = {
        "time": "here the budget is `--steps` (of a whole row of tasks) or `--epochs` (passes over "
        f"each task); the default is `--epochs {EPOCHS:g}`",
        "patience": "leave it out: every method learns as long as the others",
    }
    for name, hint in hints.items():
        if getattr(train, name) is None:
            continue
        origin = settings.origin("train", name)
        where = "" if origin == "flag" else f" ({origin})"
        raise UsageError(
            f"`train.{name}`{where} would give each method a different number of steps, so "
            "the comparison would not be fair",
            hint=hint,
        )


def _section(assignment: Assignment, sections: Mapping[str, type]) -> str:
    return next(iter(assign(sections, [assignment])))


def _text(assignment: Assignment) -> str:
    return f"{assignment}={assignment.text}"


def _shared(config: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What all trials have in common, as JSON; each has a seed of its own."""
    del config["train"]["seed"]
    shared: dict[str, dict[str, Any]] = plain(config, TEXT)
    return shared
