"""Domains and codecs that break their contract in one way each: a check finds it, and says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rnngen import Source
from rnngen.components.domains.text import TextDomain
from rnngen.components.domains.text.codecs.char import CharCodec
from rnngen.testing.domains import check_domain


def domain_of(codec_class=CharCodec, **methods):
    """The domain of text, whose codec is of another class, or that has other methods."""

    class Domain(TextDomain):
        def fit_codec(self, pieces):
            return self._of(super().fit_codec(pieces))

        def load_codec(self, files):
            return self._of(super().load_codec(files))

        def _of(self, codec):
            codec.__class__ = codec_class
            return codec

    for name, method in methods.items():
        setattr(Domain, name, method)
    return Domain()


class OffByOne(CharCodec):
    """It encodes each character as the next one, and decodes it rightly."""

    def encode(self, content):
        steps = super().encode(content)
        return np.where(steps + 1 < self.size, steps + 1, 1).astype(steps.dtype)


class Lowers(CharCodec):
    """What it decodes can't be encoded."""

    def decode(self, steps):
        return super().decode(steps).upper()

    def stream(self):
        inner = super().stream()

        class Stream:
            def feed(self, step):
                return inner.feed(step).upper()

            def flush(self):
                return inner.flush()

        return Stream()


class Shifts(CharCodec):
    """The names of ids stay when it grows, and the ids don't."""

    def grow(self, pieces):
        return OffByOne(self.characters, self.separator)


class Swaps(CharCodec):
    """Ids have other names when it has grown."""

    def grow(self, pieces):
        return Swapped(self.characters, self.separator)


class Swapped(CharCodec):
    def token(self, step):
        return super().token(self.size - 1 - step)


def sized(size):
    def read(self, sources):
        for piece in TextDomain.read(self, sources):
            yield replace(piece, size=size)

    return read


def endless(self, sources):
    for piece in TextDomain.read(self, sources):
        yield replace(piece, ends_document=False)


BROKEN = {
    "decodes off by one": (lambda: domain_of(OffByOne), "encoded to other steps|refuses that"),
    "decodes what it can't encode": (lambda: domain_of(Lowers), "`encode` refuses that"),
    "grow shifts ids": (lambda: domain_of(Shifts), "new ones come behind them"),
    "grow changes names": (lambda: domain_of(Swaps), "grow: id 0 was"),
    "size 0": (lambda: domain_of(read=sized(0)), "bits per byte are counted"),
    "size below 0": (lambda: domain_of(read=sized(-1)), "has the size -1"),
    "a document without an end": (lambda: domain_of(read=endless), "does not end its document"),
    "no pieces": (lambda: domain_of(read=lambda self, sources: iter(())), "read: no pieces"),
    "not pieces": (lambda: domain_of(read=lambda self, sources: iter("abc")), "raised|is a str"),
    "write gives nothing": (
        lambda: domain_of(write=lambda self, written, codec, path: None),
        "no file was made",
    ),
    "write makes nothing": (
        lambda: domain_of(write=lambda self, written, codec, path: [path]),
        "a file is not there",
    ),
    "a likelihood of another size": (
        lambda: domain_of(likelihood=lambda self, codec: ("categorical", {"size": 2})),
        "it raised IndexError",
    ),
}


@pytest.fixture
def sources(tmp_path):
    path = tmp_path / "small.txt"
    path.write_text("abc cab bac\nbca acb\n" * 3)
    return [Source("small.txt", path)]


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found_and_said(name, sources):
    build, sentence = BROKEN[name]
    with pytest.raises(AssertionError, match=sentence) as caught:
        check_domain(build(), sources)
    assert "checked: " in str(caught.value)


def test_the_domain_they_are_made_of_keeps_the_contract(sources):
    check_domain(domain_of(), sources)
