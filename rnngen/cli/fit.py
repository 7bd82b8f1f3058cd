"""`rnngen fit`: train a model."""

from __future__ import annotations

from typing import Any

import click

from rnngen.cli.complete import complete_data
from rnngen.cli.parameters import json_flag, option_assignments, pass_ui, verbosity
from rnngen.cli.spelled import TRAINING, spelled_options
from rnngen.cli.ui import Ui
from rnngen.cli.wanted import wanted_options
from rnngen.contracts.errors import UsageError
from rnngen.training.wanted import Wanted


@click.command(name="fit")
@click.argument("data", nargs=-1, shell_complete=complete_data)
@wanted_options(
    "cell layers hidden tokens domain plugins time steps epochs valid run start resume config seed "
    "device precision trackers"
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@spelled_options(TRAINING)
@option_assignments("train.clip=0.5")
@json_flag
@verbosity
@pass_ui
def command(
    ui: Ui,
    data: tuple[str, ...],
    dry_run: bool,
    assignments: tuple[str, ...],
    as_json: bool,
    **given: Any,
) -> None:
    """Train a model on your files.

    \b
    Examples:
      rnngen fit book.txt --time 2m
      rnngen fit 'poems/*.txt' --cell lstm --layers 2 --hidden 256 --tokens bpe:2000

    DATA are files, folders, patterns, `-` for standard input, or `corpus:NAME`; without any, the
    corpus python-docs. All limits may be given: whichever comes first ends the run. Ctrl-C saves;
    `--resume RUN` continues it.
    Domains have some defaults of their own; `--dry-run` shows what would be used.
    """
    wanted = Wanted.of(data, options=assignments, **given)
    if dry_run:
        _show_plan(ui, wanted, as_json)
        return
    from rnngen.verbs.fit import fit_wanted

    with ui.progress() as reporter:
        bundle = fit_wanted(wanted, reporter)
    history = bundle.manifest.get("history")
    if as_json:
        result = {"run": str(bundle.path), "step": bundle.step, **bundle.manifest["metrics"]}
        ui.json({**result, "history": history} if history else result)
    elif history and len(history["learned"]) > 1:
        from rnngen.cli.task_table import before_and_after

        ui.table(*before_and_after(history, continued=bundle.manifest["continued"]))
    ui.note(f"next: rnngen generate {bundle.path}")


def _show_plan(ui: Ui, wanted: Wanted, as_json: bool) -> None:
    if wanted.resume is not None:
        raise UsageError(
            "`--dry-run` shows what a new run would do, but `--resume` was given",
            hint="the settings of a run are in its `config.toml`; `rnngen show RUN` has the rest",
        )
    from rnngen.training.plan import make

    plan = make(wanted, ui.note)
    for text in plan.notes:
        ui.note(text)
    facts = plan.describe()
    if as_json:
        run = None if plan.wanted.run is None else str(plan.wanted.run)
        ui.json({"run": run, "config": plan.toml(), **facts})
        return
    ui.write(plan.toml() + "\n")
    ui.table(["what", "value"], _rows(facts), wraps=["value"])


def _rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("device", facts["device"]),
        ("precision", facts["precision"]),
        ("threads", str(facts["threads"])),
        ("parameters", f"{facts['parameters']:,}"),
        ("memory", f"about {facts['memory_mb']} MB for weights, gradients and optimizer"),
    ]
    rows += [
        (
            f"task {task['name']}",
            f"{task['train_tokens']:,} {facts['steps_are']} to learn, "
            f"{task['valid_tokens']:,} held out, "
            f"{task['batches_per_epoch']} batches of {task['lanes']} x {task['chunk']} an epoch",
        )
        for task in facts["tasks"]
    ]
    rows += [
        (f"tensor {name}", " x ".join(map(str, shape))) for name, shape in facts["tensors"].items()
    ]
    return rows
