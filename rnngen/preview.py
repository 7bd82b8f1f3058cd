"""What a model in training writes: the beginning of a document, drawn at temperature 0.8."""

from __future__ import annotations

from rnngen.decoders.sample import Sample
from rnngen.engine import Engine
from rnngen.model import Model
from rnngen.protocols import Codec, Request

TEMPERATURE = 0.8


def preview(model: Model, codec: Codec, length: int, seed: int) -> str:
    """At most `length` steps of text; touches neither the model nor the global random state."""
    request = Request([[codec.boundary]], length, seed=seed, forbidden=frozenset([codec.boundary]))
    engine = Engine(model, codec.boundary)
    with engine.threads(1):
        emissions = list(Sample(temperature=TEMPERATURE).decode(engine, request))
    return codec.decode([emission.step for emission in emissions])
