"""`rnngen generate`: write with a trained model."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rnngen.cli.complete import complete_decoders
from rnngen.cli.parameters import json_flag, option_assignments, pass_ui, run_argument, verbosity
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import DataError, RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rnngen.bundles.bundle import Bundle
    from rnngen.kernel.config_file import Config
    from rnngen.verbs.writing import Generated

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
SEPARATOR = "---"
LENGTH = 500
SAMPLES = 200


@click.command(name="generate")
@run_argument
@click.argument("prompt", required=False)
@click.option("--prompt", "prompt_option", metavar="TEXT", help="The text to continue.")
@click.option(
    "--prompt-file",
    metavar="FILE",
    help="Continue the text of a file, its last line end left out; `-`: of stdin.",
)
@click.option(
    "--primer",
    metavar="FILE",
    help="Go on from a file: write in the hand of its strokes (domain `handwriting`).",
)
@click.option(
    "-l",
    "--length",
    "--horizon",
    "length",
    type=click.IntRange(min=1),
    help="Tokens or other steps to write at most; of a time series, how far to look ahead.  "
    "[default: 500, of a time series what the model was made for]",
)
@click.option(
    "-n",
    "--count",
    "--samples",
    "count",
    type=click.IntRange(min=1),
    help=f"How many; between them stands a line `{SEPARATOR}`, or nothing if documents are lines.  "
    "[default: 1, futures of a time series 200]",
)
@click.option(
    "--decoder",
    metavar="NAME",
    shell_complete=complete_decoders,
    help="How steps are chosen, see `rnngen list decoders`.  [default: sample]",
)
@option_assignments
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**64 - 1),
    default=0,
    show_default=True,
    envvar="RNNGEN_SEED",
    show_envvar=True,
    help="The same seed writes the same; `-n 1` is the first of `-n 100`.",
)
@click.option(
    "--stop",
    multiple=True,
    metavar="TEXT",
    help=r"Stop before this text; `\n` is a line end; may be repeated.",
)
@click.option(
    "--documents",
    type=click.IntRange(min=0),
    help="Documents to write at most; 0: as many as the length allows.  "
    "[default: 1 if the model learnt from several, else no end of a document is written]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Write to a file, or to files in a folder.",
)
@click.option(
    "--device",
    default="auto",
    show_default=True,
    envvar="RNNGEN_DEVICE",
    show_envvar=True,
    help="auto, cpu, cuda, cuda:1, mps.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Read settings from this file instead of `rnngen.toml`.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Say where what the model wanted most was forbidden, and why (decoder `constrained`).",
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
    primer: str | None,
    length: int | None,
    count: int | None,
    decoder: str | None,
    assignments: tuple[str, ...],
    seed: int,
    stop: tuple[str, ...],
    documents: int | None,
    out: Path | None,
    device: str,
    config: Path | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Write with a trained model, continuing PROMPT.

    \b
    Examples:
      rnngen generate runs/book "It was " --length 200
      rnngen generate --prompt "It was " -o temperature=0.7 -o top_p=0.95
      rnngen generate runs/names -n 20 --seed 1
      rnngen generate runs/book --decoder beam -o width=8 --json
      rnngen generate runs/dates --decoder constrained -o regex='\\d{4}-\\d\\d' --explain

    Without RUN, the newest run below runs/. The prompt and what follows go to stdout as they are
    written. Filters of `sample` apply in this order: repetition penalty, temperature, top-k, top-p,
    min-p. With --json: a list of objects with `prompt`, `text`, `log_probability` (natural log,
    under the model, before any filter), `end` and `tokens`; with --explain also `forbidden`.
    Without --json, what was forbidden goes to stderr.
    """
    from rnngen.bundles.bundle import load
    from rnngen.kernel.config_file import find_config
    from rnngen.verbs.generate import generate

    text = _prompt(prompt, prompt_option, prompt_file)
    file = find_config(config)
    table = file.command("generate") if file else {}
    decoder = decoder or table.get("decoder", "sample")
    options = decoder_options(decoder, assignments, file)
    bundle = load(chosen_run(ui, run, table))

    if bundle.domain.forecasts:
        refused = {"stop": stop, "documents": documents is not None, "explain": explain}
        _check_forecast(decoder, refused)
        _forecast(ui, bundle, text, length, count, options, seed, device, out, as_json)
        return
    length, count = length or LENGTH, count or 1
    streams = count == 1 and not as_json and out is None and not bundle.domain.shows
    paper = _Paper(ui, text)
    remarks: list[str] = []
    written = generate(
        bundle,
        text,
        length=length,
        count=count,
        decoder=decoder,
        options=options,
        seed=seed,
        stop=[_unescaped(part) for part in stop],
        documents=documents,
        stream=(lambda row, part: paper.write(part)) if streams else None,
        device=device,
        explain=explain,
        primer=primer,
        note=remarks.append,
    )
    made: Sequence[Path] = [] if out is None else [out]
    if as_json:
        _write_json(ui, written, out, explain)
    elif out is not None:
        made = bundle.domain.write(written, bundle.codec, out)
    elif bundle.domain.shows:
        ui.write(bundle.domain.show(written, bundle.codec))
    else:
        domain = bundle.manifest["domain"].get("options") or {}
        between = "" if domain.get("documents") == "line" else f"{SEPARATOR}\n"
        for number, part in enumerate(written):
            if number:
                paper.begin(between + part.prompt)
            if number or not streams:
                paper.write(part.text)
        paper.end()
    if explain and not as_json:
        for number, part in enumerate(written, 1):
            _explain(ui, part, f"sequence {number}, " if len(written) > 1 else "")
    for remark in remarks:
        ui.note(remark)
    for path in made:
        ui.note(f"wrote {path}")


