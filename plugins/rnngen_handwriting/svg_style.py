"""Presentation in SVG: what is hidden, lengths with units, and transforms in both notations.

Follows SVG 2 (W3C 2018) sections 7 and 8, and CSS Transforms 1 for `style="transform:..."`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from rnngen_handwriting.markup import kind

Matrix = NDArray[np.float64]
"""`[3,3]`, applied to points as columns."""

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
LENGTH = re.compile(rf"\s*({NUMBER})\s*([a-zA-Z%]*)\s*$")
FUNCTION = re.compile(r"([a-zA-Z]\w*)\s*\(([^)]*)\)")
UNITS = {
    "": 1.0,
    "px": 1.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
    "pt": 96 / 72,
    "pc": 16.0,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
}
"""Pixels per unit; those of fonts at a usual size."""

ANGLES = {"": 1.0, "deg": 1.0, "grad": 0.9, "rad": 180 / math.pi, "turn": 360.0}
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)


@dataclass(frozen=True)
class Sheet:
    """The declarations of simple selectors: `.name`, `#name`, `tag` and `*`."""

    rules: tuple[tuple[str, dict[str, str]], ...] = ()

    def of(self, element: Element) -> dict[str, str]:
        """The style of an element: attributes, then the sheet, then its own `style`."""
        found = {name: value.strip() for name, value in element.attrib.items()}
        names = {"*", kind(element), f"#{element.get('id', '')}"}
        names |= {f".{name}" for name in element.get("class", "").split()}
        for selector, declared in self.rules:
            if selector in names:
                found |= declared
        return found | _declarations(element.get("style", ""))


def sheet(root: Element) -> Sheet:
    """The style sheets in a document."""
    rules = []
    for element in root.iter():
        if kind(element) == "style":
            text = COMMENT.sub(" ", "".join(element.itertext()))
            for selectors, block in RULE.findall(text):
                declared = _declarations(block)
                rules += [(selector.strip(), declared) for selector in selectors.split(",")]
    return Sheet(tuple(rules))


def _declarations(text: str) -> dict[str, str]:
    found = {}
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip().lower()] = value.replace("!important", "").strip()
    return found


def hidden(style: dict[str, str]) -> bool:
    """Whether an element and all in it is not shown; visibility is not part of this."""
    opacity = length(style.get("opacity", "1").rstrip("%"))
    return style.get("display", "").lower() == "none" or opacity == 0


def length(text: str, whole: float = 100.0) -> float:
    """A length in pixels.

    Args:
        text: a number with or without a unit.
        whole: what 100 % is.

    Raises:
        ValueError: it is not a length.
    """
    match = LENGTH.match(text)
    if not match or (match[2].lower() not in UNITS and match[2] != "%"):
        raise ValueError(f"{text!r} is not a length")
    return float(match[1]) * (whole / 100 if match[2] == "%" else UNITS[match[2].lower()])


def numbers(text: str) -> list[float]:
    """The numbers in a list, which need no separator where a sign or a point begins the next.

    Raises:
        ValueError: something in it is not a number.
    """
    rest = re.sub(NUMBER, "", text).strip(" \t\r\n,")
    rest = re.sub(r"[\s,]+", "", rest)
    if rest:
        raise ValueError(f"{rest[:20]!r} is not a number")
    return [float(number) for number in re.findall(NUMBER, text)]


def transform(element: Element, style: dict[str, str]) -> Matrix:
    """The matrix of an element: that of its style, or else of its attribute.

    Raises:
        ValueError: it is not a transform of the plane.
    """
    text = style.get("transform", "")
    if not text or text.lower() == "none":
        return np.eye(3)
    matrix = np.eye(3)
    for made in _functions(text):
        matrix = matrix @ made
    origin = style.get("transform-origin", "").split()
    if len(origin) >= 2 and all(LENGTH.match(part) and "%" not in part for part in origin[:2]):
        x, y = (length(part) for part in origin[:2])
        matrix = moved(x, y) @ matrix @ moved(-x, -y)
    return matrix


def moved(x: float, y: float) -> Matrix:
    """A translation."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _functions(text: str) -> Iterator[Matrix]:
    if FUNCTION.sub("", text).strip(" \t\r\n,"):
        raise ValueError(f"{text[:40]!r} is not a list of transforms")
    for name, arguments in FUNCTION.findall(text):
        parts = [part for part in re.split(r"[\s,]+", arguments.strip()) if part]
        if name.lower() in ("rotate", "skew", "skewx", "skewy"):
            degrees = [_angle(parts[0])] if parts else []
            if name.lower() == "skew":
                degrees += [_angle(part) for part in parts[1:]]
            values = degrees + ([length(part) for part in parts[1:]] if name == "rotate" else [])
        elif all(LENGTH.match(part) for part in parts):
            values = [length(part) for part in parts]
        else:
            values = numbers(arguments)  # compact, as in matrix(1-0.5 0.5 1 0 0)
        made = _matrix(name.lower(), values)
        if made is None:
            raise ValueError(f"the transform `{name}({arguments})` is not supported")
        yield made


