"""`rnngen generate`: write with a trained model."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnngen.cli.chosen import A_RUN, chosen_run
from rnngen.cli.complete import complete_files
from rnngen.cli.output import Output, write_forecast
from rnngen.cli.parameters import PATH, json_flag, pass_ui, run_argument, verbosity
from rnngen.cli.piped import piped
from rnngen.cli.spelled import OTHER_NAMES
from rnngen.cli.ui import Ui
from rnngen.cli.writing import read_writing, writing_options
from rnngen.components.domains.text.separation import SEPARATOR
from rnngen.contracts.absent import absent
from rnngen.contracts.errors import UsageError
from rnngen.contracts.exact_text import BOM, exact, text_of_file

if TYPE_CHECKING:
    from rnngen.bundles.bundle import Bundle

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
LENGTH = 500
SAMPLES = 200


@click.command(name="generate")
@run_argument
@click.argument("prompt", required=False, shell_complete=complete_files)
@click.option("--prompt", "prompt_option", metavar="TEXT", help="The text to continue.")
@click.option(
    "--prompt-file",
    metavar="FILE",
    shell_complete=complete_files,
    help="Continue the text of a file, without its final newline; `-` is stdin.",
)
@click.option(
    "--primer",
    metavar="FILE",
    shell_complete=complete_files,
    help="Continue from a file: write in the hand of its strokes (domain `handwriting`).",
)
@click.option(
    "-l",
    "--length",
    *OTHER_NAMES["length"],
    "--horizon",
    "length",
    metavar="N",
    type=click.IntRange(min=1),
    help="Maximum tokens (or other steps) to write; for a time series, the horizon.  "
    "[default: 500; for a time series, the model's own horizon]",
)
@click.option(
    "-n",
    "--count",
    "--samples",
    "count",
    metavar="N",
    type=click.IntRange(min=1),
    help=f"How many sequences; of beam search the n best. In one stream, a line `{SEPARATOR}` "
    "separates them; a line end or a blank line where that separates documents.  "
    "[default: 1; for a time series, 200 futures]",
)
@writing_options(seed="The same seed writes the same; `-n 1` is the first of `-n 100`.")
@click.option(
    "--stop",
    multiple=True,
    metavar="TEXT",
    help=r"Stop before this text; `\n` is a newline; may be repeated.",
)
@click.option(
    "--documents",
    metavar="N",
    type=click.IntRange(min=0),
    help="Maximum documents to write; 0: as many as fit the length.  "
    "[default: 1 if the model learned from several, else a document never ends]",
)
@click.option("--no-prompt", is_flag=True, help="Write what follows the prompt, without it.")
@click.option("--out", type=PATH, metavar="PATH", help="Write to a file, or to files in a folder.")
@click.option(
    "--explain",
    is_flag=True,
    help="Report where the decoder `constrained` forbade the model's first choice, and why.",
)
@json_flag
@verbosity
@pass_ui
def command(
    ui: Ui,
    run: Path | None,
    prompt: str | None,
    prompt_option: str | None,
    prompt_file: str | None,
    decoder: str | None,
    assignments: tuple[str, ...],
    config: Path | None,
    out: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Write with a trained model, continuing PROMPT; `-` is stdin.

    \b
    Examples:
      rnngen generate runs/book "It was " --length 200
      rnngen generate --prompt "It was " --temperature 0.7 --top-p 0.95
      rnngen generate runs/names -n 20 --seed 1
      echo "It was" | rnngen generate runs/book --no-prompt
      rnngen generate runs/book --decoder beam -o width=8 --json
      rnngen generate runs/dates --decoder constrained -o regex='\\d{4}-\\d\\d' --explain

    Without RUN, the newest run in runs/ is used. Without PROMPT, a text model continues what stdin
    holds, if that is a pipe with something in it, or a file that nobody has begun to read (in a
    loop that reads stdin, write `</dev/null`). The prompt and what follows go to stdout as they
    are written. Filters of `sample` apply in this order: repetition penalty, temperature, top-k,
    top-p, min-p. With --json, a list of objects with `prompt`, `text`, `log_probability` (natural
    log, under the model, before any filter, the end included), `end`, `end_log_probability` and
    `tokens`; with --explain also `forbidden`. Bytes that are not UTF-8, of a model of bytes, are
    U+FFFD in `text`, and the text is also there in `text_base64` (the prompt in `prompt_base64`);
    on stdout and in files they are themselves.
    Without --json, what was forbidden goes to stderr.
    """
    from rnngen.bundles.bundle import load

    given = _prompt(prompt, prompt_option, prompt_file)
    engine = asked["engine"]
    how = read_writing(
        "generate", run, decoder=decoder, engine=engine, assignments=assignments, config=config
    )
    bundle = load(chosen_run(ui, how.run, _not_a_run(how.run)))
    name = "standard input" if "-" in (prompt, prompt_file) else f"`{prompt_file}`"
    if given is None and asked["primer"] is None and bundle.codec.spells_text:
        given, name = piped(ui.note), "standard input"
    text = _text(given, bundle, name) if isinstance(given, bytes) else given or ""
    write = _forecast if bundle.domain.forecasts else _generate
    write(ui, bundle, text, how.decoder, how.options(bundle), out, as_json, **asked)


