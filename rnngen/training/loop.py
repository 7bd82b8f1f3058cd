"""Training: truncated backpropagation through time with carried state.

One optimizer step reads the next chunk of every lane, starting from the state that the chunk
before left (Williams and Peng 1990), with the true previous step as input (teacher forcing), and
lowers the mean negative log-likelihood. Everything a step depends on is in `Trainer.state_dict`, so
that a run that was stopped, or killed, goes on to the very same weights.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from rnngen.bundles.checkpoint import commit_checkpoint, load_checkpoint
from rnngen.bundles.run_folder import RunFolder
from rnngen.contracts.batch import Batch
from rnngen.contracts.cell import map_state
from rnngen.contracts.errors import Interrupted, RunError, UsageError
from rnngen.contracts.reporter import Reporter
from rnngen.data.measuring import evaluation
from rnngen.engines.cores import Contention
from rnngen.files.tree import pack, unpack
from rnngen.kernel.core_options import TrainOptions
from rnngen.kernel.strategies import Lifecycle
from rnngen.metrics.scoring import score
from rnngen.metrics.task_history import MEASURED, Measured, Stream, measure, size_of
from rnngen.model.loss import autocast, backward, batch_nll, counted, weighted_mean
from rnngen.model.model import Model
from rnngen.training.checkpoints import CHECKPOINT_SECONDS
from rnngen.training.guard import EXPLODED, EXPLODED_DENSITY, Exploded
from rnngen.training.interrupts import MOMENT, GivenUp, Interrupts
from rnngen.training.pace import Pace
from rnngen.training.progress import LOOK_EVERY, _Recent
from rnngen.training.rehearsal import beside, columns, extended
from rnngen.training.run import Position, Run, Task
from rnngen.training.schedule import rate
from rnngen.training.scheduled_sampling import guessed_inputs
from rnngen.training.slow_step import SlowSteps
from rnngen.training.time_limit import TimeLimit
from rnngen.training.undo import Before
from rnngen.training.validation import VALIDATION_LANES, VALIDATION_SHARE, VALIDATIONS


class Trainer:
    """Trains a model on a row of tasks.

    Args:
        model: on its device, fresh or loaded.
        tasks: what to learn, in order.
        options: section `train`.
        optimizer: over the model's parameters.
        folder: where metrics, checkpoints and samples go.
        lifecycle: the strategies' hooks.
        device: where the model is.
        dtype: of matrix products; None is float32.
        save_model: commits the weights as the bundle's, given the validation in nats (or None).
        preview: writes a sample with the model as it is.
        log_metrics: hands numbers to the trackers.
        reporter: who is told.
        saved: a checkpoint to go on from.
        measured: the tasks to measure after each task; of a plain run none.
        start: the bundle whose model goes on learning, for strategies to know.
        inherited: what strategies remembered there, by name.
        clock: in seconds, of all that is measured.
    """

    def __init__(
        self,
        model: Model,
        tasks: Sequence[Task],
        options: TrainOptions,
        optimizer: torch.optim.Optimizer,
        folder: RunFolder,
        lifecycle: Lifecycle,
        device: torch.device,
        dtype: torch.dtype | None,
        *,
        save_model: Callable[[Position, float | None], None],
        preview: Callable[[int], str],
        log_metrics: Callable[[int, Mapping[str, float]], None],
        reporter: Reporter,
        saved: tuple[dict[str, Tensor], dict[str, Any]] | None = None,
        measured: Sequence[Measured] = (),
        start: Path | None = None,
        inherited: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.model = model
        self.tasks = tasks
        self.options = options
        self.optimizer = optimizer
        self.folder = folder
        self.lifecycle = lifecycle
        self.device = device
        self.dtype = dtype
        self.save_model = save_model
        self.preview = preview
        self.log_metrics = log_metrics
        self.reporter = reporter
        self.position = Position()
        self.lanes: Any = None
        self.generator = torch.Generator().manual_seed(options.seed)
        self.measured = measured
        self._stream = Stream()
        self._saved = saved
        self._start = start
        self._inherited = inherited or {}
        self._clock = clock
        self._interrupts = Interrupts(reporter.warn)
        self._slow = SlowSteps(reporter.slow)
        self._pace = self._make_pace()
        self._limit = TimeLimit(None if options.time is None else options.time / len(tasks))
        self._step_seconds = 0.0
        self._whole = False
        self._look_every = LOOK_EVERY.get(device.type, 1)
        self._validation_seconds = 0.0
        self._last_checkpoint = clock()
        self._recent = _Recent()
        self._metrics: dict[str, float] = {}

    # What a run is made of ----------------------------------------------------------------------

    def state_dict(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything the next step depends on, as tensors and JSON."""
        tensors: dict[str, Tensor] = {}
        state = {
            "position": asdict(self.position),
            "optimizer": pack(self.optimizer.state_dict(), "optimizer", tensors),
            "lanes": pack(self.lanes, "lanes", tensors),
            "strategies": self.lifecycle.packed(pack, "strategies", tensors),
            "random": pack(self._random_state(), "random", tensors),
            "stream": self._stream.state_dict(),
        }
        model = {f"model.{name}": tensor for name, tensor in self.model.tensors().items()}
        return {**model, **tensors}, state

    def load_state_dict(self, tensors: dict[str, Tensor], state: Mapping[str, Any]) -> None:
        """Goes back to where `state_dict` was taken."""
        prefix = "model."
        self.model.load_tensors(
            {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}
        )
        scale = self.position.rate_scale
        self.position = Position(**state["position"])
        self.position.rate_scale = min(scale, self.position.rate_scale)
        self.optimizer.load_state_dict(unpack(state["optimizer"], tensors))
        lanes = unpack(state["lanes"], tensors)
        self.lanes = None if lanes is None else map_state(lambda t: t.to(self.device), lanes)
        self.lifecycle.load_state_dict(unpack(state["strategies"], tensors))
        self._stream = Stream.of(state["stream"], self.device)
        self._set_random_state(unpack(state["random"], tensors))

    def _set_random_state(self, random: Mapping[str, Tensor]) -> None:
        torch.set_rng_state(random["cpu"])
        self.generator.set_state(random["generator"])
        if "device" in random and self.device.type == "cuda":
            torch.cuda.set_rng_state(random["device"], self.device)

    def _random_state(self) -> dict[str, Tensor]:
        state = {"cpu": torch.get_rng_state(), "generator": self.generator.get_state()}
        if self.device.type == "cuda":
            state["device"] = torch.cuda.get_rng_state(self.device)
        return state

    def checkpoint(self) -> None:
        """Commits a checkpoint of this moment."""
        tensors, state = self.state_dict()
        commit_checkpoint(self.folder.path, self.position.step, tensors, state)
        self._last_checkpoint = self._clock()
        self._whole = True

    # The loop -----------------------------------------------------------------------------------

    def run(self) -> Position:
        """Trains until the budget of every task is used.

        Raises:
            Interrupted: the user pressed Ctrl-C; everything is saved.
            RunError: the loss exploded too often, or saving failed.
        """
        hooks = Run(
            self.model,
            self.options,
            self.device,
            self.tasks,
            self.position,
            self.folder.path,
            self.optimizer,
            self.generator,
            self.dtype,
            self._start,
            self.reporter.note,
            self.reporter.warn,
        )
        self.hooks = hooks
        self.model.train()
        status = "failed"
        try:
            with self._interrupts, self._slow.watching():
                try:
                    self._run()
                except GivenUp:
                    self._save_and_stop()
            status = "finished"
        except (Interrupted, KeyboardInterrupt):
            status = "interrupted"
            raise
        finally:
            if self._pace is not None:
                torch.set_num_threads(self._pace.most)
            self.lifecycle.fit_finished(hooks, status)
        return self.position

    def _run(self) -> None:
        with self._long("the beginning of the strategies"):
            self.lifecycle.fit_started(self.hooks)
        if self._saved is None:
            self.lifecycle.load_state_dict(self._inherited, strict=False)
            if self.measured:
                self._measure_tasks(None)
            self.save_model(self.position, None)
            self.checkpoint()
        else:
            self.load_state_dict(*self._saved)
            self.hooks.position = self.position
            self._whole = True
            self._reopen()
        while self.position.task < len(self.tasks):
            self._train_task(self.tasks[self.position.task])

    def _train_task(self, task: Task) -> None:
        while self.position.owed or not self._is_over(task):
            if self._interrupts.requested:
                self._save_and_stop()
            if not self.position.begun:
                self._begin_task(task)
            if self.position.owed:
                self._validate(task)
                continue
            try:
                self._timed_step(task)
            except Exploded as reason:
                self._recover(str(reason))
                continue
            if self._validation_is_due():
                self._validate(task)
            elif self._checkpoint_is_due():
                self.checkpoint()
        if self.position.last_validation < self.progress():
            self._validate(task)
        if self.lifecycle or self.measured:
            # From here to the next checkpoint the run is not whole: what is given up is repeated.
            self._whole = False
        if self.lifecycle:
            begin = self._clock()
            with self._long("what the strategies do after a task"):
                self.lifecycle.task_finished(self.hooks, task, task.batches)
            self.position.seconds += self._clock() - begin
        if self.measured:
            self._measure_tasks(self.position.task)
        self._next_task()

    def _is_over(self, task: Task) -> bool:
        """Whether a task's budget, or the patience with it, is used up."""
        if self.progress() >= 1.0:
            return True
        if self._out_of_patience():
            waiting = self.position.waiting
            self.reporter.note(f"stopped early: {waiting} validations without a better one")
            return True
        if self._limit.is_over(self.position.task_seconds, self._looked_at(task)):
            # What is left is too short for a step; it counts as used, so that this task is over.
            assert self._limit.seconds is not None
            self.position.task_seconds = max(self._limit.seconds, self.position.task_seconds)
            return True
        return False

    def _begin_task(self, task: Task) -> None:
        begin = self._clock()
        self._whole = False
        if self.position.task > 0 and self.options.reset_optimizer:
            self.optimizer.state.clear()
        if self.lifecycle:
            with self._long("what the strategies do before a task"):
                self.lifecycle.task_started(self.hooks, task)
        self.position.begun = True
        self._whole = True
        self.position.seconds += self._clock() - begin

    @contextmanager
    def _long(self, what: str, kind: str | None = None) -> Iterator[None]:
        """What may take long: said when it does, and given up a moment after Ctrl-C.

        Args:
            what: how it is called.
            kind: parts of one kind usually take as long as each other; none: `what` is one.
        """
        with self._slow.part(what, kind or what), self._interrupts.breakable():
            yield

    def _make_pace(self) -> Pace | None:
        """Where the clock decides how the run goes, it may decide on the threads, too."""
        options, threads = self.options, torch.get_num_threads()
        asked = options.threads is not None or "OMP_NUM_THREADS" in os.environ
        if self.device.type != "cpu" or options.time is None or asked or threads == 1:
            return None
        return Pace(threads, Contention().share, torch.set_num_threads, self.reporter.note)

    def _next_task(self) -> None:
        self.position.task += 1
        if len(self.tasks) > 1 or self.measured:
            self.save_model(self.position, None if self.measured else self.position.best)
        if self.position.task < len(self.tasks):
            self.position.batch = self.position.task_step = 0
            self.position.task_seconds = self.position.last_validation = 0.0
            self.position.best, self.position.waiting = None, 0
            self.position.looked_at = None
            # Of another task much more is normal: whoever is sure of one is surprised by the next.
            self.position.first_loss = None
            self.position.begun = False
            self.lanes = None
            self._stream = Stream()
        self.checkpoint()

    def _measure_tasks(self, learned: int | None) -> None:
        """A row of the history: every task's held-out part, with the model as it is."""
        limit = min(self.options.validate_tokens, MEASURED)
        with self._long("the measurement of all tasks"):
            nats = measure(self.model, self.measured, self.device, self.dtype, limit)
        position = self.position
        position.history.append(
            {
                "learned": learned,
                "nats": nats,
                "steps": position.task_step,
                "tokens": position.tokens,
                "seconds": round(position.seconds, 3),
                "after_switch": self._stream.after_switch,
                "recovered": self._stream.recovered,
                "memory_bytes": size_of(self.lifecycle.state_dict()),
                "memory_tokens": self.lifecycle.memory_tokens,
            }
        )
        self.lifecycle.tasks_measured(self.hooks, nats)

    def _reopen(self) -> None:
        """Where a larger limit than before was given, the last task is not finished any more."""
        position = self.position
        if position.task == len(self.tasks):
            position.task -= 1
            position.waiting = 0
            if self.progress() == 1.0:
                position.task += 1
                return
            if self.measured:
                raise UsageError(
                    f"`{self.folder.path}` learned all its tasks, and its strategy has closed them",
                    hint=f"go on with new data: `rnngen fit --from {self.folder.path} FILE`",
                )
        position.last_validation = min(position.last_validation, self.progress())

    def progress(self) -> float:
        """The share of this task's budget that is used, 0 to 1: the largest of all limits."""
        options, position = self.options, self.position
        shares = [0.0]
        if options.steps is not None:
            shares.append(position.task_step / max(options.steps // len(self.tasks), 1))
        if options.epochs is not None:
            epochs = position.batch / len(self.tasks[position.task].batches)
            shares.append(epochs / options.epochs if options.epochs else 1.0)
        if options.time is not None:
            task = self.tasks[position.task]
            shares.append(self._limit.share(position.task_seconds, self._looked_at(task)))
        return min(max(shares), 1.0)

    def _timed_step(self, task: Task) -> None:
        begin = self._clock()
        tokens = self._step(task)
        self._step_seconds = self._clock() - begin
        self._add_seconds(self._step_seconds)
        self._limit.add_step(self._step_seconds, tokens)
        if self._pace is not None:
            self._pace.step(self._step_seconds)
        self._recent.add_tokens(tokens)
        self._report()

    def _add_seconds(self, seconds: float) -> None:
        self.position.seconds += seconds
        self.position.task_seconds += seconds

    def _step(self, task: Task) -> int:
        """One optimizer step; returns how many steps of the text it read."""
        options, position = self.options, self.position
        learning_rate = options.learning_rate * rate(self.progress(), options)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate * position.rate_scale
        slow = self._step_seconds > MOMENT
        random = self._random_state()
        before = Before.of(position, self.lanes, random, self.model, self.lifecycle, copied=slow)
        try:
            with self._long(f"step {position.step + 1}", "a step"):
                total, tokens, terms = self._gradients(task)
                norm = torch.nn.utils.clip_grad_norm_(
                    self.model.parameters(), options.clip if options.clip > 0 else math.inf
                )
        except GivenUp:
            self._take_back(before)
            raise
        if self.measured:
            self._stream.add(total)
        if (position.step + 1) % self._look_every == 0:
            self._look(float(total), float(norm))
        self.optimizer.step()
        position.step += 1
        position.task_step += 1
        position.tokens += tokens
        self._metrics = {"learning_rate": learning_rate * position.rate_scale}
        self._metrics.update({name: float(term.detach()) for name, term in terms.items()})
        if self.lifecycle:
            self.lifecycle.step_finished(self.hooks, {"loss": self._recent.loss, **self._metrics})
        return tokens

    def _gradients(self, task: Task) -> tuple[Tensor, int, dict[str, Tensor]]:
        """The loss of a step, its tokens, and the strategies' terms; no weight is changed."""
        options = self.options
        self.optimizer.zero_grad(set_to_none=True)
        total, tokens = torch.zeros((), device=self.device), 0
        terms: dict[str, Tensor] = {}
        self.hooks.task_gradient = {}
        for _ in range(options.accumulate):
            batch = self._next_batch(task)
            nll, output, batch = self._forward(batch)
            loss = weighted_mean(nll, batch.weights)
            if self.lifecycle:
                terms = self.lifecycle.loss_terms(self.hooks, batch, output)
            objective = loss + sum(terms.values()) if terms else loss
            own = self._own(nll, batch.weights) if nll.shape[1] > self.hooks.lanes else loss
            self._backward(own / options.accumulate, objective / options.accumulate)
            total += own.detach() / options.accumulate
            tokens += self.hooks.lanes * len(batch.targets)
        if self.lifecycle:
            self.lifecycle.gradients_ready(self.hooks)
        return total, tokens, terms

    def _take_back(self, before: Before) -> None:
        """Back to before the step, as far as that was kept."""
        self.position = self.hooks.position = before.position
        self.lanes = before.lanes
        self._set_random_state(before.random)
        self._whole = before.restore(self.model, self.lifecycle)

    def _backward(self, own: Tensor, objective: Tensor) -> None:
        """Gradients of the objective; those of the task's own loss apart, if a strategy asks."""
        if not self.lifecycle.task_gradient:
            torch.autograd.backward(objective)
            return
        learned = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        rest = objective - own
        backward(own, rest if rest.requires_grad else None, learned, self.hooks.task_gradient)

    def _next_batch(self, task: Task) -> Batch:
        epoch, index = divmod(self.position.batch, len(task.batches))
        self.position.batch += 1
        batch = task.batches.batch(epoch, index)
        if self.device.type != "cpu":
            batch = batch.to(self.device)
        batch = counted(self.model, batch)
        lanes = batch.inputs.shape[1]
        if self.lanes is None or index == 0 or self._width() != lanes:
            self.lanes = self.model.initial_state(lanes)
        return batch

    def _width(self) -> int:
        first = self.lanes
        while not isinstance(first, Tensor):
            first = next(iter(first.values() if isinstance(first, dict) else first))
        return first.shape[0]

    def _own(self, nll: Tensor, weights: Tensor | None) -> Tensor:
        """The mean over the task's own rows, without what is rehearsed."""
        lanes = self.hooks.lanes
        return weighted_mean(nll[:, :lanes], None if weights is None else weights[:, :lanes])

    def _forward(self, batch: Batch) -> tuple[Tensor, Tensor, Batch]:
        """Nats of every step, the output, and the batch with what is rehearsed beside it.

        Carries the lanes' state on.
        """
        share = self.options.scheduled_sampling * self.progress()
        if share:
            with autocast(self.device, self.dtype):
                inputs = guessed_inputs(self.model, batch, self.lanes, share, self.generator)
            batch = batch._replace(inputs=inputs)
        lanes = self.hooks.lanes = batch.inputs.shape[1]
        state = self.lanes
        if self.lifecycle:
            rehearsed = self.lifecycle.rehearse(self.hooks, batch)
            self.hooks.rehearsed = columns(lanes, rehearsed)
            batch = beside(batch, list(rehearsed.values()))
            state = extended(self.model, state, batch.inputs.shape[1] - lanes)
        nll, output, state = batch_nll(self.model, batch, state, self.device, self.dtype)
        self.lanes = map_state(lambda part: part[:lanes].detach(), state)
        return nll, output, batch

    # Looking, and mending ------------------------------------------------------------------------

    def _look(self, loss: float, norm: float) -> None:
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise Exploded("the loss is not a number" if math.isnan(loss) else "the loss exploded")
        if self.position.first_loss is None:
            self.position.first_loss = loss
        most = EXPLODED * max(self.position.first_loss, 1.0)
        if self.model.likelihood.density:
            most = self.position.first_loss + EXPLODED_DENSITY
        if loss > most:
            raise Exploded(f"the loss rose to {loss:.2f} from {self.position.first_loss:.2f}")
        smoothing = 0.0 if math.isnan(self._recent.loss) else 0.95
        previous = 0.0 if math.isnan(self._recent.loss) else self._recent.loss
        self._recent.loss = smoothing * previous + (1.0 - smoothing) * loss
        self._recent.grad_norm = norm

    def _recover(self, reason: str) -> None:
        """Back to the last checkpoint, at half the learning rate."""
        count = self.position.recoveries + 1
        scale = self.position.rate_scale / 2
        at = self.position.step
        if count > self.options.recoveries:
            raise RunError(
                f"{reason} at step {at}, after going back {count - 1} times",
                hint="try a lower `-o train.learning_rate`, or a lower `-o train.clip`",
            )
        saved = load_checkpoint(self.folder.path)
        if saved is None:
            raise RunError(f"{reason} at step {at}, and there is no checkpoint to go back to")
        self.load_state_dict(*saved)
        self.hooks.position = self.position
        self.position.recoveries, self.position.rate_scale = count, scale
        self.folder.truncate_metrics(self.position.step)
        self._recent = _Recent()
        self.checkpoint()
        self.reporter.warn(
            f"{reason} at step {at}: back to step {self.position.step}, learning rate now "
            f"{scale:g} times what was asked ({count} of {self.options.recoveries} recoveries)"
        )
        self.folder.log(f"{reason} at step {at}: back to step {self.position.step}")

    def _report(self) -> None:
        recent = self._recent
        metrics = {
            "loss": recent.loss,
            "tokens_per_second": recent.speed,
            "grad_norm": recent.grad_norm,
            **self._metrics,
        }
        done = self.progress()
        used = self.position.task_seconds
        left = used * (1.0 - done) / done if done > 0 else None
        total = None if not self.options.steps else self.options.steps
        self.reporter.progress(self.position.step, total, metrics, left)
        if self.position.step % 10 == 0 or self.position.step == 1:
            self._record({"split": "train", **metrics})

    def _record(self, metrics: Mapping[str, Any]) -> None:
        position = self.position
        head = {
            "step": position.step,
            "task": self.tasks[min(position.task, len(self.tasks) - 1)].name,
            "tokens": position.tokens,
            "seconds": round(position.seconds, 3),
        }
        self.folder.append_metrics({**head, **metrics})
        prefix = f"{metrics['split']}/"
        numbers = {prefix + k: float(v) for k, v in metrics.items() if isinstance(v, int | float)}
        self.log_metrics(position.step, numbers)

    # Validation and checkpoints ------------------------------------------------------------------

    def _validation_is_due(self) -> bool:
        every = self.options.validate_every
        if every is not None:
            return self.position.task_step % every == 0
        progress = self.progress()
        gap = 1.0 / VALIDATIONS
        if self.options.time and self._validation_seconds:
            # Only the clock may ask for fewer: with a budget of steps the run must be repeatable.
            budget = self.options.time / len(self.tasks)
            gap = max(gap, self._validation_seconds / (VALIDATION_SHARE * budget))
        return progress >= 1.0 or progress - self.position.last_validation >= gap

    def _checkpoint_is_due(self) -> bool:
        every = self.options.checkpoint_every
        if every is not None:
            return self.position.step % every == 0
        return self._clock() - self._last_checkpoint >= CHECKPOINT_SECONDS

    def _looked_at(self, task: Task) -> int:
        """How many held-out tokens a validation looks at."""
        if task.valid is None:
            return 0
        limit = min(self.options.validate_tokens, task.valid.targets)
        return limit if self.position.looked_at is None else min(limit, self.position.looked_at)

    def _choose_looked_at(self, task: Task) -> None:
        """Once for all validations of a task, so that they can be compared."""
        if self.position.looked_at is not None or task.valid is None:
            return
        limit = self._looked_at(task)
        self.position.looked_at = self._limit.validated(limit)
        if self.position.looked_at < limit:
            self.reporter.note(
                f"validations look at {self.position.looked_at:,} of {limit:,} held-out tokens, "
                "so that the time is kept"
            )

    def _validate(self, task: Task) -> None:
        begin = self._clock()
        position = self.position
        position.owed = True
        self._choose_looked_at(task)
        result, text = None, ""
        with self._long("a validation"):
            if task.valid is not None:
                limit = self._looked_at(task)
                batches = evaluation(task.valid, chunk=256, lanes=VALIDATION_LANES, limit=limit)
                result = score(self.model, batches, self.device, self.dtype).nats_per_token
            if self.options.sample:
                text = self.preview(position.step)
        position.owed = False
        better = result is not None and self._validated(result)
        if text:
            self.folder.sample(position.step, text)
            self.reporter.sample(text, f"step {position.step}")
        if better or task.valid is None or len(self.tasks) > 1:
            self.save_model(position, position.best)
        self._validation_seconds = self._clock() - begin
        self._limit.add_validation(self._validation_seconds)
        self._add_seconds(self._validation_seconds)
        # Of a limit of time, the validation itself has used some.
        position.last_validation = self.progress()
        self.checkpoint()

    def _validated(self, result: float) -> bool:
        """Records a validation, in nats per token; whether it is the best."""
        position = self.position
        better = position.best is None or result < position.best
        if better:
            position.best, position.best_step, position.waiting = result, position.step, 0
        else:
            position.waiting += 1
        self._record({"split": "valid", "loss": result})
        if self.lifecycle:
            self.lifecycle.evaluated(self.hooks, "valid", {"loss": result})
        self.reporter.note(
            f"step {position.step}  valid {result:.4f} nats/token{' (best)' if better else ''}"
        )
        return better

    def _out_of_patience(self) -> bool:
        return self.options.patience is not None and self.position.waiting >= self.options.patience

    # Stopping ------------------------------------------------------------------------------------

    def _save_and_stop(self) -> None:
        resume = f"go on with `rnngen fit --resume {self.folder.path}`"
        if self._whole:
            self.checkpoint()
            if self.position.best is None:
                self.save_model(self.position, None)
            raise Interrupted(
                f"stopped at step {self.position.step}; everything is saved", hint=resume
            )
        saved = load_checkpoint(self.folder.path)
        if saved is None:
            raise Interrupted(
                "stopped before anything was learned",
                hint=f"delete `{self.folder.path}`, and begin again",
            )
        step = saved[1]["position"]["step"]
        raise Interrupted(
            f"stopped at step {self.position.step} in the middle of something that can't be saved; "
            f"everything up to step {step} is",
            hint=resume,
        )
