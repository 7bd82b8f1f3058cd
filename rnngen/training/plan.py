"""From what the user asked to what will be done: settings, data, model. Nothing is trained here.

plan = make(Wanted(data=["book.txt"], cell="gru"))
plan.describe()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from rnngen.bundles.bundle import Bundle, load
from rnngen.bundles.rebuild import missing
from rnngen.contracts.codec import Codec
from rnngen.contracts.domain import Domain
from rnngen.data.cache import Dataset
from rnngen.kernel.catalog import Component, get_catalog
from rnngen.kernel.config_file import find_config
from rnngen.kernel.core_options import ModelOptions, TrainOptions
from rnngen.kernel.settings import Settings, to_toml
from rnngen.kernel.strategies import Lifecycle, activate
from rnngen.metrics.task_history import Measured
from rnngen.model.build import grow, make_likelihood
from rnngen.model.model import Model
from rnngen.training import limits
from rnngen.training.going_on import with_strategies
from rnngen.training.left_behind import left_behind
from rnngen.training.place import Place, choose_place
from rnngen.training.prepare import (
    as_written,
    make_tasks,
    measured,
    prepare,
    with_data,
)
from rnngen.training.room import BYTES_PER_PARAMETER, check_room
from rnngen.training.run import Task
from rnngen.training.settle import settle, with_file
from rnngen.training.wanted import Wanted, absolute


@dataclass(frozen=True)
class Plan:
    """Everything a training needs, built and checked."""

    wanted: Wanted
    settings: Settings
    train: TrainOptions
    domain_name: str
    domain: Domain
    codec: Codec
    likelihood: tuple[str, dict[str, Any]]
    """Name and options of the likelihood."""
    datasets: list[Dataset]
    tasks: list[Task]
    measured: list[Measured]
    """What is measured after each task; nothing in a run that learns one corpus."""
    written: list[str]
    """The data arguments as the user wrote them."""
    model: Model
    lifecycle: Lifecycle
    start: Path | None
    """The bundle whose model the run began with (`--from`)."""
    inherited: Mapping[str, Any]
    """What strategies remember of the run that is continued, by name."""
    place: Place
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
        """Fingerprint of the data of each task."""
        return [dataset.fingerprint for dataset in self.datasets]

    @property
    def documents(self) -> int:
        """Number of documents in the data."""
        return sum(dataset.summary.documents for dataset in self.datasets)

    @property
    def sources(self) -> list[str]:
        """The data arguments, meaning the same from any folder."""
        return [absolute(argument) for argument in self.wanted.data]

    def options(self, section: str) -> dict[str, Any]:
        """The options of a component, to build it."""
        return options_of(self.settings, section)

    def toml(self) -> str:
        """The resolved configuration, as a file that `--config` reads to the same values."""
        command: dict[str, Any] = {
            "data": self.sources,
            "domain": self.domain_name,
        }
        if self.wanted.plugins:
            command["plugins"] = list(self.wanted.plugins)
        if self.wanted.trackers:
            command["trackers"] = list(self.wanted.trackers)
        if self.wanted.arrangement is not None:
            command["arrangement"] = ["+".join(map(str, part)) for part in self.wanted.arrangement]
        return to_toml(self.settings, {"fit": command}, complete=True)

    def describe(self) -> dict[str, Any]:
        """Shapes, sizes and choices, for `--dry-run` and the first lines of a run. JSON."""
        parameters = self.model.parameter_count
        return {
            "device": f"{self.place.device} ({self.place.device_reason})",
            "precision": self.place.precision_reason,
            "threads": self.place.threads,
            "model": self.model.describe(),
            "parameters": parameters,
            "steps_are": self.codec.steps_are,
            "memory_mb": round(parameters * BYTES_PER_PARAMETER / 2**20, 1),
            "tasks": [
                {
                    "name": task.name,
                    "train_tokens": task.train.targets,
                    "valid_tokens": task.valid.targets if task.valid else 0,
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
        resumed: the run's own bundle, if it resumes: its data must be what it was, and its settings
            are what `wanted` says, with no other source.

    Raises:
        UsageError: an option, component or file that is not there.
        DataError: the data can't be used.
    """
    file = find_config(wanted.config)
    said = with_file(wanted, file)
    start = None if said.start is None else _opened(said.start)
    going_on = with_strategies(said, start)
    wanted = with_data(going_on, start)
    environment: dict[str, str] | None = None if resumed is None else {}
    settings, name, components = settle(wanted, file, start, environment, keep=going_on is not said)
    train = limits.with_time(settings["train"])
    notes = [*_notes(said, wanted, settings["train"], train), *_going_on(said, going_on, start)]
    place = choose_place(train)
    domain: Domain = components[0].build_with(settings.get(name))
    datasets = prepare(wanted, name, domain, train.seed, note, start=start, resumed=resumed)
    codec = datasets[0].codec
    tasks = make_tasks(wanted, datasets, train, resumed)
    likelihood = domain.likelihood(codec)
    model = _model(settings, codec, likelihood, start, tasks, place)
    components += _parts_of(model, settings, likelihood[0])
    lifecycle = activate(get_catalog(), wanted.plugins, settings, warn=notes.append)
    notes += [] if start is None else left_behind(start, settings, lifecycle.names)
    notes += [task.batches.note for task in tasks if task.batches.note]
    return Plan(
        wanted=wanted,
        settings=settings,
        train=limits.with_passes(train, min(len(task.batches) for task in tasks)),
        domain_name=name,
        domain=domain,
        codec=codec,
        likelihood=likelihood,
        datasets=datasets,
        tasks=tasks,
        measured=measured(wanted, datasets, resumed),
        written=as_written(wanted, resumed),
        model=model.to(place.device),
        lifecycle=lifecycle,
        start=said.start if resumed is None else _started_from(resumed),
        inherited={} if start is None else start.strategy_state,
        place=place,
        components=components,
        fitted=_fitted(datasets, start, resumed),
        notes=notes,
    )


