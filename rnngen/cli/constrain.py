"""`rnngen constrain`: what an author of a schema, grammar or expression wants to know."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rnngen.cli.complete import complete_files
from rnngen.cli.parameters import (
    json_flag,
    option_assignments,
    pass_ui,
    seed_option,
    verbosity,
)
from rnngen.cli.subcommands import Subcommands, shows_help
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import DataError, ExitCode, UsageError

if TYPE_CHECKING:
    from rnngen.contracts.checking import Checked, Extent, Misfit

SHOWN = 60
"""Characters of a text in a line."""


@click.group(
    name="constrain",
    short_help="Check a schema, grammar or regex before a model is there.",
    cls=Subcommands,
    invoke_without_command=True,
)
@shows_help
def command() -> None:
    """Check a schema, grammar or regex before a model is there.

    \b
    Examples:
      rnngen constrain check person.schema.json
      rnngen constrain check --regex '[a-z]+' --text abc
    """


@command.command()
@click.argument("what", nargs=-1, metavar="[WHAT]...", shell_complete=complete_files)
@click.option(
    "--regex", "regexes", multiple=True, metavar="PATTERN", help="Check a regular expression."
)
@click.option("--text", metavar="TEXT", help="Test this text.")
@click.option(
    "--text-file",
    metavar="FILE",
    shell_complete=complete_files,
    help="Test the text of a file, without its final newline unless it belongs there; `-` is "
    "stdin.",
)
@click.option(
    "-n",
    "--count",
    metavar="N",
    type=click.IntRange(0, 1000),
    default=5,
    show_default=True,
    help="How many samples to write.",
)
@click.option(
    "-l",
    "--length",
    metavar="N",
    type=click.IntRange(0, 10_000),
    default=100,
    show_default=True,
    help="Maximum bytes of a sample, unless the shortest text is longer.",
)
@seed_option("The same seed writes the same samples.")
@option_assignments("whitespace=none")
@json_flag
@verbosity
@pass_ui
def check(
    ui: Ui,
    what: tuple[str, ...],
    regexes: tuple[str, ...],
    text: str | None,
    text_file: str | None,
    count: int,
    length: int,
    seed: int,
    assignments: tuple[str, ...],
    as_json: bool,
) -> int:
    """Check constraints: can they be read and satisfied, what serves them, what do they allow?

    WHAT is a file (`.json`, a JSON Schema; `.lark`, a grammar) or KIND=TEXT, see `rnngen list
    constraints`; of several, all must hold together. No model is needed. A sample's largest length
    is drawn first, then each byte from those that are allowed, all alike; printable ASCII only,
    where some is allowed.

    Exit code 0: satisfiable, and the text satisfies them; 1: the text does not; 2: they can't be
    read, served or satisfied.

    \b
    Examples:
      rnngen constrain check person.schema.json --text-file ann.json
      rnngen constrain check sql.lark -n 20 --seed 1
      rnngen constrain check number=1..12 --text 13 --json
    """
    from rnngen.contracts.checking import Checking
    from rnngen.verbs import constrain

    named = (*constrain.named(what), *(("regex", pattern) for pattern in regexes))
    tested, line_end = _text(text, text_file)
    checked = constrain.check(Checking(named, tested, count, seed, length), assignments)
    if checked.misfit is not None and line_end:
        # Editors end a file with a line break; it counts only where the constraints want it.
        without = Checking(named, tested[:-1] if tested else None, 0, seed, length)
        bare = constrain.check(without, assignments)
        checked = dataclasses.replace(checked, misfit=bare.misfit)
    if as_json:
        ui.json(_for_programs(checked, tested is not None))
    else:
        ui.write(_page(checked, tested is not None))
    return ExitCode.OK if checked.misfit is None else ExitCode.FAILED


def _text(text: str | None, file: str | None) -> tuple[bytes | None, bool]:
    """The text to test, and whether it is a file that ends with a line break."""
    if text is not None and file is not None:
        raise UsageError("`--text` and `--text-file` are both given", hint="use one of them")
    if file is None:
        return None if text is None else text.encode(errors="surrogateescape"), False
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(f"the text `{file}` can't be read: {reason.lower()}") from error
    return data, data.endswith(b"\n")


def _for_programs(checked: Checked, tested: bool) -> dict[str, object]:
    found = dataclasses.asdict(checked)
    misfit = found.pop("misfit")
    return {**found, "text": {"valid": misfit is None, "misfit": misfit} if tested else None}


def _page(checked: Checked, tested: bool) -> str:
    lines = []
    for part in checked.parts:
        checks = "" if part.proven else "; each text is checked when it is finished"
        lines += [("constraint", part.name), ("served by", part.engine + checks)]
    lines.append(("shortest", _shortest(checked.shortest)))
    lines.append(("longest", _longest(checked.longest)))
    lines += [("sample", text) for text in checked.samples]
    if tested:
        lines += _told(checked.misfit)
    return "".join(f"{name:10}  {_line(text)}\n" for name, text in lines)


def _shortest(extent: Extent) -> str:
    text = extent.text or ""
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    known = "" if extent.exact else "at most "
    return f"{known}{_bytes(extent.bytes or 0)}: {shown}".removesuffix(": ")


def _longest(extent: Extent) -> str:
    if extent.bytes is not None:
        return _bytes(extent.bytes)
    if extent.exact:
        return "no limit"
    return f"at least {_bytes(extent.at_least)}; whether there is a limit is not known"


def _bytes(count: int) -> str:
    return f"{count:,} byte{'' if count == 1 else 's'}"


def _told(misfit: Misfit | None) -> list[tuple[str, str]]:
    if misfit is None:
        return [("text", "valid")]
    place = ""
    if misfit.line is not None:
        place = f"line {misfit.line} column {misfit.column} (byte {misfit.byte}): "
    expected = [f"`{one}`" if len(one) < 8 else one for one in misfit.expected]
    expected += ["the end"] if misfit.may_end else []
    told = [("text", f"not valid: {place}{misfit.reason}")]
    if expected:
        told.append(("expected", ", ".join(expected)))
    if misfit.ending:
        told.append(("go on with", misfit.ending))
    if misfit.note:
        told.append(("note", misfit.note))
    return told


def _line(text: str) -> str:
    """A text in one line."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
