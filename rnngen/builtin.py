"""The core's own plugin: it registers the built-in components, the way a stranger's plugin does."""

from __future__ import annotations

from rnngen.hookspecs import Register, hookimpl


@hookimpl
def register_cells(register: Register) -> None:
    """Cells with a fused kernel for training and a fast step for generation."""
    register(
        "lstm",
        "rnngen.cells.lstm:LSTM",
        options="rnngen.cells.lstm:Options",
        summary="long short-term memory (Hochreiter and Schmidhuber 1997)",
    )
    register(
        "gru",
        "rnngen.cells.gru:GRU",
        options="rnngen.cells.gru:Options",
        summary="gated recurrent unit (Cho et al. 2014)",
    )
    register(
        "rnn",
        "rnngen.cells.rnn:RNN",
        options="rnngen.cells.rnn:Options",
        summary="plain recurrent network (Elman 1990)",
    )


@hookimpl
def register_domains(register: Register) -> None:
    """Text, music, time series, and strokes of a pen."""
    register(
        "text",
        "rnngen.domains.text:TextDomain",
        options="rnngen.domains.text.options:Options",
        summary="text files, by character, byte or subword",
    )
    register(
        "series",
        "rnngen.domains.series:SeriesDomain",
        options="rnngen.domains.series.options:Options",
        summary="time series in CSV and Parquet, and probabilistic forecasts",
    )
    register(
        "handwriting",
        "rnngen.domains.handwriting:HandwritingDomain",
        options="rnngen.domains.handwriting.options:Options",
        summary="pen strokes, by themselves or as the writing of a text",
    )
    register(
        "music",
        "rnngen.domains.music:MusicDomain",
        options="rnngen.domains.music.options:Options",
        summary="MIDI, ABC and piano rolls, as event tokens or frames of 88 keys",
    )


@hookimpl
def register_likelihoods(register: Register) -> None:
    """The likelihoods of tokens, frames, values of a time series, and strokes."""
    register(
        "categorical",
        "rnngen.likelihoods.categorical:Categorical",
        summary="softmax over the vocabulary",
    )
    register(
        "gaussian",
        "rnngen.likelihoods.gaussian:Gaussian",
        summary="normal distribution of a series' value",
    )
    register(
        "student-t",
        "rnngen.likelihoods.student_t:StudentT",
        summary="Student's t distribution of a series' value: forgives outliers",
    )
    register(
        "negative-binomial",
        "rnngen.likelihoods.negative_binomial:NegativeBinomial",
        summary="counts (Salinas et al. 2017)",
    )
    register(
        "quantised",
        "rnngen.likelihoods.quantised:Quantised",
        summary="bins of a series' value, of any distribution",
    )
    register(
        "pen-mixture",
        "rnngen.likelihoods.pen_mixture:PenMixture",
        summary="offsets and states of a pen: mixture of bivariate Gaussians (Graves 2013)",
    )
    register(
        "bernoulli",
        "rnngen.likelihoods.bernoulli:Bernoulli",
        summary="independent keys of a piano-roll frame",
    )
    register(
        "nade",
        "rnngen.likelihoods.nade:Nade",
        summary="keys of a frame that hang on the lower ones (Boulanger-Lewandowski et al. 2012)",
    )


@hookimpl
def register_decoders(register: Register) -> None:
    """The decoders everybody expects."""
    register(
        "sample",
        "rnngen.decoders.sample:Sample",
        options="rnngen.decoders.sample:Options",
        summary="draw each step, with temperature and filters",
    )
    register(
        "greedy",
        "rnngen.decoders.greedy:Greedy",
        options="rnngen.decoders.greedy:Options",
        summary="always the most probable step",
    )
    register(
        "beam",
        "rnngen.decoders.beam:Beam",
        options="rnngen.decoders.beam:Options",
        summary="search for probable sequences",
    )


@hookimpl
def register_trackers(register: Register) -> None:
    """Trackers whose package is an extra."""
    register(
        "tensorboard",
        "rnngen.trackers.tensorboard:TensorBoard",
        summary="event files for TensorBoard",
    )


@hookimpl
def register_exporters(register: Register) -> None:
    """Exporters whose package is an extra."""
    register(
        "onnx",
        "rnngen.exporters.onnx:Onnx",
        options="rnngen.exporters.onnx:Options",
        summary="one step of the model as a graph, for ONNX Runtime",
    )


@hookimpl
def register_optimizers(register: Register) -> None:
    """Optimizers of training."""
    register(
        "adamw",
        "rnngen.optimizers:AdamW",
        options="rnngen.optimizers:AdamWOptions",
        summary="Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
    )
    register(
        "sgd",
        "rnngen.optimizers:SGD",
        options="rnngen.optimizers:SGDOptions",
        summary="stochastic gradient descent, with momentum",
    )
