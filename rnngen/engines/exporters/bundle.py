"""A bundle to give away: the model and what it needs, without what tells of its maker's data.

A run's folder has more than the model: memories of strategies with the very words of the texts,
samples, a log, a checkpoint, the command, and the names and paths of the files. The copy has none
of it unless that is asked for. It generates, evaluates and can be trained on (`--from`) as before.
What stays is what the model can't do without: its weights, vocabulary and settings. The words and
characters of the data are in the vocabulary, and a model may have learned sentences by heart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.bundles.manifest import CONFIG
from rnngen.bundles.records import read_config
from rnngen.bundles.write import commit_model
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import option
from rnngen.contracts.output import Exporter
from rnngen.files.atomic import saving, write_atomically
from rnngen.files.tree import pack

if TYPE_CHECKING:
    from torch import Tensor

    from rnngen.bundles.bundle import Bundle

SAID = ("step", "model", "domain", "likelihood", "components", "metrics", "seed", "continued")
"""What `bundle.json` says of the model, whoever's data it learned from."""

COUNTED = ("documents", "train_tokens")
"""What it says of the data that tells no more than how much they were."""

UNNAMED: Mapping[str, Any] = {
    "fingerprint": [],
    "sources": [],
    "valid": [],
    "prepared": [],
    "fitted": False,
}


@dataclass(frozen=True)
class Options:
    """A copy of the model to give away."""

    memory: bool = option(
        False, "also what strategies keep of the texts, such as replay's memory: the very words"
    )
    names: bool = option(
        False, "also names, paths and fingerprints of the files that the model learned from"
    )


class BundleCopy(Exporter):
    """Writes a folder that is a bundle, and nothing else."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()

    def export(self, bundle: Bundle, path: Path) -> list[Path]:
        """Writes the folder `path`.

        Raises:
            UsageError: something is there already.
            RunError: it can't be written.
        """
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UsageError(
                f"`{path}` exists, expected a new folder for the bundle",
                hint="choose a name that does not exist yet",
            )
        kept = bundle.manifest.kept_by_strategies()
        states = bundle.strategy_state
        if not self.options.memory:
            states = {n: s for n, s in states.items() if n in kept and not kept[n].may_hold_data}
        left_out = [
            name for name, each in kept.items() if name not in states and (each.data or each.bytes)
        ]
        extra: dict[str, Tensor] = {}
        document = {
            **self._described(bundle),
            "strategy": {name: pack(s, f"strategy.{name}", extra) for name, s in states.items()},
            "kept": {name: asdict(kept[name]) for name in states if name in kept},
            "left_out": sorted({*bundle.manifest.left_out, *left_out}),
        }
        codec = {
            name: bundle.manifest.verified(file).read_bytes()
            for name, file in bundle.manifest.codec.items()
        }
        with saving(path, "nothing was exported"):
            path.mkdir(parents=True, exist_ok=True)
            self._write_config(bundle, path / CONFIG)
        commit_model(path, bundle.model.tensors(), document, codec, extra)
        return [path]

    def _described(self, bundle: Bundle) -> dict[str, Any]:
        """What the new `bundle.json` says."""
        found = bundle.manifest.document
        said = {name: found[name] for name in SAID if name in found}
        data, history = found.get("data", {}), found.get("history")
        if self.options.names:
            said |= {name: found[name] for name in ("start",) if name in found}
        else:
            data = {**UNNAMED, **{name: data[name] for name in COUNTED if name in data}}
            if history is not None:
                names = [f"task {number + 1}" for number in range(len(history["tasks"]))]
                history = {**history, "tasks": names}
        return {**said, "data": data, **({} if history is None else {"history": history})}

    def _write_config(self, bundle: Bundle, path: Path) -> None:
        """The settings, without the data arguments."""
        import tomli_w

        source = bundle.path / CONFIG
        if not source.exists():
            return
        config = read_config(source)
        if not self.options.names:
            config.get("fit", {}).pop("data", None)
        write_atomically(path, tomli_w.dumps(config).encode())
