"""Text as it becomes certain: what is held back while it may still become a stop text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from rnngen.contracts.codec import Codec
from rnngen.contracts.decoder import Decoder, Emission, Request
from rnngen.contracts.engine import Engine
from rnngen.contracts.exact_text import ReadableStream, data_of, readable
from rnngen.contracts.steps import Beginning

NOTHING = Beginning(())

End = Literal["length", "stop", "document"]

Keep = Literal["all", "text", "nothing"]
"""What is kept of a sequence: all, its text alone, or nothing where it is streamed."""

Stream = Callable[[int, str], None]
"""Called with the number of the sequence and the text that became certain."""

ByteStream = Callable[[int, bytes], None]
"""Called with the same as bytes."""


@dataclass(frozen=True)
class Framing:
    """What stands around the text of a sequence: its beginning before, and what ends it after.

    Args:
        codec: of the steps.
        beginning: what stands in the prompts after the boundary.
        stops: texts that end a sequence; they are cut off.
        documents: how many documents a sequence may have; 0: any number.
        no_prompt: whether the steps of the beginning are left out of what is returned.
    """

    codec: Codec
    beginning: Beginning = NOTHING
    stops: Sequence[str] = ()
    documents: int = 0
    no_prompt: bool = False

    @property
    def told(self) -> Beginning:
        """The beginning as the result has it."""
        if not self.no_prompt:
            return self.beginning
        return replace(self.beginning, steps=(), shown="")


@dataclass(frozen=True)
class Generated:
    """One sequence.

    Args:
        text: what was written, without the prompt; empty where steps are not text, and with U+FFFD
            for bytes that are not UTF-8.
        tokens: its tokens as a person would read them.
        steps: the same as numbers; tuples of them where a step is a vector.
        log_probability: sum of `log_probabilities`, and of the end's where the document ended.
        log_probabilities: ln p of each step under the model, before any filter.
        prompt: the beginning that was continued, as a person would read it.
        end: why it ended: by `length`, by a `stop` text, or with the `document`.
        forbidden: where the decoder did not allow what the model wanted most, if that was asked
            for: `rnngen_constrained.decoder.explain.Forbidden`, or what another decoder has.
        beginning: the steps before it, and what it is conditioned on.
        end_log_probability: ln p of the end; None where the sequence did not end with the document,
            or its decoder does not say.
        data: the bytes of `text`, which of a model of bytes need not be UTF-8.
    """

    text: str
    tokens: list[str]
    steps: list[Any]
    log_probability: float
    log_probabilities: list[float]
    prompt: str
    end: End
    forbidden: Sequence[Any] = ()
    beginning: Beginning = NOTHING
    end_log_probability: float | None = None
    data: bytes = b""

    @property
    def prompt_data(self) -> bytes:
        """The bytes of `prompt`."""
        return data_of(self.beginning.shown)


def write(
    engine: Engine,
    decoder: Decoder,
    request: Request,
    framing: Framing,
    stream: Stream | None = None,
    keep: Keep = "all",
) -> list[Generated]:
    """The sequences of a request, each until it ends.

    Args:
        engine: steps the model.
        decoder: chooses the steps.
        request: what is asked for; its `stop` is set here.
        framing: what stands around each sequence.
        stream: as for `generate`, but told exact text.
        keep: what of each sequence; see `Keep`.
    """
    writers = _Writers(request, framing, stream, keep)
    for emission in decoder.decode(engine, request):
        writers.write(emission)
    return writers.results()


class Listeners:
    """Hands exact text on as it was asked for: readable, or as bytes.

    Args:
        stream: told the readable text, or None.
        stream_bytes: told the bytes, or None.
    """

    def __init__(self, stream: Stream | None, stream_bytes: ByteStream | None) -> None:
        self._stream, self._stream_bytes = stream, stream_bytes
        self._readable: dict[int, ReadableStream] = {}

    def __enter__(self) -> Stream | None:
        """What is to be told exact text; None if nobody listens."""
        return None if self._stream is None and self._stream_bytes is None else self._tell

    def __exit__(self, kind: type[BaseException] | None, *others: object) -> None:
        """Tells what was held back, since nothing follows."""
        if kind is None:
            for row, held in self._readable.items():
                self._pass_on(row, held.flush())

    def _tell(self, row: int, text: str) -> None:
        if self._stream_bytes is not None:
            self._stream_bytes(row, data_of(text))
        if self._stream is not None:
            self._pass_on(row, self._readable.setdefault(row, ReadableStream()).feed(text))

    def _pass_on(self, row: int, text: str) -> None:
        if text and self._stream is not None:
            self._stream(row, text)


class _Writers:
    """Gathers the emissions of a request, sequence by sequence."""

    def __init__(
        self, request: Request, framing: Framing, stream: Stream | None, keep: Keep
    ) -> None:
        def make(row: int, rank: int) -> _Writer:
            tell = None if stream is None or rank else partial(stream, request.first + row)
            return _Writer(request, framing, tell, keep)

        self._make = make
        rows = range(len(request.prompts))
        self._writers = {(row, 0): make(row, 0) for row in rows}
        if framing.stops or framing.documents:
            request.stop = lambda row, step: self._writers[row, 0].end is not None

    def write(self, emission: Emission) -> None:
        key = emission.row, emission.rank
        if key not in self._writers:
            self._writers[key] = self._make(*key)
        if emission.end:
            self._writers[key].finish(emission.log_probability)
        else:
            self._writers[key].write(emission.step, emission.log_probability)

    def results(self) -> list[Generated]:
        return [self._writers[key].result() for key in sorted(self._writers)]


class _Writer:
    """One sequence while it is written."""

    def __init__(
        self,
        request: Request,
        framing: Framing,
        stream: Callable[[str], None] | None,
        keep: Keep,
    ) -> None:
        self.end: End | None = None
        self._codec = framing.codec
        self._length = request.length
        self._beginning = framing.told
        self._stops = StopTexts(framing.stops)
        self._documents = framing.documents
        self._stream = stream
        self._keep = keep
        self._decoder = self._codec.exact_stream()
        for step in request.prompts[0]:
            self._feed(step)
        if self._codec.keeps_bytes:
            self._decoder.flush()  # a prompt that ends within a character is written by itself
        self._boundaries = 0
        self._count = 0
        self._steps: list[Any] = []
        self._logs: list[float] = []
        self._end_log: float | None = None
        # Where in the decoded text each step begins, and how long that text is.
        self._starts: list[int] = []
        self._decoded = 0
        self._text: list[str] = []

    def _feed(self, step: Any) -> str:
        return self._decoder.feed(step)

    def write(self, step: Any, log_probability: float) -> None:
        """One more step, unless the sequence has ended."""
        if self.end is not None:
            return
        if step == self._codec.boundary:
            self._boundaries += 1
            if self._boundaries == self._documents:
                self.finish(log_probability)
                return
        self._count += 1
        if self._keep == "all":
            self._steps.append(step)
            self._logs.append(log_probability)
            self._starts.append(self._decoded)
        self._decode(self._feed(step))
        if self.end is None and self._count == self._length:
            self.end = "length"

    def finish(self, log_probability: float) -> None:
        """The document ends here, unless the sequence has ended."""
        if self.end is None:
            self.end = "document"
            self._end_log = log_probability

    def result(self) -> Generated:
        """The sequence, when no more steps come."""
        if self.end != "stop":
            self._decode(self._decoder.flush())
        if self.end != "stop":
            self._pass_on(self._stops.flush())
        end_log = self._end_log if self.end == "document" else None
        text = "".join(self._text)
        return Generated(
            text=readable(text),
            tokens=[] if self._codec.step_shape else [self._codec.token(s) for s in self._steps],
            steps=self._steps,
            log_probability=sum(self._logs, 0.0) + (end_log or 0.0),
            log_probabilities=self._logs,
            prompt=readable(self._beginning.shown),
            end=self.end or "document",
            beginning=self._beginning,
            end_log_probability=end_log,
            data=data_of(text),
        )

    def _decode(self, text: str) -> None:
        self._decoded += len(text)
        self._pass_on(self._stops.feed(text))
        if self._stops.found:
            self.end = "stop"
            # A step whose whole text was cut off is dropped.
            length = sum(map(len, self._text))
            kept = sum(start < length for start in self._starts)
            del self._steps[kept:], self._logs[kept:]

    def _pass_on(self, text: str) -> None:
        if not text:
            return
        if self._keep != "nothing":
            self._text.append(text)
        if self._stream is not None:
            self._stream(text)


def line_by_line(stops: Iterable[str]) -> tuple[str, ...]:
    """Stop texts, and those in which lines end with CR LF: of a line end both parts are cut off."""
    listed = tuple(stops)
    others = [text.replace("\n", "\r\n") for text in listed if "\r" not in text]
    return tuple(dict.fromkeys([*listed, *others]))


class StopTexts:
    """Passes text on until one of the stop texts appears; that one and what follows is cut off.

    Args:
        texts: none of them empty.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)
        self._held = ""
        self.found = False

    def feed(self, text: str) -> str:
        """The text that became certain; sets `found` where a stop text is complete."""
        if self.found:
            return ""
        self._held += text
        places = [place for stop in self._texts if (place := self._held.find(stop)) >= 0]
        if places:
            self.found = True
            return self._pass_on(min(places))
        return self._pass_on(len(self._held) - self._unsettled())

    def flush(self) -> str:
        """What was held back, when no more text comes."""
        return "" if self.found else self._pass_on(len(self._held))

    def _unsettled(self) -> int:
        """How many characters at the end may be the beginning of a stop text."""
        longest = min(len(self._held), max((len(stop) for stop in self._texts), default=1) - 1)
        for count in range(longest, 0, -1):
            if any(stop.startswith(self._held[-count:]) for stop in self._texts):
                return count
        return 0

    def _pass_on(self, count: int) -> str:
        text, self._held = self._held[:count], self._held[count:]
        return text
