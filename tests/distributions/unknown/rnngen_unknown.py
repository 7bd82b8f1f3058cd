"""A plugin with a misspelt hook."""

import rnngen


@rnngen.hookimpl
def register_cels(register):
    register("never", "rnngen_unknown:Never")
