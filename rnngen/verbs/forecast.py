"""The verb `forecast`: what may follow the data a model was trained on, or newer data.

    import rnngen

    rnngen.forecast("runs/sales", horizon=48).write(Path("forecast.csv"), print)

On the command line it is `rnngen generate`, with a model whose domain forecasts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle, load
from rnngen.components.decoders.sample import Options, VectorSampler
from rnngen.contracts.domain import Forecast, ForecastRequest
from rnngen.contracts.errors import UsageError
from rnngen.kernel.blame import attributed
from rnngen.verbs.start import engine_of, make_decoder, sources_of


@attributed()
def forecast(
    bundle: Bundle | str | Path,
    data: Sequence[str] | str = (),
    *,
    horizon: int | None = None,
    samples: int = 200,
    options: Mapping[str, Any] | Sequence[str] | None = None,
    seed: int = 0,
    device: str = "auto",
    note: Callable[[str], None] = lambda text: None,
) -> Forecast:
    """Draws what may follow; the same as `rnngen generate` of a model that forecasts.

    Args:
        bundle: a bundle, or where it is.
        data: files with the sequences to go on from; none: those that the model was trained on.
        horizon: steps to look ahead; None: as many as the model was made for.
        samples: futures drawn for each sequence.
        options: of the decoder `sample`: `temperature` and `bias`.
        seed: 0 to 2⁶⁴ − 1.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        note: told what takes its time, and what one should know of the result.

    Raises:
        UsageError: what was asked for makes no sense, or the model does not forecast.
        DataError: the data can't be read.
        BundleError: the bundle is damaged.
    """
    for name, value in (("horizon", horizon), ("samples", samples)):
        if value is not None and value < 1:
            raise UsageError(f"`{name}` is {value}, expected at least 1")
    if not isinstance(bundle, Bundle):
        bundle = load(bundle)
    domain: Any = bundle.domain
    if not domain.forecasts:
        raise UsageError(
            f"`{bundle.path}` is a model of {bundle.manifest['domain']['name']}, which does not "
            "forecast",
            hint="write with it: `rnngen.generate(...)`",
        )
    drawn: Options = make_decoder("sample", options).options  # type: ignore[attr-defined]
    engine = engine_of(bundle, device)
    VectorSampler(drawn, engine.likelihood)  # refuses what speaks of tokens
    found = sources_of(bundle, data, note)
    request = ForecastRequest(horizon, samples, seed, drawn.temperature, drawn.bias)
    with engine.threads(samples):
        made: Forecast = domain.forecast(engine, bundle.codec, found, request, note)
    return made
