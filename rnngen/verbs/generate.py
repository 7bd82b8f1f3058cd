"""The verb `generate`: from a trained bundle to new sequences.

    import rnngen

    for written in rnngen.generate("runs/book", "Once", length=200, count=3, seed=7):
        print(written.prompt + written.text)

The same seed gives the same sequences on one machine, and sequence i of a seed does not depend on
how many are drawn: `count=1` gives the first of `count=100`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from rnngen.bundles.bundle import Bundle, load
from rnngen.contracts.decoder import Decoder, Request
from rnngen.contracts.errors import UsageError
from rnngen.engines.device import choose_device
from rnngen.engines.torch_engine import Engine
from rnngen.kernel.blame import attributed
from rnngen.verbs.context import ModelContext
from rnngen.verbs.start import begin, has_documents, make_decoder, prime
from rnngen.verbs.writing import Generated, Stream, write


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
    if bundle.domain.forecasts:
        raise UsageError(
            f"`{bundle.path}` forecasts what follows its data, and writes nothing new",
            hint="use `rnngen.forecast(...)`",
        )
    if codec.step_shape and not made.vectors:
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
    made.attach(ModelContext(bundle, note))
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
                replace(part, forbidden=made.explain(engine, request, 0, part.steps))
                for part in written
            ]
    return written


def _check_decoder(
    made: Decoder, name: str, stops: Sequence[str], documents: int | None, explain: bool
) -> None:
    if explain and not made.explains:
        raise UsageError(
            f"the decoder `{name}` forbids nothing that could be explained",
            hint="`--explain` goes with `--decoder constrained`",
        )
    if not made.complete:
        return
    for option, given in (("stop", bool(stops)), ("documents", documents not in (None, 1))):
        if given:
            raise UsageError(
                f"`--{option}` would make something else of what the decoder `{name}` writes",
                hint=f"leave `--{option}` out",
            )


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
