"""Contract checks of a domain and its codec, for anyone's: `check_domain(domain, sources)`.

from rnngen.testing.domains import check_domain

def test_contract(tmp_path):
    check_domain(Music(), [Source("tune", tmp_path / "tune.mid")])
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from rnngen.errors import BundleError
from rnngen.protocols import Codec, Domain, Piece
from rnngen.sources import Source


def check_domain(domain: Domain, sources: Sequence[Source]) -> None:
    """Runs every check; AssertionError says what is broken.

    Args:
        domain: as its options make it.
        sources: a few small files that it reads.
    """
    pieces = check_reading(domain, sources)
    codec = domain.fit_codec(lambda: domain.read(sources))
    check_codec(codec, pieces)
    check_files(domain, codec, pieces)
    check_growing(codec, pieces)
    name, options = domain.likelihood(codec)
    assert isinstance(name, str), "likelihood: the name is a string"
    assert isinstance(options, dict), "likelihood: the options are a dict"
    check_writing(domain, codec, pieces)


def check_reading(domain: Domain, sources: Sequence[Source]) -> list[Piece]:
    """Reading gives the same pieces each time, and the last of each file ends a document."""
    pieces = list(domain.read(sources))
    assert pieces, "read: there are no pieces"
    again = list(domain.read(sources))
    assert [(p.ends_document, p.size) for p in pieces] == [
        (p.ends_document, p.size) for p in again
    ], "read: the second time gives other pieces"
    assert pieces[-1].ends_document, "read: the last piece does not end its document"
    assert all(piece.size >= 0 for piece in pieces), "read: a piece has a negative size"
    for source in sources:
        last = list(domain.read([source]))[-1]
        assert last.ends_document, f"read: a document goes on after the end of `{source.name}`"
    return pieces


def check_codec(codec: Codec, pieces: Sequence[Piece]) -> None:
    """Steps are ids below `size` and never the boundary; streaming gives what decoding gives."""
    assert isinstance(codec, Codec), "the codec lacks something of rnngen.protocols.Codec"
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


def check_files(domain: Domain, codec: Codec, pieces: Sequence[Piece]) -> None:
    """The files are JSON, and give the same codec; files that are not whole are refused."""
    files = dict(codec.files())
    for name, data in files.items():
        assert Path(name).name == name, f"files: `{name}` is not a plain file name"
        json.loads(data)
    again = domain.load_codec(files)
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


def check_growing(codec: Codec, pieces: Sequence[Piece]) -> None:
    """Growing keeps the meaning of every old id, and adds nothing for what is known."""
    grown = codec.grow(pieces)
    assert grown.boundary == codec.boundary, "grow: another boundary"
    assert grown.size >= codec.size, "grow: ids were lost"
    for step in range(codec.size):
        assert grown.token(step) == codec.token(step), f"grow: id {step} changed its meaning"


def check_writing(domain: Domain, codec: Codec, pieces: Sequence[Piece]) -> None:
    """What was decoded can be written."""
    texts = [codec.decode(codec.encode(piece.content)) for piece in pieces[:3]]
    with TemporaryDirectory() as folder:
        domain.write(texts, Path(folder) / "written")
        assert any(Path(folder).iterdir()), "write: nothing was written"
