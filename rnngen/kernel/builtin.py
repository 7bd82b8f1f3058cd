"""The core's own plugin: it registers the built-in components, the way a stranger's plugin does."""

from __future__ import annotations

from rnngen.kernel.hookspecs import Register, hookimpl


@hookimpl
def register_cells(register: Register) -> None:
    """Cells with a fused kernel for training and a fast step for generation."""
    register(
        "lstm",
        "rnngen.components.cells.lstm:LSTM",
        options="rnngen.components.cells.lstm:Options",
        summary="long short-term memory (Hochreiter and Schmidhuber 1997)",
    )
    register(
        "gru",
        "rnngen.components.cells.gru:GRU",
        options="rnngen.components.cells.gru:Options",
        summary="gated recurrent unit (Cho et al. 2014)",
    )
    register(
        "rnn",
        "rnngen.components.cells.rnn:RNN",
        options="rnngen.components.cells.rnn:Options",
        summary="plain recurrent network (Elman 1990)",
    )


@hookimpl
def register_domains(register: Register) -> None:
    """Text, music, time series, and strokes of a pen."""
    register(
        "text",
        "rnngen.components.domains.text:TextDomain",
        options="rnngen.components.domains.text.options:Options",
        summary="text files, by character, byte or subword",
    )


@hookimpl
def register_likelihoods(register: Register) -> None:
    """The likelihoods of tokens, frames, values of a time series, and strokes."""
    register(
        "categorical",
        "rnngen.components.likelihoods.categorical:Categorical",
        summary="softmax over the vocabulary",
    )


@hookimpl
def register_conditioners(register: Register) -> None:
    """How a model reads what a document is conditioned on."""
    register(
        "window",
        "rnngen.components.conditioners.window:Window",
        summary="soft window that moves over a text (Graves 2013)",
    )


@hookimpl
def register_engines(register: Register) -> None:
    """The engine that can step every model."""
    register(
        "torch",
        "rnngen.engines.torch_engine:Engine",
        summary="PyTorch over prepared weights, on a processor or a GPU",
    )


@hookimpl
def register_decoders(register: Register) -> None:
    """The decoders everybody expects."""
    register(
        "sample",
        "rnngen.components.decoders.sample:Sample",
        options="rnngen.components.decoders.sample:Options",
        summary="draw each step, with temperature and filters",
    )
    register(
        "greedy",
        "rnngen.components.decoders.greedy:Greedy",
        options="rnngen.components.decoders.greedy:Options",
        summary="always the most probable step",
    )
    register(
        "beam",
        "rnngen.components.decoders.beam:Beam",
        options="rnngen.components.decoders.beam:Options",
        summary="search for probable sequences",
    )


@hookimpl
def register_trackers(register: Register) -> None:
    """Trackers whose package is an extra."""
    register(
        "tensorboard",
        "rnngen.components.trackers.tensorboard:TensorBoard",
        summary="event files for TensorBoard",
    )


@hookimpl
def register_exporters(register: Register) -> None:
    """Exporters; the package of `onnx` is an extra."""
    register(
        "onnx",
        "rnngen.engines.exporters.onnx:Onnx",
        options="rnngen.engines.exporters.onnx:Options",
        summary="one step of the model as a graph, for ONNX Runtime",
    )
    register(
        "bundle",
        "rnngen.engines.exporters.bundle:BundleCopy",
        options="rnngen.engines.exporters.bundle:Options",
        summary="a copy to give away, without what a run keeps of your data",
    )


@hookimpl
def register_optimizers(register: Register) -> None:
    """Optimizers of training."""
    register(
        "adamw",
        "rnngen.components.optimizers:AdamW",
        options="rnngen.components.optimizers:AdamWOptions",
        summary="Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
    )
    register(
        "sgd",
        "rnngen.components.optimizers:SGD",
        options="rnngen.components.optimizers:SGDOptions",
        summary="stochastic gradient descent, with momentum",
    )
