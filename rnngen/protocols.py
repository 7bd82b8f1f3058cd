"""The contracts between the rooms of the house, as typed protocols; nothing here imports torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import torch

    from rnngen.sources import Source

State = Any
"""A nested tuple, list or dict of tensors, batch dimension first."""


@dataclass(frozen=True)
class Piece:
    """A part of a document, small enough for memory.

    Args:
        content: for text a `str`; other domains have their own.
        ends_document: whether the document ends with this piece.
        size: bytes of the original file that this piece stands for, separators included.
        condition: what the document hangs on, if anything: the text that was handwritten. Of a
            document in several pieces the first one has it.
    """

    content: Any
    ends_document: bool
    size: int
    condition: Any = None


def step_shape(codec: Any) -> tuple[int, ...]:
    """The shape of one step of a codec: `()` for ids, which need not say so, `(D,)` for vectors."""
    return tuple(getattr(codec, "step_shape", ()))


def is_text(domain: Any, codec: Any) -> bool:
    """Whether what a domain's models write is text, and a prompt is text, too.

    Tokens of music can be shown as text, but a prompt of music is a file.
    """
    return hasattr(codec, "stream") and not hasattr(domain, "begin")


@dataclass(frozen=True)
class ConditionShape:
    """What conditions look like to a model.

    Args:
        symbols: how many different ones there are, the padding 0 included.
        length: U, the most that one condition has.
        pace: symbols that a step stands for on average: how fast a window begins to move.
    """

    symbols: int
    length: int
    pace: float = 0.05


@dataclass(frozen=True)
class Beginning:
    """What a sequence to be generated begins with.

    Args:
        steps: `[n]` ids or `[n,D]` vectors that stand before it, without the boundary.
        condition: `[U]` what it hangs on, or None.
        shown: the beginning as a person would read it; stands before what was written.
    """

    steps: Any
    condition: Any = None
    shown: str = ""


class StreamDecoder(Protocol):
    """Decodes step by step; holds back what is not yet complete (half a UTF-8 character)."""

    def feed(self, step: int) -> str:
        """The text that became certain with this step; may be empty."""

    def flush(self) -> str:
        """What was held back, with replacement characters where it is not valid."""


@runtime_checkable
class Codec(Protocol):
    """The fitted part of a domain. Immutable; `grow` returns a new one.

    Steps are ids, or vectors: then `step_shape` is `(D,)`, `dtype` is float32, and `boundary` is a
    tuple of D numbers. Where documents hang on something, `condition` is a `ConditionShape`, and
    `encode_condition(piece.condition)` gives `[U]` int32, 0 for padding.
    """

    @property
    def size(self) -> int:
        """How many different steps there are, the boundary included."""

    @property
    def boundary(self) -> Any:
        """The id of the boundary token, or the boundary's vector."""

    @property
    def opening(self) -> list[int]:
        """Steps after which something new often begins inside a long document; may be empty."""

    def encode(self, content: Any) -> np.ndarray:
        """Steps of one piece, without the boundary; DataError where something has no step."""

    def decode(self, steps: Sequence[int] | np.ndarray) -> str:
        """The content for steps; a boundary becomes the separator of documents."""

    def token(self, step: int) -> str:
        """One step as a person would read it."""

    def stream(self) -> StreamDecoder:
        """A decoder that takes one step at a time."""

    def files(self) -> Mapping[str, bytes]:
        """What the bundle keeps of it: `codec.json` and whatever that names. JSON only."""

    def grow(self, pieces: Iterable[Piece]) -> Codec:
        """A codec that also knows these pieces; every old id keeps its meaning."""


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


class Likelihood(Protocol):
    """The probability of the next step, given the model's output."""

    size: int
    step_shape: tuple[int, ...]
    uniforms: int

    def nll(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Negative log-likelihood in nats, `[..., K]` and `[..., *step_shape]` to `[...]`."""

    def draw(
        self, output: torch.Tensor, uniform: torch.Tensor, *, temperature: float, bias: float
    ) -> torch.Tensor:
        """Steps from uniform numbers `[..., uniforms]`: `[..., K]` to `[..., *step_shape]`."""

    def sample(self, output: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        """Steps drawn from the distribution, `[..., K]` to `[..., *step_shape]`."""


class Engine(Protocol):
    """Executes one step of a model; the state is explicit."""

    size: int
    device: torch.device

    @property
    def likelihood(self) -> Likelihood:
        """What the outputs stand for."""

    def start(self, batch: int) -> State:
        """The initial state for `batch` sequences."""

    def step(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """`tokens [B]` int64 or `[B,D]` float32 to `(output [B,K], state)`."""

    def read(self, tokens: torch.Tensor, state: State) -> tuple[torch.Tensor, State]:
        """`tokens [T,B,...]` to the output after the last one, `[B,K]`, and the state."""

    def select(self, state: State, rows: torch.Tensor) -> State:
        """The state of some rows (beam search reorders with it)."""


@dataclass
class Request:
    """What a decoder is asked for.

    Args:
        prompts: one list of steps a sequence, the boundary included where a document starts.
            A step is an id, or a tuple of numbers.
        length: how many steps to write at most, per sequence.
        seed: of the random numbers; sequence i of a request uses the stream (seed, first + i).
        first: the number of the first sequence.
        stop: called with (row, step) after each step; True ends that sequence after it.
        ends: steps that end a sequence when drawn (the boundary); not part of the output.
        forbidden: steps that are never drawn.
    """

    prompts: Sequence[Sequence[Any]]
    length: int
    seed: int = 0
    first: int = 0
    stop: Callable[[int, Any], bool] | None = None
    ends: frozenset[Any] = frozenset()
    forbidden: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Emission:
    """One decoded step of one sequence, in the order they are certain.

    Args:
        row: which of the request's prompts.
        step: the step drawn, an id or a tuple of numbers.
        log_probability: natural log of its probability under the model (before any filter).
        rank: for beam search, which of the n best sequences; 0 else.
    """

    row: int
    step: Any
    log_probability: float
    rank: int = 0


class Decoder(Protocol):
    """A way of turning a model into sequences.

    A decoder that can write steps which are vectors has a true `vectors`.

    It may also have `attach(bundle, note)`, which is called before `decode` by whoever has a bundle
    and not only an engine; `explain(engine, request, row, steps)`, which says where it did not
    allow what the model wanted most; and a true `complete`, where what it writes must not be cut.
    """

    def decode(self, engine: Engine, request: Request) -> Iterator[Emission]:
        """Emissions of all sequences; within one sequence in order."""


class Written(Protocol):
    """A generated sequence, as a domain writes it: `rnngen.generate.Generated`."""

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


class Tracker(Protocol):
    """Where metrics go, besides `metrics.jsonl`."""

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Numbers of one step."""

    def close(self) -> None:
        """After the last step."""


class Exporter(Protocol):
    """Writes a bundle in another system's format."""

    def export(self, bundle: Any, path: Path) -> None:
        """Writes `path` (a file or a folder)."""
