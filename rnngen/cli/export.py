"""`rnngen export`: a trained model in another format."""

from __future__ import annotations

from pathlib import Path

import click

from rnngen.cli.chosen import chosen_run
from rnngen.cli.complete import names_of
from rnngen.cli.parameters import (
    PATH,
    config_option,
    option_assignments,
    pass_ui,
    run_argument,
    verbosity,
)
from rnngen.cli.ui import Ui
from rnngen.cli.writing import options_of


@click.command(name="export", short_help="Write a trained model in another format.")
@run_argument
@click.option(
    "--format",
    "form",
    default="onnx",
    show_default=True,
    metavar="NAME",
    shell_complete=names_of("exporter"),
    help="Which format, see `rnngen list exporters`.",
)
@click.option(
    "--out",
    type=PATH,
    required=True,
    metavar="PATH",
    help="File or folder to write.",
)
@option_assignments("opset=18")
@config_option
@verbosity
@pass_ui
def command(
    ui: Ui,
    run: Path | None,
    form: str,
    out: Path,
    assignments: tuple[str, ...],
    config: Path | None,
) -> None:
    """Write a trained model in another format.

    `onnx` writes one step of the model, with its state as inputs and outputs, and a JSON file with
    the tokens and the shapes of the state. `bundle` writes a folder to give away: the model without
    what strategies keep of your texts (unless `-o memory=true`) and without the names of your files
    (unless `-o names=true`), samples and log. Without RUN, the newest run in runs/ is used.

    \b
    Examples:
      rnngen export runs/docs --format onnx --out docs.onnx
      rnngen export --out model.onnx -o opset=18
      rnngen export runs/mine --format bundle --out given
    """
    from rnngen.kernel.catalog import get_catalog
    from rnngen.kernel.config_file import find_config
    from rnngen.verbs.export import export

    exporter = get_catalog().find("exporter", form)
    options = options_of([exporter], assignments, find_config(config))
    for path in export(chosen_run(ui, run), out, format=form, options=options):
        ui.write(f"{path}\n")
