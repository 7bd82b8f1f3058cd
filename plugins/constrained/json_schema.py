"""The kind of constraint `json-schema`: JSON that a schema in a file allows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rnngen.options import option
from rnngen_constrained.cfg.constraint import read_text
from rnngen_constrained.cfg.machine import GrammarMachine
from rnngen_constrained.errors import BadSyntax
from rnngen_constrained.machine import Vocabulary
from rnngen_constrained.schema.form import Form, Whitespace
from rnngen_constrained.schema.lower import schema_rules


@dataclass(frozen=True)
class Options:
    """JSON that a schema allows."""

    whitespace: Literal["none", "space", "free"] = option(
        "space", "none; space: one may stand after a comma and a colon; free: wherever JSON has it"
    )


class JsonSchema:
    """The whole text is a JSON document that a schema allows.

    Args:
        path: a file with the schema, draft 4 to 2020-12.
        whitespace: see `Form`.

    Raises:
        BadSyntax: the file holds no schema; with the place.
        Unsupported: it has a keyword that is not supported; with its name and place.
    """

    def __init__(self, path: str, whitespace: Whitespace = "space") -> None:
        self.name = f"json_schema={path}"
        self._root = read_schema(path)
        self._rules, self._start = schema_rules(self._root, Path(path).name, Form(whitespace))

    def bind(self, vocabulary: Vocabulary) -> GrammarMachine:
        """The machine over a vocabulary; see `GrammarMachine`."""
        return GrammarMachine(self._rules, self._start, vocabulary, self.name)


def read_schema(path: str) -> object:
    """The schema in a file.

    Raises:
        ConstraintError: it can't be read.
        BadSyntax: it is no JSON; with line and column.
    """
    try:
        found: object = json.loads(read_text(path, "json_schema"))
    except json.JSONDecodeError as error:
        reason = error.msg[0].lower() + error.msg[1:]
        raise BadSyntax(
            f"`{path}` is no JSON: {reason} at line {error.lineno} column {error.colno}"
        ) from error
    except RecursionError as error:
        raise BadSyntax(f"`{path}` is nested too deeply") from error
    return found
