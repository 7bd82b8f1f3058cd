"""Generation speed beside other ways to step the same model: `python -m benchmarks generate`.

All sample from the same LSTM with 65 symbols and take turns; the median of the ratios is what
counts. nn.LSTM and ONNX Runtime are run with one thread and with all, and the faster counts. The
bare loop has rnngen's prepared weights and samples with `torch.multinomial`; the addmm loop has
transposed weights and `torch.addmm`. Both use as many threads as rnngen does.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.machine import describe
from rnngen.bundles import bundle
from rnngen.bundles.write import commit_model
from rnngen.components.cells.linear import prepare_linear
from rnngen.components.decoders.sample import Sample
from rnngen.components.domains.text.codecs.char import CharCodec
from rnngen.contracts.decoder import Request
from rnngen.engines.torch_engine import Engine
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.build import build
from rnngen.model.model import Model

SIZE = 65
TARGETS = {
    "2x512 batch 1 against nn.LSTM": 15.0,
    "2x512 batch 64 against bare loop": 0.9,
    "2x128 batch 64 against bare loop": 0.9,
}
Write = Callable[[int], None]
"""Writes so many steps."""


def make(hidden: int) -> Model:
    torch.manual_seed(0)
    return build(
        SIZE, ModelOptions(cell="lstm", layers=2, hidden=hidden, embedding=hidden), {}
    ).eval()


def ours(model: Model, batch: int) -> Write:
    engine, decoder = Engine(model), Sample()

    def write(steps: int) -> None:
        with engine.threads(batch):
            for _ in decoder.decode(engine, Request([[0]] * batch, steps)):
                pass

    return write


def stepping(model: Model) -> Write:
    """The usual loop: `nn.LSTM` called with one step at a time."""
    hidden = model.options.hidden
    layers = nn.LSTM(hidden, hidden, 2).eval()

    @torch.inference_mode()
    def write(steps: int) -> None:
        token, state = torch.zeros(1, 1, dtype=torch.int64), None
        for _ in range(steps):
            y, state = layers(model.embedding(token), state)
            probabilities = model.readout(y[0]).softmax(-1)
            token = torch.multinomial(probabilities, 1)
            token.item()

    return write


def bare(model: Model, batch: int) -> Write:
    """The prepared weights, and nothing around them."""
    with torch.inference_mode():
        halves = [cell.prepare() for cell in model.cells]
        table = halves[0][0](model.embedding.weight)
        readout = prepare_linear(model.readout.weight, model.readout.bias)
    engine = Engine(model)

    @torch.inference_mode()
    def write(steps: int) -> None:
        tokens, state = torch.zeros(batch, dtype=torch.int64), model.initial_state(batch)
        with engine.threads(batch):
            for _ in range(steps):
                y, state[0] = halves[0][1](table[tokens], state[0])
                for layer, (project, recur) in enumerate(halves[1:], 1):
                    y, state[layer] = recur(project(y), state[layer])
                tokens = torch.multinomial(readout(y).softmax(-1), 1).squeeze(1)

    return write


def addmm(model: Model, batch: int) -> Write:
    """What one writes by hand: transposed weights, `torch.addmm`."""
    layers = [cell.layer for cell in model.cells]
    weights = [
        (
            torch.cat([layer.weight_ih_l0, layer.weight_hh_l0], 1).t().contiguous(),
            layer.bias_ih_l0 + layer.bias_hh_l0,
        )
        for layer in layers
    ]
    readout = model.readout.weight.t().contiguous()
    engine = Engine(model)

    @torch.inference_mode()
    def write(steps: int) -> None:
        zeros = torch.zeros(batch, model.options.hidden)
        tokens = torch.zeros(batch, dtype=torch.int64)
        state = [(zeros, zeros) for _ in layers]
        with engine.threads(batch):
            for _ in range(steps):
                x = model.embedding.weight[tokens]
                for layer, (weight, bias) in enumerate(weights):
                    h, c = state[layer]
                    gates = torch.addmm(bias, torch.cat([x, h], 1), weight)
                    i, f, g, o = gates.chunk(4, 1)
                    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
                    x = torch.sigmoid(o) * torch.tanh(c)
                    state[layer] = x, c
                output = torch.addmm(model.readout.bias, x, readout)
                tokens = torch.multinomial(output.softmax(-1), 1).squeeze(1)

    return write


def onnx_runtime(model: Model, folder: Path, threads: int) -> Write:
    """One step exported by `rnngen export`, sampled with NumPy."""
    from onnxruntime import InferenceSession, SessionOptions

    from rnngen.engines.exporters.onnx import Onnx

    path = folder / f"{model.options.hidden}.onnx"
    if not path.exists():
        codec = CharCodec([chr(33 + i) for i in range(SIZE - 1)], "\n")
        manifest = {
            "step": 1,
            "model": model.describe(),
            "domain": {"name": "text", "options": {}},
            "likelihood": {"name": "categorical", "options": {"size": SIZE}},
            "components": [],
        }
        run = folder / f"run{model.options.hidden}"
        run.mkdir()
        commit_model(run, model.tensors(), manifest, codec.files())
        Onnx().export(bundle.load(run), path)
    options = SessionOptions()
    options.intra_op_num_threads = threads
    session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    states = [part for part in session.get_inputs() if part.name != "tokens"]
    names = [part.name for part in session.get_outputs()]
    generator = np.random.default_rng(0)

    def write(steps: int) -> None:
        tokens = np.zeros(1, np.int64)
        fed = {part.name: np.zeros((1, *part.shape[1:]), np.float32) for part in states}
        for _ in range(steps):
            output, *after = session.run(names, {"tokens": tokens, **fed})
            fed = dict(zip(fed, after, strict=True))
            weights = np.exp(output[0] - output[0].max()).cumsum()
            tokens[0] = np.searchsorted(weights, generator.random() * weights[-1], "right")

    return write


def seconds(write: Write, steps: int) -> float:
    begin = time.perf_counter()
    write(steps)
    return time.perf_counter() - begin


def fastest(makers: list[tuple[int, Write]], steps: int) -> float:
    """Seconds a step of the fastest, each with its number of threads."""
    before, found = torch.get_num_threads(), []
    for threads, write in makers:
        torch.set_num_threads(threads)
        write(2)
        found.append(seconds(write, steps) / steps)
    torch.set_num_threads(before)
    return min(found)


def contests(folder: Path) -> Iterator[tuple[str, str, int, list[tuple[int, Write]], Write, int]]:
    """Name, opponent, batch, the opponent's variants, ours, and steps for the opponent."""
    every = sorted({1, torch.get_num_threads()})
    for hidden in (512, 128):
        model = make(hidden)
        write = ours(model, 1)
        stepped = stepping(model)
        slow = 30 if hidden == 512 else 300
        yield f"2x{hidden} batch 1", "nn.LSTM", 1, [(n, stepped) for n in every], write, slow
        try:
            sessions = [(n, onnx_runtime(model, folder, n)) for n in every]
        except ImportError as missing:
            print(f"2x{hidden} batch 1 against ONNX Runtime: left out, {missing}", flush=True)
        else:
            yield f"2x{hidden} batch 1", "ONNX Runtime", 1, sessions, write, 200
        many, now = ours(model, 64), torch.get_num_threads()
        yield f"2x{hidden} batch 64", "bare loop", 64, [(now, bare(model, 64))], many, 60
        yield f"2x{hidden} batch 64", "addmm loop", 64, [(now, addmm(model, 64))], many, 60


