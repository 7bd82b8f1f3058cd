"""Time series in CSV and Parquet: probabilistic forecasts, backtests and anomaly scores."""

from __future__ import annotations

import rnngen
from rnngen import Register


@rnngen.hookimpl
def register_domains(register: Register) -> None:
    """The domain `series`."""
    register(
        "series",
        "rnngen_series.domain:SeriesDomain",
        options="rnngen_series.options:Options",
        summary="time series in CSV and Parquet, and probabilistic forecasts",
    )


@rnngen.hookimpl
def register_likelihoods(register: Register) -> None:
    """Likelihoods for the values of a time series."""
    register(
        "gaussian",
        "rnngen_series.likelihoods.gaussian:Gaussian",
        summary="normal distribution for values of a time series",
    )
    register(
        "student-t",
        "rnngen_series.likelihoods.student_t:StudentT",
        summary="Student's t distribution for values of a time series, robust to outliers",
    )
    register(
        "negative-binomial",
        "rnngen_series.likelihoods.negative_binomial:NegativeBinomial",
        summary="negative binomial distribution for counts (Salinas et al. 2017)",
    )
    register(
        "quantised",
        "rnngen_series.likelihoods.quantised:Quantised",
        summary="binned values of a time series, for distributions of any shape",
    )
