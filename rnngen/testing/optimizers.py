"""Contract checks for any optimizer: `check_optimizer(build)` runs all, `CHECKS` names each.

from rnngen.testing.optimizers import CHECKS

@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
def test_contract(check):
    check(lambda parameters, rate: Lion(parameters, rate, LionOptions()))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from rnngen.files.json import MARKED, dump
from rnngen.files.tree import pack, unpack
from rnngen.testing.saying import all_of, require

Build = Callable[[Iterable[tuple[str, nn.Parameter]], float], torch.optim.Optimizer]
RATE = 0.01
STEPS = 60


def check_optimizer(build: Build) -> None:
    """Runs every check on optimizers that `build` makes; AssertionError names what is broken."""
    for check in CHECKS.values():
        check(build)


class _Small(nn.Module):
    """Parameters as a model has them: embedding, matrices and vectors."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(5, 4)
        self.layer = nn.Linear(4, 6)
        self.readout = nn.Linear(6, 5)

    def loss(self) -> Tensor:
        """Of predicting each of five ids from itself."""
        ids = torch.arange(5)
        output = self.readout(torch.tanh(self.layer(self.embedding(ids))))
        return nn.functional.cross_entropy(output, ids)


def _made(build: Build, rate: float = RATE) -> tuple[_Small, torch.optim.Optimizer]:
    model = _Small()
    made = build(list(model.named_parameters()), rate)
    require(
        isinstance(made, torch.optim.Optimizer),
        f"it gives a {type(made).__name__}, expected a `torch.optim.Optimizer`",
    )
    return model, made


def _step(model: _Small, optimizer: torch.optim.Optimizer) -> None:
    optimizer.zero_grad(set_to_none=True)
    model.loss().backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def has_every_parameter_once(build: Build) -> None:
    """Every parameter is in one of its groups, once."""
    model, optimizer = _made(build)
    had = [id(part) for group in optimizer.param_groups for part in group["params"]]
    for name, parameter in model.named_parameters():
        count = had.count(id(parameter))
        require(
            count == 1,
            f"`{name}` is {count} times among its parameters, expected once: it is given pairs of "
            "name and parameter, in an iterable that can be read once",
        )


def every_parameter_moves(build: Build) -> None:
    """A step with gradients changes every parameter, and keeps it finite."""
    model, optimizer = _made(build)
    before = {name: part.detach().clone() for name, part in model.named_parameters()}
    for _ in range(3):
        _step(model, optimizer)
    for name, part in model.named_parameters():
        require(bool(part.isfinite().all()), f"`{name}` is not finite after three steps")
        require(not torch.equal(part, before[name]), f"`{name}` has not moved after three steps")


def learns(build: Build) -> None:
    """Some steps make a small loss smaller."""
    model, optimizer = _made(build, 0.05)
    before = float(model.loss().detach())
    for _ in range(STEPS):
        _step(model, optimizer)
    after = float(model.loss().detach())
    require(after < before, f"the loss is {before:.4f} before and {after:.4f} after {STEPS} steps")


def follows_its_rate(build: Build) -> None:
    """`lr` of its groups is the rate it was given; at 0, the weights stay."""
    model, optimizer = _made(build)
    for group in optimizer.param_groups:
        require(
            group.get("lr") == RATE,
            f"a group has the rate {group.get('lr')}, {RATE} was given: the schedule sets `lr`",
        )
    _step(model, optimizer)
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    before = {name: part.detach().clone() for name, part in model.named_parameters()}
    _step(model, optimizer)
    for name, part in model.named_parameters():
        require(
            torch.equal(part, before[name]),
            f"`{name}` moves although the rate was set to 0: read `group['lr']` in each step",
        )


def takes_parameters_without_gradient(build: Build) -> None:
    """A parameter that has no gradient at a step is left alone."""
    model, optimizer = _made(build)
    model.layer.bias.requires_grad_(False)
    before = model.layer.bias.detach().clone()
    _step(model, optimizer)
    require(torch.equal(model.layer.bias, before), "a parameter without gradient was changed")


def resumes_where_it_was(build: Build) -> None:
    """Its state can be saved, and a new one that loads it goes on with the same numbers."""
    model, optimizer = _made(build)
    for _ in range(3):
        _step(model, optimizer)
    tensors: dict[str, Tensor] = {}
    packed = pack(optimizer.state_dict(), "optimizer", tensors)
    dump(packed, MARKED)
    kept = {name: part.clone() for name, part in tensors.items()}
    other, again = _made(build)
    other.load_state_dict(model.state_dict())
    again.load_state_dict(unpack(packed, kept))
    for each, stepper in ((model, optimizer), (other, again)):
        _step(each, stepper)
    for (name, part), (_, twin) in zip(
        model.named_parameters(), other.named_parameters(), strict=True
    ):
        require(
            torch.equal(part, twin),
            f"`{name}` is another after saving and loading: keep everything that a step depends on"
            " in `state` and `param_groups`",
        )


def leaves_random_numbers(build: Build) -> None:
    """torch's random state is as it was."""
    model, optimizer = _made(build)
    before: Any = torch.get_rng_state()
    _step(model, optimizer)
    require(torch.equal(torch.get_rng_state(), before), "a step draws from torch's random numbers")


CHECKS: dict[str, Callable[[Build], None]] = all_of(
    (
        has_every_parameter_once,
        every_parameter_moves,
        learns,
        follows_its_rate,
        takes_parameters_without_gradient,
        resumes_where_it_was,
        leaves_random_numbers,
    )
)
