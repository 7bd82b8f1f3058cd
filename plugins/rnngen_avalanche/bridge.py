"""The strategy `avalanche`: the hooks of a run, as events of Avalanche's plugins.

    task_started     before_training, ..._dataset_adaptation, before_training_exp, ..._epoch
    rehearse         before_training_iteration; rows of the memory that Replay requested
    (the loop's forward pass)
    loss_terms       before_forward, after_forward, before_backward: the penalties
    (the loop's backward pass)
    gradients_ready  after_backward, before_update
    (clipping and the optimizer's step)
    step_finished    after_update, after_training_iteration
    task_finished    after_training_epoch, after_training_exp, after_training

That is the order of Avalanche's own loop, but for two things that no supported plugin sees: the
loop has run forward when `before_forward` comes, and clips after `before_update`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from torch import Tensor

from rnngen import Batch, BundleError, Run, Task, beside, hookimpl, warn_if_not_learned
from rnngen_avalanche import backend, names, refusals
from rnngen_avalanche.carried_over import Inherited, shapes_of
from rnngen_avalanche.chunk import Chunk
from rnngen_avalanche.effects import Effects
from rnngen_avalanche.options import Options
from rnngen_avalanche.view import PluginView

if TYPE_CHECKING:
    from rnngen_avalanche.fake_template import FakeTemplate
    from rnngen_avalanche.rehearsal import Rehearsal


class Bridge:
    """Avalanche's plugins in a run.

    Raises:
        UsageError: a strategy that can't be used here, or an option that none of them has.
        PluginError: Avalanche is not installed.
    """

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.names = names.read(self.options.strategy)
        refusals.check_options(self.options, self.names)
        backend.check()
        self._template: FakeTemplate | None = None
        self._parts: dict[str, Any] = {}
        self._rehearsal: Rehearsal | None = None
        self._effects: Effects | None = None
        self._inherited: Inherited | None = None
        self._epoch = 0
        self._open = False
        """Whether the template has the task that is learned."""
        self._run: Run | None = None

    @property
    def memory_tokens(self) -> int:
        """How many steps of old text are kept."""
        if self._template is None:
            return 0
        from rnngen_avalanche.rehearsal import tokens_kept

        return sum(tokens_kept(name, plugin) for name, plugin in self._parts.items())

    @property
    def keeps_data(self) -> bool:
        """Replay, A-GEM and GEM keep the very steps of the data; no other one does."""
        return self.memory_tokens > 0

    # A run -----------------------------------------------------------------------------------

    @hookimpl
    def fit_started(self, run: Run) -> None:
        """Imports Avalanche, and builds its plugins for this run."""
        refusals.check_run(run)
        self._run = run
        self._build(run)
        if len(run.tasks) == 1 and run.start is None and self.names != ("naive",):
            run.note(
                "avalanche: only one task so far, so there is nothing to protect yet; what "
                f"{self.options.strategy} remembers of it is kept in the bundle, for `rnngen fit "
                "--from`"
            )

    def _build(self, run: Run) -> None:
        build = backend.load("build")
        fakes = backend.load("fake_template")
        window = max(task.batches.chunk for task in run.tasks)
        for name in refusals.KEEPING.intersection(self.names):
            kept = build.memory_windows(name, self.options, window)
            refusals.check_memory(kept, self.options.memory, window)
        chunk = Chunk()
        clock = fakes.Clock()
        self._parts = build.plugins(
            self.names,
            self.options,
            chunk,
            clock,
            seed=run.seed,
            lanes=max(task.batches.lanes for task in run.tasks),
            window=window,
        )
        view = PluginView(run.model, chunk, cast(int, run.tasks[0].train.boundary), run.dtype)
        self._template = fakes.FakeTemplate(view, self._parts, clock, run.optimizer, run.seed)
        self._rehearsal = self._effects = None
        self._epoch, self._open = 0, False

    @property
    def template(self) -> FakeTemplate:
        """What the plugins see; available after `fit_started`."""
        assert self._template is not None
        return self._template

    # A task ----------------------------------------------------------------------------------

    @hookimpl
    def task_started(self, run: Run, task: Task) -> None:
        """Tells the plugins; for a model trained before, first restores what they knew."""
        if run.start is not None and run.position.task == 0:
            Inherited.check(self._inherited, self.names, run)
        template = self.template
        self._enter(run, task)
        template.model.forget()
        self._epoch = 0
        if template.clock.train_exp_counter == 1:
            self._effects = Effects(self._parts)
        with template.between_tasks():
            template.fire("before_training")
            template.fire("before_train_dataset_adaptation")
            template.fire("after_train_dataset_adaptation")
            template.fire("before_training_exp", self._effects)
        template.fire("before_training_epoch")
        self._take_rehearsal(run)

    def _enter(self, run: Run, task: Task) -> None:
        epochs = round(run.options.epochs or 1)
        number = self.template.clock.train_exp_counter
        self.template.begin(task.batches, number, self.options.batches, epochs)
        self._open = True

    def _reenter(self, run: Run) -> None:
        """Resumes inside a task: the plugins are restored, but their data must be made again."""
        self._enter(run, run.task)
        if "replay" in self._parts:
            with self.template.between_tasks():
                self._parts["replay"].before_training_exp(self.template)
            self._take_rehearsal(run)

    def _take_rehearsal(self, run: Run) -> None:
        if self.template.dataloader is not None:
            from rnngen_avalanche.rehearsal import Rehearsal

            self._rehearsal = Rehearsal.of(self.template.dataloader, run.seed)

    @hookimpl
    def task_finished(self, run: Run) -> None:
        """Lets the plugins estimate importances, copy the model, or fill their memory."""
        if not self._open:
            self._reenter(run)
        template = self.template
        template.chunk.close()
        template.fire("after_training_epoch")
        with template.between_tasks(), template.model.without_dropout():
            template.fire("after_training_exp")
            template.fire("after_training")
        template.optimizer.zero_grad(set_to_none=True)
        template.end()
        self._rehearsal, self._open = None, False
        if self._effects is not None:
            self._effects.report(run)
            self._effects = None

    # A step ----------------------------------------------------------------------------------

    @hookimpl
    def rehearse(self, run: Run, batch: Batch) -> Batch | None:
        """Rows of the memory; then the plugins may look at the batch, and pass over their own."""
        if not self._open:
            self._reenter(run)
        template = self.template
        self._count_epochs(run)
        rows = None
        if self._rehearsal is not None:
            turn = template.clock.train_iterations
            rows = self._rehearsal.rows(len(batch.inputs), turn, template.model.boundary)
            rows = rows.to(run.device)
        whole = batch if rows is None else beside(batch, [rows])
        template.chunk.read(whole, batch.inputs.shape[1])
        if template.hears("before_training_iteration"):
            template.fire("before_training_iteration")
            if not template.model.training:
                # RWalk leaves the model in evaluation mode.
                template.model.train()
            template.optimizer.zero_grad(set_to_none=True)
        return rows

    def _count_epochs(self, run: Run) -> None:
        epoch = (run.position.batch - 1) // len(run.task.batches)
        while self._epoch < epoch:
            self._epoch += 1
            self.template.fire("after_training_epoch")
            self.template.fire("before_training_epoch")

    @hookimpl
    def loss_terms(self, batch: Batch, output: Tensor) -> Mapping[str, Tensor] | None:
        """What the plugins add to the loss."""
        template = self.template
        template.fire("before_forward")
        template.fire("after_forward")
        if not template.hears("before_backward"):
            return None
        chunk = template.chunk
        if chunk.batch is None or batch.inputs.shape != chunk.batch.inputs.shape:
            # Other strategies rehearse, too.
            chunk.read(batch, chunk.lanes, again=True)
        penalty = template.penalty(output, self._effects)
        return {"penalty": penalty} if penalty.requires_grad else None

    @hookimpl
    def gradients_ready(self) -> None:
        """Lets A-GEM and GEM project the gradient."""
        self.template.fire("after_backward", self._effects)
        self.template.fire("before_update")

    @hookimpl
    def step_finished(self) -> None:
        """Lets SI and RWalk record the step."""
        self.template.fire("after_update")
        self.template.fire("after_training_iteration")

    @hookimpl
    def tasks_measured(self, run: Run) -> None:
        """Warns if lambda is so large that a task was not learned."""
        weighed = [name for name in self.names if name in refusals.WEIGHED]
        if weighed:
            build = backend.load("build")
            name = max(weighed, key=lambda name: build.strength(name, self.options))
            strength = build.strength(name, self.options)
            warn_if_not_learned(run, "avalanche", "lambda", strength, build.LAMBDA[name])

    # What is kept ------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """What every plugin remembers, and where the clock stands."""
        if self._template is None:
            return {}
        saved = backend.load("saved")
        return {
            "clock": saved.clock(self._template),
            "epoch": self._epoch,
            "pending": None if self._effects is None else sorted(self._effects.pending),
            "shapes": shapes_of(self._template.model.net),
            "parts": {
                name: saved.export(name, plugin, self._template)
                for name, plugin in self._parts.items()
            },
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restores what `state_dict` returned, in this run or in one that it continues.

        Raises:
            BundleError: it is not complete.
            UsageError: it can't be used with this model or this strategy.
        """
        run = self._run
        assert run is not None
        self._build(run)
        saved = backend.load("saved")
        try:
            self._inherited = Inherited(state["parts"].keys(), state["shapes"])
            self._inherited.check_growth(self._parts, run)
            saved.set_clock(self.template, state["clock"])
            self._epoch = int(state["epoch"])
            if state["pending"] is not None:
                self._effects = Effects(state["pending"])
            for name in self._parts.keys() & state["parts"].keys():
                saved.restore(name, self._parts[name], state["parts"][name], self.template)
        except (KeyError, TypeError, AttributeError, ValueError, RuntimeError) as error:
            raise BundleError(
                f"the saved state of strategy `avalanche` is not complete: {type(error).__name__}: "
                f"{' '.join(str(error).split())}"
            ) from error
