"""`-o section.name=value`: parses it and finds the option it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import OptionField, coerce, describe, suggest
from rnngen.kernel.core_options import SECTIONS


@dataclass(frozen=True)
class Assignment:
    """`-o section.name=value`, or without the section; the value is still text."""

    section: str | None
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.section}.{self.name}" if self.section else self.name


def parse_assignments(assignments: Iterable[str]) -> list[Assignment]:
    """Reads `section.name=value` or `name=value`; dashes in a name are underscores.

    Raises:
        UsageError: no `=`, or nothing before it.
    """
    parsed = []
    for text in assignments:
        key, equals, value = text.partition("=")
        section, _, name = key.strip().rpartition(".")
        if not equals or not name:
            raise UsageError(
                f"option `{text}` has no {'name' if equals else 'value'}",
                hint="write it as `-o name=value` or `-o section.name=value`",
            )
        parsed.append(Assignment(section or None, name.replace("-", "_"), value.strip()))
    return parsed


def assign(
    sections: Mapping[str, type], assignments: Iterable[Assignment]
) -> dict[str, dict[str, Any]]:
    """Values by section and name.

    Of several assignments of the same option the last wins; of a `tuple`, they are added up.

    Args:
        sections: the options of everything active, by section.
        assignments: with a section, or without where only one section has the option, or only one
            beside those of the core: `time` is a column of a table before it is `train.time`.

    Raises:
        UsageError: nobody has the option (with the nearest one), several sections have it, or the
            value is wrong.
    """
    fields = {
        section: {field.name: field for field in describe(options)}
        for section, options in sections.items()
    }
    values: dict[str, dict[str, Any]] = {}
    for assignment in assignments:
        section = _section_of(assignment, fields)
        field = fields[section][assignment.name]
        own = values.setdefault(section, {})
        value = coerce(field, assignment.text, f"section `{section}`")
        before = own.get(field.name)
        several = isinstance(value, tuple) and isinstance(before, tuple)
        own[field.name] = before + value if several else value
    return values


def _section_of(assignment: Assignment, fields: Mapping[str, Mapping[str, OptionField]]) -> str:
    having = [section for section, known in fields.items() if assignment.name in known]
    if assignment.section in having:
        return assignment.section
    if assignment.section is None:
        # The core's are flags, too, or can be written with their section.
        having = [section for section in having if section not in SECTIONS] or having
        if len(having) == 1:
            return having[0]
    if assignment.section is None and having:
        raise UsageError(
            f"option `{assignment.name}` is in several sections: {', '.join(sorted(having))}",
            hint=f"write `-o {sorted(having)[0]}.{assignment.name}={assignment.text}`",
        )
    raise UsageError(
        f"no option named `{assignment}` in the components used here",
        hint=_nearest_option(assignment, having, fields),
    )


def _nearest_option(
    assignment: Assignment,
    having: list[str],
    fields: Mapping[str, Mapping[str, OptionField]],
) -> str:
    """The option that was probably meant: same name elsewhere, else the most similar one."""
    if having:
        meant = [f"`{section}.{assignment.name}`" for section in sorted(having)]
        return f"did you mean {' or '.join(meant)}?"
    full = [f"{section}.{name}" for section, known in fields.items() for name in known]
    in_section = [name for name in full if name.startswith(f"{assignment.section}.")]
    near = suggest(str(assignment), in_section) or suggest(str(assignment), full)
    if assignment.section is None:
        bare = suggest(assignment.name, {name for known in fields.values() for name in known})
        near = next((name for name in full if name.endswith(f".{bare}")), near)
    if near:
        return f"did you mean `{near}`?"
    return f"sections used here: {', '.join(sorted(fields)) or 'none'}"
