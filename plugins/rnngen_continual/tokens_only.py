"""What is refused where steps are no tokens: probabilities of tokens can't be taught or written."""

from __future__ import annotations

from rnngen import Run, UsageError


def require_tokens(run: Run, name: str) -> None:
    """UsageError where the steps are vectors; names the strategy."""
    if run.model.likelihood.step_shape:
        raise UsageError(
            f"`{name}` teaches probabilities of tokens, but the steps of this model are vectors",
            hint="use `--plugin ewc`, `si`, `mas` or `replay`",
        )
