"""A step recorded once as a CUDA graph and replayed: one launch instead of dozens."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rnngen.contracts.cell import State, map_state

WARMUP_STEPS = 3
Step = Callable[[Tensor, State], tuple[Tensor, State]]


class GraphedStep:
    """Replays `step` for one number of rows; arguments and results are copied, so they stay yours.

    Args:
        step: works on the GPU alone: nothing in it may wait for the processor.
        tokens: `[B]` int64 on the device, an example.
        state: an example.

    Raises:
        RuntimeError: something in `step` can't be recorded.
    """

    def __init__(self, step: Step, tokens: Tensor, state: State) -> None:
        self._tokens = tokens.clone()
        self._state = map_state(torch.clone, state)
        # Libraries set themselves up in the first calls, which must not be recorded.
        stream = torch.cuda.Stream(tokens.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(tokens.device))
        with torch.cuda.stream(stream):
            for _ in range(WARMUP_STEPS):
                step(self._tokens, self._state)
        torch.cuda.current_stream(tokens.device).wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._output, self._after = step(self._tokens, self._state)

    def __call__(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """The same as `step(tokens, state)`."""
        self._tokens.copy_(tokens)
        map_state(Tensor.copy_, self._state, state)
        self._graph.replay()
        return self._output.clone(), map_state(torch.clone, self._after)


class Graphed:
    """A step recorded once for each number of rows, if it can be recorded.

    Args:
        step: works on the GPU alone.
    """

    def __init__(self, step: Step) -> None:
        self._step = step
        self._graphs: dict[int, GraphedStep | None] = {}

    def __call__(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """The same as `step(tokens, state)`."""
        rows = len(tokens)
        if rows not in self._graphs:
            self._graphs[rows] = capture(self._step, tokens, state)
        return (self._graphs[rows] or self._step)(tokens, state)


def capture(step: Step, tokens: Tensor, state: State) -> GraphedStep | None:
    """The recorded step; None if it can't be recorded and must run directly."""
    try:
        return GraphedStep(step, tokens, state)
    except RuntimeError:
        torch.cuda.synchronize(tokens.device)
        return None
