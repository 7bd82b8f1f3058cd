"""`rnngen chat`: talk with a trained model."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from rnngen.cli.chosen import chosen_run
from rnngen.cli.output import in_base64
from rnngen.cli.parameters import json_flag, pass_ui, run_argument, verbosity
from rnngen.cli.spelled import OTHER_NAMES
from rnngen.cli.ui import Ui
from rnngen.cli.writing import read_writing, writing_options
from rnngen.contracts.errors import DataError
from rnngen.contracts.exact_text import BOM, KEPT, data_of, readable


@click.command(name="chat")
@run_argument
@click.option(
    "--you",
    metavar="TEXT",
    help="Prefix of your turns.  [default: found in what the model writes]",
)
@click.option(
    "--other",
    metavar="TEXT",
    help="Prefix of the model's turns.  [default: found in the same way]",
)
@click.option(
    "-l",
    "--length",
    *OTHER_NAMES["length"],
    "length",
    metavar="N",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="Maximum tokens per answer.",
)
@writing_options(seed="The same seed and turns give the same answers.")
@json_flag
@verbosity
@pass_ui
def command(
    ui: Ui,
    run: Path | None,
    decoder: str | None,
    assignments: tuple[str, ...],
    config: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Talk with a model that learned dialogues.

    \b
    Examples:
      rnngen fit dialogues.txt --time 5m --run runs/talk
      rnngen chat runs/talk -o temperature=0.7
      echo "I need a taxi." | rnngen chat runs/talk --you "USER: " --other "SYSTEM: "

    Each line of stdin is a turn, and each answer a line of stdout. Empty lines are skipped; the end
    of the input (Ctrl-D) ends the conversation. With --json, a list of `you` and `answer`. Answers
    end with the model's own line ends; a model of bytes takes and gives any bytes, with --json also
    in `you_base64` and `answer_base64`.
    Without RUN, the newest run in runs/ is used.
    """
    from rnngen.bundles.bundle import load
    from rnngen.verbs.chat import Chat

    engine = asked["engine"]
    how = read_writing(
        "chat", run, decoder=decoder, engine=engine, assignments=assignments, config=config
    )
    bundle = load(chosen_run(ui, how.run))
    chat = Chat(bundle, decoder=how.decoder, options=how.options(bundle), **asked)
    streams: dict[str, Any] = {}
    if not as_json:
        streams = (
            {"stream_bytes": ui.write_bytes} if bundle.codec.keeps_bytes else {"stream": ui.write}
        )
    if sys.stdin.isatty():
        ui.note(f"you are `{chat.you.strip()}`, the model is `{chat.other.strip()}`; Ctrl-D ends")
    turns = []
    for said in _lines(ui, bundle.codec.keeps_bytes):
        try:
            answer = chat.answer(said, **streams)
        except DataError as error:
            if not sys.stdin.isatty():
                raise
            ui.error(error)
            continue
        if as_json:
            you, other = in_base64("you", data_of(said)), in_base64("answer", chat.data)
            turns.append({"you": readable(said), **you, "answer": answer, **other})
        else:
            ui.write(chat.line_end)
        for remark in chat.remarks():
            ui.note(remark)
    if as_json:
        ui.json(turns)


def _lines(ui: Ui, as_bytes: bool) -> Iterator[str]:
    """Non-empty lines of stdin as exact text, with a prompt before each on a terminal."""
    person = sys.stdin.isatty()
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8" if as_bytes else None, errors=KEPT)
    mark = BOM
    while True:
        if person:
            ui.ask("> ")
        line = sys.stdin.readline()
        if not line:
            return
        line, mark = line.removeprefix(mark).strip(), ""
        if line:
            yield line
