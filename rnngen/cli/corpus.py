"""`rnngen corpus`: texts by name, to learn from without looking for data first."""

from __future__ import annotations

import dataclasses

import click

from rnngen.cli.complete import complete_corpora
from rnngen.cli.parameters import json_flag, pass_ui, verbosity
from rnngen.cli.subcommands import Subcommands, shows_help
from rnngen.cli.ui import Ui

name_argument = click.argument("name", shell_complete=complete_corpora)


@click.group(
    name="corpus",
    short_help="Find and fetch small corpora to learn from.",
    cls=Subcommands,
    invoke_without_command=True,
)
@shows_help
def command() -> None:
    """Find and fetch small corpora to learn from.

    \b
    Examples:
      rnngen corpus list
      rnngen corpus show poems
      rnngen fit corpus:poems
    """


@command.command(name="list")
@json_flag
@verbosity
@pass_ui
def list_(ui: Ui, as_json: bool) -> None:
    """List all corpora.

    They are bundled, made from this Python, or recipes that are fetched.
    """
    from rnngen.data import corpora

    found = corpora.describe()
    if as_json:
        ui.json([dataclasses.asdict(corpus) for corpus in found])
        return
    rows = [[each.name, each.kind, each.summary] for each in found]
    ui.table(["name", "kind", "summary"], rows, cuts=["summary"])
    ui.note(f"`rnngen fit` without data uses {corpora.DEFAULT}")


@command.command()
@name_argument
@json_flag
@verbosity
@pass_ui
def show(ui: Ui, name: str, as_json: bool) -> None:
    """Show what is known about a corpus.

    Its first lines are shown if it is on this machine.
    """
    from rnngen.data import corpora

    corpus = corpora.corpus(name)
    if as_json:
        ui.json(dataclasses.asdict(corpus))
        return
    rows = [("name", corpus.name), ("kind", corpus.kind), ("summary", corpus.summary)]
    rows += [("licence", corpus.licence), ("use", corpus.use)]
    rows += [("size", "" if corpus.size is None else f"{corpus.size:,} bytes")]
    rows += [("from", url) for url in corpus.urls]
    rows += [("sha256", f"{known or 'not known'}  {file}") for file, known in corpus.checksums]
    ui.write("".join(f"{key:8}{value}\n" for key, value in rows if value))
    beginning = corpora.beginning(corpus.name)
    if beginning:
        ui.write(f"\n{beginning}\n")


@command.command()
@name_argument
@verbosity
@pass_ui
def fetch(ui: Ui, name: str) -> None:
    """Fetch or make a corpus.

    It is checked, and kept in the cache folder. Tells the SHA-256 of every downloaded file, and
    writes the paths to stdout. A file that was put in place by hand is checked and used like a
    downloaded one.
    """
    from rnngen.data import corpora

    ui.write("".join(f"{source.path}\n" for source in corpora.sources(name, report=ui.note)))


@command.command()
@name_argument
@verbosity
@pass_ui
def path(ui: Ui, name: str) -> None:
    """Print the paths of a corpus, one per line.

    It is fetched or made first.
    """
    from rnngen.data import corpora

    ui.write("".join(f"{source.path}\n" for source in corpora.sources(name)))
