"""Constrained decoding beside other engines and beside none: `python -m benchmarks constrained`.

Masks and compiling: the same expressions and vocabularies for all, one thread. The others are
`llguidance` (extra `grammar`) and, where it is installed, `xgrammar`; they take one sequence at a
time, so that their time per row is that of a loop. Generation: the same model with and without a
constraint, in turns; the median of the ratios is what counts. Exact sampling: a small model of the
words of the poems that come along, trained for it. Processor time, on one thread: what else runs on
a machine is not counted.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import string
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

import rnngen
from benchmarks.generate import make
from benchmarks.machine import describe
from rnngen.components.decoders.sample import Sample
from rnngen.contracts.constraint import Vocabulary
from rnngen.contracts.decoder import Request
from rnngen.engines.torch_engine import Engine
from rnngen_constrained.automata.spelling import spelling_of
from rnngen_constrained.decoder.decoder import Constrained
from rnngen_constrained.decoder.options import Options as ConstrainedOptions
from rnngen_constrained.kinds.regex import Regex

BATCH = 256
PATTERNS = {
    "date": r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])",
    "e-mail": r"[a-z0-9._]+@[a-z0-9]+(\.[a-z0-9]+)*\.(com|org|net)",
}
RARE = {
    "3 letters + ing": "[a-z]{1,3}ing",
    "ends tion or ough": "[a-z]{1,3}(tion|ough)",
    "c?t?e": "c[a-z]t[a-z]e",
    "q or z inside": "[a-z]{1,3}[qz][a-z]{0,3}",
    "b?z": "b[a-z]z[a-z]{1,2}",
    "?q??t": "[a-z]q[a-z]{2}t",
}
TARGETS = {"chars": 0.15, "bpe 4096": 2.0}
TRIED = 200


def vocabularies() -> Iterator[tuple[str, Vocabulary]]:
    """100 characters, all bytes, and tokens of several characters, as byte pairs would be."""
    characters = [char.encode() for char in string.printable]
    singles = [bytes([byte]) for byte in range(256)]
    yield "chars", named(characters)
    yield "bytes", named(singles)
    generator = random.Random(0)
    for size in (4096, 32_000):
        found = dict.fromkeys(singles)
        while len(found) < size - 1:
            length = generator.randint(2, 8)
            word = "".join(generator.choices("etaoinshrdlucm.@_ 0123456789-", k=length))
            found[word.encode()] = None
        yield f"bpe {size}", named(list(found))


def named(tokens: list[bytes]) -> Vocabulary:
    return Vocabulary([b"", *tokens], ["<end>", *map(repr, tokens)], 0)


def timed(call: Callable[[], Any], times: int = TRIED) -> float:
    """Median of seconds."""
    found = []
    for _ in range(times):
        begin = time.process_time()
        call()
        found.append(time.process_time() - begin)
    return statistics.median(found)


def walks(machine: Any, count: int) -> list[list[int]]:
    """Random valid sequences."""
    generator = random.Random(1)
    found = []
    for _ in range(count):
        rows, steps, left = machine.start(1), [], 24
        while True:
            mask = machine.allowed(rows, torch.tensor([left - len(steps)]))[0]
            step = generator.choice(mask.nonzero().flatten().tolist())
            if step == machine.vocabulary.end:
                break
            steps.append(step)
            rows = machine.advance(rows, torch.tensor([step]))
        found.append(steps)
    return found


def ours(pattern: str, vocabulary: Vocabulary) -> tuple[dict[str, float], list[list[int]]]:
    """Milliseconds to compile, microseconds a row for masks of a batch."""
    spelling_of(vocabulary)  # once for each vocabulary, whatever the constraints
    compiled = timed(lambda: Regex(pattern).bind(vocabulary), 5)
    machine = Regex(pattern).bind(vocabulary)
    paths = walks(machine, BATCH)
    rows = machine.start(BATCH)
    states = []
    for place in range(6):
        states.append(rows)
        rows = machine.advance(rows, torch.tensor([(path + [0] * 8)[place] for path in paths]))
    left = torch.full((BATCH,), 24)
    tight = torch.cat([machine.needed(state) for state in states]).view(6, BATCH)
    ample = statistics.fmean(timed(lambda s=s: machine.allowed(s, left), 50) for s in states)
    least = statistics.fmean(
        timed(lambda s=s, t=t: machine.allowed(s, t), 50)
        for s, t in zip(states, tight, strict=True)
    )
    found = {
        "compile_ms": 1e3 * compiled,
        "mask_us": 1e6 * ample / BATCH,
        "tight_mask_us": 1e6 * least / BATCH,
    }
    return found, paths


class _Tokenizer:
    """What llguidance wants of a vocabulary."""

    eos_token_id = 0
    bos_token_id = None

    def __init__(self, tokens: list[bytes]) -> None:
        self.tokens = [b"\xff<end>", *tokens[1:]]
        self.special_token_ids = [0]
        self._singles = {token: step for step, token in enumerate(tokens) if len(token) == 1}

    def __call__(self, text: Any) -> list[int]:
        data = text.encode() if isinstance(text, str) else bytes(text)
        return [self._singles[bytes([byte])] for byte in data]


def llguidance(pattern: str, vocabulary: Vocabulary, paths: list[list[int]]) -> dict[str, float]:
    from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper

    tokenizer = LLTokenizer(
        TokenizerWrapper(_Tokenizer(list(vocabulary.tokens))), n_vocab=len(vocabulary)
    )
    text = re.sub(r"\\d", "[0-9]", pattern).replace("/", r"\/")
    grammar = f'%llguidance {{"no_forcing": true}}\nstart: /{text}/'
    compiled = timed(lambda: LLMatcher(tokenizer, grammar), 5)
    found = []
    for path in paths[:32]:
        matcher = LLMatcher(tokenizer, grammar)
        for step in path:
            begin = time.process_time()
            matcher.compute_bitmask()
            found.append(time.process_time() - begin)
            matcher.consume_token(step)
    return {"compile_ms": 1e3 * compiled, "mask_us": 1e6 * statistics.median(found)}


def xgrammar(pattern: str, vocabulary: Vocabulary, paths: list[list[int]]) -> dict[str, float]:
    import xgrammar as xgr

    info = xgr.TokenizerInfo(
        [b"</s>", *vocabulary.tokens[1:]], xgr.VocabType.RAW, stop_token_ids=[0]
    )
    text = re.sub(r"\\d", "[0-9]", pattern)
    compiled = timed(lambda: xgr.GrammarCompiler(info, cache_enabled=False).compile_regex(text), 5)
    grammar = xgr.GrammarCompiler(info).compile_regex(text)
    bitmask = xgr.allocate_token_bitmask(1, len(vocabulary))
    found = []
    for path in paths[:32]:
        matcher = xgr.GrammarMatcher(grammar)
        for step in path:
            begin = time.process_time()
            matcher.fill_next_token_bitmask(bitmask)
            found.append(time.process_time() - begin)
            matcher.accept_token(step)
    return {"compile_ms": 1e3 * compiled, "mask_us": 1e6 * statistics.median(found)}


def masks() -> list[dict[str, Any]]:
    rows = []
    for kind, vocabulary in vocabularies():
        for name, pattern in PATTERNS.items():
            result, paths = ours(pattern, vocabulary)
            row: dict[str, Any] = {"vocabulary": kind, "pattern": name, "rnngen": result}
            for other in (llguidance, xgrammar):
                try:
                    row[other.__name__] = other(pattern, vocabulary, paths)
                except ImportError:
                    continue
            rows.append(row)
            cells = [
                f"{who} {row[who]['compile_ms']:.2f} ms, {row[who]['mask_us']:.3f} us"
                for who in ("rnngen", "llguidance", "xgrammar")
                if who in row
            ]
            tight = f"(tight {result['tight_mask_us']:.3f} us)"
            print(f"{kind:10} {name:7} {cells[0]} {tight}; {'; '.join(cells[1:])}", flush=True)
    return rows


def generation(seconds: float) -> list[dict[str, Any]]:
    """Microseconds a token with and without a constraint, in turns."""
    rows = []
    vocabulary = named([bytes([33 + number]) for number in range(64)])
    for hidden in (128, 512):
        model = make(hidden)
        for batch in (1, 64):
            engine = Engine(model)
            plain, bound = (
                Sample(),
                Constrained(options=ConstrainedOptions(regex="([A-Z][A-Z0-9]*[!-/]+)*")),
            )
            bound.bind(vocabulary)
            steps = 100 if batch == 1 else 40

            def write(decoder: Any, engine=engine, batch=batch, steps=steps) -> float:
                begin, count = time.process_time(), 0
                with engine.threads(batch):
                    for _ in decoder.decode(engine, Request([[0]] * batch, steps)):
                        count += 1
                return (time.process_time() - begin) / max(1, count // batch)

            write(plain), write(bound)
            ratios, times, end = [], [], time.monotonic() + seconds
            while time.monotonic() < end or len(ratios) < 5:
                first, second = write(plain), write(bound)
                ratios.append(second / first)
                times.append((first, second))
            middle = statistics.median(ratios)
            rows.append(
                {
                    "model": f"2x{hidden}",
                    "batch": batch,
                    "unconstrained_us": 1e6 * statistics.median(one for one, _ in times),
                    "constrained_us": 1e6 * statistics.median(other for _, other in times),
                    "ratio": middle,
                }
            )
            print(
                f"2x{hidden} batch {batch}: {rows[-1]['unconstrained_us']:.0f} us a step alone, "
                f"{rows[-1]['constrained_us']:.0f} constrained: {middle:.3f} times",
                flush=True,
            )
    return rows


def exact(train: float, count: int) -> list[dict[str, Any]]:
    """Milliseconds a sample, with a character GRU of words on one thread."""
    rows = []
    poems = Path(__file__).parents[1] / "corpora" / "rnngen_corpora" / "poems.txt"
    words = sorted(set(re.findall("[a-z]{2,}", poems.read_text("utf-8").lower())))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "words.txt"
        file.write_text("\n".join(words) + "\n", "utf-8")
        bundle = rnngen.fit(
            str(file),
            run=Path(folder) / "run",
            cell="gru",
            hidden=96,
            time=train,
            options=["text.documents=line"],
        )
        rnngen.generate(bundle, length=2, decoder="constrained", options={"regex": "a."})
        for name, pattern in RARE.items():
            notes: list[str] = []
            begin = time.process_time()
            rnngen.generate(
                bundle,
                count=count,
                length=12,
                decoder="constrained",
                options={"regex": pattern, "sampling": "exact"},
                note=notes.append,
            )
            each = (time.process_time() - begin) / count
            rows.append({"pattern": name, "ms_a_sample": 1e3 * each, "note": notes[-1]})
            print(f"exact {name:18} {1e3 * each:.2f} ms a sample; {notes[-1]}", flush=True)
    return rows


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks constrained", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each contest")
    parser.add_argument("--train", type=float, default=30.0, help="seconds of the model of words")
    parser.add_argument("--count", type=int, default=500, help="exact samples of each pattern")
    parser.add_argument("--out", type=Path, help="write the numbers as JSON")
    given = parser.parse_args(arguments)
    print(describe())
    torch.set_num_threads(1)
    found = {"masks": masks()}
    found["generation"] = generation(given.seconds)
    found["exact"] = exact(given.train, given.count)
    for kind, most in TARGETS.items():
        slowest = max(
            row["rnngen"]["mask_us"] for row in found["masks"] if row["vocabulary"] == kind
        )
        verdict = "reached" if slowest <= most else "MISSED"
        print(f"target, masks of {kind}: {slowest:.3f} us a row of at most {most}: {verdict}")
    alone = max(row["ratio"] for row in found["generation"] if row["batch"] == 1)
    print(
        f"target, batch 1: {alone:.3f} times of at most 1.1: "
        f"{'reached' if alone <= 1.1 else 'MISSED'}"
    )
    if given.out:
        given.out.write_text(json.dumps({"machine": describe(), **found}, indent=2) + "\n", "utf-8")
