"""`rnngen completion`: the script that teaches a shell our commands and names."""

from __future__ import annotations

import click

from rnngen.cli.parameters import pass_ui
from rnngen.cli.ui import Ui

PLACES = {
    "bash": 'put `eval "$(rnngen completion bash)"` into ~/.bashrc',
    "zsh": 'put `eval "$(rnngen completion zsh)"` into ~/.zshrc',
    "fish": "`rnngen completion fish > ~/.config/fish/completions/rnngen.fish`",
}


@click.command(name="completion", short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(list(PLACES)))
@pass_ui
def command(ui: Ui, shell: str) -> None:
    """Print the completion script of a shell.

    Commands, options and the names of cells, decoders, plugins, corpora and runs are completed.

    \b
    Examples:
      eval "$(rnngen completion bash)"        in ~/.bashrc
      eval "$(rnngen completion zsh)"         in ~/.zshrc
      rnngen completion fish > ~/.config/fish/completions/rnngen.fish
    """
    import sys

    from click.shell_completion import get_completion_class

    from rnngen.cli.group import cli

    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(cli, {}, "rnngen", "_RNNGEN_COMPLETE")
    # Not `script.source()`: it runs the shell to learn its version.
    ui.write(script.source_template % script.source_vars() + "\n")
    if sys.stdout.isatty():
        ui.note(PLACES[shell])
