"""A stranger's plugin in one file: an engine that steps each row by itself, and a conditioner that
reads the mean of what the symbols stand for."""

from dataclasses import dataclass

import rnngen


@dataclass(frozen=True)
class PlainOptions:
    """Plain steps."""

    scale: float = rnngen.option(1.0, "by which outputs are multiplied", min=0)


@dataclass(frozen=True)
class MeanOptions:
    """Mean of a condition."""

    width: int = rnngen.option(3, "numbers that a symbol stands for", min=1)


def plain(model, boundary, condition, options):
    """The engine; torch is imported only when one is built."""
    import torch

    from rnngen.contracts.cell import map_state

    def of(state, row):
        # In memory of its own: a product may add in another order at another address.
        return map_state(lambda part: part[row : row + 1].clone(), state)

    def together(states):
        return map_state(lambda *parts: torch.cat(parts), *states)

    class Plain(rnngen.Engine):
        def __init__(self):
            self.size = model.likelihood.size
            self.likelihood = model.likelihood
            self.device = next(model.parameters()).device

        def _begin(self):
            return model.initial_state(1, None if condition is None else condition[None])

        def start(self, batch):
            return together([self._begin() for _ in range(batch)])

        def step(self, tokens, state):
            outputs, states = [], []
            with torch.no_grad():
                for row, token in enumerate(tokens.to(self.device)):
                    begins = boundary is not None and bool((token == torch.tensor(boundary)).all())
                    own = self._begin() if begins else of(state, row)
                    output, after = model(token[None, None], own)
                    outputs.append(options.scale * output[0])
                    states.append(after)
            return torch.cat(outputs), together(states)

        def select(self, state, rows):
            return map_state(lambda part: part[rows], state)

    return Plain()


def mean(build, input_size, condition, size, options):
    """The conditioner."""
    import torch
    from torch import nn

    class Mean(rnngen.Conditioner):
        def __init__(self):
            super().__init__(build, input_size, condition, options.width)
            self.symbols = nn.Embedding(condition.symbols, options.width)
            self.start = nn.Linear(options.width, self.hidden_size, bias=False)

        def encode(self, values, mask):
            vectors = self.symbols(values) * mask.unsqueeze(-1)
            return vectors.sum(1) / mask.sum(1, keepdim=True).clamp(min=1)

        def initial(self, memory):
            return self.start(memory)

        def focus(self, batch):
            return torch.zeros(batch, 1, device=self.symbols.weight.device)

        def read(self, memory, focus, h):
            return memory, focus + 1

    return Mean()


@rnngen.hookimpl
def register_engines(register):
    register("plain", plain, options=PlainOptions, summary="each row by itself")


@rnngen.hookimpl
def register_conditioners(register):
    register("mean", mean, options=MeanOptions, summary="mean of the symbols")
