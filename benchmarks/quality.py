"""Quality for time on tiny Shakespeare: `RNNGEN_DATA=... python -m benchmarks quality`.

`rnngen fit input.txt --time 3m` with nothing but defaults, then nats per character over the whole
validation split (last 10 %), one lane, state carried, float32. Beside it a transformer with
nanoGPT's setting for CPUs (4 layers, 4 heads, 128 wide, blocks of 64, batches of 12, 2,000 steps,
dropout 0, AdamW 1e-3 to 1e-4 by cosine after 100 steps, beta2 0.99), trained in the same process on
the same split, scored on every block of 64 of the validation split. `--also FILE...` runs rnngen on
other texts.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import nn

from benchmarks.machine import data, describe

LAYERS, HEADS, WIDTH, BLOCK, BATCH, STEPS = 4, 4, 128, 64, 12, 2000


class Transformer(nn.Module):
    """A decoder-only transformer with learned positions and pre-norm blocks."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.token, self.place = nn.Embedding(size, WIDTH), nn.Embedding(BLOCK, WIDTH)
        layer = nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(
            layer, LAYERS, nn.LayerNorm(WIDTH), enable_nested_tensor=False
        )
        self.readout = nn.Linear(WIDTH, size, bias=False)
        self.readout.weight = self.token.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """`[B,T]` to `[B,T,size]`."""
        length = ids.shape[1]
        x = self.token(ids) + self.place(torch.arange(length))
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        return self.readout(self.blocks(x, mask=mask, is_causal=True))


def transformer(text: str) -> dict[str, float]:
    """Trains and scores it; seconds, and nats per character."""
    torch.manual_seed(1337)
    symbols = {symbol: i for i, symbol in enumerate(sorted(set(text)))}
    ids = torch.tensor([symbols[symbol] for symbol in text])
    cut = int(0.9 * len(ids))
    train, valid = ids[:cut], ids[cut:]
    model = Transformer(len(symbols))
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1, fused=True
    )
    begin = time.perf_counter()
    for step in range(STEPS):
        share = (step - 100) / (STEPS - 100)
        falling = 1e-4 + 0.5 * (1 + math.cos(math.pi * share)) * 9e-4
        optimizer.param_groups[0]["lr"] = 1e-3 * (step + 1) / 101 if step < 100 else falling
        at = torch.randint(len(train) - BLOCK - 1, (BATCH,)).tolist()
        x = torch.stack([train[i : i + BLOCK] for i in at])
        y = torch.stack([train[i + 1 : i + BLOCK + 1] for i in at])
        loss = nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    seconds = time.perf_counter() - begin
    model.eval()
    count = (len(valid) - 1) // BLOCK
    x = valid[: count * BLOCK].view(count, BLOCK)
    y = valid[1 : count * BLOCK + 1].view(count, BLOCK)
    with torch.no_grad():
        nats = sum(
            float(nn.functional.cross_entropy(model(a).flatten(0, 1), b.flatten(), reduction="sum"))
            for a, b in zip(x.split(256), y.split(256), strict=True)
        )
    return {"seconds": seconds, "nats_per_token": nats / y.numel()}


def ours(text: Path, budget: str, seed: int) -> dict[str, float]:
    """`rnngen fit TEXT --time BUDGET`, and what `rnngen evaluate` says of it."""
    rnngen = [sys.executable, "-m", "rnngen"]
    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "run")
        fit = [*rnngen, "-q", "fit", str(text), "--time", budget, "--run", run, "--seed", str(seed)]
        begin = time.perf_counter()
        subprocess.run(fit, check=True)
        wall = time.perf_counter() - begin
        command = [*rnngen, "-q", "evaluate", run, "--json"]
        result = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        rows = [json.loads(line) for line in (Path(run) / "metrics.jsonl").open()]
    return {
        "seconds": rows[-1]["seconds"],
        "process_seconds": wall,
        "tokens": rows[-1]["tokens"],
        "nats_per_token": result["nats_per_token"],
        "bits_per_character": result["bits_per_character"],
        "baselines": {row["name"]: row["nats_per_token"] for row in result.get("baselines", [])},
    }


def main(argv: list[str] | None = None) -> None:
    """Prints both, and as JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks quality", description=__doc__)
    parser.add_argument("--time", default="3m", help="budget of training")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--no-transformer", action="store_true")
    parser.add_argument("--also", nargs="*", default=[], help="files below RNNGEN_DATA")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    shakespeare = data("tiny_shakespeare/input.txt")
    results: dict[str, object] = {"machine": describe()}
    log = sys.stderr if arguments.json else sys.stdout
    print(describe(), file=log, flush=True)
    for path in [shakespeare, *map(data, arguments.also)]:
        for seed in range(arguments.seeds):
            result = ours(path, arguments.time, seed)
            results[f"rnngen {path.name} seed {seed}"] = result
            print(f"rnngen {path.name} seed {seed}: {result}", file=log, flush=True)
    if not arguments.no_transformer:
        result = transformer(shakespeare.read_text())
        results["transformer, nanoGPT's CPU setting"] = result
        print(f"transformer, nanoGPT's CPU setting: {result}", file=log, flush=True)
    if arguments.json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
