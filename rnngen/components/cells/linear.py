"""Matrix products with weights laid out once, for cells and the engine that step one at a time.

`torch.addmm` passes its weights to a library that repacks them at every call, and adds in
another order for one row than for many: the same sequence would come out differently, in the last
bits, alone and in a batch. oneDNN keeps its own layout and, with one made for several rows, adds in
the same order for any number of them. Measured on one AVX-512 core, 512 to 2048 numbers, µs for
1, 4 and 64 rows: addmm 75, 357, 1444; oneDNN 58, 58, 571.
"""

from __future__ import annotations

import platform
from collections.abc import Callable

import torch
from torch import Tensor

Linear = Callable[[Tensor], Tensor]
"""`x [..., I]` to `x Wᵀ + b [..., O]`."""

ROWS = 64
"""The number of rows the layout is made for; for 1 oneDNN would choose another order of adding."""


def prepare_linear(weight: Tensor, bias: Tensor | None = None) -> Linear:
    """x Wᵀ + b for weights that no longer change.

    Args:
        weight: W, `[O,I]`.
        bias: b, `[O]`.

    Returns:
        a function of `x [..., I]`, without gradient; it keeps its own copy of the weights.
    """
    weight = weight.detach()
    bias = None if bias is None else bias.detach().clone()
    return _packed(weight, bias) or _plain(weight.clone(), bias)


def _packed(weight: Tensor, bias: Tensor | None) -> Linear | None:
    """The product by oneDNN; None if this machine or PyTorch lacks it."""
    if (
        weight.device.type != "cpu"
        or weight.dtype != torch.float32
        or platform.machine().lower() not in ("x86_64", "amd64")
        or not torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    ):
        return None
    # Not public in PyTorch: absent or different elsewhere, so it is tried and its result compared.
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS)
        product = torch.ops.mkldnn._linear_pointwise.default

        def linear(x: Tensor) -> Tensor:
            y: Tensor = product(x, packed, bias, "none", [], "")
            return y

        x = torch.linspace(-1, 1, 2 * weight.shape[1], device=weight.device).view(2, -1)
        expected = torch.nn.functional.linear(x, weight, bias)
        same = torch.allclose(linear(x), expected, rtol=1e-4, atol=1e-4, equal_nan=True)
    except (RuntimeError, AttributeError, TypeError, NotImplementedError):
        return None
    return linear if same else None


def _plain(weight: Tensor, bias: Tensor | None) -> Linear:
    return lambda x: torch.nn.functional.linear(x, weight, bias)
