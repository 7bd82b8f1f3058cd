"""Checks what a plugin's component gives at the moment it gives it, where it can still be named.

    guard(domain, "`fasta` (rnngen-fasta 1.0)")

A wrong value would fail later and elsewhere, in code of ours. So a component that does not come
with rnngen is made an instance of a class between itself and its callers, of the same name, in
which each method of `CHECKS` looks at what the component's own method gave. Its own methods call
each other through it, too. Nothing is looked at twice, and nothing of our own components.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import wraps
from inspect import isfunction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.contracts.errors import Broken
from rnngen.contracts.steps import Beginning, Piece

if TYPE_CHECKING:
    from rnngen.contracts.contract import Contract

Check = Callable[..., Any]
"""`check(component, what it gave, *arguments)` gives what the caller gets."""


def guard(component: Any, plugin: str) -> None:
    """From now on, what the component gives is checked; `plugin` says who brings it.

    Raises:
        PluginError: it says of itself what its contract forbids.
    """
    kind = component.component_kind
    own = type(component)
    with suppress(AttributeError):  # no place for it: then nobody is named
        component.component_plugin = plugin
    if kind == "codec":
        _check_steps(component)
    if own not in _guarded.values():
        with suppress(TypeError):  # its class can't be changed, such as one written in C
            component.__class__ = _guarded.get((own, kind)) or _make(own, kind)


_guarded: dict[tuple[type, str], type] = {}
"""Classes that were made, by the component's own."""


def _make(own: type, kind: str) -> type:
    theirs, checks = _methods(own), CHECKS.get(kind, {})
    methods = {name: _checked(theirs[name], checks[name]) for name in checks if name in theirs}
    about = {name: getattr(own, name) for name in ("__module__", "__qualname__", "__doc__")}
    made = type(own)(own.__name__, (own,), {"__slots__": (), **about, **methods})
    _guarded[own, kind] = made
    return made


def _methods(own: type) -> dict[str, Any]:
    """The methods that a class defines itself, or inherits from something other than a contract."""
    found: dict[str, Any] = {}
    for each in reversed(own.__mro__):
        if each.__module__.startswith("rnngen.contracts."):
            continue
        found |= {name: value for name, value in vars(each).items() if isfunction(value)}
    return found


def _checked(method: Callable[..., Any], check: Check) -> Callable[..., Any]:
    @wraps(method)
    def call(self: Contract, *arguments: Any, **named: Any) -> Any:
        return check(self, method(self, *arguments, **named), *arguments, *named.values())

    return call


def _type_of(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _is(kind: type | tuple[type, ...], name: str, expected: str) -> Check:
    """Checks that a method gives a value of a type."""

    def check(component: Any, value: Any, *_: Any) -> Any:
        if not isinstance(value, kind):
            raise Broken(component, f"`{name}` gave {_type_of(value)}", expected)
        return value

    return check


# Domains -----------------------------------------------------------------------------------------


def _pieces(domain: Any, pieces: Any, *_: Any) -> Iterator[Piece]:
    try:
        found = iter(pieces)
    except TypeError:
        raise Broken(domain, f"`read` gave {_type_of(pieces)}", "pieces") from None
    for piece in found:
        if not isinstance(piece, Piece):
            raise Broken(domain, f"`read` gave {_type_of(piece)}", "an `rnngen.Piece`")
        if not isinstance(piece.size, int) or piece.size < 0:
            raise Broken(domain, f"`read` gave a piece of size {piece.size!r}", "its bytes")
        yield piece


def _something(name: str, expected: str) -> Check:
    def check(component: Any, value: Any, *_: Any) -> Any:
        if value is None:
            raise Broken(component, f"`{name}` gave nothing", expected)
        return value

    return check


def _likelihood(domain: Any, value: Any, *_: Any) -> Any:
    good = isinstance(value, tuple | list) and len(value) == 2
    if not (good and isinstance(value[0], str) and isinstance(value[1], Mapping)):
        raise Broken(domain, f"`likelihood` gave {value!r}"[:120], "a name and a dict of options")
    return tuple(value)


def _files_made(domain: Any, value: Any, *_: Any) -> list[Path]:
    """The files that `write` says it made; there is at least one, and all are there."""
    try:
        paths = [Path(path) for path in value]
    except TypeError:
        raise Broken(domain, f"`write` gave {_type_of(value)}", "the files it made") from None
    if not paths:
        raise Broken(domain, "`write` made no file", "at least one")
    for path in paths:
        if not path.exists():
            raise Broken(domain, f"`write` did not make `{path}`", "the files that it names")
    return paths


def _report(name: str, expected: str) -> Check:
    def check(domain: Any, value: Any, *_: Any) -> Any:
        from rnngen.contracts.domain import Report

        if value is not None and not isinstance(value, Report):
            raise Broken(domain, f"`{name}` gave {_type_of(value)}", expected)
        return value

    return check


# Codecs ------------------------------------------------------------------------------------------


def _check_steps(codec: Any) -> None:
    """`size` and `boundary` of a codec of ids are what they can be."""
    if codec.step_shape:
        return
    size, boundary = codec.size, codec.boundary
    if not _is_integer(size) or size < 1:
        raise Broken(codec, f"`size` is {size!r}", "the number of its ids")
    if not _is_integer(boundary) or not 0 <= boundary < size:
        raise Broken(codec, f"`boundary` is {boundary!r}", f"an id, 0 to {size - 1}")


def _is_integer(value: Any) -> bool:
    import numpy as np

    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _encoded(codec: Any, steps: Any, *_: Any, name: str = "encode") -> Any:
    import numpy as np

    if not isinstance(steps, np.ndarray):
        raise Broken(codec, f"`{name}` gave {_type_of(steps)}", "an array of NumPy")
    if codec.step_shape:
        if steps.shape[1:] != tuple(codec.step_shape) or steps.dtype.kind != "f":
            found = f"`{name}` gave {steps.dtype} {list(steps.shape)}"
            raise Broken(codec, found, f"rows of {list(codec.step_shape)} numbers")
        return steps
    if steps.ndim != 1 or steps.dtype.kind not in "iu":
        found = f"`{name}` gave {steps.dtype} {list(steps.shape)}"
        raise Broken(codec, found, "a row of integers")
    if steps.size and not 0 <= int(steps.min()) <= int(steps.max()) < codec.size:
        found = f"`{name}` gave ids from {steps.min()} to {steps.max()}"
        raise Broken(codec, found, f"ids from 0 to {codec.size - 1}")
    return steps


def _encoded_many(codec: Any, value: Any, *_: Any) -> Any:
    if not isinstance(value, tuple) or len(value) != 2:
        raise Broken(codec, f"`encode_many` gave {_type_of(value)}", "steps, and their numbers")
    steps, lengths = _encoded(codec, value[0], name="encode_many"), list(value[1])
    if sum(lengths) != len(steps):
        found = f"`encode_many` gave {len(steps)} steps, and lengths that sum to {sum(lengths)}"
        raise Broken(codec, found, "the number of steps of each content")
    return steps, lengths


def _files(codec: Any, value: Any, *_: Any) -> Any:
    good = isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(data, bytes) for name, data in value.items()
    )
    if not good:
        raise Broken(codec, f"`files` gave {_type_of(value)}", "a dict of names and bytes")
    return value


