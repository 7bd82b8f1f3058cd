"""One line about the machine a measurement ran on, and the data it needs."""

from __future__ import annotations

import os
import platform
from datetime import date
from pathlib import Path

import torch


def describe() -> str:
    """Date, processor, cores used and versions."""
    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            names = [
                line.split(":", 1)[1].strip() for line in info if line.startswith("model name")
            ]
        processor = names[0] if names else processor
    except OSError:
        pass
    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return (
        f"{date.today()}, {processor}, {torch.get_num_threads()} threads{gpu}, "
        f"Python {platform.python_version()}, torch {torch.__version__}"
    )


def data(name: str) -> Path:
    """A file below `RNNGEN_DATA`; SystemExit with a plain message where it is missing."""
    folder = os.environ.get("RNNGEN_DATA")
    path = Path(folder or "") / name
    if folder is None or not path.exists():
        raise SystemExit(
            f"this benchmark needs `{name}` below the folder that the environment variable "
            "RNNGEN_DATA names; it is not part of the project"
        )
    return path
