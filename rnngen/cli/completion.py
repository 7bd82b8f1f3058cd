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

    Commands, options and their values, files, corpora, runs, and the names of components, plugins
    and of their options (`-o`) are completed.

    \b
    Examples:
      eval "$(rnngen completion bash)"        in ~/.bashrc
      eval "$(rnngen completion zsh)"         in ~/.zshrc
      rnngen completion fish > ~/.config/fish/completions/rnngen.fish
    """
    import sys

    from rnngen.cli.group import cli
    from rnngen.cli.shells import SHELLS

    script = SHELLS[shell](cli, {}, "rnngen", "_RNNGEN_COMPLETE")
    ui.write(script.source().strip() + "\n")
    if sys.stdout.isatty():
        ui.note(PLACES[shell])
