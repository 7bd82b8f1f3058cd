"""A plugin with a misspelt argument."""

import rnngen


@rnngen.hookimpl
def register_cells(registr):
    registr("never", "rnngen_badhook:Never")
