"""Explains, step by step, why a model's favourite was forbidden in a written sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

from rnngen import Engine, Machine, Vocabulary


@dataclass(frozen=True)
class Forbidden:
    """One step at which the model's favourite was not allowed.

    Args:
        place: how many steps had been written.
        favourite: the step the model wanted most, by name.
        probability: of the favourite, under the model.
        cost: probability of everything that was not allowed at this place.
        written: the step that was written instead, by name; None: the sequence ended here.
        kind: `rule`, `jointly` or `length`; see `rnngen.contracts.constraint.Reason`.
        rule: the constraint that forbids it, as the user wrote it.
        reason: why, in a sentence.
        ending: the shortest valid ending, as text, or by name where steps are not text.
    """

    place: int
    favourite: str
    probability: float
    cost: float
    written: str | None
    kind: str
    rule: str
    reason: str
    ending: str

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return asdict(self)

    def __str__(self) -> str:
        ending = f"`{self.ending}`" if self.ending else "to end here"
        written = "the end" if self.written is None else f"`{self.written}`"
        return (
            f"step {self.place + 1}: {written} instead of `{self.favourite}` "
            f"({self.probability:.1%}): {self.reason}; {self.cost:.1%} was forbidden here; "
            f"shortest valid ending: {ending}"
        )


def explain(
    engine: Engine,
    machine: Machine,
    prompt: Sequence[int],
    steps: Sequence[int],
    length: int,
    ends: bool,
) -> list[Forbidden]:
    """Where the model's favourite was forbidden while `steps` were written after `prompt`.

    The sequence is read again, so the result is the same for every way of choosing.

    Args:
        engine: of the model.
        machine: of all constraints.
        prompt: what was continued.
        steps: what was written.
        length: how many steps could have been written.
        ends: whether the model knows ends of documents.
    """
    vocabulary = machine.vocabulary
    found = []
    with torch.inference_mode():
        output, state = engine.read_prompt(torch.tensor(prompt).unsqueeze(1), engine.start(1))
        rows = machine.start(1)
        for place in range(min(len(steps) + 1, length)):
            left = length - place
            probabilities = output.float().cpu()[0].double().softmax(-1)
            if not ends:
                probabilities[vocabulary.end] = 0
                probabilities /= probabilities.sum()
            favourite = int(probabilities.argmax())
            allowed = machine.allowed(rows, torch.tensor([left]))[0]
            written = steps[place] if place < len(steps) else None
            if not bool(allowed[favourite]):
                reason = machine.explain(rows, 0, favourite, left)
                found.append(
                    Forbidden(
                        place,
                        vocabulary.names[favourite],
                        float(probabilities[favourite]),
                        float(probabilities[~allowed].sum()),
                        None if written is None else vocabulary.names[written],
                        reason.kind,
                        reason.rule,
                        reason.text,
                        _shown(vocabulary, reason.ending),
                    )
                )
            if written is None:
                break
            step = torch.tensor([written])
            rows = machine.advance(rows, step)
            output, state = engine.step(step, state)
    return found


def _shown(vocabulary: Vocabulary, steps: Sequence[int]) -> str:
    if any(vocabulary.tokens):
        text = b"".join(vocabulary.tokens[step] for step in steps).decode(errors="replace")
        return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return " ".join(vocabulary.names[step] for step in steps)
