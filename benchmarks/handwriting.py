"""Handwriting on UNIPEN words: `RNNGEN_DATA=... python -m benchmarks handwriting [--runs FOLDER]`.

Writers are held out: about a tenth to validate, a tenth to test. Three models are trained through
`rnngen fit` (those that are in the folder already are taken as they are):

- `synth`, which writes a given word, by a mixture of 20 Gaussians;
- `mix20` and `single`, which predict strokes without the text, by 20 Gaussians and by one.

What `synth` writes is read by a recogniser that was trained on the real words of the same training
writers; how well it reads the real words of the test writers stands beside.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.handwriting_reader import Word, right, train

FILE = "unipen_words/unipen_words_stroke3.npz"
WORDS = 60
"""Words that are written, of each kind."""
REAL = 300
"""Real words that the recogniser is tested on."""
LENGTH = 300
PLAIN = re.compile(r"[a-z]{3,10}")


def fit(data: Path, run: Path, minutes: float, *options: str) -> None:
    """Trains a model, unless it is there."""
    if (run / "bundle.json").exists():
        return
    command = [sys.executable, "-m", "rnngen", "fit", str(data), "--domain", "handwriting"]
    settings = ["-o", "split=writer", *(part for option in options for part in ("-o", option))]
    limits = ["--time", f"{minutes}m", "--run", str(run)]
    subprocess.run([*command, *settings, *limits], check=True)


def real_words(data: Path, run: Path) -> dict[str, list[Word]]:
    """Steps and text of each part, encoded as the model has them."""
    from rnngen.bundles.bundle import load
    from rnngen.data.prepare import prepare
    from rnngen.files.source import Source

    bundle = load(run)
    codec, domain = bundle.codec, bundle.domain
    parts = domain.parts([Source(data.name, data)])
    learnt = prepare("handwriting", domain, parts["train"], valid=parts["valid"])
    test = prepare("handwriting", domain, parts["test"], codec=codec, fraction=0.0)
    found = {}
    for part, store in (("train", learnt.train), ("valid", learnt.valid), ("test", test.train)):
        ends = [*store.documents[1:], len(store)]
        found[part] = [
            (
                np.array(store.steps[start + 1 : end]),
                "".join(codec.alphabet[n - 1] for n in row if n),
            )
            for start, end, row in zip(store.documents, ends, store.conditions, strict=True)
        ]
    return found


def written(run: Path, words: Sequence[str], bias: float) -> list[Word]:
    """Each word as the model writes it, once."""
    import rnngen
    from rnngen.bundles.bundle import load

    bundle = load(run)
    found = []
    for number, word in enumerate(words):
        (one,) = rnngen.generate(
            bundle, word, length=LENGTH, options={"bias": bias}, seed=1000 + number
        )
        found.append((np.array(one.steps, np.float32).reshape(-1, 5), word))
    return found


def main(arguments: Sequence[str]) -> None:
    """Prints the tables, and draws what was written."""
    parser = argparse.ArgumentParser(prog="benchmarks handwriting")
    parser.add_argument("--runs", type=Path, default=Path("runs/handwriting"))
    parser.add_argument("--minutes", type=float, default=26.0, help="to learn to write")
    parser.add_argument("--short", type=float, default=4.0, help="minutes of the other two")
    parser.add_argument("--reader", type=float, default=70.0, help="seconds to learn to read")
    parser.add_argument("--bias", type=float, nargs="*", default=[1.0, 0.5])
    parser.add_argument("--only-read", action="store_true", help="leave out the nats")
    options = parser.parse_args(arguments)
    data = machine.data(FILE)
    print(machine.describe())
    fit(data, options.runs / "synth", options.minutes)
    fit(data, options.runs / "mix20", options.short, "text=no", "components=20")
    fit(data, options.runs / "single", options.short, "text=no", "components=1")
    if not options.only_read:
        for name in ("synth", "mix20", "single"):
            score(options.runs / name)
    legible(data, options.runs, options.reader, options.bias)


def score(run: Path) -> None:
    """Nats on the test writers."""
    import rnngen

    report = rnngen.evaluate(run, split="test")
    print(f"{run.name}: {', '.join(report.columns)}, on the words of the test writers")
    for name, row in report.rows:
        print(f"  {name:24}" + "".join(f"{value:12.3f}" for value in row))


def legible(data: Path, runs: Path, seconds: float, biases: Sequence[float]) -> None:
    """How much of what is written is read right, beside real words."""
    from rnngen.testing.domains import Sequence as Written
    from rnngen_handwriting.output import write

    parts = real_words(data, runs / "synth")
    print({part: len(words) for part, words in parts.items()}, flush=True)
    reader = train(parts["train"], seconds)
    known = {letter for _, text in parts["train"] for letter in text}
    lexicon = sorted({text for words in parts.values() for _, text in words if set(text) <= known})
    chance = random.Random(0)
    real = [word for word in parts["test"] if set(word[1]) <= known]
    print(f"lexicon: all {len(lexicon)} different words of the data")
    print("real words of test writers, letter by letter and by lexicon:")
    for name, words in (
        ("all", real),
        ("3 to 10 small letters", [w for w in real if PLAIN.fullmatch(w[1])]),
    ):
        chosen = chance.sample(words, min(REAL, len(words)))
        letters, word, _ = right(reader, chosen, lexicon)
        print(f"  {name:24}{len(chosen):5}{letters:8.1%}{word:8.1%}")
    learnt = {text for _, text in parts["train"]}
    texts = [text for text in lexicon if PLAIN.fullmatch(text)]
    print("written words, letter by letter and by lexicon:")
    for name, some in (
        ("learnt", [text for text in texts if text in learnt]),
        ("never learnt", [text for text in texts if text not in learnt]),
    ):
        chosen = chance.sample(some, min(WORDS, len(some)))
        for bias in biases:
            start = time.monotonic()
            made = written(runs / "synth", chosen, bias)
            letters, word, read = right(reader, made, lexicon)
            print(
                f"  {name + f', bias {bias:g}':24}{len(made):5}{letters:8.1%}{word:8.1%}"
                f"   {time.monotonic() - start:.0f} s"
            )
            wrong = [f"{t}>{r}" for (_, t), r in zip(made, read, strict=True) if t != r]
            print(f"    read wrong: {' '.join(wrong)}", flush=True)
            sheet = [Written("", list(map(tuple, s.tolist())), text) for s, text in made[:24]]
            write(sheet, runs / f"{name.replace(' ', '-')}-{bias:g}.png")
