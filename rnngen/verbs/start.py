"""From a bundle to a decoder, an engine and the steps that stand before the first one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from rnngen.bundles.bundle import Bundle, load
from rnngen.contracts.absent import absent
from rnngen.contracts.decoder import Decoder
from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import UsageError
from rnngen.contracts.exact_text import exact, refuse_escaped
from rnngen.contracts.steps import Beginning
from rnngen.engines.choose import DEFAULT, make_engine
from rnngen.engines.device import choose_device
from rnngen.files.source import Source
from rnngen.kernel.catalog import get_catalog
from rnngen.verbs.components import Given, build, options_of


def opened(bundle: Bundle | str | Path) -> Bundle:
    """A bundle, or the one in a folder.

    Raises:
        BundleError: there is none, or it is damaged.
    """
    return bundle if isinstance(bundle, Bundle) else load(bundle)


def make_decoder(name: str, options: Given = None) -> Decoder:
    """The decoder of that name with its options.

    Raises:
        UsageError: there is no such decoder or option, or a value is wrong.
        PluginError: its plugin failed.
    """
    made: Decoder = build(get_catalog().find("decoder", name), options)
    return made


def engine_of(
    bundle: Bundle,
    device: str,
    condition: Any = None,
    *,
    name: str = DEFAULT,
    options: Given = None,
) -> Engine:
    """The engine of a model.

    Args:
        bundle: the model.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        condition: `[U,...]` what all sequences are conditioned on; None: nothing.
        name: of the engine, see `rnngen list engines`.
        options: of the engine.

    Raises:
        UsageError: there is no such engine or option, or no such device on this machine.
        PluginError: the engine's plugin failed.
    """
    chosen = options_of(get_catalog().find("engine", name), options)
    where, _ = choose_device(device)
    values = None if condition is None else torch.as_tensor(condition)
    model, boundary = bundle.model.to(where), bundle.codec.boundary
    return make_engine(model, boundary, values, name=name, options=chosen)


def beginning_of(
    bundle: Bundle,
    prompt: str | bytes,
    primer: str | Path | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Beginning:
    """What a prompt, and a file to continue, mean to the domain of a model.

    Args:
        bundle: the model.
        prompt: bytes, or text as `exact` makes it of bytes.
        primer: the file.
        note: told what the model did not know of the prompt, where that is not an error.

    Raises:
        DataError: the prompt or the file has something that the model does not know.
        UsageError: there is no such file, or the domain does not support one.
    """
    codec, domain = bundle.codec, bundle.domain
    prompt = exact(prompt) if isinstance(prompt, bytes) else prompt
    if codec.spells_text and not codec.keeps_bytes:
        refuse_escaped(prompt, "the prompt")
    if primer is not None:
        path = Path(primer)
        if not path.is_file():
            raise (
                absent(path, "file")
                if not path.exists()
                else UsageError(f"`{primer}` is not a file", hint="name a file to continue")
            )
        return domain.prime(prompt, Source(path.name, path), codec)
    if not prompt and codec.spells_text and not has_documents(bundle):
        return Beginning(codec.opening)
    beginning = domain.begin(prompt, codec)
    for remark in domain.remarks:
        note(remark)
    return beginning


def has_documents(bundle: Bundle) -> bool:
    """Whether the model learned from enough documents to know where one ends."""
    count = bundle.manifest.data.get("documents")
    several = isinstance(count, int) and count > 1
    return several or bundle.manifest.domain.options.get("documents", "file") != "file"
