"""The verb `export`: a trained model in another system's format.

files = rnngen.verbs.export.export("runs/docs", "docs.onnx")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.errors import PluginError
from rnngen.kernel.blame import attributed
from rnngen.kernel.catalog import get_catalog
from rnngen.verbs.components import build
from rnngen.verbs.start import opened


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
    written = build(component, options).export(opened(run), Path(out))
    paths = [Path(path) for path in written] if written else [Path(out)]
    for path in paths:
        if not path.exists():
            raise PluginError(
                f"{component} of plugin {component.plugin} did not write `{path}`",
                hint="tell the plugin's author",
            )
    return paths