def _parts_of(model: Model, settings: Settings, likelihood: str) -> list[Component]:
    """The components that the data decide on: the likelihood, and the conditioner where used."""
    chosen = [get_catalog().find("likelihood", likelihood)]
    if model.condition is not None:
        chosen.append(get_catalog().find("conditioner", settings["model"].conditioner))
    return chosen


def _opened(path: Path) -> Bundle:
    """The bundle to start from, if all that its model is made of is installed.

    Raises:
        PluginError: something is not.
    """
    start = load(path)
    for error in missing(start.manifest, ("domain", "cell", "likelihood", "conditioner")):
        raise error
    _ = start.model  # what the bundle says of it is checked, and settings are made of that
    return start


def options_of(settings: Settings, section: str) -> dict[str, Any]:
    """The options of a component, to build it; `plugin:name` is found by its name."""
    section = section.rpartition(":")[2]
    return asdict(settings[section]) if section in settings else {}


def _notes(said: Wanted, wanted: Wanted, asked: TrainOptions, train: TrainOptions) -> list[str]:
    """What stands in for what the user did not say."""
    notes = []
    if not said.data:
        notes.append(f"no data named: using {' and then '.join(wanted.data)}")
    if train is not asked:
        notes.append(f"no limit given: training for {limits.SECONDS / 60:g} minutes")
    return notes


def _going_on(said: Wanted, going_on: Wanted, start: Bundle | None) -> list[str]:
    """Which strategies were taken from the run that is continued."""
    if start is None or going_on is said or not going_on.plugins:
        return []
    names = " and ".join(f"`{plugin}`" for plugin in going_on.plugins)
    return [f"going on with {names}, as `{start.path}` learned; `--plugin` chooses others"]


def _fitted(datasets: list[Dataset], start: Bundle | None, resumed: Bundle | None) -> bool:
    """Whether the codec was fitted on this run's own data."""
    if resumed is not None:
        return resumed.data_record.fitted
    return start is None and len(datasets) == 1


def _started_from(resumed: Bundle) -> Path | None:
    """The bundle that a run began with, which need not be there any more."""
    if not resumed.manifest.get("continued"):
        return None
    start = resumed.manifest.get("start")
    return Path(start) if isinstance(start, str) else resumed.path


def _model(
    settings: Settings,
    codec: Codec,
    likelihood: tuple[str, Mapping[str, Any]],
    start: Bundle | None,
    tasks: Sequence[Task],
    place: Place,
) -> Model:
    """The model with its first weights, a function of the seed.

    Raises:
        UsageError: it does not fit into memory.
    """
    options: ModelOptions = settings["model"]
    seed = settings["train"].seed
    if start is not None:
        torch.manual_seed(seed)
        model = grow(start.model, codec.size)
        model.set_dropout(options)
        return model
    cell_options = options_of(settings, options.cell)
    chosen = options_of(settings, options.conditioner)

    def build() -> Model:
        torch.manual_seed(seed)
        return Model(make_likelihood(*likelihood), options, cell_options, codec.condition, chosen)

    check_room(options, make_likelihood(*likelihood).size, tasks, place.device, build)
    return build()
