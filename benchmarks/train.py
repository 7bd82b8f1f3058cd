"""Training speed beside the shortest PyTorch loop: `python -m benchmarks train`.

Both train the same model on the same text with as many lanes and steps, clip, and use AdamW; they
take turns, and the median of the ratios is what counts. rnngen's figure is the whole run's, hooks,
metrics and data included, from its own `metrics.jsonl`; validation, samples and checkpoints are
turned off in both.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

import rnngen
from benchmarks.machine import describe

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


def ours(cell: str, hidden: int, layers: int, text: Path, steps: int, device: str, precision: str):
    """Tokens per second of `rnngen.fit`, its first fifth left out."""
    with tempfile.TemporaryDirectory() as folder:
        run = rnngen.fit(
            [str(text)],
            cell=cell,
            hidden=hidden,
            layers=layers,
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


def compare(
    a: Callable[[], float], b: Callable[[], float], runs: int
) -> tuple[float, float, float]:
    """Median of a, of b, and of a/b, the two taking turns."""
    pairs = [(a(), b()) for _ in range(runs)]
    ratio = statistics.median(x / y for x, y in pairs)
    return statistics.median(x for x, _ in pairs), statistics.median(y for _, y in pairs), ratio


def main(argv: list[str] | None = None) -> None:
    """Prints the ratios, and as JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks train", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if not arguments.json:
        print(describe())
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        import pydoc_data.topics

        topics = pydoc_data.topics.topics
        content = "\n".join(topics[name] for name in sorted(topics)).encode("ascii", "ignore")
        text.write_bytes(content)
        steps = arguments.steps
        for cell, hidden in itertools.product(["lstm", "gru"], [256, 512]):
            for precision in ["fp32", "bf16"] if device == "cuda" else ["fp32"]:
                bf16 = precision == "bf16"
                a, b, ratio = compare(
                    lambda c=cell, h=hidden, p=precision: ours(c, h, 2, text, steps, device, p),
                    lambda c=cell, h=hidden, x=bf16: bare(c, h, 2, content, steps, device, x),
                    arguments.runs,
                )
                name = f"{cell} 2x{hidden} {precision} against the bare loop"
                results[name] = {"ours": a, "other": b, "ratio": ratio}
                if not arguments.json:
                    print(f"{name:50} {a:9.0f} / {b:9.0f} tokens/s  ratio {ratio:.2f}", flush=True)
        for cell, hidden in itertools.product(["lstm", "gru"], [256, 512]):
            a, b, ratio = compare(
                lambda c=cell, h=hidden: ours(c, h, 2, text, steps, device, "auto"),
                lambda c=cell, h=hidden: ours(c, h, 2, text, steps, device, "fp32"),
                arguments.runs,
            )
            name = f"{cell} 2x{hidden} --precision auto against fp32"
            results[name] = {"ours": a, "other": b, "ratio": ratio}
            if not arguments.json:
                print(f"{name:50} {a:9.0f} / {b:9.0f} tokens/s  ratio {ratio:.2f}", flush=True)
    if arguments.json:
        print(json.dumps({"machine": describe(), "results": results}, indent=2))


if __name__ == "__main__":
    main()
