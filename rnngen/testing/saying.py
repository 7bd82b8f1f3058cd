"""How the checks speak: each failure is a sentence for the author of what was checked.

Nothing is an `assert`: Python leaves those out with `-O`, and outside of rnngen's own tests they
would have no text.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

from rnngen.kernel.blame import one_line, traceback_of

P = ParamSpec("P")
T = TypeVar("T")


class Fault(AssertionError):
    """What a check found, with what was promised."""


def require(holds: object, sentence: str) -> None:
    """Raises AssertionError with this sentence unless it holds."""
    if not holds:
        raise AssertionError(sentence)


def found(sentence: str) -> NoReturn:
    """Raises AssertionError with this sentence."""
    raise AssertionError(sentence)


def speaking(check: Callable[P, T]) -> Callable[P, T]:
    """The check, whose every failure says what was checked, even if something else is raised."""
    promise = " ".join((inspect.getdoc(check) or check.__name__).split("\n\n")[0].split())

    @wraps(check)
    def call(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return check(*arguments, **named)
        except Fault:
            raise
        except AssertionError as error:
            text = str(error) or f"an assertion failed:\n{traceback_of(error)}"
            raise Fault(f"{text}\n  checked: {promise}") from error
        except Exception as error:
            raise Fault(
                f"it raised {one_line(error)}{_place(error)}\n  checked: {promise}"
            ) from error

    return call


def all_of(checks: Iterable[Callable[P, None]]) -> dict[str, Callable[P, None]]:
    """The checks by name, each of them speaking."""
    return {check.__name__: speaking(check) for check in checks}


def _place(error: BaseException) -> str:
    """` (FILE:LINE)` of the innermost code that is not rnngen's or a library's."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        if name.partition(".")[0] not in ("rnngen", "torch", "numpy"):
            places.append(f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})")
        trace = trace.tb_next
    return places[-1] if places else ""
