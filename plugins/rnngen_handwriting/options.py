"""The options of the handwriting domain; light enough for `rnngen list`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen import option


@dataclass(frozen=True)
class Options:
    """Handwriting and drawings: what is read of the files, and how finely."""

    text: Literal["auto", "no"] = option(
        "auto", "auto: learn to write given texts, where all drawings have one; no: ignore them"
    )
    words: int = option(
        1,
        "put up to so many words of a writer on a line, a space between, where a file has single "
        "words: else no space is learnt",
        min=1,
        max=100,
    )
    components: int = option(20, "Gaussians that an offset is drawn from", min=1, max=1000)
    scale: Literal["writer", "none"] = option(
        "writer", "bring every writer's hand to one size, as far as files name writers, or do not"
    )
    simplify: float = option(
        0.1,
        "leave out points that lie closer to the line without them than this share of the hand's "
        "size; 0: keep all",
        min=0,
        max=1,
    )
    despike: float = option(
        10.0,
        "leave out a point that the pen jumps to and back from, by so many times its usual "
        "offset; 0: keep all",
        min=0,
    )
    split: Literal["auto", "writer", "documents"] = option(
        "auto",
        "what is held out: the parts of the file, whole drawings, or whole writers (twice the "
        "share `valid`: one to validate, one to test on)",
    )
    valid: float = option(0.1, "fraction held out for validation", min=0.0, max=0.45)
    pickled: bool = option(
        False, "read pickled arrays of an npz file; nothing but arrays of numbers is let in"
    )
