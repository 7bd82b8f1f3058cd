"""Commands that have commands of their own, such as `rnngen corpus list`."""

from __future__ import annotations

import functools
from collections.abc import Callable

import click

from rnngen.cli.ui import Ui
from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import suggest


class Subcommands(click.Group):
    """A group that suggests the nearest of its commands for a misspelt one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` names; an error with the nearest name if there is none."""
        if args and args[0] not in self.commands and not ctx.resilient_parsing:
            near = suggest(args[0], self.commands)
            path = ctx.command_path
            raise UsageError(
                f"there is no command `{path} {args[0]}`",
                hint=f"did you mean `{path} {near}`?" if near else f"`{path} --help` lists them",
            )
        return super().resolve_command(ctx, args)


def shows_help(command: Callable[[], None]) -> Callable[..., None]:
    """Of a group: by itself it shows its help, as `--help` does."""

    @click.pass_context
    @functools.wraps(command)
    def run(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            ctx.ensure_object(Ui).write(ctx.get_help() + "\n")

    return run
