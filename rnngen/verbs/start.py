"""From a bundle to a decoder, an engine and the steps that stand before the first one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.decoder import Decoder
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import build as build_options
from rnngen.contracts.steps import Beginning
from rnngen.data import find_sources
from rnngen.data.tasks import STANDARD_INPUT, split_of
from rnngen.engines.device import choose_device
from rnngen.engines.torch_engine import Engine
from rnngen.files import source
from rnngen.files.source import Source
from rnngen.kernel.assignments import assign, parse_assignments
from rnngen.kernel.catalog import get_catalog


def engine_of(bundle: Bundle, device: str) -> Engine:
    """The engine of a model that reads whole sequences and goes on from them."""
    where, _ = choose_device(device)
    return Engine(bundle.model.to(where), bundle.codec.boundary)


def sources_of(
    bundle: Bundle, data: Sequence[str] | str, note: Callable[[str], None]
) -> Sequence[Source]:
    """The files named, or those that a model was trained on, as they are now.

    Raises:
        UsageError: one is gone, or they were read from standard input.
    """
    named = [data] if isinstance(data, str) and data else list(data)
    keep = bundle.domain.keep
    if named:
        return find_sources.find(named, keep=keep)
    record = bundle.data_record
    if STANDARD_INPUT in record.sources:
        raise UsageError(
            "the model learned from standard input, which can't be read again",
            hint=f"name a file to go on from: `rnngen generate {bundle.path} FILE`",
        )
    found = find_sources.find(record.sources, keep=keep)
    learned, _ = split_of(bundle.domain, found, None)
    if [source.fingerprint(learned)] != record.fingerprint:
        note("the data changed since the model was trained: going on from what it is now")
    return found


def begin(bundle: Bundle, prompt: str) -> Beginning:
    """What a prompt means to the domain of a model.

    Raises:
        DataError: the prompt has something that the model does not know.
        UsageError: the domain takes no prompt.
    """
    codec = bundle.codec
    if not prompt and codec.spells_text and not has_documents(bundle):
        return Beginning(codec.opening)
    return bundle.domain.begin(prompt, codec)


def prime(bundle: Bundle, prompt: str, primer: str | Path) -> Beginning:
    """What a file to go on from, and a prompt, mean to the domain of a model.

    Raises:
        DataError: the file can't be read, or does not suit the prompt.
        UsageError: there is no such file, or the domain goes on from none.
    """
    path = Path(primer)
    if not path.is_file():
        raise UsageError(f"there is no file `{primer}`")
    return bundle.domain.prime(prompt, Source(path.name, path), bundle.codec)


def make_decoder(name: str, options: Mapping[str, Any] | Sequence[str] | None = None) -> Decoder:
    """The decoder of that name with its options.

    Raises:
        UsageError: there is no such decoder or option, or a value is wrong.
        PluginError: its plugin failed.
    """
    component = get_catalog().find("decoder", name)
    fields = component.load_options()
    section = component.name
    values: Mapping[str, Any]
    if isinstance(options, Mapping):
        values = {key.removeprefix(f"{section}."): value for key, value in options.items()}
    else:
        sections = {section: fields} if fields is not None else {}
        values = assign(sections, parse_assignments(options or ())).get(section, {})
    if fields is not None:
        values = vars(build_options(fields, values, f"decoder `{name}`"))
    elif values:
        raise UsageError(f"decoder `{name}` has no options, but `{next(iter(values))}` was given")
    made: Decoder = component.build(**values)
    return made


def has_documents(bundle: Bundle) -> bool:
    """Whether the model learnt from documents enough to know where one ends."""
    count = (bundle.manifest.get("data") or {}).get("documents")
    options = bundle.manifest["domain"].get("options") or {}
    several = isinstance(count, int) and count > 1
    return several or options.get("documents", "file") != "file"
