"""Every hook a plugin can implement, with an example of each.

A plugin is a module with functions decorated by `rnngen.hookimpl`, named in the entry point group
`rnngen`. Registration hooks tell what the plugin brings; they are called once, when the plugin is
loaded, and must not import anything heavy: give targets as text, `"package.module:Class"`.
Lifecycle hooks are the methods of a strategy; they are called only in runs that name the strategy
or its plugin with `--plugin`. An implementation takes the arguments it needs and may leave out
the others; arguments are only ever added to a hook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from rnngen.contracts.strategy import Run

if TYPE_CHECKING:
    from torch import Tensor


hookspec = pluggy.HookspecMarker("rnngen")


hookimpl = pluggy.HookimplMarker("rnngen")
"""Marks a function or a method as the implementation of one of the hooks below."""


class Register(Protocol):
    """What a registration hook is given: call it once for every component."""

    def __call__(
        self,
        name: str,
        target: str | Callable[..., Any],
        *,
        options: str | type | None = None,
        summary: str = "",
    ) -> None:
        """Registers a component.

        Args:
            name: lower case, `[a-z][a-z0-9-]*`; what the user types.
            target: a class (or a function that builds one), or where it is: `"pkg.mod:Class"`.
            options: its options, a frozen dataclass, or where it is; None: it has none. The target
                takes an instance of it in its parameter `options`; without such a parameter, each
                field by name.
            summary: one line for `rnngen list`.
        """


@hookspec
def register_cells(register: Register) -> None:
    """Recurrent cells, `target(input_size, hidden_size, options)`; see `rnngen.Cell`.

    Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_cells(register):
            register("peephole", "my_cells.peephole:Peephole", summary="LSTM with peepholes")
    """


@hookspec
def register_domains(register: Register) -> None:
    """Kinds of data, `target(options)`; see `rnngen.Domain`.

    Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_domains(register):
            register("music", "my_music:Music", options="my_music.options:Options")
    """


@hookspec
def register_likelihoods(register: Register) -> None:
    """Probabilities of the next step, `target(options)`; see `rnngen.Likelihood`.

    Called once, when the plugin is loaded. A domain names the likelihood that fits its codec.

    Example:
        @rnngen.hookimpl
        def register_likelihoods(register):
            register("bernoulli", "my_likelihoods:Bernoulli", summary="independent yes or no")
    """


@hookspec
def register_conditioners(register: Register) -> None:
    """Ways of reading a condition, `target(build, input_size, condition, size, options)`.

    See `rnngen.Conditioner`. Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_conditioners(register):
            register("label", "my_conditioners:Label", summary="one class for each document")
    """


@hookspec
def register_engines(register: Register) -> None:
    """Ways to execute one step of a model, `target(model, boundary, condition, options)`.

    See `rnngen.Engine`. Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_engines(register):
            register("native", "my_engines:Native", summary="plain C, for small models")
    """


@hookspec
def register_decoders(register: Register) -> None:
    """Ways of turning a model into sequences, `target(options)`; see `rnngen.Decoder`.

    Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_decoders(register):
            register("mirostat", "my_decoders:Mirostat", options="my_decoders:Options")
    """


@hookspec
def register_strategies(register: Register) -> None:
    """Ways of learning one task or several in a row, `target(options)`.

    A strategy is an object with any of the lifecycle hooks below as methods, and, where it
    remembers something, `state_dict()` and `load_state_dict(state)` (tensors and JSON). Its
    attribute `keeps_data` says whether steps of the data can be read from that state, and
    `memory_tokens` how many; where it does not say so, users are told that it may hold their data.
    Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_strategies(register):
            register("ewc", "my_strategies.ewc:EWC", options="my_strategies.ewc:Options")
    """


@hookspec
def register_constraints(register: Register) -> None:
    """What generated sequences must satisfy, `target(options)`.

    Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_constraints(register):
            register("regex", "my_constraints.regex:Regex", summary="match an expression")
    """


@hookspec
def register_trackers(register: Register) -> None:
    """Where metrics go besides `metrics.jsonl`, `target(folder, options)`; see `rnngen.Tracker`.

    Called once, when the plugin is loaded. A tracker is imported only in runs that name it, and
    built with the run's folder when training begins, also where the run is resumed.

    Example:
        @rnngen.hookimpl
        def register_trackers(register):
            register("mlflow", "my_trackers:MLflow", options="my_trackers:Options")

        # rnngen fit book.txt --tracker mlflow -o mlflow.server=http://localhost:5000
    """


@hookspec
def register_exporters(register: Register) -> None:
    """Formats a bundle can be written in, `target(options)`; see `rnngen.Exporter`.

    Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_exporters(register):
            register("gguf", "my_exporters.gguf:Exporter", summary="for llama.cpp")
    """


@hookspec
def register_optimizers(register: Register) -> None:
    """Optimizers of training, `target(named_parameters, learning_rate, options)`.

    The target gives a `torch.optim.Optimizer`. Called once, when the plugin is loaded.

    Example:
        @rnngen.hookimpl
        def register_optimizers(register):
            register("muon", "my_optimizers:Muon", options="my_optimizers:MuonOptions")
    """


@hookspec
def fit_started(run: Run) -> None:
    """Called once, when the model is built (or restored) and before the first task.

    Example:
        @rnngen.hookimpl
        def fit_started(self, run):
            self.names = [name for name, _ in run.model.named_parameters()]
    """


@hookspec
def task_started(run: Run, task: Any) -> None:
    """Called before the first batch of each task; a run without several tasks has one.

    Example:
        @rnngen.hookimpl
        def task_started(self, run, task):
            self.start = {n: p.detach().clone() for n, p in run.model.named_parameters()}
    """


@hookspec
def rehearse(run: Run, batch: Any) -> Any:
    """Called before each forward pass; rows to learn beside the batch's own, or None.

    They are a `rnngen.Batch` of as many steps as `batch`, each row of which begins with the
    initial state; its `weights` may make a row count more or less than one of the batch's own.

    Example:
        @rnngen.hookimpl
        def rehearse(self, run, batch):
            return self.memory.draw(len(batch.inputs), rows=8)
    """


@hookspec
def loss_terms(run: Run, batch: Any, output: Tensor) -> Mapping[str, Tensor] | None:
    """Called at each step before backward; what to add to the loss.

    The batch has the task's own rows first, `run.lanes` of them, then what was rehearsed; `output`
    `[T,B,K]` is what the model gave for all of them. The terms are scalar tensors in nats per
    step, by name; all are added to the loss and logged as `strategy.name`.

    Example:
        @rnngen.hookimpl
        def loss_terms(self, run):
            distance = sum(p.square().sum() for p in run.model.parameters())
            return {"penalty": self.strength * distance}
    """


@hookspec
def gradients_ready(run: Run) -> None:
    """Called at each optimizer step, after backward and before the gradient is clipped.

    Here a strategy observes gradients (synaptic intelligence) or projects them (A-GEM); with
    `train.accumulate` they are the sum over the accumulated batches. They are those of all that is
    lowered. A strategy that measures what the task alone does sets its attribute `task_gradient =
    True` and reads `run.task_gradient`, where no other strategy's part is in.

    Example:
        @rnngen.hookimpl
        def gradients_ready(self, run):
            for parameter in self.frozen(run.model):
                parameter.grad = None
    """


@hookspec
def step_finished(run: Run, metrics: Mapping[str, float]) -> None:
    """Called after each optimizer step, with the numbers that were logged for it.

    Example:
        @rnngen.hookimpl
        def step_finished(self, run, metrics):
            self.worst = max(self.worst, metrics["loss"])
    """


@hookspec
def evaluated(run: Run, split: str, metrics: Mapping[str, float]) -> None:
    """Called after each evaluation on a split (`valid`, `test`), with its metrics.

    Example:
        @rnngen.hookimpl
        def evaluated(self, run, split, metrics):
            self.history.append((run.position.step, split, dict(metrics)))
    """


@hookspec
def task_finished(run: Run, task: Any, batches: Any) -> None:
    """Called after the last step of each task, with the task's batches for another pass.

    Here a strategy estimates what is worth keeping (EWC's importances) or fills its memory.

    Example:
        @rnngen.hookimpl
        def task_finished(self, run, task, batches):
            self.anchor = {n: p.detach().clone() for n, p in run.model.named_parameters()}
    """


@hookspec
def tasks_measured(run: Run, nats: Sequence[float | None]) -> None:
    """Called before the first task and after each, with how well every task is done.

    `nats` are per token on the held-out part of each task, in the order of the data; None where
    nothing was held out.

    Example:
        @rnngen.hookimpl
        def tasks_measured(self, run, nats):
            self.rows.append(list(nats))
    """


@hookspec
def fit_finished(run: Run, status: str) -> None:
    """Called once, whatever happened; `status` is `finished`, `interrupted` or `failed`.

    An exception here is only a warning: the run is over and must be saved.

    Example:
        @rnngen.hookimpl
        def fit_finished(self, run, status):
            self.log.close()
    """
