"""Ways to forge or damage one file of a run, each a function of the file and random numbers.

The ways know what they change: JSON stays JSON, TOML stays TOML and the header of a tensor file a
header, so that what is wrong gets past the parsers; others damage bytes, or put something in the
place of the file that is none.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

Way = Callable[[random.Random, Path], None]
Key = str | int

DEEP = 3000
PLANTED = "rnngen_planted"
"""A module that can be imported, and never should be: every forged name may point to it."""

PATHS = (
    "../outside",
    "/etc/passwd",
    "..",
    ".",
    "/",
    "a/../../outside",
    "\\\\host\\x",
    "C:\\x",
    "~",
)
NAMES = (
    f"{PLANTED}:Thing", PLANTED, "os:system", "__import__", "planted", "nobody", "gru", "rnn",
    "none", "", "\x1b[2J", "\ud800", "\0", "é" * 500, "x" * 100_000, "{}", "%s", "$tensor",
)  # fmt: skip
NUMBERS = (
    0, -1, 1, 2, 7, 2**31, 2**63, 2**64, 10**30, -(2**63), 10**400, 0.5, -0.0, 1e308, 1e-320,
    100_000, 2_000_000_000,
)  # fmt: skip
SHAPES: tuple[Any, ...] = (
    None, True, False, [], {}, [[]], [None], {"": None}, [1, "a", None], {"$float": "nan"},
    {"$float": "inf"}, {"$float": 3}, {"$float": "x", "y": 1}, {"$tensor": "x"}, {"$tensor": []},
    {"$tuple": [1]}, {"$tuple": 3}, {"$pairs": [[1, 2]]}, {"$pairs": [[[], 2]]}, {"$pairs": [1]},
    {"sha256": "", "bytes": -1}, [0] * 20_000,
)  # fmt: skip
RAW = ("NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, '"\\ud800"', "01", "", "{", "nul")
"""What takes a value's place in JSON text; not all of it is JSON."""

TOML_VALUES = (
    '"x"', "-1", "0", "1", "nan", "inf", "-inf", "1e400", "9" * 400, "[]", "{}", "[[]]", "true",
    "1979-05-27", "'''\n'''", '"none"', '"\\u0000"', "2000000000", "1e-320", '["x", 1]', "{a = 1}",
    f'"{PLANTED}:Thing"', '"../outside"', '"/dev/zero"', "[" * 3000 + "]" * 3000, "0x", "1 1", "",
    "100000",
)  # fmt: skip
TOML_LINES = (
    "[model]", "[[model]]", "[nobody]", "[fit]", "[fit.data]", "x = 1", "model = 3", "[[x]]",
    ".".join(["a"] * 3000) + " = 1", "[" + ".".join(["a"] * 3000) + "]", "\0", "\ufeff", "data = 3",
    "data = [3]", 'plugins = "ewc"', "plugins = [1]", "domain = 1", "cell = []",
)  # fmt: skip


def _places(value: Any, at: tuple[Key, ...] = ()) -> list[tuple[Key, ...]]:
    """Where something stands in a JSON value."""
    found = [at] if at else []
    if isinstance(value, dict):
        for key, part in value.items():
            found += _places(part, (*at, key))
    elif isinstance(value, list):
        for place, part in enumerate(value[:8]):
            found += _places(part, (*at, place))
    return found


def _holder(document: Any, place: tuple[Key, ...]) -> Any:
    for key in place[:-1]:
        document = document[key]
    return document


def odd(draw: random.Random, old: Any = None) -> Any:
    """A value that may mean trouble."""
    kind = draw.randrange(6)
    if kind == 0:
        return draw.choice(NAMES)
    if kind == 1:
        return draw.choice(PATHS)
    if kind == 2:
        return draw.choice(NUMBERS)
    if kind == 3 and isinstance(old, int | float) and not isinstance(old, bool):
        return draw.choice((old + 1, -old, old * 2, str(old), [old], old + 0.5))
    if kind == 4:
        return draw.choice(([old], {"a": old}, str(old), [old] * 3))
    return copy.deepcopy(draw.choice(SHAPES))


def change(draw: random.Random, document: Any) -> Any:
    """The JSON value with one to three changes inside."""
    document = copy.deepcopy(document)
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        places = _places(document)
        if not places or draw.random() < 0.02:
            return odd(draw)
        place = draw.choice(places)
        holder, key = _holder(document, place), place[-1]
        way = draw.randrange(6)
        if way == 0:
            del holder[key]
        elif way == 1 and isinstance(holder, dict):
            holder[odd_key(draw)] = holder.pop(key)
        elif way == 2:
            other = draw.choice(places)
            holder[key] = copy.deepcopy(_holder(document, other)[other[-1]])
        else:
            holder[key] = odd(draw, holder[key])
    return document


def odd_key(draw: random.Random) -> str:
    """A key that nobody asked for, or one that means something elsewhere."""
    return str(draw.choice((*NAMES, *PATHS, "step", "files", "name", "$float", "$pairs")))


