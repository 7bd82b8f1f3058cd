"""A plugin with a decoder and a strategy whose names `rnngen_good` has, too."""

import rnngen


@rnngen.hookimpl
def register_decoders(register):
    register("fixed", "rnngen_clash:Fixed", summary="another one")


@rnngen.hookimpl
def register_strategies(register):
    register("steady", "rnngen_clash:Fixed", summary="another one")


class Fixed:
    """A stand-in."""
