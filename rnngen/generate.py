"""The verb `generate`: from a trained bundle to new sequences.

    import rnngen

    for written in rnngen.generate("runs/book", "Once", length=200, count=3, seed=7):
        print(written.prompt + written.text)

The same seed gives the same sequences on one machine, and sequence i of a seed does not depend on
how many are drawn: `count=1` gives the first of `count=100`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import torch

from rnngen.blame import attributed
from rnngen.bundle import Bundle, load
from rnngen.catalog import get_catalog
from rnngen.device import choose_device
from rnngen.engine import Engine
from rnngen.errors import UsageError
from rnngen.options import assign, parse_assignments
from rnngen.options import build as build_options
from rnngen.protocols import Beginning, Codec, Decoder, Emission, Request, step_shape
from rnngen.protocols import Engine as AnyEngine
from rnngen.sources import Source
from rnngen.stopping import StopTexts

NOTHING = Beginning(())
End = Literal["length", "stop", "document"]
Stream = Callable[[int, str], None]
"""Called with the number of the sequence and the text that became certain."""


@dataclass(frozen=True)
class Generated:
    """One sequence.

    Args:
        text: what was written, without the prompt; empty where steps are no text.
        tokens: its tokens as a person would read them.
        steps: the same as numbers; tuples of them where a step is a vector.
        log_probability: sum of `log_probabilities`.
        log_probabilities: ln p of each step under the model, before any filter.
        prompt: the beginning that was continued, as a person would read it.
        end: why it ended: by `length`, by a `stop` text, or with the `document`.
        forbidden: where the decoder did not allow what the model wanted most, if that was asked
            for: `rnngen_constrained.explain.Forbidden`, or what another decoder has.
        beginning: the steps that stand before, and what it hangs on.
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


