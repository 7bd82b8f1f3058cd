"""`rnngen generate`: write with a trained model."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnngen.cli.chosen import A_RUN, chosen_run, writing_options
from rnngen.cli.output import SEPARATOR, Output, write_forecast
from rnngen.cli.parameters import (
    PATH,
    config_option,
    decoder_option,
    device_option,
    engine_option,
    json_flag,
    option_assignments,
    pass_ui,
    run_argument,
    seed_option,
    verbosity,
)
from rnngen.cli.ui import Ui
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
@click.argument("prompt", required=False)
@click.option("--prompt", "prompt_option", metavar="TEXT", help="The text to continue.")
@click.option(
    "--prompt-file",
    metavar="FILE",
    help="Continue the text of a file, without its final newline; `-` is stdin.",
)
@click.option(
    "--primer",
    metavar="FILE",
    help="Continue from a file: write in the hand of its strokes (domain `handwriting`).",
)
@click.option(
    "-l",
    "--length",
    "--horizon",
    "length",
    type=click.IntRange(min=1),
    help="Maximum tokens (or other steps) to write; for a time series, the horizon.  "
    "[default: 500; for a time series, the model's own horizon]",
)
@click.option(
    "-n",
    "--count",
    "--samples",
    "count",
    type=click.IntRange(min=1),
    help=f"How many sequences, separated by a line `{SEPARATOR}` unless documents are lines.  "
    "[default: 1; for a time series, 200 futures]",
)
@decoder_option
@engine_option
@option_assignments
@seed_option("The same seed writes the same; `-n 1` is the first of `-n 100`.")
@click.option(
    "--stop",
    multiple=True,
    metavar="TEXT",
    help=r"Stop before this text; `\n` is a newline; may be repeated.",
)
@click.option(
    "--documents",
    type=click.IntRange(min=0),
    help="Maximum documents to write; 0: as many as fit the length.  "
    "[default: 1 if the model learned from several, else a document never ends]",
)
@click.option("--out", type=PATH, metavar="PATH", help="Write to a file, or to files in a folder.")
@device_option
@config_option
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
    """Write with a trained model, continuing PROMPT.

    \b
    Examples:
      rnngen generate runs/book "It was " --length 200
      rnngen generate --prompt "It was " -o temperature=0.7 -o top_p=0.95
      rnngen generate runs/names -n 20 --seed 1
      rnngen generate runs/book --decoder beam -o width=8 --json
      rnngen generate runs/dates --decoder constrained -o regex='\\d{4}-\\d\\d' --explain

    Without RUN, the newest run in runs/ is used. The prompt and what follows go to stdout as they
    are written. Filters of `sample` apply in this order: repetition penalty, temperature, top-k,
    top-p, min-p. With --json, a list of objects with `prompt`, `text`, `log_probability` (natural
    log, under the model, before any filter), `end` and `tokens`; with --explain also `forbidden`.
    Bytes that are not UTF-8, of a model of bytes, are U+FFFD in `text`, and the text is also there
    in `text_base64` (the prompt in `prompt_base64`); on stdout and in files they are themselves.
    Without --json, what was forbidden goes to stderr.
    """
    from rnngen.bundles.bundle import load
    from rnngen.kernel.config_file import find_config

    given = _prompt(prompt, prompt_option, prompt_file)
    file = find_config(config)
    table = file.command("generate") if file else {}
    decoder = decoder or table.get("decoder", "sample")
    if run is None and "run" in table:
        run = Path(table["run"])
    bundle = load(chosen_run(ui, run, _not_a_run(run)))
    options = writing_options(bundle, decoder, asked["engine"], assignments, file)
    text = given if isinstance(given, str) else _text(given, bundle, prompt_file)
    write = _forecast if bundle.domain.forecasts else _generate
    write(ui, bundle, text, decoder, options, out, as_json, **asked)


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
    **asked: Any,
) -> None:
    """New sequences."""
    from rnngen.verbs.generate import generate

    count = count or 1
    output = Output(ui, bundle, prompt, count, out=out, as_json=as_json, explain=explain)
    written = generate(
        bundle,
        prompt,
        length=length or LENGTH,
        count=count,
        decoder=decoder,
        options=options,
        stop=[_unescaped(part) for part in stop],
        explain=explain,
        note=output.note,
        **output.streams,
        **asked,
    )
    output.write(written)


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


def _prompt(argument: str | None, option: str | None, file: str | None) -> str | bytes:
    """The prompt as it was given; of a file its bytes."""
    given = [text for text in (argument, option, file) if text is not None]
    if len(given) > 1:
        raise UsageError(
            "there are several prompts",
            hint="give one: as the second argument, with `--prompt`, or with `--prompt-file`",
        )
    if file is None:
        return given[0] if given else ""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except FileNotFoundError:
        raise absent(Path(file), "file") from None
    except OSError as error:
        raise UsageError(f"`{file}` can't be read: {(error.strerror or '').lower()}") from None


def _text(data: bytes, bundle: Bundle, file: str | None) -> str:
    """The text of a prompt file, exact: only to a model of bytes it may hold any."""
    if bundle.codec.keeps_bytes:
        text = exact(data).removeprefix(BOM)
    else:
        text = text_of_file(data, "standard input" if file == "-" else f"`{file}`")
    return text.removesuffix("\n").removesuffix("\r")


def _not_a_run(run: Path | None) -> str:
    """The hint for a run that does not exist: it may have been meant as the prompt."""
    if run is not None and not re.fullmatch(r"[\w./\\:~-]+", str(run)):
        return f'if that is the prompt, write `rnngen generate --prompt "{run}"`'
    return f"{A_RUN}; to continue a text with the newest run, write `rnngen generate --prompt TEXT`"


def _unescaped(text: str) -> str:
    return re.sub(r"\\([ntr\\])", lambda match: ESCAPES[match[1]], text)
