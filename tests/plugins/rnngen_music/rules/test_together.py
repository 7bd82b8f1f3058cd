"""Five rules of music at once: joined by product they are always kept, by masks almost never."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from rnngen.contracts.constraint import Vocabulary
from rnngen_constrained.machines.compose import compose
from rnngen_constrained.machines.make import make

END = 0
NAMES = [
    "<end>",
    *(f"NOTE_{pitch}" for pitch in range(36, 97)),
    "REST",
    *(f"DUR_{duration}" for duration in (1, 2, 3, 4, 6, 8, 12, 16)),
    "BAR",
    *(f"VELOCITY_{loudness}" for loudness in range(1, 9)),
]
RULES = {"key": "C major", "bars": "4x16", "leap": "7", "cadence": "C", "motif": "+2 +2 -4"}
COUNT = 300
LENGTH = 100


def vocabulary():
    return Vocabulary([b""] * len(NAMES), NAMES, END)


def bound():
    return [make(kind, text, {}).bind(vocabulary()) for kind, text in RULES.items()]


def is_melody(names):
    """The five rules, written down once more."""
    pitches = [int(name[5:]) for name in names if name.startswith("NOTE")]
    bars, now = [], None
    for name in names:
        if name == "BAR":
            now = []
            bars.append(now)
        elif not name.startswith("VELOCITY"):
            if now is None:
                return False
            now.append(name)
    for bar in bars:
        total, waiting = 0, []
        for name in bar:
            if name.startswith("DUR"):
                if not waiting or ("REST" in waiting and len(waiting) > 1):
                    return False
                total, waiting = total + int(name[4:]), []
            else:
                waiting.append(name)
        if total != 16 or waiting:
            return False
    return (
        len(bars) == 4
        and all(pitch % 12 in (0, 2, 4, 5, 7, 9, 11) for pitch in pitches)
        and all(abs(second - first) <= 7 for first, second in pairwise(pitches))
        and ",+2,+2,-4," in "".join(f",{b - a:+d}" for a, b in pairwise(pitches)) + ","
        and bool(pitches)
        and pitches[-1] % 12 == 0
        and any(name.startswith("NOTE") for name in bars[-1])
    )


def draw(mask, rng):
    scores = rng.normal(scale=2, size=mask.shape) + rng.gumbel(size=mask.shape)
    return torch.from_numpy(np.where(mask, scores, -np.inf).argmax(1))


def melodies(machine, rng):
    rows, left = machine.start(COUNT), torch.full((COUNT,), LENGTH)
    written = [[] for _ in range(COUNT)]
    over = torch.zeros(COUNT, dtype=torch.bool)
    for _ in range(LENGTH + 1):
        mask = machine.allowed(rows, left)
        mask[over] = False
        mask[over, END] = True
        assert mask.any(1).all(), "a dead end"
        steps = draw(mask.numpy(), rng)
        over |= steps == END
        for line, step in zip(written, steps.tolist(), strict=True):
            if step != END:
                line.append(NAMES[step])
        rows, left = machine.advance(rows, steps), left - 1
    assert over.all()
    return written


def test_five_rules_joined_by_product_are_kept_in_every_sequence():
    machine = compose([f"{kind}={text}" for kind, text in RULES.items()], bound())
    written = melodies(machine, np.random.default_rng(0))
    assert all(len(melody) <= LENGTH for melody in written)
    assert all(map(is_melody, written))
    assert len({tuple(melody) for melody in written}) == COUNT


def test_five_masks_intersected_hardly_ever_keep_the_rules():
    parts, rng = bound(), np.random.default_rng(0)
    rows, written = [part.start(COUNT) for part in parts], [[] for _ in range(COUNT)]
    open_ones, kept = set(range(COUNT)), 0
    for left in range(LENGTH, -1, -1):
        budget = torch.full((COUNT,), left)
        mask = torch.ones(COUNT, len(NAMES), dtype=torch.bool)
        for part, row in zip(parts, rows, strict=True):
            mask &= part.allowed(row, budget)
        # What has a dead end, or is over, goes on with an end that changes nothing.
        stuck = ~mask.any(1)
        mask[stuck, END] = True
        steps = draw(mask.numpy(), rng)
        for number in sorted(open_ones):
            if steps[number] != END:
                written[number].append(NAMES[int(steps[number])])
                continue
            open_ones.remove(number)
            kept += not stuck[number] and is_melody(written[number])
        steps[[number not in open_ones for number in range(COUNT)]] = END
        rows = [part.advance(row, steps) for part, row in zip(parts, rows, strict=True)]
    assert not open_ones
    assert kept <= 0.02 * COUNT


def test_a_step_that_one_of_the_rules_forbids_is_explained_by_it():
    machine = compose([f"{kind}={text}" for kind, text in RULES.items()], bound())
    rows = machine.start(1)
    for name in ("BAR", "NOTE_60"):
        rows = machine.advance(rows, torch.tensor([NAMES.index(name)]))
    reason = machine.explain(rows, 0, NAMES.index("NOTE_71"), None)
    assert reason.rule == "leap=7"
    assert reason.text.startswith("leap: `NOTE_71` is 11 semitones from the last note")
    for name in ("DUR_12", "REST"):
        rows = machine.advance(rows, torch.tensor([NAMES.index(name)]))
    reason = machine.explain(rows, 0, NAMES.index("DUR_6"), None)
    assert reason.text == "metre: 4 beats left in bar 1, `DUR_6` needs 6"
