"""An LSTM with peepholes, as anyone could publish it: this file, the cell, and an entry point."""

from dataclasses import dataclass

import rnngen


@dataclass(frozen=True)
class Options:
    """Peephole LSTM."""

    forget_bias: float = rnngen.option(1.0, "initial bias of the forget gate", min=-10, max=10)


@rnngen.hookimpl
def register_cells(register):
    register(
        "peephole",
        "rnngen_peephole_cell:Peephole",
        options=Options,
        summary="LSTM with peepholes (Gers and Schmidhuber 2000)",
    )
