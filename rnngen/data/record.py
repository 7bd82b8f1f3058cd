"""A bundle's record of the data its model learned from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DataRecord:
    """The data of a run, as needed to find and encode it again in the same way.

    Args:
        fingerprint: of what each task was learned from.
        sources: the data arguments, as they were named.
        valid: files that were held out instead of a part of each task.
        prepared: where each task's encoded steps lie in the cache.
        fitted: whether the codec was fitted on this data.
        seed: of which documents were held out.
        names: the data arguments as they were written, by which tasks are called; None in a bundle
            of 0.1.0.
    """

    fingerprint: list[str]
    sources: list[str]
    valid: list[str]
    prepared: list[str]
    fitted: bool
    seed: int
    names: list[str] | None = None

    @property
    def several(self) -> bool:
        """Whether each data argument is a task of its own."""
        return len(self.fingerprint) > 1
