"""JSON Schema by `llguidance`, for keywords that have no exact grammar here.

What is known of the library is guarded against (issues of guidance-ai/llguidance are named):
`no_forcing`, as its mask in a state with forced text is one tokenization of it (#263, PR #377); an
error is a state and not an exception, and then its mask allows the end, so the end is allowed only
in a state that accepts and is not an error; white space is bounded.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnngen import PluginError, Vocabulary
from rnngen_constrained.errors import Hostile, Unsupported

if TYPE_CHECKING:
    from llguidance import LLMatcher

MOST_REFERENCES = 1000
"""The library follows references by recursion; some thousands in a row end the whole process."""


class LibraryMatcher:
    """A `Matcher` of `rnngen_constrained.machines.planned` over a matcher of the library."""

    def __init__(self, inner: LLMatcher, size: int, end: int) -> None:
        self._inner = inner
        self._size = size
        self._end = end
        self._steps: NDArray[np.int32] | None = None

    def allowed(self) -> Sequence[int]:
        """The steps that may follow, without the end."""
        if self._steps is None:
            self._steps = np.empty(0, np.int32)
            if not self._inner.is_error() and not self._inner.is_stopped():
                words = np.zeros((self._size + 31) // 32, np.int32)
                self._inner.deep_copy().unsafe_compute_mask_ptr(words.ctypes.data, words.nbytes)
                bits = np.unpackbits(words.view(np.uint8), bitorder="little")[: self._size]
                bits[self._end] = 0
                self._steps = np.flatnonzero(bits).astype(np.int32)
        steps: list[int] = self._steps.tolist()
        return steps

    def final(self) -> bool:
        """Whether the text may end here."""
        return bool(self._inner.is_accepting()) and not self._inner.is_error()

    def error(self) -> str | None:
        """What is wrong with the grammar, in one line; None if nothing is."""
        if not self._inner.is_error():
            return None
        return str(self._inner.get_error()).strip().splitlines()[0]

    def after(self, step: int) -> LibraryMatcher | None:
        """The state after a step; None if the library fails."""
        copy = self._inner.deep_copy()
        if not copy.consume_token(step) or copy.is_error():
            return None
        return LibraryMatcher(copy, self._size, self._end)

    def ends(self, steps: Sequence[int]) -> bool:
        """Whether the text may end after these steps; the library reads them all at once."""
        read = self._inner.validate_tokens([*steps, self._end])
        return bool(read == len(steps) + 1) and not self._inner.is_error()


def schema_matcher(schema: Any, name: str, vocabulary: Vocabulary, reason: str) -> LibraryMatcher:
    """The library's matcher for a schema.

    Args:
        schema: as `json.loads` gives it.
        name: of the file, for messages.
        vocabulary: the steps.
        reason: why the library is needed.

    Raises:
        PluginError: it is not installed.
        Unsupported: it does not support the schema either.
    """
    try:
        import llguidance  # noqa: F401
    except ImportError as error:
        raise PluginError(
            f"{reason} without `llguidance`, which is not installed",
            hint="pip install 'rnngen[grammar]'",
        ) from error
    spaced = {**schema, "x-guidance": {"whitespace_flexible": False, "lenient": False}}
    try:
        text = json.dumps(spaced)
    except RecursionError as error:
        raise Hostile(f"{name} is nested too deeply") from error
    if (named := text.count('"$ref": "')) > MOST_REFERENCES:
        raise Hostile(
            f"{reason}, and {name} is too large for `llguidance`: it has {named} references, "
            f"expected at most {MOST_REFERENCES}"
        )
    matcher = grammar_matcher(f"start: %json {text}", vocabulary)
    said = matcher.error()
    if said is not None:
        raise Unsupported(
            f"{reason}, and `llguidance` refuses {name} as well: {said}",
            hint="it is refused because a document could not be guaranteed to be valid",
        )
    return matcher


def grammar_matcher(text: str, vocabulary: Vocabulary) -> LibraryMatcher:
    """The library's matcher for a grammar in its dialect of Lark's notation."""
    from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper

    tokenizer = LLTokenizer(TokenizerWrapper(_Tokens(vocabulary)))
    inner = LLMatcher(tokenizer, f'%llguidance {{"no_forcing": true}}\n{text}', log_level=0)
    return LibraryMatcher(inner, len(vocabulary), vocabulary.end)


class _Tokens:
    """A vocabulary as the library wants it; steps without text are special tokens."""

    bos_token_id = None

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.eos_token_id = vocabulary.end
        self.tokens = [
            token if token and step != vocabulary.end else b"\xff<%d>" % step
            for step, token in enumerate(vocabulary.tokens)
        ]
        self.special_token_ids = [
            step for step, token in enumerate(self.tokens) if token.startswith(b"\xff<")
        ]
        self._step = {token: step for step, token in enumerate(self.tokens)}

    def __call__(self, text: bytes) -> list[int]:
        """Gives any tokenization: with `no_forcing` it decides nothing."""
        steps: list[int] = []
        at = 0
        while at < len(text):
            size = next((n for n in range(16, 0, -1) if text[at : at + n] in self._step), 0)
            if not size:
                return steps
            steps.append(self._step[text[at : at + size]])
            at += size
        return steps
