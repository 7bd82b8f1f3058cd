"""Options of the bridge."""

from __future__ import annotations

from dataclasses import dataclass

from rnngen import option


@dataclass(frozen=True)
class Options:
    """Avalanche's strategies.

    rnngen's own ewc, si, mas and lwf give the same task matrix with the same settings, at a lower
    cost for each step: `--plugin ewc`. Here for comparison with what others measured with
    Avalanche, and for gem and rwalk. GEM keeps most of the old for the little text it stores, but
    took two to five times as long as fine-tuning.
    """

    strategy: str = option(
        "ewc",
        "ewc, ewc-online, si, lwf, mas, rwalk, agem, gem, replay, naive, or several: replay+ewc",
    )
    lambda_: float | None = option(
        None,
        "strength of ewc, si, mas, rwalk (lambda/2 times the importance times the squared "
        "distance) and of lwf; whatever the batch size and chunk length; none: ewc 0.4, lwf 1, "
        "si 30, mas 0.02, rwalk 0.2",
        min=0,
    )
    decay: float = option(1.0, "ewc-online: share of the older importance kept", min=0, max=1)
    alpha: float = option(0.5, "mas: share of the older importance in the mean", min=0, max=1)
    temperature: float = option(
        1.0, "lwf: above 1 also teaches what the old model finds improbable", min=0.1, max=100
    )
    memory: int | None = option(
        None,
        "tokens of old text kept: replay of all tasks together, agem and gem of each; none: "
        "20000, gem 2000",
        min=1,
    )
    rows: int | None = option(
        None,
        "memory windows at each step, in addition to the lanes; none: replay half as many "
        "as lanes, agem as many",
        min=1,
    )
    gamma: float = option(
        0.5, "gem: how far past the constraint it pushes, in favour of the old", min=0
    )
    batches: int | None = option(
        200,
        "batches of a task, evenly spread, for estimating importances and filling "
        "memories; none: all",
        min=1,
    )
