"""What can be said of constraints without a model: their machine is bound to bytes."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rnngen import Checked, CheckedPart, Checking, Constraint, Machine, Vocabulary
from rnngen_constrained.decoder.extent import (
    advanced,
    allowed_of,
    longest,
    readable,
    shortest,
    start_of,
)
from rnngen_constrained.decoder.finished import TRIES, Checks
from rnngen_constrained.decoder.joined import joined
from rnngen_constrained.decoder.misfit import misfit
from rnngen_constrained.machines.compose import Part
from rnngen_constrained.machines.strangers import as_machine

BYTES = Vocabulary(
    [*(bytes([byte]) for byte in range(256)), b""],
    [*(repr(chr(byte)) if byte < 128 else f"0x{byte:02x}" for byte in range(256)), "the end"],
    256,
)
"""A step for each byte, so that no text is left out; the end is step 256."""


def check(constraints: Sequence[Constraint], checking: Checking) -> Checked:
    """The answer to a request.

    Raises:
        ConstraintError: the constraints can't be satisfied, are not about text, or no text of them
            that is valid was found.
    """
    parts: list[Part] = [as_machine(one.bind(BYTES)) for one in constraints]
    machine = joined(constraints, parts, BYTES)
    checks = Checks(constraints, parts, BYTES, frozenset())
    least = shortest(machine)
    return Checked(
        [
            CheckedPart(one.name, part.engine or type(part).__name__, one.proven)
            for one, part in zip(constraints, parts, strict=True)
        ],
        least,
        longest(machine, least.at_least),
        _samples(machine, checks, checking),
        None if checking.text is None else misfit(machine, checks, checking.text),
    )


def _samples(machine: Machine, checks: Checks, checking: Checking) -> list[str]:
    """Texts that are valid, different ones as far as some tries find them."""
    generator = random.Random(checking.seed)
    found: list[str] = []
    tries = 0
    while len(found) < checking.samples:
        text = _sample(machine, generator, checking.length)
        tries += 1
        if tries <= TRIES and text.decode(errors="replace") in found:
            continue
        if checks.valid(list(text)):
            found.append(text.decode())
        elif checks.proven:
            raise checks.unproven()
        elif tries > TRIES:
            raise checks.nothing(tries, "make the constraint simpler, or allow longer samples")
    return found


def _sample(machine: Machine, generator: random.Random, length: int) -> bytes:
    """A text of at most that many bytes, unless the shortest is longer.

    Its largest length is drawn first, then each byte from those that are allowed, all alike;
    printable ASCII only, where some is allowed.
    """
    rows, end = start_of(machine), machine.vocabulary.end
    least = int(machine.needed(rows)[0])
    left = generator.randint(least, max(least, length))
    written = bytearray()
    while True:
        steps = allowed_of(machine, rows, left)
        may_end = end in steps
        choice = readable([step for step in steps if step != end])
        step = generator.choice([*choice, end] if may_end else choice)
        if step == end:
            return bytes(written)
        written.append(step)
        rows = advanced(machine, rows, step)
        left -= 1
