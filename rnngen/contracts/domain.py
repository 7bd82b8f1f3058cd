"""The contracts between the rooms of the house, as typed protocols; nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from rnngen.contracts.codec import Codec
from rnngen.contracts.steps import Beginning, Piece


class Source(Protocol):
    """One file to learn from: a named stream of bytes."""

    @property
    def name(self) -> str:
        """What the user calls it, for messages."""

    @property
    def path(self) -> Path:
        """Where its bytes are."""

    @property
    def part(self) -> str:
        """`train`, `valid` or `test`, where a file has these parts and one of them is meant."""

    @property
    def compressed(self) -> bool:
        """Whether the file on disk is smaller than what `open` gives."""

    def open(self) -> BinaryIO:
        """Its bytes, unpacked; DataError here or while reading where they can't be had."""


def is_text(domain: Any, codec: Any) -> bool:
    """Whether what a domain's models write is text, and a prompt is text, too.

    Tokens of music can be shown as text, but a prompt of music is a file.
    """
    return hasattr(codec, "stream") and not hasattr(domain, "begin")


class Domain(Protocol):
    """A kind of data: how to read it, encode it, and write it back.

    A domain may also have:

    - `defaults`: settings that suit it better than the core's, `{"model": {"dropout": 0.2}}`.
    - `changeable`: names of its options that a model that goes on learning may have otherwise.
    - `keep(path)`: whether a file of a folder is its kind of data.
    - `parts(sources)`: what the data's makers split it into, `{"train": ..., "valid": ...,
      "test": ...}`, as sources with `part` set; None where they did not.
    - `begin(prompt, codec) -> Beginning`: what a prompt of the command line means to it.
    - `prime(prompt, source, codec) -> Beginning`: what a file means to it that a sequence is to go
      on from (`--primer`), say strokes in somebody's hand.
    - `remarks`: a dict whose keys are sentences, of what `read` left out so far; shown to the user.
    - `corpus`: the name of the corpus that is learned where no data is named.
    - `show(written, codec) -> str`: generated sequences for standard output, if no text.
    - `evaluate(bundle, train, held_out, label, note) -> Report`: its field's own measures.
    - `forecast(engine, codec, sources, request, note) -> Forecast`: where what is generated goes on
      from the data: what may follow each sequence of the sources. Its `write` is never called.
    - `backtest(engine, codec, sources, request, compare, folder, note) -> Report`: with `forecast`,
      and instead of `evaluate`: forecasts of what the sources know already, beside simple ones
      where `compare` says so; files go to `folder`.
    """

    def read(self, sources: Sequence[Source]) -> Iterator[Piece]:
        """Pieces of the sources in order; memory does not grow with the corpus."""

    def fit_codec(self, pieces: Callable[[], Iterable[Piece]]) -> Codec:
        """A codec fitted on the pieces; `pieces` may be called more than once."""

    def load_codec(self, files: Mapping[str, bytes]) -> Codec:
        """The codec that `Codec.files` wrote; BundleError where they are not whole."""

    def likelihood(self, codec: Codec) -> tuple[str, dict[str, Any]]:
        """Name and options of the likelihood that fits the codec."""

    def write(self, written: Sequence[Written], codec: Codec, path: Path) -> Sequence[Path]:
        """Generated sequences as files people use; the files made."""


class Written(Protocol):
    """A generated sequence, as a domain writes it: `rnngen.verbs.writing.Generated`."""

    @property
    def prompt(self) -> str:
        """The beginning as a person would read it."""

    @property
    def text(self) -> str:
        """What was written after it; empty where steps are no text."""

    @property
    def steps(self) -> list[Any]:
        """The steps written, ids or tuples of numbers."""

    @property
    def beginning(self) -> Beginning:
        """The steps before them, and what the sequence hangs on."""


@dataclass(frozen=True)
class Report:
    """What a domain measures: a table of its field's own numbers.

    Args:
        title: what it was measured on.
        columns: names of the numbers, with units.
        rows: name of a model or baseline, and its numbers; None where there is none.
        protocol: how it was measured.
        warnings: what makes a number less than it seems.
        files: pictures that were made.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[float | None]]]
    protocol: str = ""
    warnings: Sequence[str] = ()
    files: Sequence[Path] = ()


@dataclass(frozen=True)
class ForecastRequest:
    """What a forecast is asked for.

    Args:
        horizon: steps to look ahead; None: as many as the model was made for.
        samples: futures drawn for each sequence.
        seed: of the random numbers; a future does not depend on how many are drawn.
        temperature, bias: as the decoder `sample` has them.
    """

    horizon: int | None = None
    samples: int = 200
    seed: int = 0
    temperature: float = 1.0
    bias: float = 0.0


class Forecast(Protocol):
    """What may follow each of several sequences."""

    def rows(self) -> list[dict[str, Any]]:
        """A row for each sequence and step, JSON only."""

    def show(self) -> str:
        """For standard output."""

    def write(self, path: Path, note: Callable[[str], None]) -> Sequence[Path]:
        """Files people use; the files made."""
