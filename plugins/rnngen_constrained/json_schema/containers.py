"""Objects and arrays as graphs, whose places say what was already written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from rnngen_constrained.automata.expression import (
    EMPTY,
    NEVER,
    Expression,
    Graph,
    Ref,
    Repeat,
    choice,
    literal,
    separated,
    sequence,
)
from rnngen_constrained.json_schema.flat import Flat, Node
from rnngen_constrained.json_schema.form import Form, text
from rnngen_constrained.json_schema.places import Schema
from rnngen_constrained.json_schema.search import search_expression
from rnngen_constrained.json_schema.strings import Texts, any_of, quoted

MOST_PATTERNS = 5
MOST_PLACES = 20_000
MOST_UNIQUE = 8
FEW_NAMES = 8
"""Most names to list of those that a pattern allows."""

Rule = Callable[[Node], Expression]
"""The expression of a node, a reference to its rule."""


def object_expression(
    schema: Schema, form: Form, flat: Flat, rule: Rule, names: Sequence[Texts]
) -> tuple[Expression, bool]:
    """Objects: named properties in the order of the schema, each at most once, then others.

    Where only a few other names are allowed, they are listed as well.

    Args:
        schema: the document.
        form: how it is written.
        flat: what holds for the object.
        rule: gives the expression of what holds for a property.
        names: what `propertyNames` demands.

    Returns:
        the expression, and whether others are left whose names may be the same.
    """
    named = dict.fromkeys(name for part in flat.members for name in part.named)
    named |= dict.fromkeys(flat.required)
    colon, comma = form.after(":"), form.after(",")
    pairs = [_named_pair(flat, name, colon, rule, names) for name in named]
    least, most = flat.properties
    first: Expression = NEVER
    later: Expression = NEVER
    if most is None or most > len(flat.required):
        kinds = _others(schema, flat, names, list(named))
        listed = _listed(kinds, least)
        if listed is not None:
            pairs += [(sequence([text(name), colon, rule(node)]), False) for name, node in listed]
        else:
            first, later = _pairs(kinds, colon, rule), _pairs(kinds, colon, rule, 1)
    graph = _places(schema, flat, pairs, first, later, comma)
    return form.enclosed("{", graph, "}"), first != NEVER


def _named_pair(
    flat: Flat, name: str, colon: Expression, rule: Rule, names: Sequence[Texts]
) -> tuple[Expression, bool]:
    """A property with its name, and whether the object must have it."""
    inside: Expression = NEVER
    if all(one.has(name) for one in names):
        inside = rule(tuple(one for part in flat.members for one in part.of(name)))
    return sequence([text(name), colon, inside]), name in flat.required


def _places(
    schema: Schema,
    flat: Flat,
    pairs: Sequence[tuple[Expression, bool]],
    first: Expression,
    later: Expression,
    comma: Expression,
) -> Graph:
    """The ways to write properties, all with different names.

    A place is the next named property, how many were written as far as that matters, and whether
    there is any.
    """
    least, most = flat.properties
    enough = least if most is None else most
    places: dict[tuple[int, int, bool], int] = {}
    todo: list[tuple[int, int, bool]] = []

    def place(index: int, written: int, some: bool) -> int:
        key = index, min(written, enough), some
        if key not in places:
            if len(places) >= MOST_PLACES:
                schema.refuse("maxProperties", flat.place, "there are too many combinations")
            places[key] = len(places)
            todo.append(key)
        return places[key]

    place(0, 0, False)
    edges: list[tuple[int, Expression, int]] = []
    finals: set[int] = set()
    while todo:
        index, written, some = key = todo.pop()
        here = places[key]
        before = comma if some else EMPTY
        full = most is not None and written >= most
        if index < len(pairs):
            pair, needed = pairs[index]
            if not full:
                after = place(index + 1, written + 1, True)
                edges.append((here, sequence([before, pair]), after))
            if not needed:
                edges.append((here, EMPTY, place(index + 1, written, some)))
            continue
        if written >= least:
            finals.add(here)
        # Among those that are needed, only the first may have the empty name.
        other = first if index == len(pairs) or written >= least else later
        if other != NEVER and not full:
            after = place(len(pairs) + 1, written + 1, True)
            edges.append((here, sequence([before, other]), after))
    return Graph(len(places), tuple(edges), frozenset(finals))


Others = list[tuple[Texts, Node]]
"""Kinds of unlisted names: the names, and what holds for their values."""


def _others(schema: Schema, flat: Flat, names: Sequence[Texts], named: Sequence[str]) -> Others:
    """Properties that are not named, by which of the patterns their names have."""
    patterns = list(dict.fromkeys(pattern for part in flat.members for pattern, _ in part.patterns))
    if len(patterns) > MOST_PATTERNS:
        schema.refuse("patternProperties", flat.place, f"there are more than {MOST_PATTERNS}")
    found = {
        pattern: search_expression(pattern, f"{schema.name}: `patternProperties` at `{flat.place}`")
        for pattern in patterns
    }
    kinds: Others = []
    for chosen in product((True, False), repeat=len(patterns)):
        having = [one for one, is_there in zip(patterns, chosen, strict=True) if is_there]
        node: Node = ()
        for part in flat.members:
            own = tuple(one for pattern, one in part.patterns if pattern in having)
            node += own or (part.others,)
        if any(one is False for _, one in node):
            continue
        keys = Texts(
            patterns=tuple(found[one] for one in having),
            without=(
                *([any_of(named)] if named else []),
                *(found[one] for one in patterns if one not in having),
            ),
        )
        for one in names:
            keys = keys.both(one)
        kinds.append((keys, node))
    return kinds


def _listed(kinds: Others, least: int) -> list[tuple[str, Node]] | None:
    """All names of all kinds, if there are few; None otherwise."""
    room = max(FEW_NAMES, least)
    found: list[tuple[str, Node]] = []
    for keys, node in kinds:
        texts = keys.listed(room - len(found))
        if texts is None:
            return None
        found += [(one, node) for one in texts]
    return found


def _pairs(kinds: Others, colon: Expression, rule: Rule, least: int = 0) -> Expression:
    """A property of one of the kinds, with a name of at least this many characters.

    Only the first of such properties has the empty name: so that what all of them need counts a
    character for each of the others, and they can differ.
    """
    options = []
    for keys, node in kinds:
        expression = keys.both(Texts(least=least)).expression()
        if expression != NEVER:
            options.append(sequence([quoted(expression), colon, rule(node)]))
    return choice(options) if options else NEVER


def array_expression(
    form: Form, flat: Flat, rule: Rule, values: Callable[[Node], list[str] | None]
) -> tuple[Expression, bool]:
    """Arrays: the first items each by its place, the rest alike.

    Args:
        form: how it is written.
        flat: what holds for the array.
        rule: gives the expression of what holds for an item.
        values: the texts of all values of a node, where they are few.

    Returns:
        the expression, and whether items differ where they have to.
    """
    least, most = flat.items
    if most is not None and most < least:
        return NEVER, True
    first = max((len(part.first) for part in flat.elements), default=0)
    comma = form.after(",")

    def item(index: int) -> Node:
        return tuple(one for part in flat.elements for one in part.at(index))

    differ = True
    if flat.unique and (most is None or most > 1):
        few = values(item(first)) if not first else None
        if few is not None and len(few) <= MOST_UNIQUE:
            return form.enclosed("[", _different(few, comma, least, most), "]"), True
        differ = False
        if few is not None:
            most = len(few) if most is None else min(most, len(few))
        if most is not None and most < least:
            return NEVER, True
    rest = rule(item(first))
    if not first:
        return form.enclosed("[", separated(rest, comma, least, most), "]"), differ
    fewer = max(least - first, 0)
    more = None if most is None else max(most - first, 0)
    edges: list[tuple[int, Expression, int]] = []
    finals = {
        index for index in range(first + 1) if least <= index and (most is None or index <= most)
    }
    for index in range(first if most is None else min(first, most)):
        part = rule(item(index))
        edges.append((index, sequence([comma, part]) if index else part, index + 1))
    if most is None or most > first:
        again = sequence([comma, rest])
        edges.append((first, sequence([again, _some(again, fewer, more)]), first + 1))
        finals.add(first + 1)
    return form.enclosed("[", Graph(first + 2, tuple(edges), frozenset(finals)), "]"), differ


def _some(part: Expression, least: int, most: int | None) -> Expression:
    """The rest after one of `least` to `most`."""
    return Repeat(part, max(least - 1, 0), None if most is None else most - 1)


def _different(
    values: Sequence[str], comma: Expression, least: int, most: int | None
) -> Expression:
    """Lists of different values; a place is the set of values already written."""
    edges: list[tuple[int, Expression, int]] = []
    finals = set()
    for used in range(1 << len(values)):
        count = used.bit_count()
        if count >= least and (most is None or count <= most):
            finals.add(used)
        for index, value in enumerate(values):
            if not used >> index & 1:
                part = literal(value)
                edges.append((used, sequence([comma, part]) if used else part, used | 1 << index))
    return Graph(1 << len(values), tuple(edges), frozenset(finals))


ANYTHING = "(anything)"


def anything(form: Form, texts: Expression, number: Expression) -> Expression:
    """Any JSON value, the rule `ANYTHING`."""
    comma, value = form.after(","), Ref(ANYTHING)
    pair = sequence([texts, form.after(":"), value])
    return choice(
        [
            form.enclosed("{", separated(pair, comma, 0, None), "}"),
            form.enclosed("[", separated(value, comma, 0, None), "]"),
            texts,
            number,
            *map(literal, ("true", "false", "null")),
        ]
    )
