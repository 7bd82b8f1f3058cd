"""A plugin that registers one component and fails at the second."""

import rnngen


@rnngen.hookimpl
def register_decoders(register):
    register("first", "rnngen_half:First")
    raise LookupError("the second one is not here")
