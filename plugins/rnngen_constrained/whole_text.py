"""The text of a finished sequence, for the checks of whole texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnngen import Vocabulary


def text_fault(
    vocabulary: Vocabulary, steps: Sequence[int], check: Callable[[str], str | None]
) -> str | None:
    """What `check` finds wrong with the text of these steps, or that they are not text."""
    try:
        text = b"".join(vocabulary.tokens[step] for step in steps).decode()
    except UnicodeDecodeError as error:
        return f"the text is not UTF-8 at byte {error.start}"
    return check(text)


def shown(text: str, most: int = 60) -> str:
    """A text for messages, shortened to its beginning if it is long."""
    return f"`{text}`" if len(text) <= most else f"`{text[: most - 3]}...`"
