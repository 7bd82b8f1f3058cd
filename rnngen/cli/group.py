"""The group of all commands, its options, and how errors become exit codes."""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from rnngen.cli.hard_end import hard_end
from rnngen.cli.streams import usable_streams
from rnngen.cli.terminal import guarded
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import ExitCode, RnngenError, RunError, UsageError
from rnngen.contracts.options import suggest
from rnngen.contracts.version import __version__
from rnngen.kernel.blame import blamed, one_line, traceback_of
from rnngen.kernel.memory import out_of_memory

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "fit": "Train a model on your files.",
    "generate": "Write with a trained model, continuing PROMPT; `-` is stdin.",
    "chat": "Talk with a model that learned dialogues.",
    "evaluate": "Measure a trained model against baselines.",
    "compare": "Compare runs.",
    "continual": "Compare strategies on tasks learned in a row.",
    "runs": "List the runs of a folder.",
    "show": "Show a run's model card, or a component and its options.",
    "export": "Write a trained model in another format.",
    "corpus": "Find and fetch small corpora to learn from.",
    "cache": "List and clear what is kept of your data.",
    "list": "List the available components.",
    "plugins": "List plugins, and why one failed.",
    "config": "Write a configuration file with every default.",
    "doctor": "Report versions, devices and plugins.",
    "completion": "Print the completion script of a shell.",
    "help": "Show the help of a command.",
}
"""Every command and its help in one line, so that `--help` imports none of them."""


OTHER_NAMES = {
    "train": "fit",
    "sample": "generate",
    "write": "generate",
    "eval": "evaluate",
    "test": "evaluate",
    "ls": "runs",
    "info": "show",
}
"""What users of other tools call a command; it is the command."""

NO_COMMAND = {
    "resume": "fit --resume RUN",
    "finetune": "fit --from RUN",
    "fine-tune": "fit --from RUN",
    "predict": "generate",
    "forecast": "generate",
    "inference": "generate",
    "version": "--version",
    "options": "config --defaults",
    "init": "config --defaults > rnngen.toml",
    "download": "corpus fetch",
    "models": "runs",
    "clean": "cache clear",
}
"""What others have as commands, and what it is here."""

COMPLETE = "_RNNGEN_COMPLETE"
"""The variable by which a shell asks for completion; click reads it."""


class LazyGroup(click.Group):
    """A group whose commands are modules of this package, each with a `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        cmd_name = OTHER_NAMES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"rnngen.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` names; an error with the nearest name if there is none."""
        if not args:
            return super().resolve_command(ctx, args)
        name = args[0]
        known = {*COMMANDS, *OTHER_NAMES}
        if name not in known and not ctx.resilient_parsing:
            near = NO_COMMAND.get(name.lower()) or suggest(name.lower(), known)
            raise UsageError(
                f"there is no command `{name}`",
                hint=f"did you mean `rnngen {near}`?" if near else "`rnngen --help` lists them",
            )
        # The command's own name, so that messages and help say it.
        return super().resolve_command(ctx, [OTHER_NAMES.get(name, name), *args[1:]])

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
    invoke_without_command=True,
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
@click.pass_context
def cli(
    ctx: click.Context,
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
    from rnngen.kernel import catalog, environment

    if ctx.invoked_subcommand is None:
        ctx.obj.write(ctx.get_help() + "\n")
        ctx.exit()
    ui: Ui = ctx.obj
    ui.quiet += quiet
    ui.verbose += verbose
    ui.color = color
    catalog.configure(enabled=not no_plugins, files=plugin_paths, warn=ui.warn)
    for sentence in environment.unknown(os.environ, catalog.get_catalog):
        ui.warn(sentence)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line and gives its exit code; see `rnngen.contracts.errors.ExitCode`."""
    with usable_streams(), guarded():
        return _main(arguments)


def _main(arguments: Sequence[str] | None) -> int:
    if COMPLETE in os.environ:
        from rnngen.cli import shells

        shells.register()
    ui = Ui()
    # torch would read the entry points of all packages for devices that nobody can name here, and
    # one package with damaged metadata would keep it from being imported.
    os.environ.setdefault("TORCH_DEVICE_BACKEND_AUTOLOAD", "0")
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream, errors in (
        (sys.stdin, "strict"),
        (sys.stdout, "backslashreplace"),
        (sys.stderr, "backslashreplace"),
    ):
        # Pipes connect programs, whatever encoding the terminal has.
        if hasattr(stream, "reconfigure") and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors=errors)
    try:
        _check_arguments(given)
        with hard_end(), told(ui):
            result = cli.main(
                args=given,
                prog_name="rnngen",
                obj=ui,
                standalone_mode=False,
            )
        # What is still held back must not fail after the exit code was decided.
        sys.stdout.flush()
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
        return _unforeseen(ui, error)


def _unforeseen(ui: Ui, error: BaseException) -> int:
    """Reports what nobody expected: a plugin's fault, the machine's, or a bug of ours."""
    known = blamed(error) or out_of_memory(error)
    if known is not None:
        known.__cause__ = error
        return _report(ui, known)
    if isinstance(error, OSError) and error.errno is not None:
        return _report(ui, _of_the_system(error))
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


@contextmanager
def told(ui: Ui) -> Iterator[None]:
    """What Python and libraries warn of meanwhile is a line of ours each, and silent with `-qq`."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        said = message if isinstance(message, Warning) else category(message)
        ui.warn(f"{one_line(said)} ({filename}:{lineno})")

    before = warnings.showwarning
    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before


def _check_arguments(arguments: Sequence[str]) -> None:
    """Refuses what no system call takes; a shell can't even pass it on."""
    for argument in arguments:
        if "\0" in argument:
            raise UsageError(
                f"the argument {argument!r} has a null character",
                hint="leave it out: no name or value can have one",
            )


def _of_the_system(error: OSError) -> RnngenError:
    """What the system refused, where nobody foresaw it: a name too long, no descriptor left."""
    reason = (error.strerror or str(error)).lower()
    where = f"`{os.fsdecode(error.filename)}`: " if isinstance(error.filename, str | bytes) else ""
    made = RunError(
        f"{where}{reason}", hint="run again with `-v` to see where, if the reason is not enough"
    )
    made.__cause__ = error
    return made


def _report(ui: Ui, error: RnngenError) -> int:
    if ui.verbose and error.__cause__ is not None:
        sys.stderr.write(traceback_of(error.__cause__))
    ui.error(error)
    return error.exit_code


def _usage(error: click.ClickException) -> RnngenError:
    """click's error in our words."""
    message = " ".join(error.format_message().split()).rstrip(".")
    message, _, hint = message.partition(" Did you mean ")
    message = message.rstrip(".").replace("'", "`")
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "rnngen"
    return UsageError(
        message[:1].lower() + message[1:],
        hint=f"did you mean {hint.replace(chr(39), '`')}" if hint else f"see `{path} --help`",
    )
