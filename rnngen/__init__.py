"""rnngen: train recurrent generators on your own files, and generate from them.

    import rnngen

    run = rnngen.fit(["book.txt"], time=60)

The names of `__all__` are what programs and plugins may rely on. Every one is imported on first
use, so `import rnngen` costs nothing. It sets one environment variable, OMP_WAIT_POLICY or
GOMP_SPINCOUNT, where none is set and torch is not imported yet: see `rnngen.engines.waiting`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import rnngen.engines.waiting  # noqa: F401  (before anything here can import torch)

if TYPE_CHECKING:
    from rnngen.bundles.bundle import Bundle as Bundle
    from rnngen.components.decoders.hypotheses import Hypotheses as Hypotheses
    from rnngen.components.decoders.hypotheses import Hypothesis as Hypothesis
    from rnngen.components.decoders.hypotheses import best_wanted as best_wanted
    from rnngen.components.decoders.hypotheses import check_beam as check_beam
    from rnngen.components.decoders.hypotheses import write_best as write_best
    from rnngen.components.decoders.rollout import check as _check_request
    from rnngen.components.decoders.rollout import each_prompt as each_prompt
    from rnngen.components.decoders.rollout import log_probabilities as log_probabilities
    from rnngen.components.decoders.rollout import roll_out as roll_out
    from rnngen.components.decoders.sample import Options as _SampleOptions
    from rnngen.components.decoders.sample import Sampler as Sampler
    from rnngen.contracts.batch import Batch as Batch
    from rnngen.contracts.batch import Batches as Batches
    from rnngen.contracts.batch import generator as _seeded
    from rnngen.contracts.cell import Cell as Cell
    from rnngen.contracts.cell import map_state as map_state
    from rnngen.contracts.cell import tensors as tensors
    from rnngen.contracts.codec import Codec as Codec
    from rnngen.contracts.codec import StreamDecoder as StreamDecoder
    from rnngen.contracts.condition import Conditioner as Conditioner
    from rnngen.contracts.constraint import INFINITE as INFINITE
    from rnngen.contracts.constraint import Constraint as Constraint
    from rnngen.contracts.constraint import Machine as Machine
    from rnngen.contracts.constraint import Reason as Reason
    from rnngen.contracts.constraint import Rule as Rule
    from rnngen.contracts.constraint import Single as Single
    from rnngen.contracts.constraint import Vocabulary as Vocabulary
    from rnngen.contracts.context import Context as Context
    from rnngen.contracts.decoder import Decoder as Decoder
    from rnngen.contracts.decoder import Emission as Emission
    from rnngen.contracts.decoder import Request as Request
    from rnngen.contracts.domain import Domain as Domain
    from rnngen.contracts.domain import Forecast as Forecast
    from rnngen.contracts.domain import ForecastRequest as ForecastRequest
    from rnngen.contracts.domain import Report as Report
    from rnngen.contracts.domain import Written as Written
    from rnngen.contracts.draws import Draws as Draws
    from rnngen.contracts.draws import other_seed as other_seed
    from rnngen.contracts.draws import uniforms as uniforms
    from rnngen.contracts.engine import Engine as Engine
    from rnngen.contracts.errors import BundleError as BundleError
    from rnngen.contracts.errors import DataError as DataError
    from rnngen.contracts.errors import ExitCode as ExitCode
    from rnngen.contracts.errors import PluginError as PluginError
    from rnngen.contracts.errors import RnngenError as RnngenError
    from rnngen.contracts.errors import RunError as RunError
    from rnngen.contracts.errors import Unsupported as Unsupported
    from rnngen.contracts.errors import UsageError as UsageError
    from rnngen.contracts.file_names import content_suffix as content_suffix
    from rnngen.contracts.left_out import LeftOut as LeftOut
    from rnngen.contracts.likelihood import Likelihood as Likelihood
    from rnngen.contracts.likelihood import choose as choose
    from rnngen.contracts.likelihood import normal as normal
    from rnngen.contracts.likelihood import sharpened as sharpened
    from rnngen.contracts.measuring import Measured as Measured
    from rnngen.contracts.measuring import Measuring as Measuring
    from rnngen.contracts.options import build as _build_options
    from rnngen.contracts.options import describe as _describe_options
    from rnngen.contracts.options import option as option
    from rnngen.contracts.options import suggest as suggest
    from rnngen.contracts.output import Exporter as Exporter
    from rnngen.contracts.output import Tracker as Tracker
    from rnngen.contracts.steps import Beginning as Beginning
    from rnngen.contracts.steps import Boundary as Boundary
    from rnngen.contracts.steps import ConditionShape as ConditionShape
    from rnngen.contracts.steps import Piece as Piece
    from rnngen.contracts.steps import State as State
    from rnngen.contracts.strategy import Strategy as Strategy
    from rnngen.contracts.version import __version__ as __version__
    from rnngen.data.store import Store as Store
    from rnngen.engines.torch_engine import Engine as _TorchEngine
    from rnngen.files.atomic import saving as saving
    from rnngen.files.atomic import write_atomically as write_atomically
    from rnngen.files.schema import make as _from_json
    from rnngen.files.source import Source as Source
    from rnngen.kernel.blame import blamed as blamed
    from rnngen.kernel.blame import one_line as one_line
    from rnngen.kernel.catalog import find_component as find_component
    from rnngen.kernel.hookspecs import Register as Register
    from rnngen.kernel.hookspecs import hookimpl as hookimpl
    from rnngen.kernel.memory import check_memory as check_memory
    from rnngen.model.loss import autocast as autocast
    from rnngen.model.loss import batch_nll as batch_nll
    from rnngen.model.loss import mean_nll as mean_nll
    from rnngen.model.loss import weighted_mean as weighted_mean
    from rnngen.model.model import Model as Model
    from rnngen.training.learning_check import warn_if_not_learned as warn_if_not_learned
    from rnngen.training.rehearsal import beside as beside
    from rnngen.training.rehearsal import extended as extended
    from rnngen.training.run import Run as Run
    from rnngen.training.run import Task as Task
    from rnngen.verbs.evaluate import evaluate as evaluate
    from rnngen.verbs.fit import fit as fit
    from rnngen.verbs.forecast import forecast as forecast
    from rnngen.verbs.generate import generate as generate
    from rnngen.verbs.trained import load as load

    SampleOptions = _SampleOptions
    TorchEngine = _TorchEngine
    from_json = _from_json
    build_options = _build_options
    check_request = _check_request
    describe_options = _describe_options
    seeded = _seeded

_PUBLIC = {
    # everyone
    "BundleError": "rnngen.contracts.errors",
    "DataError": "rnngen.contracts.errors",
    "ExitCode": "rnngen.contracts.errors",
    "PluginError": "rnngen.contracts.errors",
    "RnngenError": "rnngen.contracts.errors",
    "RunError": "rnngen.contracts.errors",
    "Unsupported": "rnngen.contracts.errors",
    "UsageError": "rnngen.contracts.errors",
    "__version__": "rnngen.contracts.version",
    "evaluate": "rnngen.verbs.evaluate",
    "fit": "rnngen.verbs.fit",
    "forecast": "rnngen.verbs.forecast",
    "generate": "rnngen.verbs.generate",
    "load": "rnngen.verbs.trained",
    # every plugin
    "Register": "rnngen.kernel.hookspecs",
    "build_options": "rnngen.contracts.options:build",
    "check_memory": "rnngen.kernel.memory",
    "from_json": "rnngen.files.schema:make",
    "hookimpl": "rnngen.kernel.hookspecs",
    "option": "rnngen.contracts.options",
    "other_seed": "rnngen.contracts.draws",
    "saving": "rnngen.files.atomic",
    "seeded": "rnngen.contracts.batch:generator",
    "suggest": "rnngen.contracts.options",
    "uniforms": "rnngen.contracts.draws",
    "write_atomically": "rnngen.files.atomic",
    # a cell
    "Cell": "rnngen.contracts.cell",
    "State": "rnngen.contracts.steps",
    "map_state": "rnngen.contracts.cell",
    "tensors": "rnngen.contracts.cell",
    # a domain
    "Beginning": "rnngen.contracts.steps",
    "Boundary": "rnngen.contracts.steps",
    "Codec": "rnngen.contracts.codec",
    "ConditionShape": "rnngen.contracts.steps",
    "Domain": "rnngen.contracts.domain",
    "Forecast": "rnngen.contracts.domain",
    "ForecastRequest": "rnngen.contracts.domain",
    "LeftOut": "rnngen.contracts.left_out",
    "Measured": "rnngen.contracts.measuring",
    "Measuring": "rnngen.contracts.measuring",
    "Piece": "rnngen.contracts.steps",
    "Report": "rnngen.contracts.domain",
    "Source": "rnngen.files.source",
    "StreamDecoder": "rnngen.contracts.codec",
    "Written": "rnngen.contracts.domain",
    "content_suffix": "rnngen.contracts.file_names",
    # a likelihood
    "Likelihood": "rnngen.contracts.likelihood",
    "choose": "rnngen.contracts.likelihood",
    "normal": "rnngen.contracts.likelihood",
    "sharpened": "rnngen.contracts.likelihood",
    # a conditioner
    "Conditioner": "rnngen.contracts.condition",
    # a decoder
    "Context": "rnngen.contracts.context",
    "Decoder": "rnngen.contracts.decoder",
    "Draws": "rnngen.contracts.draws",
    "Emission": "rnngen.contracts.decoder",
    "Engine": "rnngen.contracts.engine",
    "Hypotheses": "rnngen.components.decoders.hypotheses",
    "Hypothesis": "rnngen.components.decoders.hypotheses",
    "Request": "rnngen.contracts.decoder",
    "SampleOptions": "rnngen.components.decoders.sample:Options",
    "Sampler": "rnngen.components.decoders.sample",
    "best_wanted": "rnngen.components.decoders.hypotheses",
    "check_beam": "rnngen.components.decoders.hypotheses",
    "check_request": "rnngen.components.decoders.rollout:check",
    "each_prompt": "rnngen.components.decoders.rollout",
    "log_probabilities": "rnngen.components.decoders.rollout",
    "roll_out": "rnngen.components.decoders.rollout",
    "write_best": "rnngen.components.decoders.hypotheses",
    # a constraint
    "Constraint": "rnngen.contracts.constraint",
    "INFINITE": "rnngen.contracts.constraint",
    "Machine": "rnngen.contracts.constraint",
    "Reason": "rnngen.contracts.constraint",
    "Rule": "rnngen.contracts.constraint",
    "Single": "rnngen.contracts.constraint",
    "Vocabulary": "rnngen.contracts.constraint",
    # a strategy
    "Batch": "rnngen.contracts.batch",
    "Batches": "rnngen.contracts.batch",
    "Model": "rnngen.model.model",
    "Run": "rnngen.training.run",
    "Store": "rnngen.data.store",
    "Strategy": "rnngen.contracts.strategy",
    "Task": "rnngen.training.run",
    "TorchEngine": "rnngen.engines.torch_engine:Engine",
    "autocast": "rnngen.model.loss",
    "batch_nll": "rnngen.model.loss",
    "beside": "rnngen.training.rehearsal",
    "extended": "rnngen.training.rehearsal",
    "mean_nll": "rnngen.model.loss",
    "warn_if_not_learned": "rnngen.training.learning_check",
    "weighted_mean": "rnngen.model.loss",
    # a tracker or an exporter
    "Bundle": "rnngen.bundles.bundle",
    "Exporter": "rnngen.contracts.output",
    "Tracker": "rnngen.contracts.output",
    # a plugin that runs other components
    "blamed": "rnngen.kernel.blame",
    "describe_options": "rnngen.contracts.options:describe",
    "find_component": "rnngen.kernel.catalog",
    "one_line": "rnngen.kernel.blame",
}
"""Each public name, and the module that has it: `module`, or `module:name` where it is called
otherwise there. A plugin imports these, `rnngen.testing`, and nothing else of ours."""

__all__ = sorted(_PUBLIC)


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module `rnngen` has no attribute `{name}`")
    module, _, attribute = _PUBLIC[name].partition(":")
    value = getattr(importlib.import_module(module), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
