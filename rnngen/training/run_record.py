"""Commits the model of a run as its bundle, with the record of how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from torch import Tensor

from rnngen.bundles.run_folder import RunFolder
from rnngen.bundles.write import commit_model
from rnngen.files.json import TEXT, dump
from rnngen.files.tree import pack
from rnngen.kernel.strategies import kept_by
from rnngen.training.plan import Plan
from rnngen.training.run import Position
from rnngen.training.wanted import absolute


def save_model(plan: Plan, folder: RunFolder, position: Position, valid: float | None) -> None:
    """Commits the model as it is.

    Args:
        plan: what the run was made of.
        folder: of the run.
        position: where it stands.
        valid: its validation, in nats per token; None where it has none.

    Raises:
        RunError: it could not be written; the bundle before is whole.
    """
    tensors: dict[str, Tensor] = {}
    strategy = plan.lifecycle.packed(pack, "strategy", tensors)
    metrics = {} if valid is None else {"valid_nats_per_token": valid}
    manifest = {
        "step": position.step,
        "model": plan.model.describe(),
        "domain": {"name": plan.domain_name, "options": plan.options(plan.domain_name)},
        "likelihood": dict(zip(("name", "options"), plan.likelihood, strict=True)),
        "components": [
            {
                "kind": component.kind,
                "name": component.name,
                "plugin": component.plugin.name,
                "distribution": component.plugin.distribution,
                "version": component.plugin.version,
            }
            for component in plan.components
        ],
        "metrics": {**metrics, "tokens": position.tokens, "seconds": round(position.seconds, 3)},
        "data": {
            "fingerprint": plan.fingerprint,
            "sources": plan.sources,
            "names": plan.written,
            "valid": [absolute(name) for name in plan.wanted.valid],
            "fitted": plan.fitted,
            "prepared": [dataset.place for dataset in plan.datasets],
            "documents": plan.documents,
            "train_tokens": sum(dataset.train.targets for dataset in plan.datasets),
            "valid_tokens": sum(data.valid.targets for data in plan.datasets if data.valid),
            "steps_are": plan.codec.steps_are,
        },
        "seed": plan.train.seed,
        "strategy": strategy,
        "kept": _kept(plan, strategy, tensors),
    }
    manifest["continued"] = plan.start is not None
    if plan.start is not None:
        manifest["start"] = str(plan.start)
    if plan.measured:
        manifest["history"] = {
            "tasks": [task.name for task in plan.measured],
            "learned": [list(task.members) for task in plan.tasks],
            "rows": position.history,
        }
    model, codec = plan.model.tensors(), plan.codec.files()
    folder.write(lambda path: commit_model(path, model, manifest, codec, tensors))


def _kept(plan: Plan, states: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """What each strategy keeps of the data, and how much it is. JSON."""
    kept = {}
    for name, found in kept_by(plan.lifecycle).items():
        mine = [t for path, t in tensors.items() if f"{path}.".startswith(f"strategy.{name}.")]
        size = sum(tensor.nbytes for tensor in mine) + len(dump(states[name], TEXT))
        text = _characters(plan, found.steps)
        kept[name] = asdict(replace(found, bytes=size, characters=text))
    return kept


def _characters(plan: Plan, steps: int) -> int | None:
    """Of the text of this many steps, by the mean of the data; None where it is not text."""
    if not plan.codec.spells_text or not steps:
        return None
    read = [store for data in plan.datasets for store in (data.train, data.valid) if store]
    ratio = sum(store.characters for store in read) / max(sum(store.targets for store in read), 1)
    # A character each, but for the boundaries.
    return steps if 0.9 < ratio <= 1.0 else round(steps * ratio)
