"""The verb `forecast`: what may follow the data a model was trained on, or newer data.

    import rnngen

    rnngen.forecast("runs/sales", horizon=48).write(Path("forecast.csv"), print)

On the command line it is `rnngen generate`, with a model whose domain forecasts.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rnngen.bundles.bundle import Bundle
from rnngen.components.decoders.sample import Options, VectorSampler
from rnngen.contracts.domain import Forecast, ForecastRequest
from rnngen.contracts.errors import Unsupported
from rnngen.engines.choose import DEFAULT
from rnngen.kernel.blame import attributed
from rnngen.verbs.arguments import Files, check_at_least, listed
from rnngen.verbs.components import Given, parted
from rnngen.verbs.learned import sources_of
from rnngen.verbs.read_as import read_as
from rnngen.verbs.start import engine_of, make_decoder, opened


@attributed()
def forecast(
    bundle: Bundle | str | Path,
    data: Files = (),
    *,
    horizon: int | None = None,
    samples: int = 200,
    options: Given = None,
    seed: int = 0,
    device: str = "auto",
    engine: str = DEFAULT,
    note: Callable[[str], None] = lambda text: None,
) -> Forecast:
    """Draws what may follow; the same as `rnngen generate` with a model that forecasts.

    Args:
        bundle: a bundle, or where it is.
        data: files with the sequences to continue; none: those that the model was trained on.
        horizon: steps to look ahead; None: as many as the model was made for.
        samples: futures drawn for each sequence.
        options: of the decoder `sample`: `temperature` and `bias`; those of the engine have its
            name, `{"ENGINE.option": 1}`, and so have those of the domain on how data is read.
        seed: 0 to 2⁶⁴ − 1.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        engine: `torch`, or one of a plugin.
        note: told what takes its time, and what one should know of the result.

    Raises:
        UsageError: what was asked for makes no sense, or the model does not forecast.
        DataError: the data can't be read.
        BundleError: the bundle is damaged.
    """
    check_at_least(1, horizon=horizon, samples=samples)
    bundle = opened(bundle)
    domain = bundle.domain
    if not domain.forecasts:
        raise Unsupported(domain, "forecasting", hint="write with it: `rnngen.generate(...)`")
    rest, domain_options = parted(options, bundle.manifest.domain.name)
    decoder_options, engine_options = parted(rest, engine)
    bundle = read_as(bundle, domain_options)
    drawn: Options = make_decoder("sample", decoder_options).options  # type: ignore[attr-defined]
    stepper = engine_of(bundle, device, name=engine, options=engine_options)
    VectorSampler(drawn, stepper.likelihood)  # refuses options that filter tokens
    found = sources_of(bundle, listed(data), note)
    domain = bundle.domain
    request = ForecastRequest(horizon, samples, seed, drawn.temperature, drawn.bias)
    with stepper.threads(samples):
        return domain.forecast(stepper, bundle.codec, found, request, note)
