"""Stands for a plugin whose import takes seconds: tests look whether it was imported at all."""

import rnngen


@rnngen.hookimpl
def register_decoders(register):
    register("sloth", "rnngen_slow:Sloth", summary="in no hurry")


class Sloth:
    """A stand-in."""
