"""The trackers of one run: a failing tracker loses its own numbers, and never stops training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from rnngen.contracts.errors import PluginError, UsageError
from rnngen.kernel.catalog import Component, get_catalog

NONE = "none"
"""As the name of a tracker: none of those that the file, or the resumed run, names."""


def named(names: Sequence[str]) -> list[Component]:
    """The trackers of these names; each is imported, so that what can't be is known at once.

    Raises:
        UsageError: there is no such tracker.
        PluginError: its plugin is missing or failed, or it can't be imported.
    """
    found = [get_catalog().find("tracker", name) for name in dict.fromkeys(names)]
    for component in found:
        component.load()
    return found


def chosen(names: Sequence[str]) -> Sequence[str]:
    """The names without `none`, which stands alone.

    Raises:
        UsageError: it does not.
    """
    if NONE not in names:
        return names
    if len(set(names)) > 1:
        others = ", ".join(f"`{name}`" for name in names if name != NONE)
        raise UsageError(
            f"`--tracker none` switches all trackers off, but {others} is named too",
            hint="leave one of them out",
        )
    return ()


class Trackers:
    """Hands metrics on; one that fails, at its start, a step or the end, is switched off.

    Args:
        components: what `--tracker` names.
        options: of each by its name, where it has some.
        device: whose random numbers the training draws.
        warn: told once of a tracker that failed.
    """

    def __init__(
        self,
        components: Sequence[Component],
        options: Mapping[str, Any],
        device: torch.device,
        warn: Callable[[str], None],
    ) -> None:
        self._components = components
        self._options = options
        self._warn = warn
        self._devices = [device] if device.type == "cuda" else []
        self._open: list[tuple[Component, Any]] = []

    def start(self, folder: Path) -> None:
        """Builds them.

        Args:
            folder: of the run.
        """
        for component in self._components:
            with self._switched_off_where_it_fails(component, "could not be started"):
                tracker = component.build_with(self._options.get(component.name), folder)
                self._open.append((component, tracker))

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Numbers of one step, by name."""
        for part in list(self._open):
            component, tracker = part
            with self._switched_off_where_it_fails(component, f"failed at step {step}"):
                tracker.log(step, dict(metrics))

    def close(self) -> None:
        """Closes those that are still on."""
        for component, tracker in list(self._open):
            with self._switched_off_where_it_fails(component, "could not be closed"):
                tracker.close()
        self._open = []

    @contextmanager
    def _switched_off_where_it_fails(self, component: Component, what: str) -> Iterator[None]:
        try:
            # With or without a tracker, a run ends with the same weights.
            with torch.random.fork_rng(self._devices):
                yield
        except KeyboardInterrupt:
            raise
        except PluginError as error:
            self._off(component, error.message)
        except BaseException as error:
            self._off(component, component.failure(what, error).message)

    def _off(self, component: Component, failed: str) -> None:
        self._open = [part for part in self._open if part[0] is not component]
        self._warn(f"{failed}; it is off from now on, training continues")