def _check_forecast(decoder: str, refused: dict[str, Any]) -> None:
    if decoder != "sample":
        raise UsageError(
            f"a forecast is drawn with the decoder `sample`, not `{decoder}`",
            hint="for the most typical future: `-o temperature=0`",
        )
    for name, given in refused.items():
        if given:
            raise UsageError(f"`--{name}` makes no sense of a forecast", hint="leave it out")


def _forecast(
    ui: Ui,
    bundle: Bundle,
    data: str,
    horizon: int | None,
    samples: int | None,
    options: dict[str, Any],
    seed: int,
    device: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Of a model that forecasts; the prompt is a file to go on from."""
    from rnngen.verbs.forecast import forecast

    made = forecast(
        bundle,
        data,
        horizon=horizon,
        samples=samples or SAMPLES,
        options=options,
        seed=seed,
        device=device,
        note=ui.note,
    )
    if out is None:
        if as_json:
            ui.json(made.rows())
        else:
            ui.write(made.show())
        return
    if as_json:
        raise UsageError("`--json` goes to stdout, `--out` is CSV", hint="leave one of them out")
    for path in made.write(out, ui.note):
        ui.note(f"wrote {path}")


def _explain(ui: Ui, part: Generated, which: str) -> None:
    for forbidden in part.forbidden:
        ui.note(f"{which}{forbidden}")
    if not part.forbidden:
        ui.note(f"{which}nothing that the model wanted most was forbidden")


class _Paper:
    """Text on stdout.

    The beginning is written with what follows, so that an error before leaves stdout empty.
    """

    def __init__(self, ui: Ui, beginning: str) -> None:
        self._ui = ui
        self._beginning = beginning
        self._last = ""

    def begin(self, beginning: str) -> None:
        """Ends the line; the next thing written stands after `beginning`."""
        self.end()
        self._beginning = beginning

    def write(self, text: str) -> None:
        text, self._beginning = self._beginning + text, ""
        if text:
            self._ui.write(text)
            self._last = text[-1]

    def end(self) -> None:
        """Ends the line, if it has not ended."""
        self.write("")
        if self._last != "\n":
            self._ui.write("\n")
            self._last = "\n"


def _prompt(argument: str | None, option: str | None, file: str | None) -> str:
    given = [text for text in (argument, option, file) if text is not None]
    if len(given) > 1:
        raise UsageError(
            "there are several prompts",
            hint="give one: as the second argument, with `--prompt`, or with `--prompt-file`",
        )
    if file is None:
        return given[0] if given else ""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"`{file}` can't be read: {error.strerror}") from None
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"`{file}` is not UTF-8, at byte {error.start}") from None
    return text.removesuffix("\n").removesuffix("\r")


def decoder_options(
    decoder: str, assignments: Sequence[str], file: Config | None
) -> dict[str, Any]:
    """Of the decoder: flags over environment over file over defaults."""
    from rnngen.kernel.catalog import get_catalog
    from rnngen.kernel.settings import resolve

    component = get_catalog().find("decoder", decoder)
    options = component.load_options()
    sections = {component.name: options} if options is not None else {}
    settings = resolve(sections, assignments=assignments, environment=os.environ, file=file)
    return asdict(settings[component.name]) if sections else {}


def chosen_run(ui: Ui, run: Path | None, table: Any) -> Path:
    """The run that was named, on the command line or in the configuration, or else the newest.

    Raises:
        UsageError: there is none.
    """
    from rnngen.bundles.records import newest

    if run is None and "run" in table:
        run = Path(table["run"])
    if run is None:
        run = newest()
        ui.note(f"run {run}")
    elif not run.exists() and not re.fullmatch(r"[\w./\\:~-]+", str(run)):
        raise UsageError(
            f"there is no run `{run}`",
            hint=f'if that is the prompt, write `rnngen generate --prompt "{run}"`',
        )
    elif not run.exists():
        raise UsageError(
            f"there is no run `{run}`",
            hint="a run is the folder that `rnngen fit` makes; to continue a text with the newest "
            "run, write `rnngen generate --prompt TEXT`",
        )
    return run


def _unescaped(text: str) -> str:
    return re.sub(r"\\([ntr\\])", lambda match: ESCAPES[match[1]], text)


def _write_json(ui: Ui, written: Sequence[Generated], out: Path | None, explain: bool) -> None:
    rows = [
        {
            "prompt": part.prompt,
            "text": part.text,
            "log_probability": part.log_probability,
            "end": part.end,
            "tokens": [
                {"token": token, "log_probability": log}
                for token, log in zip(
                    part.tokens or part.steps, part.log_probabilities, strict=True
                )
            ],
            **({"forbidden": [one.to_json() for one in part.forbidden]} if explain else {}),
        }
        for part in written
    ]
    if out is None:
        ui.json(rows)
        return
    try:
        out.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise RunError(f"`{out}` can't be written: {error.strerror}") from None
