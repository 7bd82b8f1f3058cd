"""Training speed beside the shortest PyTorch loop: `python -m benchmarks train`.

Both train the same model on the same text with as many lanes and steps, clip, and use AdamW. They
take turns, the bare loop in a process of its own as a script would be: once as it is, once with the
C library told to keep freed memory, as rnngen does. What counts is the median of the ratios.
rnngen's figure is the whole run's, hooks, metrics and data included, from its own `metrics.jsonl`;
validation, samples and checkpoints are turned off.
"""

from __future__ import annotations

import argparse
import itertools
import json
import pydoc_data.topics
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

import rnngen
from benchmarks.machine import describe
from rnngen.training.allocator import keep_freed_blocks

LANES, CHUNK, RATE = 32, 64, 0.002


class Bare(nn.Module):
    """Embedding, nn.LSTM or nn.GRU, readout."""

    def __init__(self, cell: str, hidden: int, layers: int, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, hidden)
        self.layers = {"lstm": nn.LSTM, "gru": nn.GRU}[cell](hidden, hidden, layers)
        self.readout = nn.Linear(hidden, size)


def bare(cell: str, hidden: int, layers: int, text: bytes, steps: int, device: str, bf16: bool):
    """Tokens per second of the bare loop, its first fifth left out."""
    torch.manual_seed(0)
    symbols = {symbol: i for i, symbol in enumerate(sorted(set(text)))}
    ids = torch.tensor([symbols[symbol] for symbol in text])
    ids = ids[: len(ids) // LANES * LANES].view(LANES, -1).t().contiguous().to(device)
    model = Bare(cell, hidden, layers, len(symbols)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, fused=True)
    state, begin, at = None, 0.0, 0
    for step in range(steps):
        if step == steps // 5:
            synchronize(device)
            begin = time.perf_counter()
        if at + CHUNK + 1 > len(ids):
            at, state = 0, None
        x, y = ids[at : at + CHUNK], ids[at + 1 : at + CHUNK + 1]
        at += CHUNK
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16):
            hidden_states, state = model.layers(model.embedding(x), state)
            output = model.readout(hidden_states)
        loss = nn.functional.cross_entropy(output.float().flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
    synchronize(device)
    return (steps - steps // 5) * LANES * CHUNK / (time.perf_counter() - begin)


def ours(cell: str, hidden: int, text: Path, steps: int, device: str, precision: str) -> float:
    """Tokens per second of `rnngen.fit`, its first fifth left out."""
    with tempfile.TemporaryDirectory() as folder:
        run = rnngen.fit(
            [str(text)],
            cell=cell,
            hidden=hidden,
            layers=2,
            steps=steps,
            device=device,
            precision=precision,
            run=Path(folder) / "run",
            options=[
                f"train.lanes={LANES}",
                f"train.chunk={CHUNK}",
                f"train.learning_rate={RATE}",
                "train.validate_every=1000000",
                "train.checkpoint_every=1000000",
                "train.sample=0",
            ],
        )
        rows = [json.loads(line) for line in (run.path / "metrics.jsonl").open()]
    rows = [row for row in rows if row["split"] == "train" and row["step"] >= steps // 5]
    first, last = rows[0], rows[-1]
    return (last["tokens"] - first["tokens"]) / (last["seconds"] - first["seconds"])


def synchronize(device: str) -> None:
    """Waits for a GPU."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def alone(*arguments: object) -> float:
    """`bare` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.train", "--bare", *map(str, arguments)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(ways: dict[str, Callable[[], float]], runs: int) -> dict[str, dict[str, float]]:
    """The first way beside each of the others, all taking turns; medians and median ratios."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(runs):
        for name, way in ways.items():
            found[name].append(way())
    first, *others = found
    return {
        f"{first} against {other}": {
            "ours": statistics.median(found[first]),
            "other": statistics.median(found[other]),
            "ratio": statistics.median(
                a / b for a, b in zip(found[first], found[other], strict=True)
            ),
        }
        for other in others
    }


def main(argv: list[str] | None = None) -> None:
    """Prints the ratios, and as JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks train", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--bare", nargs=6, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.bare:
        cell, hidden, text, steps, device, how = arguments.bare
        if "keep" in how:
            keep_freed_blocks()
        content = Path(text).read_bytes()
        print(bare(cell, int(hidden), 2, content, int(steps), device, "bf16" in how))
        return
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(describe(), file=sys.stderr if arguments.json else sys.stdout)
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        topics = pydoc_data.topics.topics
        content = "\n".join(topics[name] for name in sorted(topics)).encode("ascii", "ignore")
        text.write_bytes(content)
        for cell, hidden in itertools.product(["lstm", "gru"], [256, 512]):
            given = (cell, hidden, text, arguments.steps, device)
            ways: dict[str, Callable[[], float]] = {
                "auto": lambda g=given: ours(*g, "auto"),
                "fp32": lambda g=given: ours(*g, "fp32"),
            }
            rows = compare(ways, arguments.runs)
            name = "bf16" if device == "cuda" else "fp32"
            rows |= compare(
                {
                    name: lambda g=given, p=name: ours(*g, p),
                    "the bare loop": lambda g=given, p=name: alone(*g, p),
                    "the bare loop keeping memory": lambda g=given, p=name: alone(*g, f"{p} keep"),
                },
                arguments.runs,
            )
            for row, numbers in rows.items():
                results[f"{cell} 2x{hidden} {row}"] = numbers
                if not arguments.json:
                    print(
                        f"{cell} 2x{hidden} {row:45} {numbers['ours']:9.0f} / "
                        f"{numbers['other']:9.0f} tokens/s  ratio {numbers['ratio']:.2f}",
                        flush=True,
                    )
    if arguments.json:
        print(json.dumps({"machine": describe(), "results": results}, indent=2))


if __name__ == "__main__":
    main()
