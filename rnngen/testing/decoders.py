"""Contract checks for any decoder: `check_decoder(build)` runs all, `CHECKS` names each.

from rnngen.testing.decoders import CHECKS

@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_contract(check):
    check(lambda: Mirostat(target=3.0))
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnngen.components.likelihoods.categorical import Categorical
from rnngen.contracts.decoder import Decoder, Emission, Request
from rnngen.contracts.engine import Engine
from rnngen.testing.saying import all_of, require

Build = Callable[[], Decoder]
SIZE = 7
LENGTH = 12
STOPPED = 3
"""Steps after which the check of `Request.stop` says so."""
TOLERANCE = 1e-6


class MarkovEngine(Engine):
    """An engine whose output depends on the last two steps; exact, and the same for any batch.

    Args:
        size: K.
        seed: of its numbers.
        scale: how different the probabilities are.
    """

    def __init__(self, size: int = SIZE, seed: int = 0, scale: float = 1.5) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.size = size
        self.likelihood = Categorical(size)
        self.device = torch.device("cpu")
        self.table = scale * torch.randn(size, size, size, generator=generator)

    def start(self, batch: int) -> Tensor:
        """The step before the first counts as step 0."""
        return torch.zeros(batch, dtype=torch.int64)

    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """`tokens [B]` to `(output [B,K], state)`."""
        return self.table[state, tokens], tokens.clone()

    def read(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """`tokens [T,B]` to the output after the last one, and the state."""
        for row in tokens:
            output, state = self.step(row, state)
        return output, state

    def select(self, state: Tensor, rows: Tensor) -> Tensor:
        """The state of some rows."""
        return state[rows]


class CountingEngine(MarkovEngine):
    """Counts how often it was asked for a step."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """As the engine, counted."""
        self.steps += 1
        return super().step(tokens, state)


def check_decoder(build: Build) -> None:
    """Runs every check on decoders that `build` makes; AssertionError names what is broken."""
    for check in CHECKS.values():
        check(build)


Sequences = dict[tuple[int, int], list[Emission]]


def _sequences(build: Build, request: Request) -> Sequences:
    found: Sequences = {}
    for emission in build().decode(MarkovEngine(), request):
        found.setdefault((emission.row, emission.rank), []).append(emission)
    return found


def _steps(sequences: Sequences) -> dict[tuple[int, int], list[int]]:
    return {key: [part.step for part in parts] for key, parts in sequences.items()}


def _random_states() -> list[str]:
    python, numpy = random.getstate(), np.random.get_state(legacy=False)
    return [repr(python), repr(numpy), repr(torch.get_rng_state().tolist())]


def lengths(build: Build) -> None:
    """Without an end every sequence has the requested length; none for no prompts or length 0."""
    sequences = _sequences(build, Request([[0], [0, 1, 2]], LENGTH))
    require({row for row, _ in sequences} == {0, 1}, "a row was left out")
    for key, parts in sequences.items():
        require(len(parts) == LENGTH, f"sequence {key} has {len(parts)} steps, not {LENGTH}")
        require(all(0 <= part.step < SIZE for part in parts), "a step does not exist")
    require(not _sequences(build, Request([], LENGTH)), "steps for no prompt")
    require(not _sequences(build, Request([[0]], 0)), "steps for length 0")


def repeatable(build: Build) -> None:
    """The same request gives the same sequences, from the same decoder and from another."""
    request = Request([[0], [0], [0, 3]], LENGTH, seed=5)
    require(
        _sequences(build, request) == _sequences(build, request),
        "two decoders give different sequences for the same request: draw with `rnngen.Draws` or "
        "`rnngen.uniforms`, from the request's seed",
    )
    decoder = build()
    first = list(decoder.decode(MarkovEngine(), request))
    require(list(decoder.decode(MarkovEngine(), request)) == first, "a decoder remembers a request")


def rows_independent(build: Build) -> None:
    """A sequence is the same alone and among others, whatever their prompts."""
    prompts = [[0], [0], [0, 1], [2], [0, 1, 2, 3], [0]]
    together = _steps(_sequences(build, Request(prompts, LENGTH, seed=3, ends=frozenset({6}))))
    for row, prompt in enumerate(prompts):
        request = Request([prompt], LENGTH, seed=3, first=row, ends=frozenset({6}))
        alone = _steps(_sequences(build, request))
        expected = {(0, rank): steps for (r, rank), steps in together.items() if r == row}
        require(alone == expected, f"row {row} is a different sequence when alone")


def forbidden_never_written(build: Build) -> None:
    """Forbidden steps are not written, however probable."""
    request = Request([[0]] * 4, LENGTH, forbidden=frozenset(range(SIZE)) - {2, 5})
    for steps in _steps(_sequences(build, request)).values():
        require(set(steps) <= {2, 5}, "a forbidden step was written")


def ends_not_written(build: Build) -> None:
    """A step that ends a sequence is not written, and nothing after it is."""
    ends = frozenset({1, 4})
    request = Request([[0]] * 20, LENGTH, ends=ends)
    for steps in _steps(_sequences(build, request)).values():
        require(not ends & set(steps), "an end was written")
        require(len(steps) <= LENGTH, f"{len(steps)} steps, {LENGTH} were asked for")


def stops_when_told(build: Build) -> None:
    """`Request.stop` is asked after each step, and where it says so a sequence ends.

    A decoder that has finished with the model before its first emission need not ask.
    """
    asked: list[tuple[int, Any]] = []

    def stop(row: int, step: Any) -> bool:
        asked.append((row, step))
        return sum(each == row for each, _ in asked) == STOPPED

    engine, count, begun = CountingEngine(), 0, -1
    for emission in build().decode(engine, Request([[0]], LENGTH, seed=2, stop=stop)):
        begun = engine.steps if begun < 0 else begun
        count += emission.rank == 0
    if begun == engine.steps:
        return
    require(
        asked,
        f"`Request.stop` was never asked, and {count} steps were written: call "
        "`request.stop(row, step)` after each emission, and end the row where it is true",
    )
    require(
        count == STOPPED,
        f"a sequence that was to stop after {STOPPED} steps has {count}: end a row where "
        "`request.stop(row, step)` is true",
    )


def leaves_its_request(build: Build) -> None:
    """The request is as it was, prompts included."""
    request = Request([[0], [0, 1, 2]], LENGTH, seed=4)
    list(build().decode(MarkovEngine(), request))
    require(
        request == Request([[0], [0, 1, 2]], LENGTH, seed=4),
        f"the decoder changed its request to {request}: copy what is to change",
    )


def gives_plain_emissions(build: Build) -> None:
    """Each emission is an `Emission`, with an id of Python and a logarithm that is a number."""
    for emission in build().decode(MarkovEngine(), Request([[0]], LENGTH)):
        require(
            isinstance(emission, Emission),
            f"`decode` gives a {type(emission).__name__}, expected an `rnngen.Emission`",
        )
        require(
            type(emission.step) is int,
            f"a step is a {type(emission.step).__name__}, expected an `int`: `int(step)` or "
            "`steps.tolist()`",
        )
        require(
            type(emission.log_probability) is float and emission.log_probability <= TOLERANCE,
            f"a log-probability is {emission.log_probability!r}, expected a `float` below 0",
        )


def ends_are_told(build: Build) -> None:
    """With `tell_end`, an end comes last, with the model's log-probability of all ends.

    A decoder that tells none is accepted, as in 0.1.0; then the probability of a sequence lacks it.
    """
    ends = frozenset({1, 4})
    request = Request([[0]] * 20, LENGTH, ends=ends, tell_end=True)
    for parts in _sequences(build, request).values():
        *before, last = parts
        require(not any(part.end for part in before), "an end is told before the last step")
        if not last.end:
            continue
        require(last.step in ends, f"step {last.step} is told as an end, which `ends` has not")
        engine = MarkovEngine()
        tokens = torch.tensor([0, *(part.step for part in before)]).unsqueeze(1)
        output, _ = engine.read(tokens, engine.start(1))
        expected = float(output.log_softmax(-1)[0, sorted(ends)].logsumexp(-1))
        require(
            math.isclose(last.log_probability, expected, abs_tol=1e-5),
            f"the log-probability of an end is {last.log_probability:.6f}, the model's for all "
            f"ends together is {expected:.6f}",
        )


def log_probabilities_of_model(build: Build) -> None:
    """The log-probability of an emission is the model's, unfiltered."""
    prompts = [[0], [0, 2]]
    for (row, _), parts in _sequences(build, Request(prompts, LENGTH)).items():
        engine = MarkovEngine()
        tokens = torch.tensor(prompts[row]).unsqueeze(1)
        output, state = engine.read(tokens, engine.start(1))
        for part in parts:
            expected = float(output.log_softmax(-1)[0, part.step])
            require(
                math.isclose(part.log_probability, expected, abs_tol=1e-5),
                f"the log-probability of step {part.step} is {part.log_probability:.5f}, the "
                f"model's is {expected:.5f}: take it before temperature and filters, with "
                "`rnngen.log_probabilities`",
            )
            output, state = engine.step(torch.tensor([part.step]), state)


def no_global_random_state(build: Build) -> None:
    """Neither Python's, NumPy's nor PyTorch's random state is used or changed."""
    request = Request([[0]] * 3, LENGTH)
    expected = _steps(_sequences(build, request))
    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    before = _random_states()
    require(_steps(_sequences(build, request)) == expected, "a global random state is used")
    require(_random_states() == before, "a global random state is changed")


def inference_mode_stays_inside(build: Build) -> None:
    """Between two emissions PyTorch is as the caller left it."""
    for _ in build().decode(MarkovEngine(), Request([[0]], 2)):
        require(not torch.is_inference_mode_enabled(), "inference mode leaks to the caller")
        require(torch.is_grad_enabled(), "gradients are off for the caller")


CHECKS: dict[str, Callable[[Build], None]] = all_of(
    (
        lengths,
        repeatable,
        rows_independent,
        forbidden_never_written,
        ends_not_written,
        ends_are_told,
        stops_when_told,
        leaves_its_request,
        gives_plain_emissions,
        log_probabilities_of_model,
        no_global_random_state,
        inference_mode_stays_inside,
    )
)
