"""The verb `generate`: from a trained bundle to new sequences.

    import rnngen

    for written in rnngen.generate("runs/book", "Once", length=200, count=3, seed=7):
        print(written.prompt + written.text)

The same seed gives the same sequences on one machine, and sequence i of a seed does not depend on
how many are drawn: `count=1` gives the first of `count=100`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.decoder import Decoder, Request
from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import Unsupported, UsageError
from rnngen.contracts.steps import Beginning
from rnngen.engines.choose import DEFAULT
from rnngen.kernel.blame import attributed
from rnngen.verbs.arguments import check_at_least
from rnngen.verbs.components import Given, parted
from rnngen.verbs.context import ModelContext
from rnngen.verbs.read_as import read_as
from rnngen.verbs.start import beginning_of, engine_of, has_documents, make_decoder, opened
from rnngen.verbs.writing import (
    ByteStream,
    Framing,
    Generated,
    Listeners,
    Stream,
    line_by_line,
    write,
)


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
    note: Callable[[str], None] = lambda text: None,
) -> list[Generated]:
    """Writes `count` sequences; the same as the command `rnngen generate`.

    Args:
        bundle, device: the model, and where it is computed: `auto`, `cpu`, `cuda:1`, `mps`.
        prompt, primer: what is continued, as the domain reads it, and a file to continue from.
        length: tokens to write at most, per sequence.
        decoder, options: `sample`, `{"temperature": 0.7}` or `["temperature=0.7"]`; those of the
            domain on prompts have its name: `{"text.unseen": "skip"}`.
        engine: `torch`, or one of a plugin, whose options have its name: `{"ENGINE.option": 1}`.
        seed: 0 to 2⁶⁴ − 1.
        stop: texts that end a sequence; they are cut off.
        documents: to write at most, per sequence; 0: any number; None: one if the model learned
            from several documents, else no end of a document at all.
        stream, stream_bytes: called with a sequence's number and its certain text, or bytes.
        explain: whether to tell where the decoder forbade what the model wanted most.
        note: told in a line what one should know of the result.

    Returns:
        the sequences in order; from `beam` the `n_best` of each, the best first.

    Raises:
        UsageError: what was asked for makes no sense.
        DataError: the prompt has characters that the model does not know.
        BundleError: the bundle is damaged.
    """
    stops = _checked(stop, length, count, documents)
    bundle = opened(bundle)
    rest, domain_own = parted(options, bundle.manifest.domain.name)
    own, engine_own = parted(rest, engine)
    made = _decoder(decoder, own, stops, documents, explain)
    bundle = read_as(bundle, domain_own)
    _check_bundle(bundle, made, decoder)
    beginning = beginning_of(bundle, prompt, primer, note)
    documents = 1 if documents is None and has_documents(bundle) else documents
    framing = _framing(bundle, beginning, stops, documents)
    request = _request(framing, length, count, seed, endless=documents is None)
    made.attach(ModelContext(bundle, note))
    stepper = engine_of(bundle, device, beginning.condition, name=engine, options=engine_own)
    with stepper.threads(count), Listeners(stream, stream_bytes) as hear:
        written = write(stepper, made, request, framing, hear)
        return _explained(written, made, stepper, request) if explain else written


def _framing(
    bundle: Bundle, beginning: Beginning, stops: Sequence[str], documents: int | None
) -> Framing:
    """What stands around a sequence; stop texts have the line ends of what was learned."""
    spelled = line_by_line(bundle.domain.spelled(text) for text in stops)
    return Framing(bundle.codec, beginning, spelled, documents or 0)


def _request(framing: Framing, length: int, count: int, seed: int, *, endless: bool) -> Request:
    """The decoder's request; `endless`: documents never end."""
    boundary = framing.codec.boundary
    return Request(
        prompts=[[boundary, *framing.beginning.steps]] * count,
        length=length,
        seed=seed,
        ends=frozenset({boundary} if framing.documents == 1 else ()),
        forbidden=frozenset({boundary} if endless else ()),
    )


def _explained(
    written: Sequence[Generated], decoder: Decoder, engine: Engine, request: Request
) -> list[Generated]:
    """The sequences, each with what the decoder forbade in it."""
    explain = decoder.explain
    return [replace(part, forbidden=explain(engine, request, 0, part.steps)) for part in written]


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