def main(argv: list[str] | None = None) -> None:
    """Prints the ratios, and as JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks generate", description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="rounds, at least 3")
    parser.add_argument("--threads", type=int, help="threads at most; by default PyTorch's choice")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    results: dict[str, Any] = {}
    if not arguments.json:
        print(describe())
    with tempfile.TemporaryDirectory() as folder:
        for name, other, batch, variants, write, slow in contests(Path(folder)):
            steps = 200 if batch == 1 else 60
            write(20)
            rounds = []
            for _ in range(max(3, arguments.runs)):
                mine = seconds(write, steps) / steps
                rounds.append((batch / mine, batch / fastest(variants, slow)))
            row = {
                "ours": statistics.median(mine for mine, _ in rounds),
                "other": statistics.median(theirs for _, theirs in rounds),
                "ratio": statistics.median(mine / theirs for mine, theirs in rounds),
                "target": TARGETS.get(other)
                if (other, name) != ("nn.LSTM", "2x128 batch 1")
                else None,
            }
            results[f"{name} against {other}"] = row
            if not arguments.json:
                target = f" (target {row['target']})" if row["target"] else ""
                print(
                    f"{name + ' against ' + other:36} {row['ours']:9,.0f} / {row['other']:9,.0f} "
                    f"tokens/s  ratio {row['ratio']:.2f}{target}",
                    flush=True,
                )
    if arguments.json:
        print(json.dumps({"machine": describe(), "results": results}, indent=2))


if __name__ == "__main__":
    main()
