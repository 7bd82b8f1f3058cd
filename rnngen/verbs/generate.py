"""The verb `generate`: from a trained bundle to new sequences.

    import rnngen

    for written in rnngen.generate("runs/book", "Once", length=200, count=3, seed=7):
        print(written.prompt + written.text)

The same seed gives the same sequences on one machine, and sequence i of a seed does not depend on
how many are drawn: `count=1` gives the first of `count=100`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.cell import tensors
from rnngen.contracts.decoder import Decoder, Request
from rnngen.contracts.errors import Unsupported, UsageError
from rnngen.engines.choose import DEFAULT
from rnngen.kernel.blame import attributed
from rnngen.kernel.memory import check_memory
from rnngen.verbs.arguments import check_at_least
from rnngen.verbs.components import Given, parted
from rnngen.verbs.context import ModelContext
from rnngen.verbs.read_as import read_as
from rnngen.verbs.start import beginning_of, engine_of, has_documents, make_decoder, opened
from rnngen.verbs.writing import (
    ByteStream,
    Framing,
    Generated,
    Keep,
    Listeners,
    Stream,
    line_by_line,
    write,
)

ROWS = 256
"""Most sequences written together."""

STEPS = 2**21
"""Most steps that sequences written together have, so that they fit into memory."""

NUMBERS = 2**24
"""Most numbers in the states, or in the outputs, of sequences written together."""

STEP_BYTES: dict[Keep, float] = {"all": 150, "text": 1, "nothing": 0}
"""Roughly, bytes that a step takes where it is kept."""


@attributed()
def generate(
    bundle: Bundle | str | Path,
    prompt: str | bytes = "",
    *,
    length: int = 500,
    count: int = 1,
    decoder: str = "sample",
    options: Given = None,
    seed: int = 0,
    stop: Sequence[str] | str = (),
    documents: int | None = None,
    stream: Stream | None = None,
    stream_bytes: ByteStream | None = None,
    device: str = "auto",
    engine: str = DEFAULT,
    explain: bool = False,
    primer: str | Path | None = None,
    no_prompt: bool = False,
    note: Callable[[str], None] = lambda text: None,
) -> list[Generated]:
    """Writes sequences; the same as the command `rnngen generate`.

    Args:
        bundle, device: the model, and where it is computed: `auto`, `cpu`, `cuda:1`, `mps`.
        prompt, primer: what is continued, as the domain reads it, and a file to continue from.
        length, count: tokens to write at most, and how many sequences; of `beam`, the best ones.
        decoder, engine, options: `sample`, `torch`, and theirs: `{"temperature": 0.7}`,
            `["temperature=0.7"]`; others have a name before: `{"text.unseen": "skip"}`.
        seed, stop: 0 to 2⁶⁴ − 1, and texts that end a sequence; they are cut off.
        documents: to write at most; 0: any number; None: one if the model learned several, else 0.
        stream, stream_bytes: called with a sequence's number and its certain text, or bytes.
        explain, no_prompt: whether to tell where the decoder forbade what the model wanted most,
            and to leave the prompt out of `Generated.prompt` and files.
        note: told in a line what one should know of the result.

    Returns the sequences in order; of `beam` the best first.

    Raises:
        UsageError, DataError, BundleError: what was asked for makes no sense, or needs more memory
            than there is; the prompt is not in the vocabulary; the bundle is damaged.
    """
    session = Session(
        bundle,
        prompt,
        length=length,
        count=count,
        decoder=decoder,
        options=options,
        seed=seed,
        stop=stop,
        documents=documents,
        device=device,
        engine=engine,
        explain=explain,
        primer=primer,
        no_prompt=no_prompt,
        note=note,
    )
    session.check_room(count)
    return list(session.run(stream, stream_bytes))


class Session:
    """A request for sequences, checked and ready; `run` writes them, part by part.

    Any number of sequences fits into memory, if whoever takes them does not keep them.
    Arguments and errors are those of `generate`.
    """

    def __init__(
        self,
        bundle: Bundle | str | Path,
        prompt: str | bytes = "",
        *,
        length: int,
        count: int,
        decoder: str,
        options: Given,
        seed: int,
        stop: Sequence[str] | str,
        documents: int | None,
        device: str,
        engine: str,
        explain: bool,
        primer: str | Path | None,
        no_prompt: bool,
        note: Callable[[str], None],
    ) -> None:
        stops = _checked(stop, length, count, documents)
        bundle = opened(bundle)
        rest, domain_own = parted(options, bundle.manifest.domain.name)
        own, engine_own = parted(rest, engine)
        self._decoder = _decoder(decoder, own, stops, documents, explain)
        bundle = read_as(bundle, domain_own)
        _check_bundle(bundle, self._decoder, decoder)
        beginning = beginning_of(bundle, prompt, primer, note)
        documents = 1 if documents is None and has_documents(bundle) else documents
        # Stop texts have the line ends of what was learned.
        spelled = line_by_line(bundle.domain.spelled(text) for text in stops)
        self._framing = Framing(bundle.codec, beginning, spelled, documents or 0, no_prompt)
        self._endless = documents is None or (documents == 0 and not stops)
        self._request = _request(self._framing, length, seed, endless=documents is None)
        self._explain = explain
        self.searches = self._decoder.searches
        self.count = count
        if count > 1 and self._decoder.repeats and not self.searches:
            note(f"the {count:,} sequences are equal: nothing is drawn at random here")
        self._decoder.attach(ModelContext(bundle, note))
        self._engine = engine_of(
            bundle, device, beginning.condition, name=engine, options=engine_own
        )
        self._rows = rows_at_once(bundle, length)

    def check_room(self, kept: int, keep: Keep = "all") -> None:
        """Raises UsageError where the sequences can't all be kept in memory.

        Only where it is certain: a document may end long before its greatest length.

        Args:
            kept: how many are kept at the same time.
            keep: what of each.
        """
        if not self._endless:
            return
        length = self._request.length
        check_memory(
            f"keeping {kept:,} sequences of {length:,} steps",
            kept * length * STEP_BYTES[keep],
            hint="write fewer or shorter ones at a time: `-n`, `--length`",
        )

    def run(
        self,
        stream: Stream | None = None,
        stream_bytes: ByteStream | None = None,
        keep: Keep = "all",
    ) -> Iterator[Generated]:
        """The sequences in order.

        Args:
            stream, stream_bytes: as for `generate`.
            keep: what of each sequence is returned.
        """
        rows = 1 if self.searches else self._rows
        # Only the best one is streamed.
        keep = "text" if self.searches and keep == "nothing" else keep
        self.check_room(min(rows, self.count), keep)
        # Not a decorator, which would only see the generator being made.
        with attributed(), self._engine.threads(min(rows, self.count)):
            for first in range(0, 1 if self.searches else self.count, rows):
                request = self._part(first, rows)
                with Listeners(stream, stream_bytes) as hear:
                    written = write(self._engine, self._decoder, request, self._framing, hear, keep)
                for part in written:
                    yield self._explained(part, request) if self._explain else part

    def _part(self, first: int, rows: int) -> Request:
        """The request for some of the sequences."""
        if self.searches:
            return replace(self._request, best=self.count)
        count = min(rows, self.count - first)
        return replace(
            self._request,
            prompts=list(self._request.prompts) * count,
            first=first,
            more=first + count < self.count,
        )

    def _explained(self, part: Generated, request: Request) -> Generated:
        """The sequence, with what the decoder forbade in it."""
        forbidden = self._decoder.explain(self._engine, request, 0, part.steps)
        return replace(part, forbidden=forbidden)


def rows_at_once(bundle: Bundle, length: int) -> int:
    """How many sequences are written together: few where each one needs much memory."""
    state = sum(part.numel() for _, part in tensors(bundle.model.initial_state(1)))
    return max(1, min(ROWS, STEPS // length, NUMBERS // max(state, bundle.model.likelihood.size)))


def _request(framing: Framing, length: int, seed: int, *, endless: bool) -> Request:
    """The decoder's request for one sequence; `endless`: documents never end."""
    boundary = framing.codec.boundary
    return Request(
        prompts=[[boundary, *framing.beginning.steps]],
        length=length,
        seed=seed,
        ends=frozenset({boundary} if framing.documents == 1 else ()),
        forbidden=frozenset({boundary} if endless else ()),
        tell_end=True,
    )


