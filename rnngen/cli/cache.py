"""`rnngen cache`: what is kept of people's data, and how to be rid of it."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from rnngen.cli.complete import Items, starting
from rnngen.cli.parameters import Duration, json_flag, pass_ui, verbosity
from rnngen.cli.sizes import age, size
from rnngen.cli.subcommands import Subcommands, shows_help
from rnngen.cli.ui import Ui

if TYPE_CHECKING:
    from rnngen.data.kept import Entry

SHOWN = 12
"""Characters of a name in the table; they are enough to clear it."""


def complete_entries(ctx: click.Context, param: click.Parameter, incomplete: str) -> Items:
    """Names of what is kept."""
    from rnngen.data.kept import entries

    return starting(incomplete, [entry.name for entry in entries()])


@click.group(
    name="cache",
    short_help="List and clear what is kept of your data.",
    cls=Subcommands,
    invoke_without_command=True,
)
@shows_help
def command() -> None:
    """List and clear what is kept of your data: encoded texts, and corpora.

    What is encoded once is kept, so that the next `fit` begins at once. At most 1 GiB is kept, the
    least recently used goes first; RNNGEN_CACHE_SIZE sets another size (`500MB`, `2GiB`, `none`),
    and `0` keeps nothing. RNNGEN_CACHE moves the folder.

    \b
    Examples:
      rnngen cache list
      rnngen cache clear --older-than 7d
      rnngen cache clear book.txt
    """


@command.command(name="list")
@json_flag
@verbosity
@pass_ui
def list_(ui: Ui, as_json: bool) -> None:
    """List what is kept, the last used first.

    `of` is what it was made from. What is `encoded` holds the text itself, as numbers.
    """
    from rnngen.data.kept import entries, size_limit
    from rnngen.files.source import cache_folder

    found, limit = entries(), size_limit()
    if as_json:
        ui.json([_for_programs(entry) for entry in found])
        return
    now = time.time()
    if found:
        ui.table(["name", "kind", "size", "used", "of"], [_cells(entry, now) for entry in found])
    encoded = size(sum(entry.bytes for entry in found if entry.kind == "encoded"))
    most = f"at most {size(round(limit))}" if limit != float("inf") else "without a limit"
    ui.note(f"{encoded} of encoded data, {most}, in {cache_folder()}")


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_entries)
@click.option(
    "--older-than",
    type=Duration(),
    metavar="TIME",
    help="Only what was not used for this time: 12h, 7d.",
)
@json_flag
@verbosity
@pass_ui
def clear(ui: Ui, names: tuple[str, ...], older_than: float | None, as_json: bool) -> None:
    """Delete what is kept: everything, or what is named.

    NAME is a name of `rnngen cache list`, its beginning, or a source that an entry was made from.
    What a process uses stays. A run that learned from standard input can't be resumed without it.
    """
    from rnngen.data.kept import chosen, remove

    gone = []
    for entry in chosen(names, older_than):
        if remove(entry):
            gone.append(entry)
        else:
            ui.warn(f"`{entry.name}` stays: a process uses it, or it can't be deleted")
    if as_json:
        ui.json([_for_programs(entry) for entry in gone])
        return
    total = size(sum(entry.bytes for entry in gone))
    ui.note(f"deleted {len(gone)} {'entry' if len(gone) == 1 else 'entries'}, {total}")


def _cells(entry: Entry, now: float) -> list[str]:
    used = "now" if entry.in_use else age(now - entry.used)
    name = entry.name[:SHOWN] if entry.kind == "encoded" else entry.name
    return [name, entry.kind, size(entry.bytes), used, ", ".join(entry.of) or "-"]


def _for_programs(entry: Entry) -> dict[str, Any]:
    used = datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds")
    return {
        **dataclasses.asdict(entry),
        "used": used,
        "path": str(entry.path),
    }
