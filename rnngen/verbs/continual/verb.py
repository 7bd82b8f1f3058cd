"""The verb `continual`: strategies side by side on the same row of tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rnngen.contracts.errors import Interrupted, RnngenError, UsageError
from rnngen.contracts.reporter import Reporter, Silent
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.config_file import find_config
from rnngen.training.settle import Wanted, absolute
from rnngen.verbs.continual import held_out, methods, samples, settings, trials
from rnngen.verbs.continual.clock import Clock, TrialReporter, in_words
from rnngen.verbs.continual.folder import ComparisonFolder
from rnngen.verbs.continual.held_out import HeldOut
from rnngen.verbs.continual.methods import NAIVE, SINGLE
from rnngen.verbs.continual.result import Comparison
from rnngen.verbs.continual.settings import Chosen
from rnngen.verbs.continual.trials import Trial
from rnngen.verbs.fit import flags


def continual(
    data: Sequence[str],
    *,
    compare: Sequence[str] | str = methods.DEFAULT,
    seeds: int = 1,
    orders: int = 1,
    run: str | Path | None = None,
    domain: str | None = None,
    cell: str | None = None,
    layers: int | None = None,
    hidden: int | None = None,
    tokens: str | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    seed: int | None = None,
    device: str | None = None,
    precision: str | None = None,
    options: Sequence[str] = (),
    config: str | Path | None = None,
    reporter: Reporter | None = None,
    detail: Callable[[str], None] = lambda text: None,
) -> Comparison:
    """Trains the same model on the same tasks by every method; as the command `rnngen continual`.

    Args:
        data: the tasks, one argument each, in the order they are learned.
        compare: methods: strategies, and combinations such as `replay+ewc`; `naive`, `joint` and
            `single` are always there.
        seeds: trainings of each method that differ in weights, data order and dropout.
        orders: of the tasks: as given, the other way round, then random ones.
        run: the folder; one that was begun with the same settings is gone on with. None:
            `runs/DATE-TIME-continual`.
        domain, cell, layers, hidden, tokens, device, precision: as for `fit`.
        steps: optimizer steps of a whole row of tasks.
        epochs: passes over each task; 2 where neither is given.
        seed: the first one.
        options: all other options, `["replay.memory=2%"]`; each goes to the methods that have it.
        config: a configuration file.
        reporter: who is told how it goes; nobody by default.
        detail: told what the single trainings say.

    Raises:
        UsageError: what was asked for makes no sense, or `run` holds something else.
        DataError: a task can't be used.
        Interrupted: Ctrl-C; the same call goes on.
    """
    reporter = reporter or Silent()
    held_out.check_arguments(data)
    if seeds < 1:
        raise UsageError(f"`--seeds` is {seeds}, expected at least 1")
    compared = methods.parse(compare, get_catalog())
    chosen_orders = trials.orders(len(data), orders)
    file = find_config(None if config is None else Path(config))
    if domain is None and file is not None:
        domain = file.command("fit").get("domain")
    shape: dict[str, Any] = {"cell": cell, "layers": layers, "hidden": hidden, "tokens": tokens}
    place: dict[str, Any] = {"device": device, "precision": precision}
    given = flags(**shape, **place, steps=steps, epochs=epochs, seed=seed)
    wanted = Wanted(data=data, domain=domain, flags=given, options=options)
    chosen = settings.choose(compared, wanted, file)
    all_seeds = [chosen.first_seed + number for number in range(seeds)]
    looked = {
        each: held_out.look(data, chosen.domain, chosen.domain_options, each, detail)
        for each in all_seeds
    }
    today = Path("runs") / f"{datetime.now():%Y-%m-%dT%H%M%S}-continual"
    root = today if run is None else Path(run)
    common = {
        "data": [absolute(argument) for argument in data],
        "fingerprints": list(looked[all_seeds[0]].fingerprint),
        "domain": chosen.domain,
        "config": chosen.config,
    }
    with ComparisonFolder(root, common) as folder:
        work = _Work(
            folder=folder,
            data=data,
            chosen=chosen,
            looked=looked,
            result=Comparison(root, held_out.names(data), compared, chosen_orders, looked, chosen),
            shared={**shape, **place, "domain": chosen.domain, "config": config},
            reporter=reporter,
            detail=detail,
        )
        return work.run_all()


class _Work:
    """The trainings of a comparison, one after another."""

    def __init__(
        self,
        *,
        folder: ComparisonFolder,
        data: Sequence[str],
        chosen: Chosen,
        looked: Mapping[int, HeldOut],
        result: Comparison,
        shared: Mapping[str, Any],
        reporter: Reporter,
        detail: Callable[[str], None],
    ) -> None:
        self.folder, self.data, self.chosen, self.looked = folder, data, chosen, looked
        self.result, self.shared = result, shared
        self.reporter, self.detail = reporter, detail
        self.trials = trials.all_trials(result.methods, list(looked), result.orders)
        self.clock = Clock(self.trials, self._weight)

    def run_all(self) -> Comparison:
        """Everything that is not done yet, then the samples."""
        self.folder.write(self.result.document("running"))
        for number, trial in enumerate(self.trials, start=1):
            if trial.method.name in self.result.failed:
                self.clock.dropped(trial)
                continue
            try:
                self._one(number, trial)
            except (Interrupted, KeyboardInterrupt) as stop:
                self.folder.write(self.result.document("interrupted"))
                raise Interrupted(
                    f"stopped in trial {number} of {len(self.trials)}; everything is saved",
                    hint=f"the same command with `--run {self.folder.path}` goes on",
                ) from stop
            self.folder.write(self.result.document("running"))
        self._write_samples()
        self.folder.write(self.result.document("finished"))
        return self.result

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
                done = trials.run(
                    trial,
                    root,
                    self.data,
                    self.chosen.options[trial.method.name],
                    self._limits(trial),
                    self.shared,
                    TrialReporter(self.reporter, left, self.detail),
                )
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
        return trials.limits(trial, len(self.data), chosen.steps, chosen.epochs, taken)

    def _failed(self, trial: Trial, error: RnngenError) -> None:
        self.clock.dropped(trial)
        self.result.failed[trial.method.name] = error.message
        hint = f" ({error.hint})" if error.hint else ""
        self.reporter.warn(f"{trial.method.name} failed and is left out: {error.message}{hint}")

    def _write_samples(self) -> None:
        seed = next(iter(self.looked))
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
            return 1.0 / len(self.data)
        tokens = self.looked[trial.seed].train_tokens
        return tokens[trial.arrangement[0][0]] / sum(tokens)
