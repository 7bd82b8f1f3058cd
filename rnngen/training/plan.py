"""From what the user asked to what will be done: settings, data, model. Nothing is trained here.

plan = make(Wanted(data=["book.txt"], flags={"model": {"cell": "gru"}}))
plan.describe()
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from rnngen.bundles.bundle import Bundle, load
from rnngen.contracts.codec import Codec
from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import UsageError
from rnngen.data import corpora
from rnngen.data.cache import Dataset
from rnngen.data.choose_batches import choose
from rnngen.data.store import Store
from rnngen.data.tasks import prepare_tasks, reopen_tasks
from rnngen.engines.device import choose_device, choose_precision, use_threads
from rnngen.kernel.catalog import Component, get_catalog
from rnngen.kernel.config_file import find_config
from rnngen.kernel.core_options import ModelOptions, TrainOptions
from rnngen.kernel.settings import Settings, to_toml
from rnngen.kernel.strategies import Lifecycle, activate
from rnngen.metrics.task_history import Measured
from rnngen.model.build import grow, make_likelihood
from rnngen.model.model import Model
from rnngen.training import limits
from rnngen.training.allocator import keep_freed_blocks
from rnngen.training.left_behind import left_behind
from rnngen.training.run import Task
from rnngen.training.settle import Wanted, _domain_name, _with_file, absolute, settle

BYTES_PER_PARAMETER = 16  # weight, gradient and Adam's two means, float32


@dataclass
class Plan:
    """Everything a training needs, built and checked."""

    wanted: Wanted
    settings: Settings
    train: TrainOptions
    domain_name: str
    domain: Domain
    codec: Codec
    likelihood: tuple[str, dict[str, Any]]
    """Name and options."""
    datasets: list[Dataset]
    groups: list[list[int]]
    """Which data sets each task is made of, by number."""
    tasks: list[Task]
    measured: list[Measured]
    """What is measured after each task; nothing in a run that learns one corpus."""
    model: Model
    lifecycle: Lifecycle
    start: Path | None
    """The bundle that the run went on from when it began (`--from`)."""
    inherited: Mapping[str, Any]
    """What strategies remember of the run that is continued, by name."""
    device: torch.device
    device_reason: str
    dtype: torch.dtype | None
    precision_reason: str
    threads: int
    components: list[Component]
    fitted: bool
    """Whether the codec was fitted on this run's own data."""
    notes: list[str]

    @property
    def name(self) -> str:
        """What the run is about, for the name of its folder."""
        first = self.wanted.data[0].removeprefix("corpus:")
        stem = "stdin" if first == "-" else Path(first).name.split(".")[0] or "run"
        return f"{stem}-{self.settings['model'].cell}".replace("*", "")

    @property
    def fingerprint(self) -> list[str]:
        """Of the data of each task."""
        return [dataset.fingerprint for dataset in self.datasets]

    @property
    def documents(self) -> int:
        """How many documents the data have."""
        return sum(dataset.summary.documents for dataset in self.datasets)

    @property
    def sources(self) -> list[str]:
        """The data arguments, meaning the same from any folder."""
        return [absolute(argument) for argument in self.wanted.data]

    def toml(self) -> str:
        """The resolved configuration, as a file that `--config` reads to the same values."""
        command: dict[str, Any] = {
            "data": self.sources,
            "domain": self.domain_name,
        }
        if self.wanted.plugins:
            command["plugins"] = list(self.wanted.plugins)
        if self.wanted.arrangement is not None:
            command["arrangement"] = ["+".join(map(str, part)) for part in self.wanted.arrangement]
        return to_toml(self.settings, {"fit": command}, complete=True)

    def describe(self) -> dict[str, Any]:
        """Shapes, sizes and choices, for `--dry-run` and the first lines of a run. JSON."""
        parameters = self.model.parameter_count
        return {
            "device": f"{self.device} ({self.device_reason})",
            "precision": self.precision_reason,
            "threads": self.threads,
            "model": self.model.describe(),
            "parameters": parameters,
            "memory_mb": round(parameters * BYTES_PER_PARAMETER / 2**20, 1),
            "tasks": [
                {
                    "name": task.name,
                    "train_tokens": len(task.train.steps),
                    "valid_tokens": len(task.valid.steps) if task.valid else 0,
                    "batches_per_epoch": len(task.batches),
                    "lanes": task.batches.lanes,
                    "chunk": task.batches.chunk,
                }
                for task in self.tasks
            ],
            "fingerprint": self.fingerprint,
            "tensors": {name: list(t.shape) for name, t in self.model.tensors().items()},
        }


