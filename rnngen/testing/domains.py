"""Contract checks for any domain and its codec: `check_domain(domain, sources)`.

from rnngen.testing.domains import check_domain

def test_contract(tmp_path):
    check_domain(Music(), [Source("tune", tmp_path / "tune.mid")])
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from rnngen.contracts.codec import Codec
from rnngen.contracts.conform import conform, conform_codec
from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import BundleError, RnngenError
from rnngen.contracts.steps import Beginning, Piece
from rnngen.files.source import Source
from rnngen.model.build import make_likelihood
from rnngen.testing import likelihoods
from rnngen.testing.saying import found, require, speaking


@dataclass
class Sequence:
    """A generated sequence, for tests of `Domain.write`."""

    text: str = ""
    steps: list[Any] = field(default_factory=list)
    prompt: str = ""
    beginning: Beginning = field(default_factory=lambda: Beginning(()))
    data: bytes = b""
    prompt_data: bytes = b""


def check_domain(domain: Domain, sources: list[Source]) -> None:
    """Runs every check that applies; AssertionError says what is broken.

    Args:
        domain: as its options make it.
        sources: a few small files that it reads.
    """
    domain = conform("domain", type(domain).__name__, domain)
    pieces = check_reading(domain, sources)
    codec = conform_codec(domain, domain.fit_codec(lambda: domain.read(sources)))
    check_sizes(codec, pieces)
    if codec.step_shape:
        check_vectors(codec, pieces)
    else:
        check_codec(codec, pieces)
        check_round_trip(codec, pieces)
        check_growing(domain, codec, pieces)
    check_files(domain, codec, pieces)
    check_likelihood(domain, codec, pieces)
    if not domain.forecasts:  # such a domain writes forecasts, and nothing else
        check_writing(domain, codec, pieces)


@speaking
def check_reading(domain: Domain, sources: list[Source]) -> list[Piece]:
    """Reading gives the same pieces each time, and the last of each file ends a document."""
    pieces = list(domain.read(sources))
    require(pieces, "read: no pieces")
    again = list(domain.read(sources))
    require(
        [(p.ends_document, p.size) for p in pieces] == [(p.ends_document, p.size) for p in again],
        "read: the second time gives other pieces",
    )
    require(pieces[-1].ends_document, "read: the last piece does not end its document")
    for place, piece in enumerate(pieces):
        require(
            isinstance(piece, Piece),
            f"read: piece {place} is a {type(piece).__name__}, expected an `rnngen.Piece`",
        )
        require(piece.size >= 0, f"read: piece {place} has the size {piece.size}")
    require(
        sum(piece.size for piece in pieces) > 0,
        "read: all pieces have the size 0: `size` is the number of bytes that a piece was read "
        "from, by which bits per byte are counted",
    )
    for source in sources:
        last = list(domain.read([source]))[-1]
        require(last.ends_document, f"read: a document continues past the end of `{source.name}`")
    return pieces


@speaking
def check_sizes(codec: Codec, pieces: list[Piece]) -> None:
    """A piece that has steps was read from at least one byte."""
    for place, piece in enumerate(pieces):
        steps = len(codec.encode(piece.content))
        require(
            piece.size > 0 or steps == 0,
            f"read: piece {place} has {steps} steps and the size 0: `size` is the number of bytes "
            "that it was read from, by which bits per byte are counted",
        )


@speaking
def check_codec(codec: Codec, pieces: list[Piece]) -> None:
    """Steps are ids below `size` and never the boundary; streaming gives what decoding gives."""
    require(0 <= codec.boundary < codec.size, "the boundary is not an id")
    for piece in pieces:
        steps = codec.encode(piece.content)
        require(np.array_equal(steps, codec.encode(piece.content)), "encode: not the same twice")
        require(steps.ndim == 1, f"encode: shape {steps.shape}, expected one dimension")
        require(steps.dtype.kind in "iu", f"encode: {steps.dtype}, expected integers")
        require(steps.min(initial=0) >= 0, "encode: a negative id")
        require(steps.max(initial=0) < codec.size, "encode: an id that is not below `size`")
        require(not (steps == codec.boundary).any(), "encode: the boundary came out")
        listed = [codec.boundary, *steps.tolist(), codec.boundary, *steps.tolist()]
        stream = codec.stream()
        text = "".join([stream.feed(step) for step in listed]) + stream.flush()
        require(text == codec.decode(listed), "stream: not what decode gives")
    for step in range(codec.size):
        require(isinstance(codec.token(step), str), f"token: {step} is not shown as text")


@speaking
def check_vectors(codec: Codec, pieces: Iterable[Piece]) -> None:
    """Steps are finite float32 vectors, never the boundary; conditions have their shape."""
    shape = codec.step_shape
    require(np.dtype(codec.dtype) == np.float32, "the codec's dtype is not float32")
    require(np.shape(codec.boundary) == shape, "the boundary has another shape than steps")
    condition = codec.condition
    for piece in pieces:
        steps = codec.encode(piece.content)
        require(np.array_equal(steps, codec.encode(piece.content)), "encode: not the same twice")
        require(steps.shape[1:] == shape, f"encode: steps of {steps.shape[1:]}, expected {shape}")
        require(np.isfinite(steps).all(), "encode: a number that is not finite")
        require(not (steps == codec.boundary).all(1).any(), "encode: the boundary came out")
        if condition is not None:
            symbols = codec.encode_condition(piece.condition)
            require(symbols.shape == (condition.length,), "encode_condition: another length")
            require(symbols.min() >= 0, "encode_condition: a negative symbol")
            require(symbols.max() < condition.symbols, "encode_condition: a symbol too high")


@speaking
def check_round_trip(codec: Codec, pieces: Iterable[Piece]) -> None:
    """What steps are decoded to is encoded to the same steps, where contents are text.

    A text may change on the way (case, spaces, what is unknown), but what it became has to stay.
    """
    for piece in pieces:
        if not isinstance(piece.content, str):
            continue
        steps = codec.encode(piece.content)
        text = codec.decode(steps)
        if text == piece.content:
            continue
        try:
            again = codec.encode(text)
        except RnngenError as error:
            found(
                f"decode: gives {_short(text)} for the steps of {_short(piece.content)}, and "
                f"`encode` refuses that ({error.message}): do both use one table?"
            )
        require(
            np.array_equal(again, steps),
            f"decode: gives {_short(text)} for the steps of {_short(piece.content)}, which is "
            "encoded to other steps: do both use one table?",
        )


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else text[:27] + "...")


@speaking
def check_likelihood(domain: Domain, codec: Codec, pieces: Iterable[Piece]) -> None:
    """The likelihood can be built from JSON, gives every step a finite probability, and draws."""
    name, options = domain.likelihood(codec)
    require(json.loads(json.dumps(options)) == options, "likelihood: the options are not JSON")
    likelihood = make_likelihood(name, options)
    shape = codec.step_shape
    require(likelihood.step_shape == shape, "likelihood: steps of another shape")
    for piece in pieces:
        steps = torch.from_numpy(np.append(codec.encode(piece.content), [codec.boundary], axis=0))
        steps = steps.to(torch.float32 if shape else torch.int64)
        nll = likelihood.nll(torch.zeros(len(steps), likelihood.size), steps)
        require(nll.shape == steps.shape[:1], "nll: another shape")
        require(nll.isfinite().all(), "nll: not finite")
    drawn = likelihood.sample(torch.zeros(5, likelihood.size), torch.Generator().manual_seed(0))
    require(drawn.shape == (5, *shape), "sample: another shape")
    if shape or likelihood.size == codec.size:
        likelihoods.check_likelihood(lambda: make_likelihood(name, options))


@speaking
def check_files(domain: Domain, codec: Codec, pieces: list[Piece]) -> None:
    """The files are JSON, and give the same codec; files that are not whole are refused."""
    files = dict(codec.files())
    for name, data in files.items():
        require(Path(name).name == name, f"files: `{name}` is not a plain file name")
        json.loads(data)
    again = conform_codec(domain, domain.load_codec(files))
    require((again.size, again.boundary) == (codec.size, codec.boundary), "load: another size")
    for piece in pieces:
        same = np.array_equal(again.encode(piece.content), codec.encode(piece.content))
        require(same, "load: the loaded codec encodes differently")
    for name, data in files.items():
        for broken in ({}, files | {name: data[: len(data) // 2]}, files | {name: b"[]"}):
            try:
                domain.load_codec(broken)
            except BundleError:
                continue
            raise AssertionError(f"load: took a damaged `{name}`; expected a BundleError")


@speaking
def check_growing(domain: Domain, codec: Codec, pieces: list[Piece]) -> None:
    """Growing keeps the meaning of every old id, and adds nothing for known pieces."""
    grown = conform_codec(domain, codec.grow(pieces))
    require(grown.boundary == codec.boundary, "grow: another boundary")
    require(grown.size >= codec.size, "grow: ids were lost")
    for step in range(codec.size):
        require(
            grown.token(step) == codec.token(step),
            f"grow: id {step} was {codec.token(step)!r}, and is {grown.token(step)!r} now",
        )
    for piece in pieces:
        before, after = codec.encode(piece.content), grown.encode(piece.content)
        require(
            np.array_equal(before, after),
            f"grow: the steps of a known piece were {_first(before)}, and are {_first(after)} now: "
            "old ids keep their meaning, new ones come behind them",
        )
        require(
            grown.decode(before) == codec.decode(before),
            "grow: old steps are decoded to something else",
        )


def _first(steps: np.ndarray) -> str:
    return str(steps[:6].tolist()) + (" ..." if len(steps) > 6 else "")


@speaking
def check_writing(domain: Domain, codec: Codec, pieces: list[Piece]) -> None:
    """Decoded sequences can be written."""
    written = []
    for piece in pieces[:3]:
        steps = codec.encode(piece.content)
        listed = list(map(tuple, steps.tolist())) if steps.ndim > 1 else steps.tolist()
        text = codec.decode(steps)
        data = codec.decode_bytes(steps) if codec.spells_text else b""
        written.append(Sequence(text, listed, data=data))
    with TemporaryDirectory() as folder:
        made = domain.write(written, codec, Path(folder) / "written")
        require(made, "write: no file was made")
        require(all(path.exists() for path in made), "write: a file is not there")
