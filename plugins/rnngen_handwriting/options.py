"""Options of the handwriting domain, without heavy imports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnngen import option


@dataclass(frozen=True)
class Options:
    """Handwriting and drawings: what to read from files, and in how much detail."""

    text: Literal["auto", "no"] = option(
        "auto",
        "auto: learn to write given texts, and drawings without a text without; no: ignore texts",
    )
    words: int = option(
        1,
        "for files of single words: join up to this many words of a writer into a line, so that "
        "the model learns spaces",
        min=1,
        max=100,
    )
    components: int = option(20, "Gaussians in the mixture of an offset", min=1, max=1000)
    scale: Literal["writer", "none"] = option(
        "writer",
        "writer: scale every writer's hand to one size, if files name writers; none: keep sizes",
    )
    simplify: float = option(
        0.1,
        "drop points that are closer to the simplified line than this share of the hand's size; "
        "0: keep all",
        min=0,
        max=1,
    )
    despike: float = option(
        10.0,
        "drop a point that the pen jumps to and back from, by this many times its usual offset; "
        "0: keep all",
        min=0,
    )
    split: Literal["auto", "writer", "documents"] = option(
        "auto",
        "what to hold out: parts named in the file (auto), whole drawings (documents), or whole "
        "writers (writer: twice the share `valid`, for validation and test)",
    )
    valid: float = option(0.1, "fraction held out for validation", min=0.0, max=0.45)
    pickled: bool = option(
        False, "read pickled arrays in an npz file; only arrays of numbers are accepted"
    )
