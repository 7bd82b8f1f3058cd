"""How bash, zsh and fish ask for completion, and how each is answered.

A script sends the words as the shell has read them and is answered with a line for each item: its
type, its value, its help. bash cuts words at colons and equals signs and leaves quotes in them, so
for bash the line itself is read here, files are listed here, and values begin where bash thinks
that the word begins.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

SEPARATOR = "\x1f"
"""Between words that are sent in one variable."""

MOST = 1000
"""Files listed for one word."""

BASH = r"""
%(complete_func)s() {
    local line listed= IFS=$'\n'
    COMPREPLY=()
    while IFS= read -r line; do
        [[ $line == file,* ]] && listed=1
        [[ $line == *,* ]] && COMPREPLY+=("${line#*,}")
    done < <(COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
        %(complete_var)s=bash_complete "${1/#\~/$HOME}" 2>/dev/null </dev/null)
    # Names of files are quoted by bash, and folders get their slash.
    [[ -n $listed ]] && compopt -o filenames
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=:/] ]] && compopt -o nospace
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

ZSH = r"""#compdef %(prog_name)s

%(complete_func)s() {
    local line kind value help
    local -a parts words_before ending ending_shown open open_shown
    local files= folders=
    (( CURRENT > 2 )) && words_before=("${(@Q)words[2,CURRENT-1]}")
    for line in "${(@f)$(COMP_WORDS="${(pj:\x1f:)words_before}" COMP_CWORD="${(Q)PREFIX}" \
            %(complete_var)s=zsh_complete ${(Q)words[1]} 2>/dev/null </dev/null)}"; do
        parts=("${(@ps:\t:)line}")
        kind=$parts[1] value=$parts[2] help=$parts[3]
        case $kind in
            file) files=1 ;;
            dir) folders=1 ;;
            plain|path)
                [[ -n $help ]] && help="$value  -- $help" || help=$value
                if [[ $value == *[=:/] ]]; then
                    open+=("$value") open_shown+=("$help")
                else
                    ending+=("$value") ending_shown+=("$help")
                fi ;;
        esac
    done
    (( $#ending )) && compadd -V rnngen -d ending_shown -a ending
    (( $#open )) && compadd -V rnngen -S '' -d open_shown -a open
    if [[ -n $files || -n $folders ]]; then
        # What comes before a path, `--out=` or `name=`, is not part of it.
        [[ $PREFIX == *=* ]] && compset -P '*='
        [[ -n $files ]] && _files || _files -/
    fi
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef %(complete_func)s %(prog_name)s
fi
"""

FISH = r"""
function %(complete_func)s
    set -l before (commandline -opc)
    set -l command $before[1]
    set -l current (commandline -ct)
    set -l plain (string unescape -- $current 2>/dev/null; or echo -- $current)
    for line in (COMP_WORDS=(string join \x1f -- $before[2..-1]) COMP_CWORD="$plain" \
            %(complete_var)s=fish_complete $command 2>/dev/null </dev/null)
        set -l parts (string split \t -- $line)
        set -l path (string replace -r '^[^=]*=' '' -- $plain)
        set -l start (string replace -r '[^=]*$' '' -- $plain)
        switch $parts[1]
            case file
                for found in (__fish_complete_path $path)
                    echo -- $start$found
                end
            case dir
                for found in (__fish_complete_directories $path)
                    echo -- $start$found
                end
            case plain path
                printf '%%s\t%%s\n' $parts[2] "$parts[3]"
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


class Answering(ShellComplete):
    """Completion that never ends in a traceback: where it fails, nothing is offered."""

    def complete(self) -> str:
        """The lines of the answer."""
        try:
            before, word = self.get_completion_args()
            return "\n".join(map(self.format_completion, self.items(before, word)))
        except Exception:
            return ""

    def items(self, before: list[str], word: str) -> Iterator[CompletionItem[str]]:
        """What may stand in place of a word, each as the whole of it."""
        head = word[: word.find("=") + 1] if word.startswith("--") and "=" in word else ""
        for item in self.get_completions(before, word):
            start = head + (item.before or "")
            yield CompletionItem(
                start + item.value if item.type in ("plain", "path") else item.value,
                type=item.type,
                help=item.help,
                before=start,
            )

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and its beginning."""
        words = os.environ.get("COMP_WORDS", "")
        return words.split(SEPARATOR) if words else [], os.environ.get("COMP_CWORD", "")

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Type, value and help, with tabs between them."""
        help = " ".join((item.help or "").split())
        return "\t".join((item.type, str(item.value), help))


class Bash(Answering):
    """bash 4.4 and later."""

    name = "bash"
    source_template = BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Of the line as it was typed."""
        words = words_of(_line())
        return [word.text for word in words[1:-1]], words[-1].text

    def items(self, before: list[str], word: str) -> Iterator[CompletionItem[str]]:
        """Each from where bash thinks that the word begins; files one by one."""
        typed = words_of(_line())[-1]
        cut = typed.begins(os.environ.get("COMP_WORDBREAKS", ""))
        for item in super().items(before, word):
            if item.type in ("file", "dir"):
                found = files(item.value, folders=item.type == "dir")
                values = [(item.before or "") + path for path in found]
            else:
                values = [item.value]
            kind = "plain" if item.type == "plain" else "file"
            for value in values:
                yield CompletionItem(value[cut:], type=kind)

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """Type and value."""
        return f"{item.type},{item.value}"


