"""Avalanche's plugins from the bridge's options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from avalanche.training.plugins import EWCPlugin, GEMPlugin, MASPlugin, RWalkPlugin
from avalanche.training.plugins.clock import Clock

from rnngen_avalanche import avalanche_fixes
from rnngen_avalanche.chunk import Chunk
from rnngen_avalanche.options import Options

LAMBDA = {"ewc": 0.4, "ewc-online": 0.4, "lwf": 1.0, "si": 30.0, "mas": 0.02, "rwalk": 0.2}
"""Strength where nobody says; of EWC, LwF and MAS that of rnngen's own."""

MEMORY = {"replay": 20_000, "agem": 20_000, "gem": 2_000}
"""Tokens kept where nobody says; GEM reads all of them at every step."""


def strength(name: str, options: Options) -> float:
    """The lambda of one plugin."""
    return LAMBDA[name] if options.lambda_ is None else options.lambda_


def memory_windows(name: str, options: Options, window: int) -> int:
    """How many windows one plugin keeps."""
    return (options.memory or MEMORY[name]) // window


def plugins(
    names: tuple[str, ...],
    options: Options,
    chunk: Chunk,
    clock: Clock,
    *,
    seed: int,
    lanes: int,
    window: int,
) -> dict[str, Any]:
    """The plugins by name, in the order of the names.

    Avalanche writes the penalty of EWC, MAS and RWalk without the half that ours and its own of SI
    have.

    Args:
        names: from `names.read`.
        options: of the bridge.
        chunk: what the loop reads.
        clock: of the template.
        seed: of the run.
        lanes: of the largest batch.
        window: steps of the longest window.
    """

    def kept(name: str) -> int:
        return memory_windows(name, options, window)

    def half(name: str) -> float:
        return strength(name, options) / 2

    def ewc(name: str) -> EWCPlugin:
        if name == "ewc":
            return avalanche_fixes.PerTokenEWC(half(name), "separate")
        return avalanche_fixes.PerTokenEWC(half(name), "online", options.decay)

    makers: dict[str, Callable[[], Any]] = {
        "ewc": lambda: ewc("ewc"),
        "ewc-online": lambda: ewc("ewc-online"),
        "si": lambda: avalanche_fixes.SI(strength("si", options)),
        "lwf": lambda: avalanche_fixes.LwF(strength("lwf", options), options.temperature, chunk),
        "mas": lambda: MASPlugin(half("mas"), options.alpha),
        "rwalk": lambda: RWalkPlugin(half("rwalk")),
        "agem": lambda: avalanche_fixes.AGEM(kept("agem"), options.rows or lanes, clock, seed),
        "gem": lambda: GEMPlugin(kept("gem"), options.gamma),
        "replay": lambda: avalanche_fixes.Replay(
            kept("replay"), batch_size_mem=options.rows or max(1, lanes // 2)
        ),
    }
    return {name: makers[name]() for name in names if name != "naive"}
