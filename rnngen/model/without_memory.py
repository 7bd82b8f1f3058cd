"""Builds a model whose tensors have shapes and no numbers, to count or compare them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode


class _Undrawn(TorchFunctionMode):
    """Weights without memory stay as they are: to draw them, torch imports its compiler."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        drawn = func in (torch.Tensor.normal_, torch.Tensor.uniform_)
        if drawn or getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return func(*args, **(kwargs or {}))


@contextmanager
def without_memory() -> Iterator[None]:
    """A context in which modules are built on torch's `meta` device and nothing is drawn."""
    with _Undrawn(), torch.device("meta"):
        yield
