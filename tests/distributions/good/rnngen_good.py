"""A plugin without a fault: strategies, a decoder and a constraint, none of which needs torch."""

import rnngen


@rnngen.hookimpl
def register_strategies(register):
    register(
        "steady",
        "rnngen_good_strategies:Steady",
        options="rnngen_good_strategies:Options",
        summary="adds a constant to the loss",
    )
    register("watcher", "rnngen_good_strategies:Watcher", summary="counts what happens")


@rnngen.hookimpl
def register_decoders(register):
    register("fixed", "rnngen_good_strategies:Fixed", summary="always the same")


@rnngen.hookimpl
def register_constraints(register):
    register("short", "rnngen_good_strategies:Fixed", summary="few steps")
