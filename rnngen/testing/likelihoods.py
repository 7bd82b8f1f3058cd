"""Contract checks for any likelihood: `check_likelihood(build)`, `CHECKS` names each.

from rnngen.testing.likelihoods import CHECKS

@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_contract(check):
    check(lambda: Smoothed(size=7))
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from rnngen.contracts.likelihood import Likelihood
from rnngen.testing.saying import all_of, require

Build = Callable[[], Likelihood]
ROWS = 6
GRID = 4000
"""Random numbers, evenly spread, that steps are drawn from to be counted."""


def check_likelihood(build: Build) -> None:
    """Runs every check on the likelihood that `build` makes; AssertionError says what is broken."""
    for check in CHECKS.values():
        check(build)


def _outputs(likelihood: Likelihood) -> Tensor:
    """`[ROWS,K]`, each row another distribution."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(ROWS, likelihood.size, generator=generator)


def _uniform(likelihood: Likelihood, rows: int = ROWS) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(rows, likelihood.uniforms, generator=generator, dtype=torch.float64)


def shapes(build: Build) -> None:
    """Steps have the shape that is said, and a finite probability in float32."""
    likelihood = build()
    with torch.no_grad():
        output = _outputs(likelihood)
        steps = likelihood.draw(output, _uniform(likelihood))
        require(steps.shape == (ROWS, *likelihood.step_shape), f"draw: shape {list(steps.shape)}")
        wide = torch.float32 if likelihood.step_shape else torch.int64
        require(steps.dtype == wide, f"draw: {steps.dtype}, expected {wide}")
        nll = likelihood.nll(output, steps)
        require(nll.shape == (ROWS,), f"nll: shape {list(nll.shape)}")
        require(nll.dtype == torch.float32, f"nll: {nll.dtype}, expected float32")
        require(bool(nll.isfinite().all()), "nll: not finite for a step that was drawn")
        embedded = likelihood.embedding(5)(steps)
        require(embedded.shape == (ROWS, 5), f"embedding: shape {list(embedded.shape)}")


def rows_independent(build: Build) -> None:
    """Draws for a row depend on its own output and random numbers alone."""
    likelihood = build()
    with torch.no_grad():
        output, uniform = _outputs(likelihood), _uniform(likelihood)
        together = likelihood.draw(output, uniform)
        for row in range(ROWS):
            alone = likelihood.draw(output[row : row + 1], uniform[row : row + 1])
            require(torch.equal(alone[0], together[row]), f"draw: row {row} differs when alone")


def typical_without_temperature(build: Build) -> None:
    """At temperature 0 random numbers play no part."""
    likelihood = build()
    with torch.no_grad():
        output = _outputs(likelihood)
        steps = likelihood.draw(output, _uniform(likelihood), temperature=0.0)
        again = likelihood.draw(output, 1.0 - _uniform(likelihood), temperature=0.0)
        require(torch.equal(steps, again), "draw: temperature 0 still depends on random numbers")


def no_global_random_state(build: Build) -> None:
    """Draws depend on the given generator, and leave PyTorch's global one alone."""
    likelihood = build()
    with torch.no_grad():
        output = _outputs(likelihood)
        before = torch.get_rng_state()
        steps = likelihood.sample(output, torch.Generator().manual_seed(3))
        require(torch.equal(torch.get_rng_state(), before), "sample: the global state is changed")
        torch.rand(1)
        again = likelihood.sample(output, torch.Generator().manual_seed(3))
        require(torch.equal(steps, again), "sample: not the same for the same generator")


def ids_sum_to_one(build: Build) -> None:
    """The probabilities of all ids sum to one; vectors are not checked."""
    likelihood = build()
    if likelihood.step_shape:
        return
    with torch.no_grad():
        total = _chances(likelihood).sum(1)
        require(
            torch.allclose(total, torch.ones(ROWS), atol=1e-4), f"nll: sums to {total.tolist()}"
        )


def ids_are_drawn_as_often_as_they_are_probable(build: Build) -> None:
    """Ids drawn for evenly spread random numbers are as many as `nll` says."""
    likelihood = build()
    if likelihood.step_shape or likelihood.uniforms != 1:
        return
    grid = ((torch.arange(GRID, dtype=torch.float64) + 0.5) / GRID).unsqueeze(1)
    with torch.no_grad():
        output, expected = _outputs(likelihood), _chances(likelihood)
        for row in range(ROWS):
            drawn = likelihood.draw(output[row].expand(GRID, -1), grid)
            found = torch.bincount(drawn, minlength=likelihood.size) / GRID
            away = float((found - expected[row]).abs().max())
            require(away < 0.01, f"draw: an id comes {away:.2f} more or less often than `nll` says")


def _chances(likelihood: Likelihood) -> Tensor:
    """`[ROWS,K]`, of every id in each row."""
    ids = torch.arange(likelihood.size).expand(ROWS, -1)
    outputs = _outputs(likelihood).unsqueeze(1).expand(-1, likelihood.size, -1)
    return torch.exp(-likelihood.nll(outputs, ids))


CHECKS: dict[str, Callable[[Build], None]] = all_of(
    (
        shapes,
        rows_independent,
        typical_without_temperature,
        no_global_random_state,
        ids_sum_to_one,
        ids_are_drawn_as_often_as_they_are_probable,
    )
)