def make(
    wanted: Wanted,
    note: Callable[[str], None] = lambda text: None,
    *,
    resumed: Bundle | None = None,
) -> Plan:
    """Resolves settings, reads the data and builds the model.

    Args:
        wanted: what the user asked.
        note: told what takes its time.
        resumed: the run's own bundle, where it goes on: its data must be what it was, and its
            settings are what `wanted` says, with no other source.

    Raises:
        UsageError: an option, component or file that is not there.
        DataError: the data can't be used.
    """
    notes: list[str] = []
    file = find_config(wanted.config)
    wanted = _with_file(wanted, file)
    start = load(wanted.start) if wanted.start is not None else None
    if not wanted.data:
        names = _default_corpora(wanted, start)
        wanted = replace(wanted, data=[f"corpus:{name}" for name in names])
        notes.append(f"no data named: taking {' and then '.join(wanted.data)}")
    environment = os.environ if resumed is None else {}
    settings, domain_name, components = settle(wanted, file, start, environment)
    train = limits.with_time(settings["train"])
    if train is not settings["train"]:
        notes.append(f"no limit given: training for {limits.SECONDS / 60:g} minutes")
    device, device_reason = choose_device(train.device)
    dtype, precision_reason = choose_precision(train.precision, device)
    threads = use_threads(train.threads)
    keep_freed_blocks()
    domain: Domain = components[0].build_with(settings.get(domain_name))
    if resumed is not None:
        data = resumed.data_record
        datasets = reopen_tasks(domain_name, domain, _parts(wanted), data, resumed.codec, note=note)
    else:
        datasets = prepare_tasks(
            domain_name,
            domain,
            _parts(wanted),
            valid=wanted.valid,
            codec=None if start is None else start.codec,
            grow=start is not None,
            seed=train.seed,
            note=note,
        )
    codec = datasets[0].codec
    torch.manual_seed(train.seed)
    likelihood = domain.likelihood(codec)
    model = _model(settings, codec, likelihood, start)
    if model.condition is not None:
        components.append(get_catalog().find("conditioner", settings["model"].conditioner))
    lifecycle = activate(get_catalog(), wanted.plugins, settings, warn=notes.append)
    if start is not None:
        notes.extend(left_behind(start, settings, lifecycle.names))
    parts = [" ".join(part) for part in _parts(wanted)]
    groups = _groups(wanted, len(datasets))
    tasks = [
        _task(datasets, group, " + ".join(parts[number] for number in group), train)
        for group in groups
    ]
    notes.extend(task.batches.note for task in tasks if task.batches.note)
    several = wanted.plugins or wanted.arrangement is not None
    train = limits.with_passes(train, min(len(task.batches) for task in tasks))
    return Plan(
        wanted=wanted,
        settings=settings,
        train=train,
        domain_name=domain_name,
        domain=domain,
        codec=codec,
        likelihood=likelihood,
        datasets=datasets,
        groups=groups,
        tasks=tasks,
        measured=[
            Measured(name, dataset.valid)
            for name, dataset in zip(parts, datasets, strict=True)
            if several
        ],
        model=model.to(device),
        lifecycle=lifecycle,
        start=wanted.start if resumed is None else _started_from(resumed),
        inherited={} if start is None else start.strategy_state,
        device=device,
        device_reason=device_reason,
        dtype=dtype,
        precision_reason=precision_reason,
        threads=threads,
        components=components,
        fitted=data.fitted if resumed else start is None and len(datasets) == 1,
        notes=notes,
    )


def _started_from(resumed: Bundle) -> Path | None:
    """The bundle that a run went on from, which need not be there any more."""
    if not resumed.manifest.get("continued"):
        return None
    start = resumed.manifest.get("start")
    return Path(start) if isinstance(start, str) else resumed.path


def _default_corpora(wanted: Wanted, start: Bundle | None) -> Sequence[str]:
    """Which corpora to learn where no data is named; a domain may have one of its own."""
    name = _domain_name(wanted, start)
    own = getattr(get_catalog().find("domain", name).load(), "corpus", None)
    if own is not None:
        return [own]
    return corpora.DEFAULT_TASKS if wanted.plugins else [corpora.DEFAULT]


def _parts(wanted: Wanted) -> list[list[str]]:
    """Data arguments of the tasks: one for all data, or one for each argument under a strategy."""
    if wanted.plugins or wanted.arrangement is not None:
        return [[argument] for argument in wanted.data]
    return [list(wanted.data)]


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


def _model(
    settings: Settings,
    codec: Codec,
    likelihood: tuple[str, Mapping[str, Any]],
    start: Bundle | None,
) -> Model:
    options: ModelOptions = settings["model"]
    if start is not None:
        model = grow(start.model, codec.size)
        model.set_dropout(options)
        return model
    cell = options.cell.rpartition(":")[2]
    cell_options = asdict(settings[cell]) if cell in settings else {}
    condition = getattr(codec, "condition", None)
    conditioner = options.conditioner.rpartition(":")[2]
    chosen = asdict(settings[conditioner]) if conditioner in settings else {}
    return Model(make_likelihood(*likelihood), options, cell_options, condition, chosen)


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
