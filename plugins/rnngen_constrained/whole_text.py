"""What a finished sequence says as a text, for the checks of whole texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnngen import Vocabulary


def text_fault(
    vocabulary: Vocabulary, steps: Sequence[int], check: Callable[[str], str | None]
) -> str | None:
    """What `check` finds wrong with the text of some steps, or that they are not a text."""
    try:
        text = b"".join(vocabulary.tokens[step] for step in steps).decode()
    except UnicodeDecodeError as error:
        return f"the text is not UTF-8 at byte {error.start}"
    return check(text)


def shown(text: str, most: int = 60) -> str:
    """A text for messages, its beginning where it is long."""
    return f"`{text}`" if len(text) <= most else f"`{text[: most - 3]}...`"
