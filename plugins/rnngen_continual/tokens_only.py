"""Refuses models whose steps are not tokens: they have no probabilities to distill or sample."""

from __future__ import annotations

from rnngen import Run, UsageError


def require_tokens(run: Run, name: str) -> None:
    """Raises UsageError, naming the strategy, if the steps are vectors."""
    if run.model.likelihood.step_shape:
        raise UsageError(
            f"`{name}` teaches probabilities of tokens, but the steps of this model are vectors",
            hint=f"leave `{name}` out; `ewc`, `si`, `mas`, `replay` and `agem` learn vectors",
        )