def _check_bundle(bundle: Bundle, decoder: Decoder, name: str) -> None:
    if bundle.domain.forecasts:
        raise UsageError(
            f"`{bundle.path}` forecasts how its data continues; it does not write new sequences",
            hint="use `rnngen.forecast(...)`",
        )
    if bundle.codec.step_shape and not decoder.vectors:
        raise UsageError(
            f"the decoder `{name}` chooses among tokens, but this model writes vectors",
            hint="use `--decoder sample` or `greedy`",
        )


def _decoder(
    name: str, options: Given, stops: Sequence[str], documents: int | None, explain: bool
) -> Decoder:
    """The decoder, if it can serve the request.

    Raises:
        UsageError: it can't.
    """
    made = make_decoder(name, options)
    if explain and not made.explains:
        raise Unsupported(
            made,
            "explaining what it forbids",
            hint="`--explain` goes with `--decoder constrained`",
        )
    if not made.complete:
        return made
    for option, given in (("stop", bool(stops)), ("documents", documents not in (None, 1))):
        if given:
            raise UsageError(
                f"`--{option}` would change what the decoder `{name}` writes, which must stay "
                "whole",
                hint=f"leave `--{option}` out",
            )
    return made


def _checked(
    stop: Sequence[str] | str, length: int, count: int, documents: int | None
) -> tuple[str, ...]:
    """The stop texts, if they and the numbers make sense."""
    check_at_least(1, length=length, count=count)
    check_at_least(0, documents=documents)
    stops = (stop,) if isinstance(stop, str) else tuple(stop)
    if "" in stops:
        raise UsageError("a stop text is empty, so nothing could be written")
    return stops
