"""Avalanche's continual learning strategies inside rnngen's training loop.

    rnngen fit a.txt b.txt --plugin avalanche -o avalanche.strategy=replay+ewc

Needs `pip install 'rnngen[avalanche]'`. Avalanche is imported when a run starts, never before.
"""

from __future__ import annotations

from rnngen import Register, hookimpl


@hookimpl
def register_strategies(register: Register) -> None:
    """Registers the bridge; an option picks Avalanche's strategy."""
    register(
        "avalanche",
        "rnngen_avalanche.bridge:Bridge",
        options="rnngen_avalanche.options:Options",
        summary="Avalanche's EWC, SI, LwF, MAS, RWalk, A-GEM, GEM and replay",
    )
