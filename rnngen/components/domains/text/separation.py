"""What stands between generated texts in one stream, on stdout as in a file.

Where documents are lines, or blocks between blank lines, sequences are separated as documents are,
so that the file can be learned from; otherwise by a line of three hyphens.
"""

from __future__ import annotations

SEPARATOR = "---"


def between(documents: object) -> str:
    """What stands before the next sequence, after an ended line: by the option `documents`."""
    return {"line": "", "blank": "\n"}.get(str(documents), f"{SEPARATOR}\n")


def ended(text: bytes) -> bytes:
    """The text with its last line ended."""
    return text if text.endswith(b"\n") else text + b"\n"