@attributed()
def generate(
    bundle: Bundle | str | Path,
    prompt: str = "",
    *,
    length: int = 500,
    count: int = 1,
    decoder: str = "sample",
    options: Mapping[str, Any] | Sequence[str] | None = None,
    seed: int = 0,
    stop: Sequence[str] | str = (),
    documents: int | None = None,
    stream: Stream | None = None,
    device: str = "auto",
    explain: bool = False,
    primer: str | Path | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> list[Generated]:
    """Writes sequences; the same as the command `rnngen generate`.

    Args:
        bundle: a bundle, or where it is.
        prompt: the text to continue, or what else the model's domain takes for a beginning: a
            file, a text to write by hand; without one a document begins.
        length: tokens to write at most, per sequence.
        count: how many sequences.
        decoder: `sample`, `greedy`, `beam`, or one of a plugin.
        options: of the decoder, `{"temperature": 0.7}` or `["temperature=0.7"]`.
        seed: 0 to 2⁶⁴ − 1.
        stop: texts that end a sequence; they are cut off.
        documents: how many documents to write at most, per sequence; 0: as many as the length
            allows. None: one, where the model learnt from several documents, and else no end of a
            document at all: a model of one novel can't know it.
        stream: called with the number of the sequence and text as soon as it is certain; of `beam`
            only the best.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        explain: whether to say where the decoder did not allow what the model wanted most.
        primer: a file that the sequence goes on from, where the domain can: strokes in the hand
            that is to be written in.
        note: told in a line what one should know of the result.

    Returns:
        the sequences in order; from `beam` the `n_best` of each, the best first.

    Raises:
        UsageError: what was asked for makes no sense.
        DataError: the prompt has characters that the model does not know.
        BundleError: the bundle is damaged.
    """
    stops = (stop,) if isinstance(stop, str) else tuple(stop)
    _check(length, count, documents, stops)
    made = make_decoder(decoder, options)
    _check_decoder(made, decoder, stops, documents, explain)
    if not isinstance(bundle, Bundle):
        bundle = load(bundle)
    codec = bundle.codec
    if hasattr(bundle.domain, "forecast"):
        raise UsageError(
            f"`{bundle.path}` forecasts what follows its data, and writes nothing new",
            hint="use `rnngen.forecast(...)`",
        )
    if step_shape(codec) and not getattr(made, "vectors", False):
        raise UsageError(
            f"the decoder `{decoder}` chooses among tokens, but this model writes vectors",
            hint="use `--decoder sample` or `greedy`",
        )
    beginning = begin(bundle, prompt) if primer is None else prime(bundle, prompt, primer)
    steps = [codec.boundary, *beginning.steps]
    if documents is None:
        documents = 1 if has_documents(bundle) else None
    request = Request(
        prompts=[steps] * count,
        length=length,
        seed=seed,
        ends=frozenset({codec.boundary} if documents == 1 else ()),
        forbidden=frozenset({codec.boundary} if documents is None else ()),
    )
    if hasattr(made, "attach"):
        made.attach(bundle, note)
    where, _ = choose_device(device)
    condition = None if beginning.condition is None else torch.as_tensor(beginning.condition)
    engine = Engine(bundle.model.to(where), codec.boundary, condition)
    with engine.threads(count):
        written = write(
            engine,
            codec,
            made,
            request,
            beginning=beginning,
            stops=stops,
            documents=documents or 0,
            stream=stream,
        )
        if explain:
            written = [
                replace(part, forbidden=made.explain(engine, request, 0, part.steps))  # type: ignore[attr-defined]
                for part in written
            ]
    return written


def write(
    engine: AnyEngine,
    codec: Codec,
    decoder: Decoder,
    request: Request,
    *,
    beginning: Beginning = NOTHING,
    stops: Sequence[str] = (),
    documents: int = 0,
    stream: Stream | None = None,
) -> list[Generated]:
    """The sequences of a request, each until it ends.

    Args:
        engine: steps the model.
        codec: of its steps.
        decoder: chooses them.
        request: what is asked for; its `stop` is set here.
        beginning: what stands in the prompts after the boundary.
        stops: texts that end a sequence; they are cut off.
        documents: how many documents a sequence may have; 0: any number.
        stream: as for `generate`.
    """
    writers = _Writers(codec, request, beginning, stops, documents, stream)
    for emission in decoder.decode(engine, request):
        writers.write(emission)
    return writers.results()


def begin(bundle: Bundle, prompt: str) -> Beginning:
    """What a prompt means to the domain of a model.

    Raises:
        DataError: the prompt has something that the model does not know.
        UsageError: the domain takes no prompt.
    """
    codec, domain = bundle.codec, bundle.domain
    if hasattr(domain, "begin"):
        made: Beginning = domain.begin(prompt, codec)
        return made
    if not prompt and not has_documents(bundle):
        return Beginning(codec.opening)
    return Beginning(codec.encode(prompt).tolist(), shown=prompt)


def prime(bundle: Bundle, prompt: str, primer: str | Path) -> Beginning:
    """What a file to go on from, and a prompt, mean to the domain of a model.

    Raises:
        DataError: the file can't be read, or does not suit the prompt.
        UsageError: there is no such file, or the domain goes on from none.
    """
    if not hasattr(bundle.domain, "prime"):
        raise UsageError(
            f"the domain `{bundle.manifest['domain']['name']}` goes on from no file",
            hint="leave `--primer` out; a text to continue is a prompt, or `--prompt-file`",
        )
    path = Path(primer)
    if not path.is_file():
        raise UsageError(f"there is no file `{primer}`")
    made: Beginning = bundle.domain.prime(prompt, Source(path.name, path), bundle.codec)
    return made


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


def _check_decoder(
    made: Decoder, name: str, stops: Sequence[str], documents: int | None, explain: bool
) -> None:
    if explain and not hasattr(made, "explain"):
        raise UsageError(
            f"the decoder `{name}` forbids nothing that could be explained",
            hint="`--explain` goes with `--decoder constrained`",
        )
    if not getattr(made, "complete", False):
        return
    for option, given in (("stop", bool(stops)), ("documents", documents not in (None, 1))):
        if given:
            raise UsageError(
                f"`--{option}` would make something else of what the decoder `{name}` writes",
                hint=f"leave `--{option}` out",
            )


def has_documents(bundle: Bundle) -> bool:
    """Whether the model learnt from documents enough to know where one ends."""
    count = (bundle.manifest.get("data") or {}).get("documents")
    options = bundle.manifest["domain"].get("options") or {}
    several = isinstance(count, int) and count > 1
    return several or options.get("documents", "file") != "file"


def _check(length: int, count: int, documents: int | None, stops: Sequence[str]) -> None:
    for name, value, least in (
        ("length", length, 1),
        ("count", count, 1),
        ("documents", documents, 0),
    ):
        if value is not None and value < least:
            raise UsageError(f"`{name}` is {value}, expected at least {least}")
    if "" in stops:
        raise UsageError("a stop text is empty, so that nothing could be written")


class _Writers:
    """Gathers the emissions of a request, sequence by sequence."""

    def __init__(
        self,
        codec: Codec,
        request: Request,
        beginning: Beginning,
        stops: Sequence[str],
        documents: int,
        stream: Stream | None,
    ) -> None:
        def make(row: int, rank: int) -> _Writer:
            tell = None if stream is None or rank else partial(stream, row)
            return _Writer(codec, request, beginning, stops, documents, tell)

        self._make = make
        rows = range(len(request.prompts))
        self._writers = {(row, 0): make(row, 0) for row in rows}
        if stops or documents:
            request.stop = lambda row, step: self._writers[row, 0].end is not None

    def write(self, emission: Emission) -> None:
        key = emission.row, emission.rank
        if key not in self._writers:
            self._writers[key] = self._make(*key)
        self._writers[key].write(emission.step, emission.log_probability)

    def results(self) -> list[Generated]:
        return [self._writers[key].result() for key in sorted(self._writers)]


class _Writer:
    """One sequence while it is written."""

    def __init__(
        self,
        codec: Codec,
        request: Request,
        beginning: Beginning,
        stops: Sequence[str],
        documents: int,
        stream: Callable[[str], None] | None,
    ) -> None:
        self.end: End | None = None
        self._codec = codec
        self._length = request.length
        self._beginning = beginning
        self._stops = StopTexts(stops)
        self._documents = documents
        self._stream = stream
        # Steps that are no text have no such decoder.
        self._decoder = codec.stream() if hasattr(codec, "stream") else None
        for step in request.prompts[0]:
            self._feed(step)
        self._boundaries = 0
        self._steps: list[Any] = []
        self._logs: list[float] = []
        # Where in the decoded text each step begins, and how long that text is.
        self._starts: list[int] = []
        self._decoded = 0
        self._text: list[str] = []

    def _feed(self, step: Any) -> str:
        return "" if self._decoder is None else self._decoder.feed(step)

    def write(self, step: Any, log_probability: float) -> None:
        """One more step, unless the sequence has ended."""
        if self.end is not None:
            return
        if step == self._codec.boundary:
            self._boundaries += 1
            if self._boundaries == self._documents:
                self.end = "document"
                return
        self._steps.append(step)
        self._logs.append(log_probability)
        self._starts.append(self._decoded)
        self._decode(self._feed(step))
        if self.end is None and len(self._steps) == self._length:
            self.end = "length"

    def result(self) -> Generated:
        """The sequence, when no more steps come."""
        if self.end != "stop" and self._decoder is not None:
            self._decode(self._decoder.flush())
        if self.end != "stop":
            self._pass_on(self._stops.flush())
        text = "".join(self._text)
        return Generated(
            text=text,
            tokens=[] if self._decoder is None else [self._codec.token(s) for s in self._steps],
            steps=self._steps,
            log_probability=sum(self._logs, 0.0),
            log_probabilities=self._logs,
            prompt=self._beginning.shown,
            end=self.end or "document",
            beginning=self._beginning,
        )

    def _decode(self, text: str) -> None:
        self._decoded += len(text)
        self._pass_on(self._stops.feed(text))
        if self._stops.found:
            self.end = "stop"
            # A step that stands for nothing but text that was cut off is dropped.
            length = sum(map(len, self._text))
            kept = sum(start < length for start in self._starts)
            del self._steps[kept:], self._logs[kept:]

    def _pass_on(self, text: str) -> None:
        if not text:
            return
        self._text.append(text)
        if self._stream is not None:
            self._stream(text)
