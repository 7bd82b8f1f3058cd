"""How well a model predicts strokes: the metrics of Graves 2013, tables 3 and 4.

- nats per step and nats per drawing: −log p, a density in units of the usual offset; it depends on
  the unit, so only numbers with the same codec can be compared;
- squared error: error of the mixture's mean offset, summed over both directions;
- pen: how often the actual pen state is the most likely one.

The end of a drawing counts as a step in which only the pen state has a probability.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnngen import Measured, Measuring, Report
from rnngen_handwriting.pen_mixture import ENDS, STATES, PenMixture

CHUNK = 256
COLUMNS = ("nats/step", "nats/drawing", "squared error", "pen right")
ITERATIONS = 50
"""Iterations for fitting the baseline's mixture."""
MOST = 100_000
"""Most offsets that the mixture is fitted to."""

PROTOCOL = (
    "every drawing from its beginning, the end included; offsets in units of the training data's; "
    "float32"
)


def evaluate(measuring: Measuring) -> Report:
    """The model's row, and rows of distributions that ignore the past."""
    likelihood = measuring.likelihood
    assert isinstance(likelihood, PenMixture)
    held_out = measuring.held_out
    sums = torch.zeros(5, dtype=torch.float64)
    with torch.inference_mode():
        for output, batch in measuring.outputs(CHUNK):
            sums += _sums(likelihood, output, batch.targets, batch.weights).cpu()
    drawings = max(1, len(held_out.documents))
    rows: list[tuple[str, list[float | None]]] = [("model", _row(sums, drawings))]
    if measuring.train is not None:
        steps, learned = _targets(measuring, held_out), _targets(measuring, measuring.train)
        for name, components in (("one Gaussian, no past", 1), ("20 Gaussians, no past", 20)):
            fitted = PenMixture(components)
            output = fit(learned, components)
            sums = _sums(fitted, output.expand(len(steps), -1), steps, None)
            rows.append((name, _row(sums, drawings)))
    return Report(f"strokes, {measuring.label}", COLUMNS, rows, PROTOCOL)


def _targets(measuring: Measuring, data: Measured) -> Tensor:
    """All steps to predict, `[n,5]`, the last drawing's end included."""
    steps = torch.from_numpy(data.steps[1:].copy())
    return torch.cat([steps, torch.tensor([measuring.codec.boundary])])


def _sums(likelihood: PenMixture, output: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    """Sums of nats, steps, squared error, offsets and correct pen states: `[5]` float64."""
    counts = torch.ones(target.shape[:-1], device=target.device) if weights is None else weights
    moves = counts * (target[..., ENDS] == 0)
    mixture, mean, _, _ = likelihood.parameters(output)
    expected = (mixture.softmax(-1).unsqueeze(-1) * mean).sum(-2)
    error = (expected - target[..., :2]).square().sum(-1)
    right = output[..., -STATES:].argmax(-1) == target[..., 2:].argmax(-1)
    nll = likelihood.nll(output, target)
    parts = (nll * counts, counts, error * moves, moves, right * counts)
    return torch.stack([part.sum(dtype=torch.float64) for part in parts])


def _row(sums: Tensor, drawings: int) -> list[float | None]:
    nats, steps, error, moves, right = sums.tolist()
    return [nats / steps, nats / drawings, error / max(moves, 1.0), right / steps]


def fit(targets: Tensor, components: int) -> Tensor:
    """The constant output `[6M+3]` of a likelihood that best fits steps `[n,5]`.

    Expectation maximisation (Dempster et al. 1977) from components spread over the data.
    """
    moves = targets[targets[:, ENDS] == 0][:, :2].double()
    moves = moves[:: max(1, len(moves) // MOST)]
    order = torch.argsort(torch.atan2(moves[:, 1], moves[:, 0]) + moves.square().sum(1))
    mean = moves[order[torch.linspace(0, len(moves) - 1, components).long()]].clone()
    if components == 1:
        mean = moves.mean(0, keepdim=True)
    whole = torch.cov(moves.T).reshape(2, 2) + 1e-6 * torch.eye(2)
    spread = whole.expand(components, 2, 2).clone()
    weight = torch.full((components,), 1.0 / components, dtype=torch.float64)
    for _ in range(ITERATIONS if components > 1 else 1):
        normal = torch.distributions.MultivariateNormal(mean, spread)
        log = normal.log_prob(moves.unsqueeze(1)) + weight.log()  # type: ignore[no-untyped-call]
        share = log.softmax(1)  # [n, M]
        total = share.sum(0).clamp(min=1e-9)
        weight = total / total.sum()
        mean = share.T @ moves / total.unsqueeze(1)
        apart = moves.unsqueeze(1) - mean
        spread = torch.einsum("nm,nmi,nmj->mij", share, apart, apart) / total[:, None, None]
        spread = spread + 1e-6 * torch.eye(2)
    deviation = spread.diagonal(dim1=1, dim2=2).sqrt()
    rho = spread[:, 0, 1] / deviation.prod(1)
    return PenMixture(components).output(
        weight.log(), mean, deviation.log(), rho, _log_shares(targets[:, 2:])
    )


def _log_shares(states: Tensor) -> Tensor:
    """Log-probabilities of the pen states, one added to each count."""
    counts = states.double().sum(0) + 1.0
    return (counts / counts.sum()).log()
