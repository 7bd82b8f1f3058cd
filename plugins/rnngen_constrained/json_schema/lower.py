"""A schema as the rules of a grammar, one per place.

A place is a rule, named by its JSON pointer, so that schemas that name themselves are rules
that do. Combinations are taken apart: `anyOf` is a choice, `oneOf` one whose options are proven
disjoint, `allOf` and what stands next to a `$ref` are joined.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rnngen_constrained.automata.expression import NEVER, Expression, Ref, choice, literal, sequence
from rnngen_constrained.json_schema.containers import (
    ANYTHING,
    anything,
    array_expression,
    object_expression,
)
from rnngen_constrained.json_schema.disjoint import disjoint, kinds
from rnngen_constrained.json_schema.flat import Flat, Located, Node, canonical, flat
from rnngen_constrained.json_schema.form import Form
from rnngen_constrained.json_schema.formats import format_expression
from rnngen_constrained.json_schema.numbers import Bounds, integer, number
from rnngen_constrained.json_schema.places import Schema, below
from rnngen_constrained.json_schema.search import search_expression
from rnngen_constrained.json_schema.strings import Texts, any_of, quoted

DOCUMENT = "(document)"
MOST_RULES = 5000
DEEPEST = 12
FEW = 64


class Grammar(NamedTuple):
    """The documents of a schema.

    Args:
        rules: of the grammar.
        start: the rule of a whole document.
        opened: whether an object may have names that are not listed, so that the grammar alone
            does not keep them apart.
    """

    rules: dict[str, Expression]
    start: str
    opened: bool


def schema_rules(root: Any, name: str, form: Form) -> Grammar:
    """The grammar of a schema's documents.

    Args:
        root: the schema, as `json.loads` gives it.
        name: what it is called, for messages.
        form: how documents are written.

    Raises:
        BadSyntax: it is not a schema; with the place.
        Unsupported: it has a keyword that can't be kept; by name and place.
    """
    lowering = _Lowering(Schema(root, name), form)
    start = lowering.rule((("#", root),))
    lowering.finish()
    lowering.rules[DOCUMENT] = sequence([form.gap, start, form.gap])
    return Grammar(lowering.rules, DOCUMENT, lowering.opened)


class _Lowering:
    def __init__(self, schema: Schema, form: Form) -> None:
        self._schema = schema
        self._form = form
        self._string = quoted(Texts().expression())
        self.rules = {ANYTHING: anything(form, self._string, number(Bounds()))}
        self._waiting: list[tuple[str, Node]] = []
        self._choices: dict[str, list[str]] = {}
        self.opened = False

    def finish(self) -> None:
        """Makes the rules that were only named so far, and those that they name."""
        while self._waiting:
            name, node = self._waiting.pop()
            self.rules[name] = self._expression(name, node)
        found = _loop(self._choices)
        if found is not None:
            self._schema.loops(found)

    def rule(self, node: Node) -> Expression:
        """A reference to the rule of a node; a new rule is made later, by `finish`."""
        found = self._resolved(node)
        if any(schema is False for _, schema in found):
            return NEVER
        if not found:
            self.opened = True
            return Ref(ANYTHING)
        name = " and ".join(place for place, _ in found)
        if name not in self.rules:
            if len(self.rules) >= MOST_RULES:
                self._schema.refuse("allOf", found[0][0], "there are too many combinations")
            self.rules[name] = NEVER
            self._waiting.append((name, found))
        return Ref(name)

    def _resolved(self, node: Node) -> Node:
        """A node without references and `allOf`, each schema once, in order."""
        found: dict[str, Any] = {}
        seen: set[str] = set()
        todo: list[tuple[str, Any, frozenset[str]]] = []
        todo += [(place, schema, frozenset()) for place, schema in reversed(node)]
        while todo:
            place, schema, above = todo.pop()
            if place in above:
                self._schema.loops(place)
            if place in seen:
                continue
            seen.add(place)
            if schema is False:
                found[place] = False
            if isinstance(schema, bool):
                continue
            self._schema.check(schema, place)
            rest = {key: value for key, value in schema.items() if self._schema.says(key)}
            rest.pop("if", None)  # it has neither `then` nor `else`, or it was refused
            more: list[Located] = []
            if "$ref" in rest:
                target, there = self._schema.at(rest.pop("$ref"), place)
                more.append((there, target))
                if self._schema.draft < 2019:
                    rest = {}
            for index, one in enumerate(rest.pop("allOf", ())):
                more.append((below(place, "allOf", index), one))
            if rest:
                found[place] = rest
            todo += [(*one, above | {place}) for one in reversed(more)]
        return tuple(found.items())

    def _expression(self, name: str, node: Node) -> Expression:
        split = self._split(node)
        if split is None:
            return self._flat(flat(self._schema, node))
        keyword, place, rest, options = split
        if keyword == "oneOf":
            self._prove_disjoint(place, rest, options)
        made = [self.rule((*rest, option)) for option in options]
        self._choices[name] = [one.rule for one in made if isinstance(one, Ref)]
        return choice(made)

    def _split(self, node: Node) -> tuple[str, str, Node, list[Located]] | None:
        """The first choice in a node: its keyword and place, what else holds, and the options."""
        for index, (place, schema) in enumerate(node):
            for keyword in ("oneOf", "anyOf"):
                if keyword not in schema:
                    continue
                others = {key: value for key, value in schema.items() if key != keyword}
                beside = ((f"{place} without {keyword}", others),) if others else ()
                options = [
                    (below(place, keyword, number), one)
                    for number, one in enumerate(schema[keyword])
                ]
                return keyword, place, (*node[:index], *beside, *node[index + 1 :]), options
        return None

    def _options(self, node: Node, depth: int = 0) -> list[Flat] | None:
        """The flat schemas that a node may be; None if that does not end."""
        found = self._resolved(node)
        if any(schema is False for _, schema in found):
            return []
        if depth > DEEPEST:
            return None
        split = self._split(found)
        if split is None:
            return [flat(self._schema, found)]
        _, _, rest, options = split
        made: list[Flat] = []
        for option in options:
            more = self._options((*rest, option), depth + 1)
            if more is None:
                return None
            made += more
        return made

    def _prove_disjoint(self, place: str, rest: Node, options: Sequence[Located]) -> None:
        each = [self._options((*rest, option)) for option in options]
        for index, one in enumerate(each):
            for second, other in enumerate(each[:index]):
                if (
                    one is None
                    or other is None
                    or not all(disjoint(a, b, self._options) for a in one for b in other)
                ):
                    self._schema.refuse(
                        "oneOf", place, f"options {second} and {index} may hold at once"
                    )

    def _flat(self, one: Flat) -> Expression:
        if one.values is not None:
            return choice(
                self._form.value(value) for value in one.values if self._valid(one, value)
            )
        made = {
            "null": lambda: literal("null"),
            "boolean": lambda: choice([literal("true"), literal("false")]),
            "integer": lambda: self._number(one, whole=True),
            "number": lambda: self._number(one, whole=False),
            "string": lambda: quoted(self._texts(one).expression()),
            "array": lambda: array_expression(self._schema, self._form, one, self.rule, self._few),
            "object": lambda: self._object(one),
        }
        return choice(made[kind]() for kind in one.types)

    def _object(self, one: Flat) -> Expression:
        names = [*map(self._name, one.names)]
        made, opened = object_expression(self._schema, self._form, one, self.rule, names)
        self.opened |= opened
        return made

    def _number(self, one: Flat, whole: bool) -> Expression:
        try:
            if whole or one.multiple is not None:
                return integer(one.bounds, one.multiple or 1)
            return number(one.bounds)
        except ValueError as error:
            keyword = "minimum" if one.multiple is None else "multipleOf"
            self._schema.refuse(keyword, one.place, str(error))

    def _texts(self, one: Flat) -> Texts:
        patterns = [
            search_expression(pattern, f"{self._schema.name}: `pattern` at `{place}`")
            for pattern, place in one.patterns
        ]
        for name, _ in one.formats:
            found = format_expression(name)
            if found is not None:  # else it is an annotation
                patterns.append(found)
        return Texts(tuple(patterns), (), *one.length)

    def _name(self, node: Located) -> Texts:
        """The texts that `propertyNames` demands."""
        options = self._options((node,))
        if options is not None and len(options) == 1 and "string" in kinds(options[0]):
            (one,) = options
            texts = self._texts(one)
            if one.values is None:
                return texts
            given = any_of(value for value in one.values if isinstance(value, str))
            return texts.both(Texts((given,)))
        self._schema.refuse("propertyNames", node[0], "it is not a plain string schema")

    def _valid(self, one: Flat, value: Any) -> bool:
        """Whether a given value is valid for all the other keywords."""
        if value is None or isinstance(value, bool):
            return ("null" if value is None else "boolean") in one.types
        if isinstance(value, int | float):
            whole = isinstance(value, int) or (value.is_integer() and self._schema.draft > 4)
            allowed = "number" in one.types or (whole and "integer" in one.types)
            if one.bounds != Bounds() or one.multiple is not None:
                self._schema.refuse("enum", one.place, "it is combined with number bounds")
            return allowed
        if isinstance(value, str):
            return "string" in one.types and self._texts(one).has(value)
        kind = "array" if isinstance(value, list) else "object"
        limited = {
            "array": bool(one.elements) or one.items != (0, None) or one.unique,
            "object": bool(one.members or one.required or one.names) or one.properties != (0, None),
        }
        if limited[kind] and kind in one.types:
            self._schema.refuse(
                "enum", one.place, f"it has an {kind} combined with {kind} keywords"
            )
        return kind in one.types

    def _few(self, node: Node) -> list[str] | None:
        """The texts of all values of a node, if there are few."""
        options = self._options(node)
        if options is None:
            return None
        found: dict[str, str] = {}
        for one in options:
            values: Sequence[Any] | None = one.values
            if values is None and set(one.types) <= {"boolean", "null"}:
                values = [*([True, False] if "boolean" in one.types else [])]
                values += [None] if "null" in one.types else []
            if values is None or len(values) > FEW:
                return None
            for value in values:
                if isinstance(value, list | dict):
                    return None
                if self._valid(one, value):
                    found[canonical(value)] = json.dumps(value, ensure_ascii=False)
        return list(found.values())


def _loop(choices: Mapping[str, Sequence[str]]) -> str | None:
    """A rule that is a choice of itself, directly or through other choices."""
    done: set[str] = set()
    for first in choices:
        todo, within = [(first, False)], set()
        while todo:
            name, left = todo.pop()
            if left:
                within.discard(name)
                done.add(name)
            elif name in within:
                return name
            elif name not in done:
                within.add(name)
                todo.append((name, True))
                todo += [(one, False) for one in choices.get(name, ())]
    return None
