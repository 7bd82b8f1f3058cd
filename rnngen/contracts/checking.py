"""What can be said of constraints without a model: request and answer of `Decoder.check`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Checking:
    """A request to check constraints.

    Args:
        constraints: kinds with what was written, `("regex", "a+")`, besides the decoder's options.
        text: to test, as bytes; None: none.
        samples: how many texts to write.
        seed: of these texts.
        length: most bytes of each, unless the shortest text is longer.
    """

    constraints: Sequence[tuple[str, str]] = ()
    text: bytes | None = None
    samples: int = 5
    seed: int = 0
    length: int = 100


@dataclass(frozen=True)
class CheckedPart:
    """One constraint.

    Args:
        name: as the user wrote it.
        engine: what serves it, in a few words.
        proven: whether its machine is always right; else each text is checked when it is finished.
    """

    name: str
    engine: str
    proven: bool


@dataclass(frozen=True)
class Extent:
    """The length of a shortest or longest text.

    Args:
        bytes: of the text; None: there is no limit, or none is known.
        exact: whether that is proven.
        text: such a text, if one was made.
        at_least: bytes that some text is known to have.
    """

    bytes: int | None
    exact: bool
    text: str | None = None
    at_least: int = 0


@dataclass(frozen=True)
class Misfit:
    """Why a text does not satisfy the constraints, and the first place where.

    Args:
        reason: in a sentence.
        byte: the place, counted from 0; None where the text is wrong as a whole.
        character: the same in characters, counted from 0.
        line: of the place, counted from 1.
        column: of the place in characters, counted from 1.
        found: the character there; None at the end of the text.
        expected: the characters that may stand there, `0..9` for a range.
        may_end: whether the text may end there.
        ending: a shortest valid continuation of what stands before.
        note: what else is known.
    """

    reason: str
    byte: int | None = None
    character: int | None = None
    line: int | None = None
    column: int | None = None
    found: str | None = None
    expected: Sequence[str] = ()
    may_end: bool = False
    ending: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Checked:
    """The answer.

    Args:
        parts: the constraints one by one.
        shortest: text of all of them together.
        longest: the same.
        samples: texts drawn without a model.
        misfit: of the text to test; None: it satisfies all constraints, or there was none.
    """

    parts: Sequence[CheckedPart]
    shortest: Extent
    longest: Extent
    samples: Sequence[str]
    misfit: Misfit | None = None
