"""Commits the model of a run as its bundle, with the record of how it was made."""

from __future__ import annotations

from torch import Tensor

from rnngen.bundles.run_folder import RunFolder
from rnngen.bundles.write import commit_model
from rnngen.files.tree import pack
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
        "domain": {
            "name": plan.domain_name,
            "options": plan.options(plan.domain_name),
        },
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
