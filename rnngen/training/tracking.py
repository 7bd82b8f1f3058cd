"""The trackers of one run: a failing tracker loses its own numbers, and never stops training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from rnngen.kernel.catalog import Component


class Trackers:
    """Hands metrics on; one that fails is switched off with a warning.

    Args:
        components: what `--tracker` names.
        folder: of the run.
        device: whose random numbers the training draws.
        warn: told once of a tracker that failed.

    Raises:
        PluginError: one could not be built: it was asked for, and nothing has begun yet.
    """

    def __init__(
        self,
        components: Sequence[Component],
        folder: Path,
        device: torch.device,
        warn: Callable[[str], None],
    ) -> None:
        self._warn = warn
        self._devices = [device] if device.type == "cuda" else []
        self._open: list[tuple[Component, Any]] = []
        try:
            for component in components:
                with self._random_numbers_kept():
                    self._open.append((component, component.build(folder)))
        except BaseException:
            self.close()
            raise

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Numbers of one step, by name."""
        for part in list(self._open):
            component, tracker = part
            try:
                with self._random_numbers_kept():
                    tracker.log(step, dict(metrics))
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._open.remove(part)
                failed = component.failure(f"failed at step {step}", error)
                self._warn(f"{failed.message}; it is off from now on, training continues")

    def close(self) -> None:
        """Closes those that are still on."""
        while self._open:
            component, tracker = self._open.pop(0)
            try:
                tracker.close()
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                self._warn(component.failure("could not be closed", error).message)

    @contextmanager
    def _random_numbers_kept(self) -> Iterator[None]:
        """With or without a tracker, a run ends with the same weights."""
        with torch.random.fork_rng(self._devices):
            yield
