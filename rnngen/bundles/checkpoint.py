"""Commits and loads what a run resumes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.bundles.manifest import CHECKPOINT
from rnngen.files.commit import Commit
from rnngen.files.tensors import read_tensors, tensor_bytes
from rnngen.files.verify import FORMAT, Index, read_index

if TYPE_CHECKING:
    import torch


CHECKPOINT_KIND = "rnngen checkpoint"


CHECKPOINT_PATTERN = "checkpoints/{}.safetensors"


@dataclass(frozen=True, kw_only=True, eq=False)
class Checkpoint(Index):
    """What `checkpoint.json` says.

    Args:
        tensors: name of the file with them.
        state: all else that a run resumes from.
    """

    tensors: str
    state: dict[str, Any] = field(repr=False)


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
            "tensors": new.put(CHECKPOINT_PATTERN, step, tensor_bytes(tensors)),
            "state": state,
        }
        new.finish(document)


def load_checkpoint(folder: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """Tensors and state of the last checkpoint; None where there is none.

    Raises:
        BundleError: it is damaged.
    """
    if not (folder / CHECKPOINT).exists():
        return None
    found = read_index(folder, CHECKPOINT, CHECKPOINT_KIND, Checkpoint)
    return read_tensors(found.verified(found.tensors)), found.state
