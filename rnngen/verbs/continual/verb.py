"""The verb `continual`: strategies side by side on the same row of tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Unpack

from rnngen.contracts.errors import Interrupted, RnngenError, UsageError
from rnngen.contracts.reporter import Reporter, Silent
from rnngen.kernel.blame import attributed
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.config_file import Config, find_config
from rnngen.training.interrupts import Interrupts
from rnngen.training.wanted import SharedArguments, Wanted, absolute, check_keywords
from rnngen.verbs.continual import held_out, methods, samples, settings, trials
from rnngen.verbs.continual.clock import Clock, TrialReporter, in_words
from rnngen.verbs.continual.folder import ComparisonFolder
from rnngen.verbs.continual.methods import NAIVE, SINGLE
from rnngen.verbs.continual.result import Comparison
from rnngen.verbs.continual.trials import Trial


@attributed()
def continual(
    data: Sequence[str],
    *,
    compare: Sequence[str] | str = methods.DEFAULT,
    seeds: int = 1,
    orders: int = 1,
    reporter: Reporter | None = None,
    detail: Callable[[str], None] = lambda text: None,
    **wanted: Unpack[SharedArguments],
) -> Comparison:
    """Trains the same model on the same tasks by every method; as the command `rnngen continual`.

    Args:
        data: the tasks, one argument each, in the order they are learned.
        compare: methods: strategies, and combinations such as `replay+ewc`; `naive`, `joint` and
            `single` are always there.
        seeds: trainings of each method that differ in weights, data order and dropout.
        orders: of the tasks: as given, the other way round, then random ones.
        reporter: who is told how it goes; nobody by default.
        detail: told what the single trainings say.
        run: the folder for the results; the same folder with the same settings resumes. None:
            `runs/DATE-TIME-continual`.
        domain, cell, layers, hidden, tokens, device, precision: as for `fit`.
        steps: optimizer steps of a whole row of tasks.
        epochs: passes over each task; 2 where neither is given.
        seed: the first one.
        options: all other options, `["replay.memory=2%"]`; each goes to the methods that have it.
        config: a configuration file.

    Raises:
        UsageError: what was asked for makes no sense, or `run` holds something else.
        DataError: a task can't be used.
        Interrupted: Ctrl-C; the same call resumes.
    """
    check_keywords("continual", wanted, SharedArguments)
    asked, file = _with_file(Wanted.of(data, **wanted))
    held_out.check_arguments(asked.data)
    if seeds < 1:
        raise UsageError(f"`--seeds` is {seeds}, expected at least 1")
    compared = methods.parse(compare, get_catalog())
    chosen_orders = trials.orders(len(asked.data), orders)
    chosen = settings.choose(compared, asked, file)
    all_seeds = range(chosen.first_seed, chosen.first_seed + seeds)
    looked = {
        each: held_out.look(asked.data, chosen.domain, chosen.domain_options, each, detail)
        for each in all_seeds
    }
    root = asked.run or Path("runs") / f"{datetime.now():%Y-%m-%dT%H%M%S}-continual"
    names = held_out.names(asked.data)
    result = Comparison(root, names, compared, chosen_orders, looked, chosen)
    # The options of a method are in `chosen`; its plugins, seed and budget are those of a trial.
    shared = replace(asked, domain=chosen.domain, options=(), seed=None, steps=None, epochs=None)
    with ComparisonFolder(root, _common(shared, result)) as folder:
        return _Work(folder, result, shared, reporter or Silent(), detail).run_all()


def _with_file(asked: Wanted) -> tuple[Wanted, Config | None]:
    """What was asked, with what was not said taken from the configuration file; and the file.

    Its `[continual]` counts, and of `[fit]` the domain.
    """
    file = find_config(asked.config)
    if file is None:
        return asked, None
    table = {"domain": file.command("fit").get("domain"), **file.command("continual")}
    asked = replace(
        asked,
        data=asked.data or table.get("data", ()),
        domain=asked.domain or table["domain"],
        run=Path(table["run"]) if asked.run is None and "run" in table else asked.run,
    )
    return asked, file


def _common(shared: Wanted, result: Comparison) -> dict[str, Any]:
    """What all trainings have in common, as JSON."""
    return {
        "data": [absolute(argument) for argument in shared.data],
        "fingerprints": list(next(iter(result.looked.values())).fingerprint),
        "domain": result.chosen.domain,
        "config": result.chosen.config,
    }


class _Work:
    """The trainings of a comparison, one after another.

    Args:
        folder: of the comparison.
        result: filled as they end.
        shared: what is the same for all of them.
        reporter: who is told.
        detail: told what the single trainings say.
    """

    def __init__(
        self,
        folder: ComparisonFolder,
        result: Comparison,
        shared: Wanted,
        reporter: Reporter,
        detail: Callable[[str], None],
    ) -> None:
        self.folder, self.result, self.shared = folder, result, shared
        self.reporter, self.detail = reporter, detail
        self.chosen, self.looked = result.chosen, result.looked
        self.trials = trials.all_trials(result.methods, list(self.looked), result.orders)
        self.clock = Clock(self.trials, self._weight)
        self.where = "before the first trial"

    def run_all(self) -> Comparison:
        """Runs every unfinished trial, then writes the samples.

        Raises:
            Interrupted: Ctrl-C, in a trial, between two, or while the samples are written.
        """
        with Interrupts(self.reporter.warn) as interrupts:
            try:
                self._write("running")
                for number, trial in enumerate(self.trials, start=1):
                    self.where = f"in trial {number} of {len(self.trials)}"
                    if trial.method.name in self.result.failed:
                        self.clock.dropped(trial)
                        continue
                    with interrupts.breakable():
                        self._one(number, trial)
                    self._write("running")
                self.where = "while the samples were written"
                with interrupts.breakable():
                    self._write_samples()
                self._write("finished")
            except (Interrupted, KeyboardInterrupt) as stop:
                self._write("interrupted")
                raise Interrupted(
                    f"stopped {self.where}; everything is saved",
                    hint=f"the same command with `--run {self.folder.path}` resumes",
                ) from stop
        return self.result

    def _write(self, status: str) -> None:
        self.folder.write(self.result.document(status))

    def _one(self, number: int, trial: Trial) -> None:
        root = self.folder.path
        begun = f"trial {number} of {len(self.trials)}: {trial}"
        done = trials.finished(trial, root)
        if done is not None:
            self.reporter.note(f"{begun} (done before)")
        else:
            left = self.clock.left()
            about = "" if left is None else f" (about {in_words(left)} left)"
            self.reporter.note(begun + about)
            try:
                wanted = replace(
                    self.shared,
                    options=self.chosen.options[trial.method.name],
                    **self._limits(trial),
                )
                reporter = TrialReporter(self.reporter, left, self.detail)
                done = trials.run(trial, root, wanted, reporter)
            except Interrupted:
                raise
            except RnngenError as error:
                if trial.method.is_baseline:
                    raise
                self._failed(trial, error)
                return
        self.result.histories.add(trial, done.history)
        self.result.parameters = done.parameters
        self.clock.finished(trial, done.history["rows"][-1]["seconds"])

    def _limits(self, trial: Trial) -> dict[str, Any]:
        naive = self.result.histories.of(NAIVE, trial.seed, 0)
        taken = sum(row["steps"] for row in naive[0]["rows"]) if naive else None
        chosen = self.chosen
        return trials.limits(trial, len(self.shared.data), chosen.steps, chosen.epochs, taken)

    def _failed(self, trial: Trial, error: RnngenError) -> None:
        self.clock.dropped(trial)
        self.result.failed[trial.method.name] = error.message
        hint = f" ({error.hint})" if error.hint else ""
        self.reporter.warn(f"{trial.method.name} failed and is left out: {error.message}{hint}")

    def _write_samples(self) -> None:
        seed = next(iter(self.looked))
        if not self.result.prompts:
            return
        for method in self.result.methods:
            done = self.result.histories.trials(method, seed, 0)
            if done and method.name not in self.result.failed:
                self.result.samples[method.name] = samples.write(
                    done,
                    self.folder.path,
                    self.looked[seed].prompts,
                    self.chosen.config["train"]["device"],
                )

    def _weight(self, trial: Trial) -> float:
        """How much text a trial reads, in rows of all tasks."""
        if trial.method.name != SINGLE:
            return 1.0
        if self.chosen.steps is not None:
            return 1.0 / len(self.shared.data)
        tokens = self.looked[trial.seed].train_tokens
        return tokens[trial.arrangement[0][0]] / sum(tokens)
