"""Chooses the device and precision of a run, and says why."""

from __future__ import annotations

import torch

from rnngen.contracts.errors import UsageError
from rnngen.engines.cores import available


def choose_device(wanted: str) -> tuple[torch.device, str]:
    """The device for `auto`, `cpu`, `cuda`, `cuda:N` or `mps`, and the reason in a few words.

    Raises:
        UsageError: the device is unknown, or not on this machine.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda"), torch.cuda.get_device_name()
        if torch.backends.mps.is_available():
            return torch.device("mps"), "Apple GPU"
        return torch.device("cpu"), "no CUDA or Apple GPU found"
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise UsageError(
            f"`{wanted}` is not a device", hint="use `auto`, `cpu`, `cuda`, `cuda:1` or `mps`"
        ) from None
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
        "mps": torch.backends.mps.is_available(),
    }
    if not present.get(device.type, False):
        raise UsageError(
            f"device `{wanted}` is not on this machine",
            hint="`--device auto` picks the best available; `rnngen doctor` lists the devices",
        )
    return device, "as asked"


def choose_precision(wanted: str, device: torch.device) -> tuple[torch.dtype | None, str]:
    """The data type of matrix products under autocast (None: float32), and the reason."""
    if wanted == "fp32":
        return None, "fp32 (as asked)"
    native = has_native_bf16(device)
    if wanted == "bf16":
        note = "" if native else ", without hardware for it: expect it to be slow"
        return torch.bfloat16, f"bf16 (as asked{note})"
    if native:
        return torch.bfloat16, "bf16 (native here)"
    return None, "fp32 (no native bf16 here)"


def has_native_bf16(device: torch.device) -> bool:
    """Whether the hardware multiplies bf16, rather than emulating it."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="ignore") as info:
            flags = next((line for line in info if line.startswith("flags")), "")
    except OSError:
        return False
    return bool({"avx512_bf16", "amx_bf16"} & set(flags.split()))


def use_threads(wanted: int | None) -> int:
    """Sets the number of processor threads, and returns it.

    None takes torch's own choice (which follows `OMP_NUM_THREADS`), but no more than the cores
    that this process may use, which in a container are fewer than the machine's.
    """
    if wanted is None:
        wanted = min(torch.get_num_threads(), available())
    if wanted != torch.get_num_threads():
        torch.set_num_threads(wanted)
    return wanted
