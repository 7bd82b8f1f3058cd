"""Commits a model and its codec as a bundle."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.bundles.manifest import BUNDLE, CONFIG, KIND
from rnngen.contracts.errors import PluginError
from rnngen.files.commit import Commit
from rnngen.files.tensors import tensor_bytes
from rnngen.files.verify import FORMAT

if TYPE_CHECKING:
    import torch


WEIGHTS_PATTERN = "weights-{}.safetensors"


STRATEGY_PATTERN = "strategy-{}.safetensors"


RECORDS = ("metrics.jsonl", "log.txt", "samples/*.txt")
"""What `seal` names besides the model; these files grow during a run."""


LARGEST_RECORD = 2**30
"""Bytes of a file that `seal` names; a larger one was not written by a run."""


def commit_model(
    folder: Path,
    tensors: Mapping[str, torch.Tensor],
    manifest: Mapping[str, Any],
    codec_files: Mapping[str, bytes],
    extra: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Makes `folder` a bundle of this model, or leaves the bundle that was there.

    Args:
        folder: the run's.
        tensors: the model's, by name.
        manifest: `step`, `model`, `domain`, `likelihood`, `components`, and what else is to be kept
            in `bundle.json`; JSON only.
        codec_files: what `Codec.files` gave.
        extra: the tensors of `manifest["strategy"]` (packed by `rnngen.files.tree`).

    Raises:
        RunError: something could not be written; the previous commit is whole.
    """
    step = int(manifest["step"])
    with Commit(folder, BUNDLE) as new:
        document = {
            "format": FORMAT,
            "kind": KIND,
            "rnngen": version("rnngen"),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            **manifest,
            "weights": new.put(WEIGHTS_PATTERN, step, tensor_bytes(tensors)),
            "codec": {
                name: new.put(_codec_pattern(name), step, content)
                for name, content in codec_files.items()
            },
        }
        new.tidy(STRATEGY_PATTERN)
        if extra:
            document["strategy_tensors"] = new.put(STRATEGY_PATTERN, step, tensor_bytes(extra))
        for name in new.previous.get("codec", ()):
            if name not in codec_files:
                new.tidy(_codec_pattern(name))
        if (folder / CONFIG).exists():
            new.keep(CONFIG)
        new.finish(document)


def seal(folder: Path) -> None:
    """At the end of a run: `bundle.json` also names the metrics, the log and the samples."""
    if not (folder / BUNDLE).exists():
        return
    with Commit(folder, BUNDLE) as new:
        new.keep_previous(set(new.previous["files"]) - {CONFIG})
        for pattern in (CONFIG, *RECORDS):
            for path in sorted(folder.glob(pattern)):
                if _is_a_record(path):
                    new.keep(path.relative_to(folder).as_posix())
        new.finish(new.previous)


def _is_a_record(path: Path) -> bool:
    """Whether a file may be one of ours; what else lies in a folder is not read for hours."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= LARGEST_RECORD


def unseal(folder: Path) -> None:
    """Before a run is resumed: `bundle.json` no longer names what is going to change."""
    if not (folder / BUNDLE).exists():
        return
    changing = {CONFIG} | {
        path.relative_to(folder).as_posix() for pattern in RECORDS for path in folder.glob(pattern)
    }
    with Commit(folder, BUNDLE) as new:
        named = set(new.previous.get("files", ()))
        if named & changing:
            new.keep_previous(named - changing)
            new.finish(new.previous)


def _codec_pattern(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.json", name):
        raise PluginError(f"a codec saves a file named {name!r}, expected one like `codec.json`")
    return f"{name.removesuffix('.json')}-{{}}.json"
