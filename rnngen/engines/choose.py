"""Finds an engine by its name and builds it for a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rnngen.contracts.engine import Engine
from rnngen.contracts.errors import PluginError
from rnngen.contracts.steps import Boundary
from rnngen.kernel.catalog import get_catalog

if TYPE_CHECKING:
    from torch import Tensor

    from rnngen.model.model import Model

DEFAULT = "torch"
"""The default engine. Never chosen by speed: another engine rounds differently, and the
same seed must write the same."""


def make_engine(
    model: Model,
    boundary: Boundary | None = None,
    condition: Tensor | None = None,
    *,
    name: str = DEFAULT,
    options: Any = None,
) -> Engine:
    """An engine that steps `model`.

    Args:
        model: on the device to compute on.
        boundary: the step before which a sequence's state becomes the initial one; None: none.
        condition: `[U,...]`, what all sequences are conditioned on; None: nothing.
        name: of the engine, see `rnngen list engines`.
        options: of the engine, an instance of its dataclass; None: the defaults.

    Raises:
        UsageError: no engine has this name.
        PluginError: its plugin failed, or what it built is not an engine.
    """
    component = get_catalog().find("engine", name)
    made = component.build_with(options, model, boundary, condition)
    if not isinstance(made, Engine):
        raise PluginError(
            f"{component} of plugin {component.plugin} is a {type(made).__name__}, expected an "
            "`rnngen.Engine`",
            hint="derive it from `rnngen.Engine`; `rnngen.testing.engines` checks its contract",
        )
    return made
