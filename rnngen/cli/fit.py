"""`rnngen fit`: train a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rnngen.cli.complete import complete_cells, complete_domains, complete_runs, complete_strategies
from rnngen.cli.parameters import Duration, json_flag, option_assignments, pass_ui, verbosity
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import UsageError

PATH = click.Path(path_type=Path)


@click.command(name="fit")
@click.argument("data", nargs=-1)
@click.option("--cell", shell_complete=complete_cells, help="Recurrent cell: gru, lstm, rnn, ...")
@click.option("--layers", type=int, help="Cells above each other.")
@click.option("--hidden", type=int, help="Numbers in a cell's output.")
@click.option("--tokens", help="What a step of text is: char, byte, word, bpe:N, unigram:N.")
@click.option("--domain", shell_complete=complete_domains, help="Kind of data.  [default: text]")
@click.option(
    "--plugin",
    "plugins",
    multiple=True,
    shell_complete=complete_strategies,
    help="Learning strategy; may be repeated. Several data arguments are then tasks in a row.",
)
@click.option("--time", type=Duration(), help="Stop after this time: 90s, 2m, 1h30m.")
@click.option("--steps", type=int, help="Stop after so many optimizer steps.")
@click.option("--epochs", type=float, help="Stop after so many passes over the data.")
@click.option(
    "--valid", multiple=True, help="Validate on this file, not on the last tenth of the data."
)
@click.option("--run", type=PATH, help="Folder of the run.  [default: runs/DATE-TIME-NAME]")
@click.option(
    "--from",
    "start",
    type=PATH,
    shell_complete=complete_runs,
    help="Go on from this trained model, on new data.",
)
@click.option(
    "--resume", type=PATH, shell_complete=complete_runs, help="Go on with this stopped run."
)
@click.option("--config", type=PATH, help="Configuration file.  [default: ./rnngen.toml, if any]")
@click.option("--seed", type=int, help="Of weights, data order and dropout.  [env: RNNGEN_SEED]")
@click.option("--device", help="auto, cpu, cuda, mps.  [env: RNNGEN_DEVICE]")
@click.option("--precision", help="auto, fp32, bf16.")
@click.option(
    "--tracker", "trackers", multiple=True, help="Also send metrics there: tensorboard, ..."
)
@click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
@option_assignments
@json_flag
@verbosity
@pass_ui
def command(
    ui: Ui,
    data: tuple[str, ...],
    plugins: tuple[str, ...],
    trackers: tuple[str, ...],
    assignments: tuple[str, ...],
    valid: tuple[str, ...],
    resume: Path | None,
    dry_run: bool,
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
    `--resume RUN` goes on.
    """
    if resume is not None and dry_run:
        raise UsageError(
            "`--dry-run` shows what a new run would do, but `--resume` was given",
            hint="the settings of a run are in its `config.toml`; `rnngen show RUN` has the rest",
        )
    if dry_run:
        _show_plan(ui, data, plugins, assignments, valid, as_json, given)
        return
    from rnngen.verbs.fit import fit

    with ui.progress() as reporter:
        bundle = fit(
            data,
            plugins=plugins,
            trackers=trackers,
            options=assignments,
            valid=valid,
            resume=resume,
            reporter=reporter,
            **given,
        )
    history = bundle.manifest.get("history")
    if as_json:
        result = {"run": str(bundle.path), "step": bundle.step, **bundle.manifest["metrics"]}
        ui.json({**result, "history": history} if history else result)
    elif history and len(history["learned"]) > 1:
        from rnngen.cli.task_table import before_and_after

        ui.table(*before_and_after(history, continued=bundle.manifest["continued"]))
    ui.note(f"next: rnngen generate {bundle.path}")


def _show_plan(
    ui: Ui,
    data: tuple[str, ...],
    plugins: tuple[str, ...],
    assignments: tuple[str, ...],
    valid: tuple[str, ...],
    as_json: bool,
    given: dict[str, Any],
) -> None:
    from rnngen.training.plan import make
    from rnngen.training.settle import Wanted
    from rnngen.verbs.fit import flags

    run, start, config = (given.pop(name) for name in ("run", "start", "config"))
    domain = given.pop("domain")
    wanted = Wanted(
        data=data,
        valid=valid,
        domain=domain,
        plugins=plugins,
        flags=flags(**given),
        options=assignments,
        config=config,
        start=start,
    )
    plan = make(wanted, ui.note)
    for text in plan.notes:
        ui.note(text)
    facts = plan.describe()
    if as_json:
        ui.json({"run": None if run is None else str(run), "config": plan.toml(), **facts})
        return
    ui.write(plan.toml() + "\n")
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
            f"{task['train_tokens']:,} tokens to learn, {task['valid_tokens']:,} held out, "
            f"{task['batches_per_epoch']} batches of {task['lanes']} x {task['chunk']} an epoch",
        )
        for task in facts["tasks"]
    ]
    rows += [
        (f"tensor {name}", " x ".join(map(str, shape))) for name, shape in facts["tensors"].items()
    ]
    ui.table(["what", "value"], rows)
