"""Makes `strokes.npz`: words and phrases in single-stroke letters, as twelve hands write them.

    python -m rnngen_corpora.strokes strokes.npz

The letters are those of A. V. Hershey (1967), which the package Hershey-Fonts has; a hand is a
slant, a size, a width and an unsteadiness. The same versions of both make the same file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

FONT = "futural"
HANDS = 12
PHRASES = 120
"""Of each hand."""
GRID = 2.0
"""Whole numbers of the file in one unit of the font, whose capitals are 21 high."""
FINEST = 4.0
"""The farthest that two points of a line are apart, in units of the font."""
LONGEST = 16
"""Letters of a phrase."""

VOCABULARY = """
a about above after again air all along and any apple are around as ask at away back bag be bell
big bird black blue boat book box boy bread bright bring brown build but by cake call can cat
city clean clear cloud coat cold come cook corn cup day deep dog door down draw dream dry duck
each early earth east eat egg even every eye face fall far farm fast field find fire first fish
five flag flower fly food foot for forest four fox free fresh friend frog from full game garden
get gift girl give glad go gold good grass gray great green ground hand happy hat have head hear
heart hello help high hill home honey hope horse hot house how ice in island it jacket jar joy
juice jump just keep key kind king kitchen kite know lake lamp land large last laugh leaf left
letter light like line lion list little long look love low make man many map may meet milk moon
more morning mountain move much music my name near new next night nine north nose now ocean of
off oil old on one open orange our out over owl page paint paper park path pen pencil pine place
plain plant play pond poor pull quick quiet queen rain read red rest ride right ring river road
rock room rose round run sail salt sand say sea see seed seven ship short sing sit six sky sleep
slow small smile snow so soft some song soon south stand star stay stone story street strong
summer sun sweet swim table take talk tall tea tell ten that the they thin this three time to
today tower town tree true two under up very voice walk wall want warm watch water wave way we
west wet what wheel when white wide wild wind window winter with wood word work world write year
yellow yes you young zebra zero zoo
"""
WORDS = VOCABULARY.split()


def letters() -> dict[str, tuple[float, list[Points]]]:
    """Width and lines of each letter, y downwards."""
    from HersheyFonts import HersheyFonts

    font = HersheyFonts()
    font.load_default_font(FONT)
    found = {" ": (12.0, [])}
    for letter in sorted(set("".join(WORDS)) | set("ABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?")):
        lines = [np.array(line, np.float64) for line in font.strokes_for_text(letter)]
        points = np.concatenate(lines)
        left, right = points[:, 0].min(), points[:, 0].max()
        found[letter] = right - left + 4.0, [line - (left, 0.0) for line in lines]
    return found


def phrases(random: np.random.Generator) -> Iterator[str]:
    """Words, and short phrases of them, some with a capital or a mark at the end."""
    while True:
        text = str(random.choice(WORDS))
        while random.random() < 0.4 and len(text) < LONGEST:
            text += " " + str(random.choice(WORDS))
        if random.random() < 0.15:
            text = text[0].upper() + text[1:]
        if random.random() < 0.15:
            text += str(random.choice(list(".,!?")))
        if len(text) <= LONGEST:
            yield text


def finer(line: Points) -> Points:
    """The line with points put in where two are far apart."""
    parts = [line[:1]]
    for start, stop in pairwise(line):
        count = max(1, int(np.ceil(np.hypot(*(stop - start)) / FINEST)))
        parts.append(start + (stop - start) * np.arange(1, count + 1)[:, None] / count)
    return np.concatenate(parts)


def write(
    text: str,
    font: dict[str, tuple[float, list[Points]]],
    hand: dict[str, float],
    random: np.random.Generator,
) -> list[Points]:
    """The lines of a text, in a hand."""
    lines = []
    place = 0.0
    for letter in text:
        width, drawn = font[letter]
        grows = 1.0 + hand["unsteady"] * random.normal(0, 0.06, 2)
        shift = np.array([place, hand["unsteady"] * random.normal(0, 0.7)])
        for line in drawn:
            points = finer(line) * grows
            # Unsteady hands waver slowly: a random walk that is drawn back to the line.
            wavers = np.cumsum(random.normal(0, 0.25 * hand["unsteady"], points.shape), axis=0)
            points = points + wavers - wavers.mean(0)
            lines.append(points * (hand["wide"], 1.0) + shift)
        place += width * grows[0] * hand["wide"]
    slant = np.array([[1.0, 0.0], [-hand["slant"], 1.0]])
    return [line @ slant * hand["size"] for line in lines]


def make() -> dict[str, NDArray[np.generic]]:
    """The arrays of the file: stroke-3 of all phrases, where each begins, texts and writers."""
    random = np.random.Generator(np.random.PCG64(2013))
    font = letters()
    rows, offsets, texts, writers = [], [0], [], []
    for writer in range(HANDS):
        hand = {
            "slant": random.uniform(-0.1, 0.4),
            "size": random.uniform(0.8, 1.2),
            "wide": random.uniform(0.85, 1.15),
            "unsteady": random.uniform(0.5, 1.5),
        }
        source = phrases(random)
        for _ in range(PHRASES):
            text = next(source)
            lines = write(text, font, hand, random)
            points = np.concatenate(lines)
            grid = np.rint((points - points[0]) * GRID)
            lifted = np.zeros(len(points))
            lifted[np.cumsum([len(line) for line in lines]) - 1] = 1
            rows.append(np.column_stack([np.diff(grid, axis=0, prepend=grid[:1]), lifted]))
            offsets.append(offsets[-1] + len(points))
            texts.append(text)
            writers.append(writer)
    return {
        "strokes": np.concatenate(rows).astype(np.int16),
        "offsets": np.array(offsets, np.int32),
        "texts": np.array(texts),
        "writers": np.array(writers, np.int8),
    }


if __name__ == "__main__":
    np.savez_compressed(Path(sys.argv[1]), **make())
