"""Learning tasks in a row without forgetting: strategies for `rnngen fit --plugin NAME`.

Every strategy is a file in this folder, with its equations and source at the top. To combine them,
name several: `--plugin replay --plugin ewc`.
"""

from __future__ import annotations

from rnngen import Register, hookimpl


@hookimpl
def register_strategies(register: Register) -> None:
    """Registers the baseline and the seven strategies that protect old tasks."""
    register(
        "naive",
        "rnngen_continual.naive:Naive",
        summary="fine-tuning in a row: protects nothing, the baseline",
    )
    register(
        "ewc",
        "rnngen_continual.ewc:EWC",
        options="rnngen_continual.ewc:Options",
        summary="elastic weight consolidation (Kirkpatrick et al. 2017)",
    )
    register(
        "si",
        "rnngen_continual.si:SynapticIntelligence",
        options="rnngen_continual.si:Options",
        summary="synaptic intelligence (Zenke et al. 2017)",
    )
    register(
        "mas",
        "rnngen_continual.mas:MemoryAwareSynapses",
        options="rnngen_continual.mas:Options",
        summary="memory aware synapses (Aljundi et al. 2018)",
    )
    register(
        "lwf",
        "rnngen_continual.lwf:LearningWithoutForgetting",
        options="rnngen_continual.lwf:Options",
        summary="learning without forgetting: the old model teaches (Li and Hoiem 2016)",
    )
    register(
        "replay",
        "rnngen_continual.replay:Replay",
        options="rnngen_continual.replay:Options",
        summary="rehearses a small memory of old text (Chaudhry et al. 2019)",
    )
    register(
        "agem",
        "rnngen_continual.agem:AGEM",
        options="rnngen_continual.agem:Options",
        summary="averaged gradient episodic memory (Chaudhry et al. 2019)",
    )
    register(
        "self-replay",
        "rnngen_continual.self_replay:SelfReplay",
        options="rnngen_continual.self_replay:Options",
        summary="rehearses what the old model writes; stores no data (Shin et al. 2017)",
    )
