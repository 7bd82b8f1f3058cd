"""The kind of constraint `grammar`: what a grammar in a file allows."""

from __future__ import annotations

from pathlib import Path

from rnngen_constrained.cfg.lark_text import WHOLE, read_grammar
from rnngen_constrained.cfg.machine import GrammarMachine
from rnngen_constrained.errors import ConstraintError
from rnngen_constrained.machine import Vocabulary


class Grammar:
    """The whole text is what a grammar allows.

    Args:
        path: a file in Lark's notation; its rule `start` is the whole text.

    Raises:
        BadSyntax: the file holds no grammar; with the place.
        Unsupported: it has something that is not supported; with the name.
    """

    def __init__(self, path: str) -> None:
        self.name = f"grammar={path}"
        self._rules = read_grammar(read_text(path, "grammar"), Path(path).name)

    def bind(self, vocabulary: Vocabulary) -> GrammarMachine:
        """The machine over a vocabulary; see `GrammarMachine`."""
        return GrammarMachine(self._rules, WHOLE, vocabulary, self.name)


def read_text(path: str, kind: str) -> str:
    """The text of a file that a constraint names.

    Raises:
        ConstraintError: it can't be read, or is not UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConstraintError(
            f"`{kind}` names the file `{path}`, which can't be read: {reason.lower()}",
            hint=f"`-o {kind}=FILE` names a file",
        ) from error
    except UnicodeDecodeError as error:
        raise ConstraintError(
            f"`{path}` is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}"
        ) from error
