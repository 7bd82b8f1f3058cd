"""A plugin with a default value in a hook: pluggy would never pass the argument."""

import rnngen


@rnngen.hookimpl
def register_cells(register=None):
    register("never", "rnngen_default:Never")
