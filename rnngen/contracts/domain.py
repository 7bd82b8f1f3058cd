"""The contract of a domain, a kind of data; optional abilities have defaults or raise."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from rnngen.contracts.codec import Codec
from rnngen.contracts.context import Context
from rnngen.contracts.contract import Contract, default
from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import Unsupported
from rnngen.contracts.file_names import looks_like_text
from rnngen.contracts.measuring import Measuring
from rnngen.contracts.steps import Beginning, Piece


class Written(Protocol):
    """A generated sequence, as a domain writes it: `rnngen.verbs.writing.Generated`."""

    @property
    def prompt(self) -> str:
        """The beginning as a person would read it."""

    @property
    def text(self) -> str:
        """The generated text; empty if steps are not text."""

    @property
    def data(self) -> bytes:
        """The bytes of the text; those of a model of bytes need not be UTF-8."""

    @property
    def prompt_data(self) -> bytes:
        """The bytes of the prompt."""

    @property
    def steps(self) -> list[Any]:
        """The steps written, ids or tuples of numbers."""

    @property
    def beginning(self) -> Beginning:
        """The steps before them, and the sequence's condition."""


@dataclass(frozen=True)
class Report:
    """A domain's measurements: a table of its field's own metrics.

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
    """A request for a forecast.

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


OwnCodec = Any
"""A codec that the domain itself made: a domain may name the class of it."""

AnySource = Any
"""One file to learn from, a named stream of bytes: `rnngen.Source`."""


class Domain(Contract, ABC):
    """A kind of data: how to read it, encode it, and write it back.

    What not every domain can do has a default here, or refuses by name. What is an attribute is
    looked at before a domain is built, and belongs into the body of the class.
    """

    __slots__ = ()

    component_kind: ClassVar[str] = "domain"

    defaults: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Default settings that override the core's, `{"model": {"dropout": 0.2}}`."""

    changeable: ClassVar[Sequence[str]] = ("valid", "split")
    """Names of its options that may change when a model is fine-tuned."""

    reading: ClassVar[Sequence[str]] = ()
    """Names of its options that say how a finished model reads other data, and may differ there.

    `damaged`, which every domain has, is one of them in any case.
    """

    formerly: ClassVar[Mapping[str, Any]] = {}
    """Values of its newer options in bundles that were written before there were any."""

    corpus: ClassVar[str | None] = None
    """The name of the default corpus; None: the core's."""

    forecasts: ClassVar[bool] = False
    """Whether sequences continue the data, by `forecast` and `backtest`."""

    options: Any = None
    """The dataclass of its options with their values, if it keeps it."""

    damaged: str = "error"
    """What becomes of sources that can't be read: `error`, or `skip`.

    Every domain has an option of this name, and the core leaves such sources out.
    """

    valid: float = 0.1
    """The default share of held-out data."""

    split: str = "auto"
    """How it is held out: by `documents`, by `position`, or as it suits: `auto`."""

    shows: ClassVar[bool] = False
    """Whether `show` has another form for standard output than the text as it is written."""

    takes_in_order: ClassVar[bool] = False
    """Whether `write` goes through the sequences once, in order, so that they may be written while
    they are generated, and any number of them fits into memory."""

    remarks: dict[str, None] = default(lambda domain: {})  # type: ignore[assignment]
    """Sentences on what `read` has skipped so far, in order; shown to the user."""

    @abstractmethod
    def read(self, sources: Sequence[AnySource]) -> Iterator[Piece]:
        """Pieces of the sources in order; memory does not grow with the corpus."""

    @abstractmethod
    def fit_codec(self, pieces: Callable[[], Iterable[Piece]]) -> Codec:
        """A codec fitted on the pieces; `pieces` may be called more than once."""

    @abstractmethod
    def load_codec(self, files: Mapping[str, bytes]) -> Codec:
        """The codec that `Codec.files` wrote; BundleError if the files are incomplete."""

    @abstractmethod
    def likelihood(self, codec: OwnCodec) -> tuple[str, dict[str, Any]]:
        """Name and options of the likelihood that fits the codec."""

    def keep(self, path: Path) -> bool:
        """Whether a file of a folder is its kind of data, by its name."""
        return looks_like_text(path)

    def spelled(self, text: str) -> str:
        """A prompt or stop text, spelled as what the model learned is."""
        return text

    def parts(self, sources: Sequence[AnySource]) -> Mapping[str, Sequence[AnySource]] | None:
        """The parts into which the data's makers split it: `train`, `valid`, `test` (`part` set).

        Returns:
            sources by part; None where they did not split it.
        """
        return None

    def begin(self, prompt: str, codec: OwnCodec) -> Beginning:
        """The beginning that a prompt from the command line stands for.

        Raises:
            DataError: the prompt has something that the codec has no step for.
            UsageError: it makes no sense.
        """
        prompt = self.spelled(prompt)
        return Beginning(codec.encode(prompt).tolist() if prompt else (), shown=prompt)

    def prime(self, prompt: str, source: AnySource, codec: OwnCodec) -> Beginning:
        """The beginning of a sequence that continues a file (`--primer`), with a prompt.

        Raises:
            Unsupported: it can only continue a prompt.
        """
        raise Unsupported(
            self,
            "continuing from a file",
            hint="leave out `--primer`; give a text to continue as a prompt or by `--prompt-file`",
        )

    def show(self, written: Sequence[Written], codec: OwnCodec) -> str:
        """Sequences for standard output, in a form other than their text."""
        return "".join(part.prompt + part.text for part in written)

    def write(self, written: Sequence[Written], codec: OwnCodec, path: Path) -> Sequence[Path]:
        """Writes sequences as files in the field's formats.

        Args:
            written: the sequences.
            codec: of their steps.
            path: what the user named with `--out`. With a suffix of the field's it is a file;
                without, or where it is there as a folder, a folder for a file a sequence. The
                domain makes that folder itself; the one above is there.

        Returns:
            the files made, at least one.

        Raises:
            UsageError: the suffix is not one that it writes.
        """
        raise Unsupported(self, "writing files", hint="leave out `--out`")

    def evaluate(self, measuring: Measuring) -> Report | None:
        """Its field's own metrics of a model; None if it has none."""
        return None

    def forecast(
        self,
        engine: Engine,
        codec: OwnCodec,
        sources: Sequence[AnySource],
        request: ForecastRequest,
        note: Callable[[str], None],
    ) -> Forecast:
        """What may follow each sequence of the sources."""
        raise Unsupported(
            self, "forecasting", hint="sample from it: `rnngen generate`, or `rnngen.generate(...)`"
        )

    def backtest(
        self,
        engine: Engine,
        codec: OwnCodec,
        sources: Sequence[AnySource],
        request: ForecastRequest,
        compare: bool,
        folder: Path,
        note: Callable[[str], None],
    ) -> Report:
        """Measures forecasts of values that the sources already contain.

        Args:
            engine: of the model.
            codec: the model's.
            sources: what is forecast.
            request: how far and how often.
            compare: whether to include simple forecasts for comparison.
            folder: where files go.
            note: told what takes long.
        """
        raise Unsupported(self, "forecasting")

    def default_constraint(self, context: Context) -> str | None:
        """The default kind of constraint, such as `prose`; None: none.

        A kind that is to fit what the model learned has `Constraint.learned`.
        """
        return None
