"""What a person types and sees; the only room that knows click and rich.

A command's module is imported when the command is run, and not before.

    rnngen fit book.txt --time 2m
    rnngen generate --prompt "Once"

A new command is a file here with a `command`, and a line in `rnngen.cli.group.COMMANDS`.
"""

# Nothing else stands here: the commands' modules become attributes of this package, `list` too.
from rnngen.cli.group import COMMANDS, cli, main

__all__ = ["COMMANDS", "cli", "main"]
