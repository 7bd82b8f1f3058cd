"""The strategies of one run: built for it, called in the order of `--plugin`, dropped with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnngen.contracts.conform import strategy_of
from rnngen.contracts.errors import BundleError, PluginError, RnngenError
from rnngen.contracts.kept import Kept
from rnngen.kernel.blame import HINT, Refused, one_line, place
from rnngen.kernel.component import PLURALS
from rnngen.kernel.registration import check_hooks, hook_names, manager_with_specs

if TYPE_CHECKING:
    from torch import Tensor

    from rnngen.kernel.catalog import Catalog
    from rnngen.kernel.component import Component

REGISTRATION = frozenset(f"register_{plural}" for plural in PLURALS.values())


@dataclass(frozen=True)
class Active:
    """One object whose hooks are called: a strategy, or a plugin that was named as a whole.

    Args:
        name: the strategy's name, or the plugin's; the prefix of its metrics.
        plugin: who brings it, for messages.
        instance: the object with the hooks.
        component: None for a plugin's own hooks.
    """

    name: str
    plugin: str
    instance: Any
    component: Component | None


class Lifecycle:
    """Calls the lifecycle hooks of what is active; see `rnngen.kernel.hookspecs` for when.

    Every failing hook raises a `PluginError` (exit code 3) that names plugin and hook: a run with
    half a strategy would be a wrong result. Only `fit_finished` warns instead, since a run is over
    by then and must be saved. An `RnngenError` of the strategy's own is let through.

    A hook nobody implements costs nothing. The order is that of `--plugin`; `tryfirst` and
    wrappers of pluggy work within one strategy.
    """

    def __init__(
        self, active: Sequence[Active], *, warn: Callable[[str], None] | None = None
    ) -> None:
        self.active = tuple(active)
        self._warn = warn or (lambda text: None)
        manager = manager_with_specs()
        for each in self.active:
            with _blaming(each, "could not be registered"):
                _check(each)
                manager.register(each.instance, each.name)
        self._callers: dict[str, list[tuple[Active, Callable[..., list[Any]]]]] = {}
        for hook in hook_names():
            if hook in REGISTRATION:
                continue
            self._callers[hook] = []
            for each in self.active:
                others = [other.instance for other in self.active if other is not each]
                caller = manager.subset_hook_caller(hook, others)
                if caller.get_hookimpls():
                    self._callers[hook].append((each, caller))

    def __bool__(self) -> bool:
        return bool(self.active)

    @property
    def names(self) -> list[str]:
        """Names of the active strategies, in order."""
        return [each.name for each in self.active]

    def fit_started(self, run: Any) -> None:
        """Calls the hook once, before the first task."""
        self._call("fit_started", run=run)

    def task_started(self, run: Any, task: Any) -> None:
        """Calls the hook before each task."""
        self._call("task_started", run=run, task=task)

    def rehearse(self, run: Any, batch: Any) -> dict[str, Any]:
        """Rows to learn beside the batch's own, by strategy.

        Raises:
            PluginError: a hook failed, or gave something else than a batch of as many steps.
        """
        return {
            each.name: _same_length(each, result, len(batch.inputs))
            for each, results in self._call("rehearse", run=run, batch=batch)
            for result in results
        }

    def loss_terms(self, run: Any, batch: Any, output: Tensor) -> dict[str, Tensor]:
        """Scalar tensors to add to the loss, by `strategy.term`; the caller sums and logs them.

        Raises:
            PluginError: a hook failed, or gave something else than scalar tensors by name.
        """
        terms: dict[str, Tensor] = {}
        for each, results in self._call("loss_terms", run=run, batch=batch, output=output):
            for result in results:
                terms.update(_scalars(each, result))
        return terms

    def gradients_ready(self, run: Any) -> None:
        """Calls the hook after backward, before clipping."""
        self._call("gradients_ready", run=run)

    def step_finished(self, run: Any, metrics: Mapping[str, float]) -> None:
        """Calls the hook after each optimizer step."""
        self._call("step_finished", run=run, metrics=metrics)

    def evaluated(self, run: Any, split: str, metrics: Mapping[str, float]) -> None:
        """Calls the hook after each evaluation."""
        self._call("evaluated", run=run, split=split, metrics=metrics)

    def task_finished(self, run: Any, task: Any, batches: Any) -> None:
        """Calls the hook after each task."""
        self._call("task_finished", run=run, task=task, batches=batches)

    def tasks_measured(self, run: Any, nats: Sequence[float | None]) -> None:
        """Calls the hook before the first task and after each."""
        self._call("tasks_measured", run=run, nats=nats)

    def fit_finished(self, run: Any, status: str) -> None:
        """Calls the hook once, whatever happened; a failure only warns, and stops no other call."""
        for caller in self._callers["fit_finished"]:
            try:
                _call_one("fit_finished", *caller, run=run, status=status)
            except Exception as error:
                self._warn(error.message if isinstance(error, RnngenError) else one_line(error))

    @property
    def task_gradient(self) -> bool:
        """Whether a strategy asks for `Run.task_gradient`, by a true attribute of this name."""
        return any(strategy_of(each.instance).task_gradient for each in self.active)

    @property
    def memory_tokens(self) -> int:
        """Steps of the data that strategies keep, where they have a property of this name."""
        total = 0
        for each in self.active:
            with _blaming(each, "failed in `memory_tokens`"):
                total += int(strategy_of(each.instance).memory_tokens)
        return total

    def state_dict(self) -> dict[str, Any]:
        """What each strategy remembers, by its name; those that remember nothing are left out."""
        states = {}
        for each in self.remembering():
            with _blaming(each, "failed in `state_dict`"):
                states[each.name] = each.instance.state_dict()
        return states

    def packed(
        self, pack: Callable[[Any, str, dict[str, Tensor]], Any], path: str, tensors: dict[str, Any]
    ) -> dict[str, Any]:
        """`state_dict`, packed for saving by `rnngen.files.tree.pack`.

        Raises:
            PluginError: a strategy remembers what can't be saved.
        """
        states = self.state_dict()
        packed = {}
        for each in self.remembering():
            with _blaming(each, "gave a `state_dict` that can't be saved"):
                packed[each.name] = pack(states[each.name], f"{path}.{each.name}", tensors)
        return packed

    def load_state_dict(self, states: Mapping[str, Any], *, strict: bool = True) -> None:
        """Gives each strategy back what it remembered.

        Args:
            states: from `state_dict`.
            strict: whether the names have to be the same; without, what has no match is left.

        Raises:
            BundleError: with `strict`, the states are those of other strategies.
        """
        holders = {each.name: each for each in self.remembering()}
        if strict and set(states) != set(holders):
            raise BundleError(
                f"the strategies are {_listed(holders)}, the saved ones are {_listed(states)}",
                hint="name the same ones with `--plugin`",
            )
        for name in holders.keys() & states.keys():
            with _blaming(holders[name], "failed in `load_state_dict`"):
                strategy_of(holders[name].instance).load_state_dict(states[name])

    def remembering(self) -> list[Active]:
        """The strategies that have a state to be saved."""
        return [
            each
            for each in self.active
            if each.component is not None and strategy_of(each.instance).remembers
        ]

    def _call(self, hook: str, **arguments: Any) -> list[tuple[Active, list[Any]]]:
        return [
            (each, _call_one(hook, each, caller, **arguments))
            for each, caller in self._callers[hook]
        ]


def kept_by(strategies: Lifecycle) -> dict[str, Kept]:
    """What the state of each strategy holds of the data, by its name; without its size."""
    found = {}
    for each in strategies.remembering():
        strategy = strategy_of(each.instance)
        with _blaming(each, "failed in `keeps_data`"):
            steps, said = int(strategy.memory_tokens), strategy.keeps_data
        # Steps that are counted are there, whatever else is said.
        found[each.name] = Kept(data=True if steps else said, steps=steps)
    return found


def _call_one(
    hook: str, each: Active, caller: Callable[..., list[Any]], **arguments: Any
) -> list[Any]:
    with _blaming(each, f"failed in `{hook}`"):
        return caller(**arguments)


@contextmanager
def _blaming(each: Active, what: str) -> Iterator[None]:
    """What is raised meanwhile is this strategy's fault; if it is our own, ours."""
    plugin = each.component.plugin if each.component else None
    try:
        yield
    except (RnngenError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if plugin is not None and plugin.is_own:
            raise
        raise PluginError(
            f"`{each.name}` of plugin {each.plugin} {what}{place(plugin, error)}: "
            f"{one_line(error)}",
            hint=HINT,
        ) from error


def resolve(catalog: Catalog, names: Iterable[str]) -> list[Component]:
    """The strategies that `--plugin` names, in order; their options are sections of settings.

    Raises:
        PluginError: unknown, failed or ambiguous name.
    """
    return [component for name in names for component in catalog.find_active(name)[0]]


def activate(
    catalog: Catalog,
    names: Iterable[str],
    options: Mapping[str, Any] | None = None,
    *,
    warn: Callable[[str], None] | None = None,
) -> Lifecycle:
    """Builds what `--plugin` names, for one run.

    Args:
        catalog: where to find it.
        names: strategies or plugins, in the order their hooks are called; a repeated one counts
            once.
        options: by strategy name, an options dataclass or a dict; missing: the defaults.
        warn: called with one line when `fit_finished` fails.

    Raises:
        PluginError: unknown, failed or ambiguous name; or a strategy that can't be built.
    """
    active: dict[str, Active] = {}
    for name in names:
        components, plugin = catalog.find_active(name)
        for component in components:
            if component.name in active and active[component.name].component != component:
                raise PluginError(f"two strategies named `{component.name}` can't be used together")
            if component.name not in active:
                active[component.name] = build_strategy(
                    component, (options or {}).get(component.name)
                )
        if plugin is not None and set(plugin.hooks) - REGISTRATION:
            key = f"plugin {plugin.name}"
            active.setdefault(key, Active(plugin.name, str(plugin), plugin.module, None))
        elif not components and plugin is not None:
            raise PluginError(
                f"plugin {plugin} has nothing that `--plugin` could switch on",
                hint="its components are used by name: see `rnngen list`",
            )
    return Lifecycle(list(active.values()), warn=warn)


def build_strategy(component: Component, options: Any) -> Active:
    """One strategy, from its options (a dataclass or a dict; None: the defaults).

    Raises:
        PluginError: it can't be imported or built.
    """
    if isinstance(options, Mapping):
        instance = component.build(**options)
    else:
        instance = component.build_with(options)
    return Active(component.name, str(component.plugin), instance, component)


def _check(each: Active) -> None:
    try:
        hooks = set(check_hooks(manager_with_specs(), each.instance))
    except Refused as error:
        raise PluginError(f"`{each.name}` of plugin {each.plugin}: {error}") from None
    if not hooks:
        raise PluginError(
            f"`{each.name}` of plugin {each.plugin} has no lifecycle hook, so it would do nothing",
            hint="decorate its methods with `rnngen.hookimpl`",
        )


def _scalars(each: Active, result: Any) -> dict[str, Tensor]:
    if not isinstance(result, Mapping):
        raise _bad_terms(each, f"a {type(result).__name__}")
    for name, value in result.items():
        if getattr(value, "ndim", None) != 0 or not hasattr(value, "backward"):
            shape = getattr(value, "shape", None)
            shown = f"shape {tuple(shape)}" if shape is not None else type(value).__name__
            raise _bad_terms(each, f"`{name}` with {shown}")
    return {f"{each.name}.{name}": value for name, value in result.items()}


def _same_length(each: Active, result: Any, steps: int) -> Any:
    found = getattr(getattr(result, "inputs", None), "shape", None)
    if found is None or len(found) < 2 or found[0] != steps:
        shown = type(result).__name__ if found is None else f"inputs of shape {tuple(found)}"
        raise PluginError(
            f"`{each.name}` of plugin {each.plugin}: `rehearse` gave {shown}, "
            f"expected a batch of {steps} steps"
        )
    return result


def _bad_terms(each: Active, found: str) -> PluginError:
    return PluginError(
        f"`{each.name}` of plugin {each.plugin}: `loss_terms` gave {found}, "
        "expected scalar tensors by name"
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "none"
