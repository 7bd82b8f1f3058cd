"""`rnngen export`: a trained model in another format."""

from __future__ import annotations

from pathlib import Path

import click

from rnngen.cli.parameters import option_assignments, pass_ui, run_argument, verbosity
from rnngen.cli.ui import Ui


@click.command(name="export", short_help="Write a trained model in another format.")
@run_argument
@click.option(
    "--format",
    "form",
    default="onnx",
    show_default=True,
    metavar="NAME",
    help="Which format, see `rnngen list exporters`.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="What to write.",
)
@option_assignments
@verbosity
@pass_ui
def command(ui: Ui, run: Path | None, form: str, out: Path, assignments: tuple[str, ...]) -> None:
    """Write a trained model in another format.

    `onnx` is one step of the model with its state as inputs and outputs, and beside it a JSON file
    with the tokens and the states' shapes. Without RUN, the newest run below runs/.

    \b
    Examples:
      rnngen export runs/docs --format onnx --out docs.onnx
      rnngen export --out model.onnx -o opset=18
    """
    from rnngen.bundles.records import newest
    from rnngen.verbs.export import export

    if run is None:
        run = newest()
        ui.note(f"run {run}")
    for path in export(run, out, format=form, options=assignments):
        ui.write(f"{path}\n")
