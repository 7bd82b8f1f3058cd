"""A small real run for the tests of what reads and writes bundles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from rnngen.bundles import write
from rnngen.bundles.run_folder import RunFolder
from rnngen.components.domains.text.codecs.char import CharCodec
from rnngen.files.tree import pack
from rnngen.kernel.core_options import ModelOptions
from rnngen.model.build import build
from rnngen.model.model import Model

CONFIG = """[model]
cell = "{cell}"
hidden = 6

[train]
learning_rate = {rate}
seed = {seed}
"""


def codec(characters: str = "abc ") -> CharCodec:
    return CharCodec(sorted(characters), "\n")


def model(cell: str = "gru", seed: int = 0, size: int = 5, **options: Any) -> Model:
    torch.manual_seed(seed)
    values = {"cell": cell, "hidden": 6, "layers": 2, "embedding": 4, **options}
    return build(size, ModelOptions(**values), {})


def manifest(of: Model, step: int, **changes: Any) -> dict[str, Any]:
    return {
        "step": step,
        "model": of.describe(),
        "domain": {"name": "text", "options": {"tokens": "char"}},
        "likelihood": {"name": "categorical", "options": {"size": of.likelihood.size}},
        "components": [
            {
                "kind": "cell",
                "name": of.options.cell,
                "plugin": "rnngen",
                "distribution": "rnngen",
                "version": "0.1.0",
            }
        ],
        "metrics": {"valid_nats_per_token": 1.25},
        "data": {"fingerprint": "f00d", "sources": [{"name": "book.txt", "bytes": 1000}]},
        **changes,
    }


def save(
    folder: Path, step: int = 100, seed: int = 0, characters: str = "abc ", **kw: Any
) -> Model:
    """Commits a bundle with a strategy's state."""
    if not folder.is_dir():
        folder.mkdir(parents=True)
    made = model(seed=seed, **kw)
    tensors: dict[str, torch.Tensor] = {}
    state = pack({"ewc": {"importance": torch.full((3,), float(step))}}, "strategy", tensors)
    write.commit_model(
        folder,
        made.tensors(),
        manifest(made, step, strategy=state),
        codec(characters).files(),
        tensors,
    )
    return made.eval()


def train(
    folder: Path, cell: str = "gru", rate: float = 0.01, seed: int = 0, data: str = "f00d"
) -> Path:
    """A finished run with metrics, a log and a sample, as `fit` leaves it."""
    made = model(cell, seed)
    with RunFolder.create(folder, "test") as run:
        run.write_config(CONFIG.format(cell=cell, rate=rate, seed=seed))
        run.record({"seed": seed, "device": "cpu", "device_reason": "as asked"})
        for step in range(10, 110, 10):
            common = {"step": step, "task": "main", "tokens": step * 64, "seconds": step / 50}
            loss = 3.0 / (1 + rate * step)
            run.append_metrics(
                {**common, "split": "train", "loss": loss, "tokens_per_second": 3200.0}
            )
            if step % 50 == 0:
                run.append_metrics({**common, "split": "valid", "loss": loss + 0.1})
                run.sample(step, "abba cab\n")
        run.log("step 100  valid")
        data_part = {
            "fingerprint": data,
            "sources": [{"name": "book.txt", "bytes": 1000}],
            "split": {"valid": 0.1},
        }
        described = manifest(made, 100, data=data_part)
        described["metrics"] = {"valid_nats_per_token": 3.0 / (1 + rate * 100) + 0.1}
        write.commit_model(run.path, made.tensors(), described, codec().files())
        run.finish("finished", tokens=6400, seconds=2.0)
    return folder


def edit(folder: Path, change: Any, index: str = "bundle.json") -> None:
    """Rewrites the JSON of an index after `change(document)`."""
    path = folder / index
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