# Decoders ----------------------------------------------------------------------------------------


def _emissions(decoder: Any, emissions: Any, engine: Any, request: Any) -> Iterator[Any]:
    """The emissions of a request, each one that it can have."""
    from rnngen.contracts.decoder import Emission

    try:
        found = iter(emissions)
    except TypeError:
        raise Broken(decoder, f"`decode` gave {_type_of(emissions)}", "emissions") from None
    shape = tuple(engine.likelihood.step_shape)
    size, rows, length = engine.likelihood.size, len(request.prompts), request.length
    counts: dict[tuple[int, int], int] = {}
    for emission in found:
        if not isinstance(emission, Emission):
            raise Broken(decoder, f"`decode` gave {_type_of(emission)}", "an `rnngen.Emission`")
        row, rank, step = emission.row, emission.rank, emission.step
        if not (_is_integer(row) and 0 <= row < rows):
            raise Broken(decoder, f"it wrote to row {row!r}", f"rows from 0 to {rows - 1}")
        if not (_is_integer(rank) and rank >= 0):
            raise Broken(decoder, f"it gave the rank {rank!r}", "0 or more")
        if not (_is_vector(step, shape) if shape else _is_integer(step) and 0 <= step < size):
            expected = f"{shape[0]} numbers" if shape else f"an id from 0 to {size - 1}"
            raise Broken(decoder, f"it wrote the step {step!r}"[:120], expected)
        logarithm = emission.log_probability
        if not isinstance(logarithm, float | int) or logarithm != logarithm:  # NaN
            raise Broken(decoder, f"a log-probability is {logarithm!r}"[:120], "a number")
        counts[row, rank] = counts.get((row, rank), 0) + 1
        if counts[row, rank] > length:
            raise Broken(decoder, f"it writes on after {length} steps", "no more than asked for")
        yield emission
    silent = [row for row in range(rows) if not any(key[0] == row for key in counts)]
    if silent and length and not request.ends and not decoder.complete:
        raise Broken(decoder, f"it wrote nothing for row {silent[0]}", f"{length} steps")


def _is_vector(step: Any, shape: tuple[int, ...]) -> bool:
    return isinstance(step, tuple) and len(step) == shape[0]


CHECKS: dict[str, dict[str, Check]] = {
    "domain": {
        "read": _pieces,
        "fit_codec": _something("fit_codec", "a codec"),
        "load_codec": _something("load_codec", "a codec"),
        "likelihood": _likelihood,
        "begin": _is(Beginning, "begin", "an `rnngen.Beginning`"),
        "prime": _is(Beginning, "prime", "an `rnngen.Beginning`"),
        "parts": _is((Mapping, type(None)), "parts", "a dict of sources, or None"),
        "show": _is(str, "show", "text"),
        "write": _files_made,
        "evaluate": _report("evaluate", "an `rnngen.Report`, or None"),
        "backtest": _report("backtest", "an `rnngen.Report`"),
        "forecast": _something("forecast", "a forecast"),
        "default_constraint": _is((str, type(None)), "default_constraint", "a name, or None"),
    },
    "codec": {
        "encode": _encoded,
        "encode_many": _encoded_many,
        "decode": _is(str, "decode", "text"),
        "stream": _something("stream", "an `rnngen.StreamDecoder`"),
        "token": _is(str, "token", "text"),
        "bytes_of": _is(bytes, "bytes_of", "bytes"),
        "files": _files,
        "grow": _something("grow", "a codec"),
    },
    "decoder": {"decode": _emissions},
}
"""What is looked at, by kind and method."""
