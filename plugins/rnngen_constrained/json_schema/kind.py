"""The kind of constraint `json-schema`: JSON that a schema file allows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rnngen import Constraint, Machine, Single, Vocabulary, option
from rnngen_constrained.errors import BadSyntax, ConstraintError, Hostile, Unsupported
from rnngen_constrained.files import read_text
from rnngen_constrained.grammar.machine import GrammarMachine
from rnngen_constrained.json_schema.distinct import DistinctKeys, DistinctMatcher
from rnngen_constrained.json_schema.form import Form
from rnngen_constrained.json_schema.llg import schema_matcher
from rnngen_constrained.json_schema.lower import schema_rules
from rnngen_constrained.json_schema.places import below, draft_of
from rnngen_constrained.json_schema.resources import VALUES
from rnngen_constrained.json_schema.search import found
from rnngen_constrained.json_schema.strict import read_exactly
from rnngen_constrained.json_schema.validator import Validator
from rnngen_constrained.machines.planned import PlannedMachine
from rnngen_constrained.whole_text import shown, text_fault


@dataclass(frozen=True)
class Options:
    """JSON that a schema allows."""

    whitespace: Literal["none", "space", "free"] = option(
        "space", "none; space: one may stand after a comma and a colon; free: wherever JSON has it"
    )


class JsonSchema(Constraint):
    """The whole text is a JSON document that a schema allows.

    A schema that has a grammar needs no library, and its fewest steps are known; others are left to
    `llguidance`, with plans that keep them within the length. Every document is checked by
    `jsonschema` when it is finished, and drawn again if it is not valid, up to a bound: some
    keywords (`uniqueItems` of many values, options that overlap) make the grammar wider than the
    schema, and then the fewest steps are a lower bound.

    Args:
        path: a file with the schema, draft 4 to 2020-12, or the schema itself.
        options: how it may be laid out.

    Raises:
        BadSyntax: the file does not hold a schema; with the place.
        PluginError: `jsonschema` is not installed.
    """

    def __init__(self, path: str, options: Options | None = None) -> None:
        self.options = options or Options()
        given = is_schema(path)
        self.name = f"json_schema={shown(path).strip('`') if given else path}"
        self._file = "the schema" if given else Path(path).name
        self._root, exact = read_schema(path)
        self._refused: Unsupported | None = None
        try:
            self._grammar = schema_rules(self._root, self._file, Form(self.options.whitespace))
        except Unsupported as error:
            self._refused = error
            check_unheeded(self._root, self._file)
        except RecursionError as error:
            raise Hostile(f"`{path}` is nested too deeply") from error
        self._validator = Validator(exact, self._file, draft_of(self._root, self._file))

    def bind(self, vocabulary: Vocabulary) -> GrammarMachine | DistinctKeys | PlannedMachine:
        """The machine over a vocabulary; see `GrammarMachine` and `PlannedMachine`.

        Raises:
            Unsupported: the schema has a keyword that is not supported; with its name and place.
            PluginError: it is left to `llguidance`, which is not installed.
        """
        if self._refused is None:
            rules, start, opened, _ = self._grammar
            own = GrammarMachine(rules, start, vocabulary, self.name)
            return DistinctKeys(own) if opened else own
        matcher = schema_matcher(self._root, self._file, vocabulary, self._refused.message)
        distinct = DistinctMatcher(matcher, vocabulary)
        machine = PlannedMachine(distinct, vocabulary, self.name, self._wrong)
        machine.engine = f"llguidance, with plans, as ours refuses it: {self._refused.message}"
        return machine

    def fault(self, machine: Machine | Single, steps: Sequence[int]) -> str | None:
        """What is wrong with a finished document, as `jsonschema` sees it."""
        return text_fault(machine.vocabulary, steps, self._validator.fault)

    def _wrong(self, text: bytes) -> str | None:
        return self._validator.fault(text.decode(errors="replace"))


def check_unheeded(root: object, name: str) -> None:
    """Raises Unsupported if a library might write what nothing checks.

    That is a pattern that neither `automata.pattern` nor `re` can read, and the contents of
    texts, which draft 7, and no other, lets a validator check.
    """
    dialect = root.get("$schema") if isinstance(root, dict) else None
    content = ("contentEncoding", "contentMediaType") if "draft-07" in str(dialect) else ()
    todo = [("#", root)]
    while todo:
        place, one = todo.pop()
        if isinstance(one, list):
            todo += [(below(place, index), part) for index, part in enumerate(one)]
        if not isinstance(one, dict):
            continue
        for keyword in content:
            if isinstance(one.get(keyword), str):
                raise Unsupported(f"{name}: `{keyword}` at `{place}` is not supported in draft 7")
        given = one.get("patternProperties")
        patterns = [*given] if isinstance(given, dict) else []
        patterns += [one["pattern"]] if isinstance(one.get("pattern"), str) else []
        for pattern in patterns:
            try:
                found(pattern, "")
            except ConstraintError as error:
                raise Unsupported(
                    f"{name}: the pattern at `{place}` can't be checked: {error.message}",
                    hint=error.hint,
                ) from error
        todo += [(below(place, key), part) for key, part in one.items() if key not in VALUES]


def is_schema(text: str) -> bool:
    """Whether a text is a schema itself, rather than the name of a file."""
    return text.lstrip().startswith("{")


def read_schema(path: str) -> tuple[Any, Any]:
    """The schema in a file, and the same with exact numbers.

    Raises:
        ConstraintError: it can't be read.
        BadSyntax: it is not JSON; with line and column.
    """
    if is_schema(path):
        text, path = path, "the schema"
    else:
        text = read_text(path, "the schema", hint="`-o json_schema=FILE` names a file")
    try:
        exact = read_exactly(text)
        return json.loads(text), exact
    except json.JSONDecodeError as error:
        reason = error.msg[0].lower() + error.msg[1:]
        raise BadSyntax(
            f"`{path}` is not JSON: {reason} at line {error.lineno} column {error.colno}"
        ) from error
    except ValueError as error:  # a key twice, or a number of thousands of digits
        reason = str(error).partition(";")[0]
        raise BadSyntax(f"`{path}` can't be read: {reason[0].lower()}{reason[1:]}") from error
    except RecursionError as error:
        raise BadSyntax(f"`{path}` is nested too deeply") from error
