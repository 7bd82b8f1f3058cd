"""The first place where a text does not satisfy constraints, and what was expected there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from rnngen import Machine, Misfit
from rnngen_constrained.decoder.extent import advanced, allowed_of, shortest_ending, start_of
from rnngen_constrained.decoder.finished import Checks

MOST = 64
"""Most characters beyond ASCII that are told one by one."""
OTHER = "other Unicode characters"


def misfit(machine: Machine, checks: Checks, text: bytes) -> Misfit | None:
    """What is wrong with a text, or None.

    Args:
        machine: of all constraints, over bytes.
        checks: of the whole text.
        text: to test.
    """
    try:
        text.decode()
    except UnicodeDecodeError as error:
        at = _at(text[: error.start])
        reason = f"byte {error.start} is 0x{text[error.start]:02x}, which is not UTF-8"
        return Misfit(reason, *at)
    rows, whole = start_of(machine), start_of(machine)
    begin = 0
    for place, byte in enumerate(text):
        if byte & 0xC0 != 0x80:
            rows, begin = whole, place
        if byte not in allowed_of(machine, whole):
            return _misfit(machine, checks, text, rows, begin)
        whole = advanced(machine, whole, byte)
    if machine.vocabulary.end not in allowed_of(machine, whole):
        return _misfit(machine, checks, text, whole, len(text))
    return None if checks.valid(list(text)) else Misfit(checks.last)


def _misfit(machine: Machine, checks: Checks, text: bytes, rows: Any, begin: int) -> Misfit:
    """The misfit of the character that begins at this byte, or of the end."""
    rest = text[begin:].decode()
    steps = allowed_of(machine, rows)
    may_end = machine.vocabulary.end in steps
    ending = shortest_ending(machine, rows).decode(errors="replace")
    note = None
    if checks.valid(list(text)):
        note = (
            "the check of whole texts accepts it, but the decoder never writes it: of texts with "
            "the same meaning it writes some, such as one order of properties"
        )
    return Misfit(
        f"{_quoted(rest[0])} can't stand here" if rest else "the text ends too early",
        *_at(text[:begin]),
        found=rest[:1] or None,
        expected=_expected(machine, rows, steps),
        may_end=may_end,
        ending=ending,
        note=note,
    )


def _at(before: bytes) -> tuple[int, int, int, int]:
    """Byte, character, line and column of what follows."""
    text = before.decode()
    return len(before), len(text), text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1


def _expected(machine: Machine, rows: Any, steps: list[int]) -> list[str]:
    """The characters that may follow, in ranges."""
    codes = [step for step in steps if step < 0x80]
    others = []
    for one in _beyond(machine, rows, steps):
        others.append(ord(one))
        if len(others) > MOST:
            return [*_ranges(codes), OTHER]
    return list(_ranges(codes + sorted(others)))


def _beyond(machine: Machine, rows: Any, steps: list[int]) -> Iterator[str]:
    """Characters beyond ASCII, by their bytes."""
    waiting = [(bytes([step]), rows, step) for step in steps if 0xC0 <= step < 0x100]
    while waiting:
        written, before, step = waiting.pop(0)
        after = advanced(machine, before, step)
        length = 2 + (written[0] >= 0xE0) + (written[0] >= 0xF0)
        for following in allowed_of(machine, after):
            if following == machine.vocabulary.end:
                continue
            longer = written + bytes([following])
            if len(longer) == length:
                yield longer.decode(errors="replace")
            else:
                waiting.append((longer, after, following))


def _ranges(codes: list[int]) -> Iterator[str]:
    """`a..z` for three or more in a row."""
    gaps = [place for place, (one, two) in enumerate(pairwise(codes), 1) if two != one + 1]
    for first, after in pairwise([0, *gaps, len(codes)]):
        run = codes[first:after]
        if len(run) > 2:
            yield f"{_shown(run[0])}..{_shown(run[-1])}"
        else:
            yield from map(_shown, run)


def _shown(code: int) -> str:
    char = chr(code)
    return char if char.isprintable() else repr(char)[1:-1]


def _quoted(char: str) -> str:
    return f"`{_shown(ord(char))}`"
