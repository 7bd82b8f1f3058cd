"""What a model in training writes: the beginning of a document, drawn at temperature 0.8."""

from __future__ import annotations

from rnngen.components.decoders.sample import Options as SampleOptions
from rnngen.components.decoders.sample import Sample
from rnngen.contracts.codec import Codec
from rnngen.contracts.decoder import Request
from rnngen.contracts.domain import Domain
from rnngen.engines.choose import make_engine
from rnngen.model.model import Model

TEMPERATURE = 0.8


def preview(
    model: Model, domain: Domain, codec: Codec, length: int, seed: int, documents: int
) -> str:
    """At most `length` steps; touches neither the model nor the global random state.

    Args:
        model: in training or not.
        domain: says how a sequence begins, if it has something to say to that.
        codec: its codec.
        length: how many steps.
        seed: of what is drawn.
        documents: how many the model learns from; of a few it hardly knows how they begin.

    Returns:
        exact text (`rnngen.contracts.exact_text`); empty where steps are none.
    """
    if codec.step_shape:
        return ""
    start = [codec.boundary] if documents > 1 else [codec.boundary, *codec.opening]
    request = Request([start], length, seed=seed, forbidden=frozenset([codec.boundary]))
    engine = make_engine(model, codec.boundary)
    with engine.threads(1):
        emissions = list(Sample(SampleOptions(temperature=TEMPERATURE)).decode(engine, request))
    stream = codec.exact_stream()
    return "".join([stream.feed(emission.step) for emission in emissions]) + stream.flush()