class Zsh(Answering):
    """zsh 5 and later."""

    name = "zsh"
    source_template = ZSH


class Fish(Answering):
    """fish 3.1 and later."""

    name = "fish"
    source_template = FISH


SHELLS: dict[str, type[Answering]] = {shell.name: shell for shell in (Bash, Zsh, Fish)}


def register() -> None:
    """Lets click answer these shells in our way."""
    for shell in SHELLS.values():
        add_completion_class(shell)


class Word:
    """A word of a line of bash, without its quotes."""

    def __init__(self) -> None:
        self.text = ""
        self.quoted: list[bool] = []
        self.opened = 0
        """Where in the text a quote begins that is still open; 0 otherwise."""

    def add(self, character: str, quoted: bool) -> None:
        """One more character."""
        self.text += character
        self.quoted.append(quoted)

    def begins(self, breaks: str) -> int:
        """Where bash cuts the word: after the last such character that is not quoted."""
        cuts = [
            position + 1
            for position, character in enumerate(self.text)
            if character in breaks and not self.quoted[position]
        ]
        return max([self.opened, *cuts])


def words_of(line: str) -> list[Word]:
    """The words of a line up to the cursor, the last of which is not complete and may be empty."""
    words = [Word()]
    quote = ""
    characters = iter(line)
    for character in characters:
        word = words[-1]
        if character == "\\" and quote != "'":
            word.add(next(characters, ""), quoted=True)
        elif quote:
            if character == quote:
                quote, word.opened = "", 0
            else:
                word.add(character, quoted=True)
        elif character in "'\"":
            quote, word.opened = character, len(word.text)
        elif character.isspace():
            if word.text or word.quoted:
                words.append(Word())
        else:
            word.add(character, quoted=False)
    return words if len(words) > 1 else [Word(), *words]


def files(start: str, *, folders: bool = False) -> list[str]:
    """Files and folders whose path begins like this, folders with a slash at their end."""
    folder, slash, name = start.rpartition("/")
    where = os.path.expanduser(folder + slash) or "."
    found = []
    try:
        with os.scandir(where) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".") and not name.startswith(".")
                if not entry.name.startswith(name) or hidden or "\n" in entry.name:
                    continue
                is_folder = entry.is_dir()
                if is_folder or not folders:
                    found.append(f"{folder}{slash}{entry.name}{'/' if is_folder else ''}")
                if len(found) == MOST:
                    break
    except (OSError, ValueError):
        return []
    return sorted(found)


def _line() -> str:
    """The line up to the cursor; scripts of version 0.1.0 send words."""
    line = os.environ.get("COMP_LINE")
    if line is not None:
        return line
    words = os.environ.get("COMP_WORDS", "").split(" ")
    at = int(os.environ.get("COMP_CWORD", "0"))
    return " ".join([*words, ""][: at + 1])
