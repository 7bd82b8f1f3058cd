"""The group of all commands, its options, and how errors become exit codes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnngen.cli.hard_end import hard_end
from rnngen.cli.terminal import guarded
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import ExitCode, RnngenError, UsageError
from rnngen.contracts.options import suggest
from rnngen.contracts.version import __version__
from rnngen.kernel.blame import blamed, one_line, traceback_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "fit": "Train a model on your files.",
    "generate": "Write with a trained model, continuing PROMPT.",
    "chat": "Talk with a model that learned dialogues.",
    "evaluate": "Measure a trained model against baselines.",
    "compare": "Compare runs.",
    "continual": "Compare strategies on tasks learned in a row.",
    "show": "Show a run's model card, or a component and its options.",
    "export": "Write a trained model in another format.",
    "corpus": "Find and fetch small corpora to learn from.",
    "list": "List the available components.",
    "plugins": "List plugins, and why one failed.",
    "config": "Write a configuration file with every default.",
    "doctor": "Report versions, devices and plugins.",
    "completion": "Print the completion script of a shell.",
}
"""Every command and its help in one line, so that `--help` imports none of them."""


class LazyGroup(click.Group):
    """A group whose commands are modules of this package, each with a `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"rnngen.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` names; an error with the nearest name if there is none."""
        if args and args[0] not in COMMANDS and not ctx.resilient_parsing:
            near = suggest(args[0], COMMANDS)
            raise UsageError(
                f"there is no command `{args[0]}`",
                hint=f"did you mean `rnngen {near}`?" if near else "`rnngen --help` lists them",
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands with their help, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Command names from the table, and options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=text)
            for name, text in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("-q", "--quiet", count=True, help="Say less; twice: no warnings either.")
@click.option("-v", "--verbose", count=True, help="Say more; errors come with a traceback.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours and bars.  [env: NO_COLOR]",
)
@click.option(
    "--no-plugins",
    is_flag=True,
    help="Do not load plugins.  [env: RNNGEN_PLUGINS, RNNGEN_DISABLE, RNNGEN_STRICT]",
)
@click.option(
    "--plugin-path",
    "plugin_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE.py",
    help="Also load this plugin file; may be repeated.",
)
@click.version_option(__version__, prog_name="rnngen", message="%(prog)s %(version)s")
@click.pass_obj
def cli(
    ui: Ui,
    quiet: int,
    verbose: int,
    color: Any,
    no_plugins: bool,
    plugin_paths: tuple[Path, ...],
) -> None:
    """Train recurrent generators on your own files, and write more of the same.

    \b
    Examples:
      rnngen fit book.txt --time 2m
      rnngen generate --prompt "It was "
    """
    from rnngen.kernel import catalog

    ui.quiet += quiet
    ui.verbose += verbose
    ui.color = color
    catalog.configure(enabled=not no_plugins, files=plugin_paths, warn=ui.warn)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and gives its exit code; see `rnngen.contracts.errors.ExitCode`."""
    with guarded():
        return _main(arguments)


def _main(arguments: Sequence[str] | None) -> int:
    ui = Ui()
    for stream in (sys.stdout, sys.stderr):
        # A pipe is read by programs, whatever encoding the terminal has.
        if hasattr(stream, "reconfigure") and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        with hard_end():
            result = cli.main(
                args=None if arguments is None else list(arguments),
                prog_name="rnngen",
                obj=ui,
                standalone_mode=False,
            )
        return result if isinstance(result, int) else ExitCode.OK
    except SystemExit as exit:
        blame = blamed(exit)
        if blame is not None:
            return _report(ui, blame)
        return exit.code if isinstance(exit.code, int) else ExitCode.OK
    except (click.Abort, KeyboardInterrupt) as error:
        blame = blamed(error)
        if blame is not None:
            return _report(ui, blame)
        ui.error(RnngenError("interrupted"))
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        return _report(ui, _usage(error))
    except RnngenError as error:
        return _report(ui, error)
    except BaseException as error:  # a plugin may raise anything
        blame = blamed(error)
        if blame is not None:
            blame.__cause__ = error
            return _report(ui, blame)
        if ui.verbose:
            sys.stderr.write(traceback_of(error))
        ui.error(
            RnngenError(
                f"internal error: {one_line(error)}",
                hint="this is a bug; `rnngen -v ...` shows the traceback, `rnngen doctor` the rest "
                "of what a report needs",
            )
        )
        return ExitCode.INTERNAL


def _report(ui: Ui, error: RnngenError) -> int:
    if ui.verbose and error.__cause__ is not None:
        sys.stderr.write(traceback_of(error.__cause__))
    ui.error(error)
    return error.exit_code


def _usage(error: click.ClickException) -> RnngenError:
    """click's error in our words."""
    message = error.format_message().rstrip(".")
    message, _, hint = message.partition(" Did you mean ")
    message = message.rstrip(".").replace("'", "`")
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "rnngen"
    return UsageError(
        message[:1].lower() + message[1:],
        hint=f"did you mean {hint.replace(chr(39), '`')}" if hint else f"see `{path} --help`",
    )
