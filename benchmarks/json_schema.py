"""How many schemas of a folder are served, refused with a reason, or wrong: `json-schema`.

    python -m benchmarks json_schema FOLDER [--samples 5] [--room 120] [--seconds 20] [--most 300]

A file of the folder is one schema, or a list of groups as in the JSON-Schema-Test-Suite: `schema`
with `tests`, each a document and whether it is valid. A served schema writes documents from random
logits over bytes, by the decoder `constrained`, within the fewest steps plus `--room`. `jsonschema`
looks at every one, and no key may be there twice; documents of a group are also read. Wrong is a
schema of which an invalid document was written or read. A valid document that is not read is no
error: properties have one order, for instance. Late is what took more than `--seconds` of processor
time to bind and sample.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import jsonschema
import numpy as np
import torch

from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.constraint import Single, Vocabulary
from rnngen.contracts.decoder import Request
from rnngen.contracts.errors import RnngenError
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.json_schema.kind import JsonSchema
from rnngen_constrained.machines.planned import PlannedMachine

BYTES = Vocabulary([b"", *(bytes([n]) for n in range(256))], ["end", *map(str, range(256))], 0)
Group = tuple[str, Any, list[dict[str, Any]]]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks json_schema", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="of schemas; none comes with this")
    parser.add_argument("--samples", type=int, default=5)
    parser.add_argument("--room", type=int, default=120)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--most", type=int, default=10_000)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    if options.folder is None:
        print("no folder of schemas was given")
        return
    count: Counter[str] = Counter()
    why: Counter[str] = Counter()
    signal.signal(signal.SIGVTALRM, _late)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "schema.json"
        groups = list(_groups(options.folder))
        # Spread over the folder, so that fewer are still of every kind.
        chosen = np.unique(np.linspace(0, len(groups) - 1, min(options.most, len(groups))))
        for name, schema, tests in (groups[int(index)] for index in chosen):
            file.write_text(json.dumps(schema), encoding="utf-8")
            signal.setitimer(signal.ITIMER_VIRTUAL, options.seconds)
            try:
                outcome, reason = _outcome(file, schema, tests, options, count)
            except TimeoutError:
                outcome, reason = "late", f"more than {options.seconds} s of processor time"
            finally:
                signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            count["schemas"] += 1
            count[outcome] += 1
            why[f"{outcome}: {_kind(reason)}"] += outcome != "served"
            if (options.verbose and outcome != "served") or outcome == "wrong":
                print(f"{outcome} {name}: {reason}", flush=True)
    print(", ".join(f"{number} {what}" for what, number in count.items()))
    for reason, number in why.most_common(25):
        if number:
            print(f"{number:6} {reason}")


def _outcome(
    file: Path, schema: Any, tests: list[dict[str, Any]], options: Any, count: Counter[str]
) -> tuple[str, str]:
    try:
        constraint = JsonSchema(str(file))
        made = constraint.bind(BYTES)
        least = made.needed(made.start())
    except RnngenError as error:
        return "refused", error.message
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    valid = kind(schema, format_checker=kind.FORMAT_CHECKER)
    decoder = Constrained([constraint])
    decoder.bind(BYTES)
    count["by the own core"] += not isinstance(made, PlannedMachine)
    for seed in range(options.samples):
        try:
            text = _sample(decoder, least + seed * options.room // 4, seed)
        except RnngenError as error:
            return "no document", error.message
        count["documents written"] += 1
        try:
            document = json.loads(text, object_pairs_hook=_different)
        except ValueError as error:
            return "wrong", f"{text[:80]!r} is no JSON: {error}"
        try:
            errors = [error.message for error in valid.iter_errors(document)]
        except Exception as error:  # patterns that only ECMA-262 has, schemas without an end
            return "unchecked", f"`jsonschema` can't: {error}"
        if errors:
            return "wrong", f"{text[:80]!r} is invalid: {errors[0][:80]}"
    for test in tests:
        read = _reads(made, json.dumps(test["data"], ensure_ascii=False))
        if read and not test["valid"]:
            return "wrong", f"read {json.dumps(test['data'])[:80]}"
        count["valid documents"] += test["valid"]
        count["of them read"] += test["valid"] and read
    return "served", ""


def _sample(decoder: Constrained, length: int, seed: int) -> bytes:
    request = Request([[0]], max(1, length), seed=seed, ends=frozenset({0}))
    emissions = decoder.decode(RandomEngine(), request)
    return b"".join(BYTES.tokens[emission.step] for emission in emissions)


class RandomEngine:
    """Logits as of a model that knows nothing: the same numbers for the same place."""

    size = len(BYTES)
    device = torch.device("cpu")
    likelihood = Categorical(len(BYTES))

    def start(self, batch: int) -> torch.Tensor:
        """Before everything."""
        return torch.zeros(batch, dtype=torch.int64)

    def step(self, tokens: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """The logits of a place."""
        rng = np.random.default_rng([7, int(state[0])])
        row = torch.from_numpy(rng.normal(size=self.size) * 2).float()
        return row.expand(len(state), -1), state + 1

    def read(self, tokens: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        """The same after a prompt."""
        return self.step(tokens[-1], state)

    def select(self, state: Any, rows: torch.Tensor) -> Any:
        """The places of some rows."""
        return state[rows]


def _different(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


def _reads(machine: Single, text: str) -> bool:
    state = machine.start()
    for byte in text.encode(errors="surrogatepass"):
        if 1 + byte not in {int(step) for step in machine.allowed(state, None)}:
            return False
        state = machine.advance(state, 1 + byte)
    return BYTES.end in {int(step) for step in machine.allowed(state, None)}


def _groups(folder: Path) -> Iterator[Group]:
    for path in sorted(folder.rglob("*.json")):
        with contextlib.suppress(ValueError):
            found = json.loads(path.read_text(encoding="utf-8-sig"))
            name = str(path.relative_to(folder))
            if isinstance(found, dict):
                yield name, found, []
            elif isinstance(found, list):
                for one in found:
                    if isinstance(one, dict) and {"schema", "tests"} <= set(one):
                        schema, parts = one["schema"], path.parts
                        draft = next((part for part in parts if part.startswith("draft")), "")
                        yield (
                            f"{name}: {one['description']}",
                            _of_draft(schema, draft),
                            one["tests"],
                        )


def _of_draft(schema: Any, draft: str) -> Any:
    """The schema with its dialect said; in the suite's folders it is the folder's."""
    if not isinstance(schema, dict) or "$schema" in schema or not re.search(r"\d$", draft):
        return schema
    number = draft.removeprefix("draft")
    old = f"http://json-schema.org/draft-0{number}/schema#"
    new = f"https://json-schema.org/draft/{number}/schema"
    return {"$schema": new if "-" in number else old, **schema}


def _kind(reason: str) -> str:
    """A reason without names and places."""
    reason = reason.partition(", and `llguidance` refuses")[0]
    reason = re.sub(r"at `[^`]*`", "", re.sub(r"/\S*schema\.json|schema\.json:?", "", reason))
    return re.sub(r"\d+|b['\"].*?['\"] ", "N ", reason)[:90]


def _late(number: int, frame: FrameType | None) -> None:
    raise TimeoutError
