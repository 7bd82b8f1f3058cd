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
from rnngen.contracts.errors import BundleError
from rnngen.contracts.steps import Beginning, Piece
from rnngen.files.source import Source
from rnngen.model.build import make_likelihood
from rnngen.testing import likelihoods


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
    if codec.step_shape:
        check_vectors(codec, pieces)
    else:
        check_codec(codec, pieces)
        check_growing(domain, codec, pieces)
    check_files(domain, codec, pieces)
    check_likelihood(domain, codec, pieces)
    if not domain.forecasts:  # such a domain writes forecasts, and nothing else
        check_writing(domain, codec, pieces)


def check_reading(domain: Domain, sources: list[Source]) -> list[Piece]:
    """Reading gives the same pieces each time, and the last of each file ends a document."""
    pieces = list(domain.read(sources))
    assert pieces, "read: no pieces"
    again = list(domain.read(sources))
    assert [(p.ends_document, p.size) for p in pieces] == [
        (p.ends_document, p.size) for p in again
    ], "read: the second time gives other pieces"
    assert pieces[-1].ends_document, "read: the last piece does not end its document"
    assert all(piece.size >= 0 for piece in pieces), "read: a piece has a negative size"
    for source in sources:
        last = list(domain.read([source]))[-1]
        assert last.ends_document, f"read: a document continues past the end of `{source.name}`"
    return pieces


def check_codec(codec: Codec, pieces: list[Piece]) -> None:
    """Steps are ids below `size` and never the boundary; streaming gives what decoding gives."""
    assert 0 <= codec.boundary < codec.size, "the boundary is not an id"
    for piece in pieces:
        steps = codec.encode(piece.content)
        assert np.array_equal(steps, codec.encode(piece.content)), "encode: not the same twice"
        assert steps.ndim == 1, f"encode: shape {steps.shape}, expected one dimension"
        assert steps.dtype.kind in "iu", f"encode: {steps.dtype}, expected integers"
        assert steps.min(initial=0) >= 0, "encode: a negative id"
        assert steps.max(initial=0) < codec.size, "encode: an id that is not below `size`"
        assert not (steps == codec.boundary).any(), "encode: the boundary came out"
        listed = [codec.boundary, *steps.tolist(), codec.boundary, *steps.tolist()]
        stream = codec.stream()
        text = "".join([stream.feed(step) for step in listed]) + stream.flush()
        assert text == codec.decode(listed), "stream: not what decode gives"
    for step in range(codec.size):
        assert isinstance(codec.token(step), str), f"token: {step} is not shown as text"


def check_vectors(codec: Codec, pieces: Iterable[Piece]) -> None:
    """Steps are finite float32 vectors, never the boundary; conditions have their shape."""
    shape = codec.step_shape
    assert np.dtype(codec.dtype) == np.float32, "the codec's dtype is not float32"
    assert np.shape(codec.boundary) == shape, "the boundary has another shape than steps"
    condition = codec.condition
    for piece in pieces:
        steps = codec.encode(piece.content)
        assert np.array_equal(steps, codec.encode(piece.content)), "encode: not the same twice"
        assert steps.shape[1:] == shape, f"encode: steps of {steps.shape[1:]}, expected {shape}"
        assert np.isfinite(steps).all(), "encode: a number that is not finite"
        assert not (steps == codec.boundary).all(1).any(), "encode: the boundary came out"
        if condition is not None:
            symbols = codec.encode_condition(piece.condition)
            assert symbols.shape == (condition.length,), "encode_condition: another length"
            assert symbols.min() >= 0, "encode_condition: a negative symbol"
            assert symbols.max() < condition.symbols, "encode_condition: a symbol too high"


def check_likelihood(domain: Domain, codec: Codec, pieces: Iterable[Piece]) -> None:
    """The likelihood can be built from JSON, gives every step a finite probability, and draws."""
    name, options = domain.likelihood(codec)
    assert json.loads(json.dumps(options)) == options, "likelihood: the options are not JSON"
    likelihood = make_likelihood(name, options)
    shape = codec.step_shape
    assert likelihood.step_shape == shape, "likelihood: steps of another shape"
    for piece in pieces:
        steps = torch.from_numpy(np.append(codec.encode(piece.content), [codec.boundary], axis=0))
        steps = steps.to(torch.float32 if shape else torch.int64)
        nll = likelihood.nll(torch.zeros(len(steps), likelihood.size), steps)
        assert nll.shape == steps.shape[:1], "nll: another shape"
        assert nll.isfinite().all(), "nll: not finite"
    drawn = likelihood.sample(torch.zeros(5, likelihood.size), torch.Generator().manual_seed(0))
    assert drawn.shape == (5, *shape), "sample: another shape"
    if shape or likelihood.size == codec.size:
        likelihoods.check_likelihood(lambda: make_likelihood(name, options))


def check_files(domain: Domain, codec: Codec, pieces: list[Piece]) -> None:
    """The files are JSON, and give the same codec; files that are not whole are refused."""
    files = dict(codec.files())
    for name, data in files.items():
        assert Path(name).name == name, f"files: `{name}` is not a plain file name"
        json.loads(data)
    again = conform_codec(domain, domain.load_codec(files))
    assert (again.size, again.boundary) == (codec.size, codec.boundary), "load: another size"
    for piece in pieces:
        same = np.array_equal(again.encode(piece.content), codec.encode(piece.content))
        assert same, "load: the loaded codec encodes differently"
    for name, data in files.items():
        for broken in ({}, files | {name: data[: len(data) // 2]}, files | {name: b"[]"}):
            try:
                domain.load_codec(broken)
            except BundleError:
                continue
            raise AssertionError(f"load: took a damaged `{name}`; expected a BundleError")


def check_growing(domain: Domain, codec: Codec, pieces: list[Piece]) -> None:
    """Growing keeps the meaning of every old id, and adds nothing for known pieces."""
    grown = conform_codec(domain, codec.grow(pieces))
    assert grown.boundary == codec.boundary, "grow: another boundary"
    assert grown.size >= codec.size, "grow: ids were lost"
    for step in range(codec.size):
        assert grown.token(step) == codec.token(step), f"grow: id {step} changed its meaning"


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
        assert made, "write: no file was made"
        assert all(path.exists() for path in made), "write: a file is not there"
