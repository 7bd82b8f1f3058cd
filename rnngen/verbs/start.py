"""From a bundle to a decoder, an engine and the steps that stand before the first one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle, data_of
from rnngen.contracts.decoder import Decoder
from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import build as build_options
from rnngen.contracts.steps import Beginning
from rnngen.data import find_sources
from rnngen.data.tasks import STANDARD_INPUT, split_of
from rnngen.engines.choose import DEFAULT, make_engine
from rnngen.engines.device import choose_device
from rnngen.files import source
from rnngen.files.source import Source
from rnngen.kernel.assignments import assign, parse_assignments
from rnngen.kernel.catalog import Component, get_catalog

Given = Mapping[str, Any] | Sequence[str] | None
"""Options by name, `{"temperature": 0.7}`, or as texts, `["temperature=0.7"]`."""


def engine_of(
    bundle: Bundle,
    device: str,
    condition: Any = None,
    *,
    name: str = DEFAULT,
    options: Given = None,
) -> Engine:
    """The engine that steps a bundle's model.

    Args:
        bundle: the model and its codec.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        condition: `[U,...]`, what all sequences are conditioned on; None: nothing.
        name: of the engine, see `rnngen list engines`.
        options: of the engine.

    Raises:
        UsageError: there is no such engine, device or option.
        PluginError: the engine's plugin failed.
    """
    import torch

    component = get_catalog().find("engine", name)
    chosen = _read_options(component, options)
    where, _ = choose_device(device)
    condition = None if condition is None else torch.as_tensor(condition)
    model, boundary = bundle.model.to(where), bundle.codec.boundary
    return make_engine(model, boundary, condition, name=name, options=chosen)


def part_options(options: Given, engine: str) -> tuple[Given, Given]:
    """Options of a decoder, and those that name the engine: `ENGINE.option`."""
    prefix = engine.rpartition(":")[2] + "."
    if isinstance(options, Mapping):
        own = {key: value for key, value in options.items() if key.startswith(prefix)}
        return {key: value for key, value in options.items() if key not in own}, own
    texts = list(options or ())
    return (
        [text for text in texts if not text.startswith(prefix)],
        [text for text in texts if text.startswith(prefix)],
    )


def sources_of(
    bundle: Bundle, data: Sequence[str] | str, note: Callable[[str], None]
) -> Sequence[Source]:
    """The files named, or those that a model was trained on, as they are now.

    Raises:
        UsageError: one is gone, or they were read from standard input.
    """
    named = [data] if isinstance(data, str) and data else list(data)
    keep = getattr(bundle.domain, "keep", source.looks_like_text)
    if named:
        return find_sources.find(named, keep=keep)
    record = data_of(bundle)
    if STANDARD_INPUT in record["sources"]:
        raise UsageError(
            "the model learned from standard input, which can't be read again",
            hint=f"name a file to go on from: `rnngen generate {bundle.path} FILE`",
        )
    found = find_sources.find(record["sources"], keep=keep)
    learned, _ = split_of(bundle.domain, found, None)
    if [source.fingerprint(learned)] != record["fingerprint"]:
        note("the data changed since the model was trained: going on from what it is now")
    return found


def begin(bundle: Bundle, prompt: str) -> Beginning:
    """What a prompt means to the domain of a model.

    Raises:
        DataError: the prompt has something that the model does not know.
        UsageError: the domain takes no prompt.
    """
    codec, domain = bundle.codec, bundle.domain
    if hasattr(domain, "begin"):
        made: Beginning = domain.begin(prompt, codec)
        return made
    if not prompt and not has_documents(bundle):
        return Beginning(codec.opening)
    return Beginning(codec.encode(prompt).tolist(), shown=prompt)


def prime(bundle: Bundle, prompt: str, primer: str | Path) -> Beginning:
    """What a file to go on from, and a prompt, mean to the domain of a model.

    Raises:
        DataError: the file can't be read, or does not suit the prompt.
        UsageError: there is no such file, or the domain goes on from none.
    """
    if not hasattr(bundle.domain, "prime"):
        raise UsageError(
            f"the domain `{bundle.manifest['domain']['name']}` goes on from no file",
            hint="leave `--primer` out; a text to continue is a prompt, or `--prompt-file`",
        )
    path = Path(primer)
    if not path.is_file():
        raise UsageError(f"there is no file `{primer}`")
    made: Beginning = bundle.domain.prime(prompt, Source(path.name, path), bundle.codec)
    return made


def make_decoder(name: str, options: Given = None) -> Decoder:
    """The decoder of that name with its options.

    Raises:
        UsageError: there is no such decoder or option, or a value is wrong.
        PluginError: its plugin failed.
    """
    component = get_catalog().find("decoder", name)
    made: Decoder = component.build_with(_read_options(component, options))
    return made


def _read_options(component: Component, given: Given) -> Any:
    """The options of a component as an object; None where it has none."""
    fields = component.load_options()
    section = component.name
    values: Mapping[str, Any]
    if isinstance(given, Mapping):
        values = {key.removeprefix(f"{section}."): value for key, value in given.items()}
    else:
        sections = {section: fields} if fields is not None else {}
        values = assign(sections, parse_assignments(given or ())).get(section, {})
    if fields is not None:
        return build_options(fields, values, str(component))
    if values:
        raise UsageError(f"{component} has no options, but `{next(iter(values))}` was given")
    return None


def has_documents(bundle: Bundle) -> bool:
    """Whether the model learnt from documents enough to know where one ends."""
    count = (bundle.manifest.get("data") or {}).get("documents")
    options = bundle.manifest["domain"].get("options") or {}
    several = isinstance(count, int) and count > 1
    return several or options.get("documents", "file") != "file"
