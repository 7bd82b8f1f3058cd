"""Where a training computes: device, precision and threads, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from rnngen.engines.device import choose_device, choose_precision, use_threads
from rnngen.kernel.core_options import TrainOptions
from rnngen.training.allocator import keep_freed_blocks


@dataclass(frozen=True)
class Place:
    """The chosen device, precision and threads, with reasons."""

    device: torch.device
    device_reason: str
    dtype: torch.dtype | None
    """Type of matrix products; None is float32."""
    precision_reason: str
    threads: int


def choose_place(train: TrainOptions) -> Place:
    """Chooses the device and the precision, and sets the process up for them.

    Raises:
        UsageError: what was asked for is not there.
    """
    device, device_reason = choose_device(train.device)
    dtype, precision_reason = choose_precision(train.precision, device)
    threads = use_threads(train.threads)
    keep_freed_blocks()
    return Place(device, device_reason, dtype, precision_reason, threads)