def _generate(
    ui: Ui,
    bundle: Bundle,
    prompt: str,
    decoder: str,
    options: dict[str, Any],
    out: Path | None,
    as_json: bool,
    *,
    length: int | None,
    count: int | None,
    stop: tuple[str, ...],
    explain: bool,
    no_prompt: bool,
    **asked: Any,
) -> None:
    """New sequences."""
    from rnngen.verbs.generate import Session

    count = count or 1
    shown = "" if no_prompt else prompt
    output = Output(ui, bundle, shown, count, out=out, as_json=as_json, explain=explain)
    session = Session(
        bundle,
        prompt,
        length=length or LENGTH,
        count=count,
        decoder=decoder,
        options=options,
        stop=[_unescaped(part) for part in stop],
        explain=explain,
        no_prompt=no_prompt,
        note=output.note,
        **asked,
    )
    if output.collects:
        session.check_room(count)
    written = session.run(**output.streams, keep=output.keep)
    # A search knows how many it found only when it is over.
    output.write(list(written) if session.searches else written)


def _forecast(
    ui: Ui,
    bundle: Bundle,
    data: str,
    decoder: str,
    options: dict[str, Any],
    out: Path | None,
    as_json: bool,
    *,
    length: int | None,
    count: int | None,
    seed: int,
    device: str,
    engine: str,
    **refused: Any,
) -> None:
    """What may follow a time series; the prompt is a file to continue."""
    from rnngen.verbs.forecast import forecast

    if decoder != "sample":
        raise UsageError(
            f"a forecast is drawn with the decoder `sample`, not `{decoder}`",
            hint="for the most typical future: `-o temperature=0`",
        )
    for name, value in refused.items():
        if value is not None and value is not False and value != ():
            raise UsageError(f"`--{name}` does not apply to a forecast", hint="leave it out")
    made = forecast(
        bundle,
        data,
        horizon=length,
        samples=count or SAMPLES,
        options=options,
        seed=seed,
        device=device,
        engine=engine,
        note=ui.note,
    )
    write_forecast(ui, made, out, as_json)


def _prompt(argument: str | None, option: str | None, file: str | None) -> str | bytes | None:
    """The prompt as it was given, of a file its bytes; None: none was."""
    given = [text for text in (argument, option, file) if text is not None]
    if len(given) > 1:
        raise UsageError(
            "there are several prompts",
            hint="give one: as the second argument, with `--prompt`, or with `--prompt-file`",
        )
    file = "-" if argument == "-" else file
    if file is None:
        return given[0] if given else None
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except FileNotFoundError:
        raise absent(Path(file), "file") from None
    except OSError as error:
        raise UsageError(f"`{file}` can't be read: {(error.strerror or '').lower()}") from None


def _text(data: bytes, bundle: Bundle, name: str) -> str:
    """The text of a prompt file, exact, without its final line end.

    Only to a model of bytes it may hold any.
    """
    keeps = bundle.codec.keeps_bytes
    text = exact(data).removeprefix(BOM) if keeps else text_of_file(data, name)
    return text.removesuffix("\n").removesuffix("\r")


def _not_a_run(run: Path | None) -> str:
    """The hint for a run that does not exist: it may have been meant as the prompt."""
    if run is not None and not re.fullmatch(r"[\w./\\:~-]+", str(run)):
        return f'if that is the prompt, write `rnngen generate --prompt "{run}"`'
    return f"{A_RUN}; to continue a text with the newest run, write `rnngen generate --prompt TEXT`"


def _unescaped(text: str) -> str:
    return re.sub(r"\\([ntr\\])", lambda match: ESCAPES[match[1]], text)
