"""The verb `export`: a trained model in another system's format.

files = rnngen.verbs.export.export("runs/docs", "docs.onnx")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle, load
from rnngen.contracts.errors import PluginError
from rnngen.contracts.options import build
from rnngen.kernel.assignments import assign, parse_assignments
from rnngen.kernel.blame import attributed
from rnngen.kernel.catalog import get_catalog


@attributed()
def export(
    run: Bundle | str | Path,
    out: str | Path,
    *,
    format: str = "onnx",
    options: Sequence[str] | Mapping[str, Any] = (),
) -> list[Path]:
    """Writes a model in another format; the same as the command `rnngen export`.

    Args:
        run: a bundle, or its folder.
        out: the file (or folder, as the format has it) to write.
        format: name of an exporter, see `rnngen list exporters`.
        options: of the exporter, `["opset=18"]` or a mapping.

    Returns:
        the files written.

    Raises:
        UsageError: there is no such format or option.
        BundleError: the bundle is damaged.
        PluginError: a package is missing, or the exporter failed.
        RunError: it can't be written.
    """
    component = get_catalog().find("exporter", format)
    chosen = component.load_options()
    if isinstance(options, Mapping):
        options = [f"{name}={value}" for name, value in options.items()]
    sections = {component.name: chosen} if chosen is not None else {}
    given = assign(sections, parse_assignments(options)).get(component.name, {})
    values = {} if chosen is None else asdict(build(chosen, given, str(component)))
    bundle = run if isinstance(run, Bundle) else load(run)
    written = component.build(**values).export(bundle, Path(out))
    paths = [Path(path) for path in written] if written else [Path(out)]
    for path in paths:
        if not path.exists():
            raise PluginError(
                f"{component} of plugin {component.plugin} wrote no `{path}`",
                hint="tell the plugin's author",
            )
    return paths
