"""From what the user asked to what will be done: settings, data, model. Nothing is trained here.

plan = make(Wanted(data=["book.txt"], flags={"model": {"cell": "gru"}}))
plan.describe()
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from rnngen import budget, corpora
from rnngen.bundle import Bundle, load
from rnngen.catalog import Component, get_catalog
from rnngen.config import Config, Settings, find_config, resolve, to_toml
from rnngen.data import Dataset, Store, choose
from rnngen.device import choose_device, choose_precision, use_threads
from rnngen.errors import UsageError
from rnngen.left_behind import left_behind
from rnngen.lifecycle import Lifecycle, activate
from rnngen.lifecycle import resolve as resolve_strategies
from rnngen.memory import keep_freed_blocks
from rnngen.model import Model, grow, make_likelihood
from rnngen.position import Task
from rnngen.protocols import Codec, Domain
from rnngen.sections import DROPOUTS, ModelOptions, TrainOptions
from rnngen.task_history import Measured
from rnngen.tasks import data_of, prepare_tasks, reopen_tasks

CORE: dict[str, type] = {"model": ModelOptions, "train": TrainOptions}
BYTES_PER_PARAMETER = 16  # weight, gradient and Adam's two means, float32


@dataclass(frozen=True)
class Wanted:
    """What the user asked for; what is None or empty was not said.

    Args:
        data: files, folders, patterns, `-`, `corpus:NAME`; several are one corpus, or under a
            strategy tasks in a row.
        valid: files to validate on instead of a part of the data.
        domain: name of the domain.
        plugins: strategies, or plugins that bring some, in order.
        arrangement: which data arguments are learned together, by number, task by task; with it
            each argument is a data set of its own, and all are measured after each task.
        flags: options by section.
        options: `name=value` texts.
        config: configuration file; None looks for `rnngen.toml`.
        start: a bundle to go on from (`--from`).
    """

    data: Sequence[str] = ()
    valid: Sequence[str] = ()
    domain: str | None = None
    plugins: Sequence[str] = ()
    arrangement: Sequence[Sequence[int]] | None = None
    flags: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    options: Sequence[str] = ()
    config: Path | None = None
    start: Path | None = None


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
    train = budget.with_time(settings["train"])
    if train is not settings["train"]:
        notes.append(f"no limit given: training for {budget.SECONDS / 60:g} minutes")
    device, device_reason = choose_device(train.device)
    dtype, precision_reason = choose_precision(train.precision, device)
    threads = use_threads(train.threads)
    keep_freed_blocks()
    domain: Domain = components[0].build(
        **asdict(settings[domain_name]) if domain_name in settings else {}
    )
    if resumed is not None:
        data = data_of(resumed)
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
    train = budget.with_passes(train, min(len(task.batches) for task in tasks))
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
        fitted=data["fitted"] if resumed else start is None and len(datasets) == 1,
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


def _domain_name(wanted: Wanted, start: Bundle | None) -> str:
    return wanted.domain or (start.manifest["domain"]["name"] if start else "text")


def _with_file(wanted: Wanted, file: Config | None) -> Wanted:
    """What the configuration file's `[fit]` says, where the command line is silent."""
    table = file.command("fit") if file else {}
    return replace(
        wanted,
        data=wanted.data or table.get("data", ()),
        plugins=wanted.plugins or table.get("plugins", ()),
        arrangement=_read_arrangement(table.get("arrangement"))
        if wanted.arrangement is None
        else wanted.arrangement,
        domain=wanted.domain or table.get("domain"),
    )


def _read_arrangement(texts: Sequence[str] | None) -> list[list[int]] | None:
    """`["0", "1+2"]` as numbers; how `Plan.toml` writes it."""
    if texts is None:
        return None
    try:
        return [[int(number) for number in text.split("+")] for text in texts]
    except ValueError:
        raise UsageError(
            f"`fit.arrangement` is {list(texts)}, expected numbers of data arguments",
            hint='write it as `arrangement = ["0", "1+2"]`',
        ) from None


def settle(
    wanted: Wanted,
    file: Config | None,
    start: Bundle | None,
    environment: Mapping[str, str] | None = None,
) -> tuple[Settings, str, list[Component]]:
    """The settings, the domain's name, and the components: domain, cell, optimizer, strategies.

    What the environment says is read from `environment`, by default the process's own.

    Which sections there are depends on the components chosen, and those are options themselves: so
    the core's sections are read first, then all.
    """
    catalog = get_catalog()
    environment = os.environ if environment is None else environment
    domain_name = _domain_name(wanted, start)
    inherited = _inherited(start) if start else _defaults(catalog.find("domain", domain_name))
    core = resolve(
        CORE,
        flags={name: wanted.flags.get(name, {}) for name in CORE},
        assignments=[text for text in wanted.options if _of_core(text)],
        environment=environment,
        file=None if file is None else replace(file, sections=_only_core(file)),
        inherited=inherited,
    )
    components = [
        catalog.find("domain", domain_name),
        catalog.find("cell", core["model"].cell),
        catalog.find("optimizer", core["train"].optimizer),
        *resolve_strategies(catalog, wanted.plugins),
    ]
    sections = dict(CORE)
    for component in components:
        options = component.load_options()
        if options is not None:
            sections[component.name] = options
    settings = resolve(
        sections,
        flags=wanted.flags,
        assignments=wanted.options,
        environment=environment,
        file=file,
        inherited=inherited,
    )
    if start is not None:
        changeable = getattr(components[0].load(), "changeable", ("valid", "split"))
        free = {("model", name) for name in DROPOUTS}
        free |= {(domain_name, name) for name in changeable}
        _check_unchanged(settings, inherited, start, free)
    return settings, components[0].name, components


def _defaults(domain: Component) -> Mapping[str, Mapping[str, Any]]:
    """What suits a domain better than the defaults of the core."""
    found: Mapping[str, Mapping[str, Any]] = getattr(domain.load(), "defaults", {})
    return found


def _inherited(start: Bundle) -> dict[str, dict[str, Any]]:
    """What a model that goes on learning can't change: its shape and its codec."""
    model = dict(start.manifest["model"])
    cell_options = model.pop("cell_options")
    for made in ("size", "condition", "parameters"):
        model.pop(made, None)
    domain = start.manifest["domain"]
    return {
        "model": model,
        model["cell"].rpartition(":")[2]: cell_options,
        domain["name"]: dict(domain["options"] or {}),
    }


def _check_unchanged(
    settings: Settings,
    inherited: Mapping[str, Mapping[str, Any]],
    start: Bundle,
    free: Collection[tuple[str, str]],
) -> None:
    for section, values in inherited.items():
        for name, value in values.items():
            now = getattr(settings[section], name) if section in settings else value
            if now != value and (section, name) not in free:
                raise UsageError(
                    f"`{section}.{name}` is {now!r}, but the model of `{start.path}` was made with "
                    f"{value!r}",
                    hint="leave it out, or train a new model without `--from`",
                )


def _of_core(text: str) -> bool:
    name = text.partition("=")[0]
    section, dot, _ = name.rpartition(".")
    return section in CORE if dot else name in ("cell", "optimizer")


def _only_core(file: Config) -> dict[str, Mapping[str, Any]]:
    return {name: table for name, table in file.sections.items() if name in CORE}


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
    return Model(make_likelihood(*likelihood), options, cell_options, condition)


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


def absolute(argument: str) -> str:
    """A data argument that means the same from any folder."""
    if argument == "-" or argument.startswith("corpus:"):
        return argument
    return str(Path(argument).expanduser().absolute())
