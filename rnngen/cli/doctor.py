"""`rnngen doctor`: what a bug report needs, and what this machine can do."""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import sys
from typing import Any

import click

from rnngen.cli.parameters import json_flag, pass_ui, verbosity
from rnngen.cli.plugins import describe
from rnngen.cli.ui import Ui
from rnngen.contracts.version import __version__

PACKAGES = ("torch", "numpy", "safetensors", "tokenizers", "click", "pluggy", "rich")


@click.command(name="doctor", short_help="Report versions, devices and plugins.")
@json_flag
@verbosity
@pass_ui
def command(ui: Ui, as_json: bool) -> None:
    """Report versions, devices, installed packages, and the status of every plugin.

    \b
    Examples:
      rnngen doctor
      rnngen doctor --json > report.json
    """
    report = {
        "versions": _versions(),
        "processor": _processor(),
        "devices": _devices(),
        "extras": _extras(),
        "folders": _folders(),
        "plugins": _plugins(),
    }
    if as_json:
        ui.json(report)
        return
    rows = [
        [topic, name, _shown(value)]
        for topic, facts in report.items()
        for name, value in facts.items()
    ]
    topics = [row[0] for row in rows]
    for number, row in enumerate(rows):
        if number and topics[number] == topics[number - 1]:
            row[0] = ""
    ui.table(["about", "what", "how it is"], rows, wraps=["how it is"])


def _versions() -> dict[str, str | None]:
    python = f"{platform.python_version()} ({sys.platform}, {platform.machine()})"
    return {"rnngen": __version__, "python": python, **{name: _version(name) for name in PACKAGES}}


def _version(distribution: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _processor() -> dict[str, Any]:
    import torch

    from rnngen.engines.device import has_native_bf16

    return {
        "cores": os.cpu_count(),
        "torch threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "native bf16": has_native_bf16(torch.device("cpu")),
    }


def _devices() -> dict[str, Any]:
    import torch

    from rnngen.engines.device import choose_device, choose_precision

    device, reason = choose_device("auto")
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    return {
        "auto": f"{device} ({reason})",
        "precision": choose_precision("auto", device)[1],
        "cuda": [torch.cuda.get_device_name(index) for index in range(count)],
        "mps": torch.backends.mps.is_available(),
    }


def _extras() -> dict[str, str]:
    """For every extra of our distribution, what is installed and what is missing."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        requirements = requires("rnngen") or []
    except PackageNotFoundError:
        return {"none": "rnngen is not installed; `pip install -e .` brings its entry points"}
    wanted: dict[str, list[str]] = {}
    for text in requirements:
        match = re.match(r"([\w.-]+)[^;\[]*;.*extra == ['\"]([\w-]+)['\"]", text)
        if match and match[2] not in {"all", "dev"}:
            wanted.setdefault(match[2], []).append(match[1])
    return {extra: _installed(extra, names) for extra, names in wanted.items()}


def _installed(extra: str, names: list[str]) -> str:
    missing = [name for name in names if _version(name) is None]
    if missing:
        return f"missing {', '.join(missing)}: `pip install 'rnngen[{extra}]'`"
    return ", ".join(f"{name} {_version(name)}" for name in names)


def _folders() -> dict[str, str]:
    from rnngen.files.source import cache_folder

    spec = importlib.util.find_spec("rnngen")
    return {
        "cache": str(cache_folder()),
        "working folder": os.getcwd(),
        "code": os.path.dirname(spec.origin) if spec and spec.origin else "",
    }


def _plugins() -> dict[str, Any]:
    from rnngen.kernel.catalog import get_catalog

    catalog = get_catalog()
    for plugin in catalog.plugins:
        catalog.load_one(plugin, quiet=True)
    return {plugin.name: describe(plugin) for plugin in catalog.plugins}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        words = [value["version"], value["status"], value["reason"] or ""]
        return " ".join(word for word in words if word)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return "missing" if value is None else str(value)
