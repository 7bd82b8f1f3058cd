"""A schema as the rules of a grammar, one per place.

A place is a rule, named by its JSON pointer, so that schemas that name themselves are rules
that do. Combinations are taken apart: `anyOf` is a choice; `oneOf` too, each option without the
others that are not proven disjoint; `allOf` and what stands next to a `$ref` are joined. What would
take too many cases, or has no grammar, is left out and noted: the grammar is then wider than the
schema, and the check of the whole document, which is always made, has documents drawn again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from rnngen_constrained.automata.expression import NEVER, Expression, Ref, choice, literal, sequence
from rnngen_constrained.errors import Hostile
from rnngen_constrained.json_schema.choice_loop import loop
from rnngen_constrained.json_schema.containers import (
    ANYTHING,
    anything,
    array_expression,
    object_expression,
)
from rnngen_constrained.json_schema.disjoint import all_disjoint, kinds
from rnngen_constrained.json_schema.flat import Flat, Located, Made, Node, canonical, flat
from rnngen_constrained.json_schema.form import Form
from rnngen_constrained.json_schema.formats import format_expression
from rnngen_constrained.json_schema.negation import (
    Either,
    Not,
    conditions,
    forbidden,
    negation,
    possible,
)
from rnngen_constrained.json_schema.numbers import (
    Bounds,
    common_multiple,
    decimals,
    integer,
    number,
    within,
)
from rnngen_constrained.json_schema.places import Schema, below
from rnngen_constrained.json_schema.search import search_expression
from rnngen_constrained.json_schema.strings import Texts, any_of, quoted

DOCUMENT = "(document)"
MOST_RULES = 5000
MOST_NEGATED = 1500
"""Most rules while choices of negations are made; above, they are left to the validator."""
MOST_CASES = 8
"""Most cases that the negations and conditions of one place are taken apart into."""
MOST_OPTIONS = 200
DEEPEST = 12
FEW = 64


class Grammar(NamedTuple):
    """The documents of a schema.

    Args:
        rules: of the grammar.
        start: the rule of a whole document.
        opened: whether an object may have names that are not listed, so that the grammar alone
            does not keep them apart.
        wider: keywords, with places, that the grammar does not keep exactly: a document has to be
            checked whole, and drawn again where it is not valid.
    """

    rules: dict[str, Expression]
    start: str
    opened: bool
    wider: tuple[str, ...] = ()


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
    try:
        return _lowered(_Lowering(Schema(root, name), form))
    except _Combinations:
        return _lowered(_Lowering(Schema(root, name), form, negates=False))


def _lowered(lowering: _Lowering) -> Grammar:
    start = lowering.rule((("#", lowering.schema.root),))
    lowering.finish()
    gap = lowering.form.gap
    lowering.rules[DOCUMENT] = sequence([gap, start, gap])
    return Grammar(lowering.rules, DOCUMENT, lowering.opened, tuple(lowering.wider))


class _Combinations(Exception):
    """Negations make too many combinations."""


class _Lowering:
    def __init__(self, schema: Schema, form: Form, negates: bool = True) -> None:
        self.schema = schema
        self.form = form
        self._negates = negates
        self._string = quoted(Texts().expression())
        self.rules = {ANYTHING: anything(form, self._string, number(Bounds()))}
        self._waiting: list[tuple[str, Node]] = []
        self._choices: dict[str, list[str]] = {}
        self.opened = False
        self.wider: dict[str, None] = {}

    def finish(self) -> None:
        """Makes the rules that were only named so far, and those that they name."""
        while self._waiting:
            name, node = self._waiting.pop()
            self.rules[name] = self._expression(name, node)
        found = loop(self._choices)
        if found is not None:
            self.schema.loops(found)

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
            if self._negates and len(self.rules) >= MOST_NEGATED:
                raise _Combinations
            if len(self.rules) >= MOST_RULES:
                self.schema.refuse("allOf", found[0][0], "there are too many combinations")
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
                self.schema.loops(place)
            if place in seen:
                continue
            seen.add(place)
            if schema is False:
                found[place] = False
            if isinstance(schema, Not | Either | Made):
                found[place] = schema
            if isinstance(schema, bool | Not | Either | Made):
                continue
            self.schema.check(schema, place)
            rest = {key: value for key, value in schema.items() if self.schema.says(key)}
            more: list[Located] = []
            if "$ref" in rest:
                target, there = self.schema.at(rest.pop("$ref"), place, schema)
                more.append((there, target))
                if self.schema.draft < 2019:
                    rest = {}
            for index, one in enumerate(rest.pop("allOf", ())):
                more.append((below(place, "allOf", index), one))
            more += conditions(self.schema, place, rest)
            if rest:
                found[place] = rest
            todo += [(*one, above | {place}) for one in reversed(more)]
        return self._affordable(tuple(found.items()))

    def _affordable(self, node: Node) -> Node:
        """A node without the choices that make too many cases; those are left to the validator."""
        kept: list[Located] = []
        most = MOST_CASES if self._negates else 1
        for place, schema in node:
            if isinstance(schema, Not | Either):
                count = len(self._likely(place, schema, node))
                if count > most:
                    self._note("not", place)
                    continue
                most //= max(count, 1)
            kept.append((place, schema))
        return tuple(kept)

    def _likely(self, place: str, schema: Not | Either, node: Node) -> list[Node]:
        """The options of a choice that may hold with the rest of a node."""
        either = negation(self.schema, schema) if isinstance(schema, Not) else schema
        for keyword in either.wider:
            self._note(keyword, place)
        return [one for one in either.options if possible((*node, *one))]

    def _expression(self, name: str, node: Node) -> Expression:
        split = self._split(node)
        if split is None:
            return self._flat(flat(self.schema, node))
        keyword, place, rest, options = split
        if keyword == "oneOf":
            options = self._apart(place, rest, options)
        made = [self.rule((*rest, *option)) for option in options]
        self._choices[name] = [one.rule for one in made if isinstance(one, Ref)]
        return choice(made)

    def _split(self, node: Node) -> tuple[str, str, Node, list[Node]] | None:
        """The first choice in a node: its keyword and place, what else holds, and the options."""
        for index, (place, schema) in enumerate(node):
            others = (*node[:index], *node[index + 1 :])
            if isinstance(schema, Not | Either):
                return "not", place, others, self._likely(place, schema, others)
            for keyword in ("oneOf", "anyOf"):
                if keyword not in schema:
                    continue
                left = {key: value for key, value in schema.items() if key != keyword}
                beside = ((f"{place} without {keyword}", Made(left)),) if left else ()
                options: list[Node] = [
                    ((below(place, keyword, number), one),)
                    for number, one in enumerate(schema[keyword])
                ]
                return keyword, place, (*node[:index], *beside, *node[index + 1 :]), options
        return None

    def _note(self, keyword: str, place: str) -> None:
        """Notes that a keyword is not kept exactly."""
        self.wider[f"`{keyword}` at `{place}`"] = None

    def _options(self, node: Node, depth: int = 0) -> list[Flat] | None:
        """The flat schemas that a node may be; None if that does not end."""
        found = self._resolved(node)
        if any(schema is False for _, schema in found):
            return []
        if depth > DEEPEST:
            return None
        split = self._split(found)
        if split is None:
            return [flat(self.schema, found)]
        _, _, rest, options = split
        made: list[Flat] = []
        for option in options:
            more = self._options((*rest, *option), depth + 1)
            if more is None or len(made) + len(more) > MOST_OPTIONS:
                return None
            made += more
        return made

    def _apart(self, place: str, rest: Node, options: Sequence[Node]) -> list[Node]:
        """The options of a `oneOf`, each without those that are not proven disjoint from it."""
        each = [self._options((*rest, *option)) for option in options]
        found: list[Node] = []
        for index, option in enumerate(options):
            without = [
                forbidden(*one)
                for other, (one,) in enumerate(options)
                if other != index and not all_disjoint(each[index], each[other], self._options)
            ]
            found.append((*option, *without))
        return found

    def _flat(self, one: Flat) -> Expression:
        if one.values is not None:
            return choice(self.form.value(value) for value in one.values if self._valid(one, value))
        made = {
            "null": lambda: literal("null"),
            "boolean": lambda: choice([literal("true"), literal("false")]),
            "integer": lambda: self._number(one, whole=True),
            "number": lambda: self._number(one, whole=False),
            "string": lambda: self._string_of(one),
            "array": lambda: self._array(one),
            "object": lambda: self._object(one),
        }
        return choice(made[kind]() for kind in one.types)

    def _array(self, one: Flat) -> Expression:
        made, different = array_expression(self.form, one, self.rule, self._few)
        if not different:
            self._note("uniqueItems", one.place)
        return made

    def _object(self, one: Flat) -> Expression:
        names = [*map(self._name, one.names)]
        made, opened = object_expression(self.schema, self.form, one, self.rule, names)
        self.opened |= opened
        return made

    def _number(self, one: Flat, whole: bool) -> Expression:
        try:
            multiple = one.multiple
            if whole and multiple is not None:
                multiple = common_multiple(multiple, Fraction(1))
            if multiple is None or multiple.denominator == 1:
                if whole or multiple is not None:
                    return integer(one.bounds, int(multiple or 1))
                return number(one.bounds)
            places = decimals(multiple)
            if multiple != Fraction(1, 10**places) or one.bounds.decimals() > places:
                self._note("multipleOf", one.place)
            return number(one.bounds, places)
        except ValueError as error:
            keyword = "minimum" if one.multiple is None else "multipleOf"
            self.schema.refuse(keyword, one.place, str(error))

    def _string_of(self, one: Flat) -> Expression:
        """Its texts; the length is left to the validator where counting takes too many states."""
        texts = self._texts(one)
        try:
            return quoted(texts.expression())
        except Hostile:
            if (texts.least, texts.most) == (0, None):
                raise
            self._note("maxLength", one.place)
            return quoted(replace(texts, least=min(texts.least, 1), most=None).expression())

    def _texts(self, one: Flat) -> Texts:
        patterns = [
            search_expression(pattern, f"{self.schema.name}: `pattern` at `{place}`")
            for pattern, place in one.patterns
        ]
        for name, _ in one.formats:
            found = format_expression(name)
            if found is not None:  # else it is an annotation
                patterns.append(found)
        without = [any_of(sorted(one.texts))] if one.texts else []
        without += [
            search_expression(pattern, f"{self.schema.name}: `pattern` at `{place}`")
            for pattern, place in one.unlike
        ]
        without += filter(None, map(format_expression, one.unformatted))
        return Texts(tuple(patterns), tuple(without), *one.length)

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
        self.schema.refuse("propertyNames", node[0], "it is not a plain string schema")

    def _valid(self, one: Flat, value: Any) -> bool:
        """Whether a given value is valid for all the other keywords."""
        if value is None or isinstance(value, bool):
            return ("null" if value is None else "boolean") in one.types
        if isinstance(value, int | float):
            whole = isinstance(value, int) or (value.is_integer() and self.schema.draft > 4)
            allowed = "number" in one.types or (whole and "integer" in one.types)
            return allowed and within(value, one.bounds, one.multiple)
        if isinstance(value, str):
            return "string" in one.types and self._texts(one).has(value)
        kind = "array" if isinstance(value, list) else "object"
        limited = {
            "array": bool(one.elements) or one.items != (0, None) or one.unique,
            "object": bool(one.members or one.required or one.names) or one.properties != (0, None),
        }
        if limited[kind] and kind in one.types:
            self._note("enum", one.place)
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
