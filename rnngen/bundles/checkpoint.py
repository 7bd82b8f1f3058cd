"""Commits and loads what a run resumes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.bundles.manifest import CHECKPOINT
from rnngen.files import schema
from rnngen.files.commit import Commit
from rnngen.files.json import _finite, _restored
from rnngen.files.tensors import _safetensors, read_tensors
from rnngen.files.verify import FORMAT, read_index, verified_file

if TYPE_CHECKING:
    import torch


CHECKPOINT_KIND = "rnngen checkpoint"


CHECKPOINT_PATTERN = "checkpoints/{}.safetensors"


def commit_checkpoint(
    folder: Path, step: int, tensors: Mapping[str, torch.Tensor], state: Mapping[str, Any]
) -> None:
    """Saves what a run resumes from, or leaves the checkpoint that was there.

    Args:
        folder: the run's.
        step: optimizer steps done.
        tensors: by name.
        state: JSON; numbers may be infinite or not a number.

    Raises:
        RunError: something could not be written; the previous checkpoint is whole.
    """
    with Commit(folder, CHECKPOINT) as new:
        document = {
            "format": FORMAT,
            "kind": CHECKPOINT_KIND,
            "step": step,
            "tensors": new.put(CHECKPOINT_PATTERN, step, _safetensors(tensors)),
            "state": _finite(state),
        }
        new.finish(document)


def load_checkpoint(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """Tensors and state of the last checkpoint; None where there is none.

    Raises:
        BundleError: it is damaged.
    """
    if not (folder / CHECKPOINT).exists():
        return None
    index = read_index(folder, CHECKPOINT, CHECKPOINT_KIND)
    schema.check(index, {"tensors": str, "state": dict}, f"`{folder / CHECKPOINT}`:")
    path = verified_file(folder, index, index["tensors"])
    return read_tensors(path), _restored(index["state"], folder / CHECKPOINT)
