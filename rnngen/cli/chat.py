"""`rnngen chat`: talk with a trained model."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from rnngen.cli.complete import complete_decoders
from rnngen.cli.generate import chosen_run
from rnngen.cli.parameters import (
    engine_option,
    json_flag,
    option_assignments,
    pass_ui,
    run_argument,
    verbosity,
)
from rnngen.cli.ui import Ui
from rnngen.cli.writing_options import writing_options
from rnngen.contracts.errors import DataError


@click.command(name="chat")
@run_argument
@click.option("--you", metavar="TEXT", help="What stands before your turns.  [default: looked for]")
@click.option(
    "--other", metavar="TEXT", help="What stands before the model's.  [default: looked for]"
)
@click.option(
    "-l",
    "--length",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="Tokens of an answer at most.",
)
@click.option(
    "--decoder",
    metavar="NAME",
    default="sample",
    show_default=True,
    shell_complete=complete_decoders,
    help="How steps are chosen, see `rnngen list decoders`.",
)
@engine_option
@option_assignments
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**64 - 1),
    default=0,
    show_default=True,
    envvar="RNNGEN_SEED",
    show_envvar=True,
    help="The same seed and turns give the same answers.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps.")
@json_flag
@verbosity
@pass_ui
def command(
    ui: Ui,
    run: Path | None,
    you: str | None,
    other: str | None,
    length: int,
    decoder: str,
    engine: str,
    assignments: tuple[str, ...],
    seed: int,
    device: str,
    as_json: bool,
) -> None:
    """Talk with a model that learnt dialogues.

    \b
    Examples:
      rnngen fit dialogues.txt --time 5m --run runs/talk
      rnngen chat runs/talk -o temperature=0.7
      echo "I need a taxi." | rnngen chat runs/talk --you "USER: " --other "SYSTEM: "

    Each line of stdin is a turn, and each answer a line of stdout; an empty line is passed over,
    and the end of the input (Ctrl-D) ends it. With --json: a list of `you` and `answer`.
    """
    from rnngen.verbs.chat import Chat

    chat = Chat(
        chosen_run(ui, run, {}),
        you=you,
        other=other,
        decoder=decoder,
        options=writing_options(decoder, engine, assignments, None),
        length=length,
        seed=seed,
        device=device,
        engine=engine,
    )
    person = sys.stdin.isatty()
    if person:
        ui.note(
            f"you are `{chat.you.strip()}`, the model is `{chat.other.strip()}`; Ctrl-D ends it"
        )
    turns = []
    while True:
        if person:
            ui.ask("> ")
        line = sys.stdin.readline()
        if not line:
            break
        said = line.strip()
        if not said:
            continue
        try:
            answer = chat.answer(said, None if as_json else ui.write)
        except DataError as error:
            if not person:
                raise
            ui.error(error)
            continue
        if as_json:
            turns.append({"you": said, "answer": answer})
        else:
            ui.write("\n")
    if as_json:
        ui.json(turns)
