"""`rnngen help`: the help of a command."""

from __future__ import annotations

import click

from rnngen.cli.complete import starting
from rnngen.cli.group import COMMANDS
from rnngen.cli.parameters import pass_ui
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import UsageError


@click.command(name="help", short_help="Show the help of a command.")
@click.argument(
    "words",
    nargs=-1,
    metavar="[COMMAND]",
    shell_complete=lambda ctx, param, text: starting(text, COMMANDS),
)
@pass_ui
@click.pass_context
def command(ctx: click.Context, ui: Ui, words: tuple[str, ...]) -> None:
    """Show the help of a command, the same as its `--help`.

    \b
    Examples:
      rnngen help fit
      rnngen help corpus show
    """
    shown = ctx.find_root()
    for word in words:
        group = shown.command
        if not isinstance(group, click.Group):
            raise UsageError(
                f"`{shown.command_path}` has no command `{word}`",
                hint=f"`{shown.command_path} --help` shows its help",
            )
        name, found, _ = group.resolve_command(shown, [word])
        assert found is not None
        shown = click.Context(found, parent=shown, info_name=name)
    ui.write(shown.get_help() + "\n")
