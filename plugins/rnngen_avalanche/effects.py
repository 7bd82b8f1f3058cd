"""Whether a strategy does anything: a plugin may run without an error and protect nothing.

While the second task is learned, everything that could reach the parameters is compared before and
after each plugin: the loss, the gradients, and what is rehearsed. After the first change a plugin
is not looked at any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from rnngen import Run

PROJECTING = ("agem", "gem")


class Effects:
    """The plugins that have not changed anything yet.

    Args:
        pending: their names.
    """

    def __init__(self, pending: Iterable[str]) -> None:
        self.pending = set(pending)

    def watch(self, name: str, template: Any, method: Callable[..., Any]) -> None:
        """Calls a plugin's method, and notes whether it changed something."""
        if name not in self.pending:
            method(template)
            return
        before = _seen(template)
        method(template)
        if _seen(template) != before:
            self.pending.discard(name)

    def report(self, run: Run) -> None:
        """Warns about plugins that changed nothing while the task was learned."""
        for name in sorted(self.pending):
            reason = ": no step came into conflict with the memory" if name in PROJECTING else ""
            run.warn(
                f"avalanche: `{name}` had no effect while {run.task.name} was learned: it changed "
                f"neither the loss, nor the gradient, nor the batches{reason}"
            )


def _seen(template: Any) -> Any:
    """Loss, gradients and data: what a plugin has to change to have an effect."""
    gradients = [
        None if parameter.grad is None else (id(parameter.grad), parameter.grad._version)
        for parameter in template.model.parameters()
    ]
    return float(template.loss.detach()), gradients, id(template.dataloader)