def _angle(text: str) -> float:
    match = LENGTH.match(text)
    if not match or match[2].lower() not in ANGLES:
        raise ValueError(f"{text!r} is not an angle")
    return float(match[1]) * ANGLES[match[2].lower()]


def _matrix(name: str, v: list[float]) -> Matrix | None:
    """The matrix of a transform function, angles in degrees; None if there is none such."""
    x, y = (*v, 0.0, 0.0)[:2]
    two, one = len(v) in (1, 2), len(v) == 1
    if name in ("translate", "translatex", "translatey") and (two if name[-1] == "e" else one):
        return moved(*{"e": (x, y), "x": (x, 0.0), "y": (0.0, x)}[name[-1]])
    if name in ("scale", "scalex", "scaley") and (two if name[-1] == "e" else one):
        across, down = {"e": (x, v[-1]), "x": (x, 1.0), "y": (1.0, x)}[name[-1]]
        return np.diag([across, down, 1.0])
    if name == "matrix" and len(v) == 6:
        return np.array([[v[0], v[2], v[4]], [v[1], v[3], v[5]], [0, 0, 1]], np.float64)
    if name == "rotate" and len(v) in (1, 3):
        cos, sin = math.cos(math.radians(v[0])), math.sin(math.radians(v[0]))
        turned = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], np.float64)
        return moved(*v[1:]) @ turned @ moved(-v[1], -v[2]) if len(v) == 3 else turned
    if name in ("skewx", "skewy", "skew") and two:
        across, down = (0.0, x) if name == "skewy" else (x, y)
        tangents = math.tan(math.radians(across)), math.tan(math.radians(down))
        return np.array([[1, tangents[0], 0], [tangents[1], 1, 0], [0, 0, 1]], np.float64)
    return None


def fitted(style: dict[str, str], view: tuple[float, float]) -> tuple[Matrix, tuple[float, float]]:
    """The matrix of an inner `svg` or `symbol`, and its width and height inside.

    Args:
        style: of the element: `x`, `y`, `width`, `height`, `viewBox`, `preserveAspectRatio`.
        view: width and height of what it stands in.

    Raises:
        ValueError: a number is damaged.
    """
    place = moved(length(style.get("x", "0"), view[0]), length(style.get("y", "0"), view[1]))
    wide, high = (
        view[n] if style.get(name, "auto") == "auto" else length(style[name], view[n])
        for n, name in enumerate(("width", "height"))
    )
    box = numbers(style.get("viewBox", ""))
    if len(box) != 4 or min(box[2:]) <= 0:
        return place, (wide, high)
    across, down = wide / box[2], high / box[3]
    align = style.get("preserveAspectRatio", "xMidYMid meet")
    if "none" not in align:
        across = down = max(across, down) if "slice" in align else min(across, down)
    free = (wide - across * box[2], high - down * box[3])
    shares = [
        0.0 if f"{axis}Min" in align else 1.0 if f"{axis}Max" in align else 0.5 for axis in "xY"
    ]
    shift = moved(free[0] * shares[0], free[1] * shares[1])
    return (
        place @ shift @ np.diag([across, down, 1.0]) @ moved(-box[0], -box[1]),
        (box[2], box[3]),
    )
