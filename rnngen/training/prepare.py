"""From data arguments to tasks: what is learned, what is learned together, what is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.conform import conform_codec
from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import UsageError
from rnngen.data import corpora
from rnngen.data.cache import Dataset
from rnngen.data.choose_batches import choose
from rnngen.data.store import Store
from rnngen.data.tasks import prepare_tasks, reopen_tasks
from rnngen.kernel.catalog import get_catalog
from rnngen.kernel.core_options import TrainOptions
from rnngen.kernel.reading import domain_class
from rnngen.metrics.task_history import Measured
from rnngen.training.run import Task
from rnngen.training.settle import domain_name_of
from rnngen.training.wanted import Wanted


def with_data(wanted: Wanted, start: Bundle | None) -> Wanted:
    """Takes a corpus of ours where no data is named; a domain may have one of its own."""
    if wanted.data:
        return wanted
    domain = get_catalog().find("domain", domain_name_of(wanted, start))
    own = domain_class(domain).corpus
    if own is not None:
        names = [own]
    else:
        names = list(corpora.DEFAULT_TASKS) if wanted.plugins else [corpora.DEFAULT]
    return replace(wanted, data=[f"corpus:{name}" for name in names])


def prepare(
    wanted: Wanted,
    name: str,
    domain: Domain,
    seed: int,
    note: Callable[[str], None],
    *,
    start: Bundle | None,
    resumed: Bundle | None,
) -> list[Dataset]:
    """The data sets, encoded: one for all data, or one for each argument.

    Args:
        wanted: data arguments, and files to validate on.
        name: of the domain.
        domain: reads them.
        seed: of what is held out.
        note: told what takes its time.
        start: a bundle whose codec grows.
        resumed: a run whose data must be what it was.

    Raises:
        UsageError: a file that is not there.
        DataError: the data can't be used.
    """
    parts = [[argument] for argument in wanted.data] if wanted.by_task else [list(wanted.data)]
    if resumed is not None:
        record, codec = resumed.data_record, resumed.codec
        return reopen_tasks(name, domain, parts, record, codec, run=resumed.path, note=note)
    return prepare_tasks(
        name,
        domain,
        parts,
        valid=wanted.valid,
        codec=None
        if start is None
        else conform_codec(domain, domain.load_codec(start.codec.files())),
        grow=start is not None,
        seed=seed,
        note=note,
    )


def make_tasks(
    wanted: Wanted, datasets: Sequence[Dataset], train: TrainOptions, resumed: Bundle | None
) -> list[Task]:
    """What is learned, in order."""
    names = _names(wanted, resumed)
    return [
        _task(datasets, group, " + ".join(names[number] for number in group), train)
        for group in _groups(wanted, len(datasets))
    ]


def measured(wanted: Wanted, datasets: Sequence[Dataset], resumed: Bundle | None) -> list[Measured]:
    """What is measured after each task; nothing in a run that learns one corpus."""
    if not wanted.by_task:
        return []
    names = _names(wanted, resumed)
    return [Measured(name, data.valid) for name, data in zip(names, datasets, strict=True)]


def as_written(wanted: Wanted, resumed: Bundle | None) -> list[str]:
    """The data arguments as the user wrote them, also where the run is resumed from elsewhere."""
    names = None if resumed is None else resumed.data_record.names
    return names if names and len(names) == len(wanted.data) else list(wanted.data)


def _names(wanted: Wanted, resumed: Bundle | None) -> list[str]:
    """What the data sets are called."""
    written = as_written(wanted, resumed)
    return written if wanted.by_task else [" ".join(written)]


def _groups(wanted: Wanted, count: int) -> list[list[int]]:
    """Which data sets are learned together, task by task; by default each is a task."""
    if wanted.arrangement is None:
        return [[number] for number in range(count)]
    groups = [list(group) for group in wanted.arrangement]
    for number in (number for group in groups for number in group):
        if not 0 <= number < count:
            raise UsageError(
                f"the arrangement of tasks names data argument {number}, but there are {count}, "
                "counted from 0"
            )
    if not groups or not all(groups):
        raise UsageError("the arrangement of tasks has a task without data")
    return groups


def _task(
    datasets: Sequence[Dataset], group: Sequence[int], name: str, train: TrainOptions
) -> Task:
    """One task: a data set, or several read as one corpus."""
    chosen = [datasets[number] for number in group]
    store, valid = chosen[0].train, chosen[0].valid
    if len(chosen) > 1:
        store = Store.joined([dataset.train for dataset in chosen])
        held_out = [dataset.valid for dataset in chosen if dataset.valid is not None]
        valid = Store.joined(held_out) if held_out else None
    batches = choose(store, train.lanes, train.chunk, train.seed)
    return Task(name, store, batches, valid, tuple(group))
