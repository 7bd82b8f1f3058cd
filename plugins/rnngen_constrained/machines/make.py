"""Makes a constraint from its kind and what the user wrote.

    constraint = make("regex", r"\\d{4}-\\d{2}")
    machine = constraint.bind(vocabulary)

A kind is what a plugin registered with the hook `register_constraints`. Options that a kind
shares with the decoder (`rhymes`, for one) are handed to it by name.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnngen import (
    Constraint,
    Context,
    Machine,
    Vocabulary,
    blamed,
    build_options,
    describe_options,
    find_component,
)
from rnngen_constrained.errors import BadRule, ConstraintError
from rnngen_constrained.machines.strangers import (
    as_constraint,
    as_machine,
    is_constraint,
    is_rule,
    wants_many,
)


@dataclass(frozen=True)
class NoOptions:
    """The options of a kind that has none."""


class Together(Constraint):
    """Several constraints as one: all of them hold."""

    def __init__(self, parts: Sequence[Constraint]) -> None:
        self.parts = list(parts)
        self.name = " and ".join(part.name for part in parts)

    def bind(self, vocabulary: Vocabulary) -> Machine:
        """The machine of all of them."""
        from rnngen_constrained.machines.compose import compose

        bound = [as_machine(part.bind(vocabulary)) for part in self.parts]
        return compose([part.name for part in self.parts], bound)


def each(constraints: Iterable[Constraint]) -> list[Constraint]:
    """The constraints one by one, so that each is known by its own name."""
    return [
        part
        for one in constraints
        for part in (each(one.parts) if isinstance(one, Together) else [one])
    ]


def make(
    kind: str,
    text: str | Sequence[str],
    options: Mapping[str, Any] | None = None,
    own: Mapping[str, Any] | None = None,
) -> Constraint:
    """The constraint of a kind, made from what the user wrote.

    Args:
        kind: as registered; underscores count as dashes.
        text: what was written; a kind whose target has a true attribute `many` is given a tuple.
            Of several texts for another kind, each is a constraint.
        options: of the decoder, of which a kind is given those that it has.
        own: of the constraint's own table in a file; it must have all of them.

    Raises:
        UsageError: there is no such kind or option, or what was written is not valid.
        PluginError: its plugin failed.
    """
    from rnngen_constrained.machines.rule import RuleConstraint

    component = find_component("constraint", kind.replace("_", "-"))
    target = component.load()
    fields = component.load_options() or NoOptions
    known = {field.name for field in describe_options(fields)}
    shared = {name: value for name, value in (options or {}).items() if name in known}
    values: Any = build_options(fields, {**shared, **(own or {})}, f"constraint `{kind}`")
    passed = {"options": values} if component.options_taken_whole() else vars(values)
    if wants_many(target):
        text = tuple(text.split(",")) if isinstance(text, str) else tuple(text)
        if "" in text:
            raise ConstraintError(f"`{kind}` has an empty entry", hint="remove a comma")
    elif not isinstance(text, str):
        parts = [make(kind, one, options, own) for one in text]
        return parts[0] if len(parts) == 1 else Together(parts)
    name = f"{kind}={text if isinstance(text, str) else ','.join(text)}".removesuffix("=")
    arguments = (text,) if text or _takes_text(target) else ()
    try:
        made = target(*arguments, **passed)
    except TypeError as error:
        blame = blamed(error)
        if blame is not None:
            raise blame from error
        raise ConstraintError(
            f"constraint `{kind}` can't be made from `{text}`: {error}"
        ) from error
    if is_constraint(made):
        return as_constraint(made)
    if is_rule(made):
        return RuleConstraint(name, made)
    raise BadRule(
        f"constraint `{kind}` of plugin {component.plugin} has neither `bind` nor `start`, `step` "
        "and `accept`",
        hint="`rnngen_constrained.testing` checks a constraint's contract",
    )


def make_learned(kind: str, context: Context) -> list[Constraint]:
    """The constraints of a kind that a domain holds its models to where nobody named one."""
    target = find_component("constraint", kind).load()
    if isinstance(target, type) and issubclass(target, Constraint):
        return each(target.learned(context))
    return each([make(kind, "")])


def takes_many(kind: str) -> bool:
    """Whether a kind makes one constraint from several texts."""
    component = find_component("constraint", kind.replace("_", "-"))
    return wants_many(component.load())


def _takes_text(target: Any) -> bool:
    """Whether a kind needs a text even if none was written."""
    try:
        parameters = inspect.signature(target).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(part.kind is not part.KEYWORD_ONLY and part.name != "options" for part in parameters)