def change_json(draw: random.Random, path: Path) -> None:
    """A value is changed, dropped, renamed, doubled, nested deeply, or is no JSON any more."""
    text = path.read_text(encoding="utf-8")
    way = draw.randrange(8)
    if path.suffix == ".jsonl":
        lines = text.splitlines() or ["{}"]
        place = draw.randrange(len(lines))
        lines[place] = _dumped(change(draw, json.loads(lines[place])))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="replace")
        return
    if way == 0:  # the same key twice, or a number that JSON lacks
        found = list(re.finditer(r'"([^"]+)":\s*("[^"]*"|[-\d.e]+|true|null)', text))
        hit = draw.choice(found)
        new = draw.choice((*RAW, f'{hit[2]}, "{hit[1]}": {draw.choice(RAW)}'))
        text = text[: hit.start(2)] + new + text[hit.end(2) :]
    elif way == 1:
        left, right = draw.choice((("[", "]"), ('{"a":', "}")))
        deep = left * DEEP + "1" + right * DEEP
        document = json.loads(text)
        place = draw.choice(_places(document))
        _holder(document, place)[place[-1]] = "DEEP"
        text = _dumped(document).replace('"DEEP"', deep, 1)
    else:
        text = _dumped(change(draw, json.loads(text)))
    path.write_text(text, encoding="utf-8", errors="replace")


def _dumped(document: Any) -> str:
    return json.dumps(document, indent=1 if isinstance(document, dict) else None)


def change_toml(draw: random.Random, path: Path) -> None:
    """A value is another, or a line is dropped, doubled, moved, or one that nobody wrote."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for _ in range(draw.choice((1, 1, 2))):
        place = draw.randrange(len(lines))
        way = draw.randrange(5)
        if way == 0:
            del lines[place]
        elif way == 1:
            lines.insert(draw.randrange(len(lines)), lines[place])
        elif way == 2:
            lines.insert(place, draw.choice(TOML_LINES))
        else:
            settable = [at for at, line in enumerate(lines) if re.match(r"\w+ = ", line)]
            at = draw.choice(settable)
            name = lines[at].partition(" = ")[0]
            lines[at] = f"{name} = {draw.choice(TOML_VALUES)}"
    path.write_text("\n".join(lines), encoding="utf-8", errors="replace")


def change_header(draw: random.Random, path: Path) -> None:
    """The header of a tensor file lies: names, types, shapes, places, or its own length."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, rest = json.loads(data[8 : 8 + length]), data[8 + length :]
    way = draw.randrange(5)
    if way == 0:
        wrong = draw.choice((0, 1, length - 1, length + 1, 2**31, 2**63, 2**64 - 1))
        path.write_bytes(struct.pack("<Q", wrong) + data[8:])
        return
    if way == 1:
        name = draw.choice(list(header))
        header[name]["shape"] = draw.choice(([], [0], [-1], [2**40, 2**40], [1] * 500, "x", [1.5]))
    elif way == 2:
        name = draw.choice(list(header))
        header[name]["dtype"] = draw.choice(("F64", "F16", "I64", "U8", "BOOL", "F8_E4M3", "X", 3))
    elif way == 3:  # numbers that are none
        rest = draw.choice((b"\xff", b"\0", b"\x7f")) * len(rest)
    else:
        header = change(draw, header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + rest)


def flip_bytes(draw: random.Random, path: Path) -> None:
    """Some bytes are others."""
    data = bytearray(path.read_bytes() or b"\0")
    for _ in range(draw.randint(1, 8)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    path.write_bytes(bytes(data))


def cut_short(draw: random.Random, path: Path) -> None:
    """The end is missing, perhaps all of it."""
    data = path.read_bytes()
    path.write_bytes(data[: draw.choice((0, 1, draw.randrange(len(data) + 1)))])


def append(draw: random.Random, path: Path) -> None:
    """There is more than there was."""
    path.write_bytes(path.read_bytes() + draw.choice((b"\0", b"}", b"[[x]]\n", b"\xff" * 999)))


def take_away(draw: random.Random, path: Path) -> None:
    """It is not there, or a folder is."""
    path.unlink()
    if draw.random() < 0.5:
        path.mkdir()


def make_a_link(draw: random.Random, path: Path) -> None:
    """It is a link: to a device, a file outside, itself, nothing."""
    data = path.read_bytes()
    path.unlink()
    outside = path.parent / ".." / "outside" / "copy"
    where = draw.choice(("/dev/zero", "/dev/null", path.name, "nothing", "..", "copy"))
    if where == "copy":
        outside.parent.mkdir(exist_ok=True)
        outside.resolve().write_bytes(data)
        where = os.path.relpath(outside.resolve(), path.parent)
    path.symlink_to(where)


def make_a_pipe(draw: random.Random, path: Path) -> None:
    """It is a pipe that nobody writes to."""
    path.unlink()
    os.mkfifo(path)


def make_huge(draw: random.Random, path: Path) -> None:
    """It says that it has a terabyte, and has hardly anything."""
    with path.open("r+b") as file:
        file.truncate(2**40)


def swap(draw: random.Random, path: Path) -> None:
    """It is another file of the run."""
    folder = path.parent.parent if path.parent.name in ("checkpoints", "samples") else path.parent
    others = sorted(each for each in folder.rglob("*") if each.is_file() and each != path)
    other = draw.choice(others)
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    if draw.random() < 0.5:
        other.write_bytes(mine)


def knowing_ways(path: Path) -> list[Way]:
    """The ways that know what is in a file, by its name."""
    ways: dict[str, Way] = {
        ".json": change_json,
        ".jsonl": change_json,
        ".toml": change_toml,
        ".safetensors": change_header,
    }
    return [ways[path.suffix]] if path.suffix in ways else []


ANY: tuple[Way, ...] = (
    flip_bytes, cut_short, append, take_away, make_a_link, make_a_pipe, make_huge, swap,
)  # fmt: skip
"""The ways for every file."""
