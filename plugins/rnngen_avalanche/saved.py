"""What each of Avalanche's plugins must save for a run to resume, as tensors and JSON.

Avalanche saves plugins by pickling them, which fails (dill can't pickle torch's optimizers, nor
A-GEM's generator), would execute code when it is read, and takes whole data sets along. Here a
plugin is rebuilt from the options, and gets back what it had learned: at the end of a task or
inside one.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from avalanche.training.storage_policy import ReservoirSamplingBuffer
from avalanche.training.utils import ParamData
from torch import Tensor

from rnngen_avalanche import windows
from rnngen_avalanche.fake_template import FakeTemplate

State = dict[str, Any]

RWALK = (
    "checkpoint_params",
    "checkpoint_loss",
    "checkpoint_scores",
    "iter_importance",
    "exp_scores",
    "exp_params",
    "exp_importance",
    "exp_penalties",
)
SI_PARTS = ("old_theta", "new_theta", "grad", "trajectory", "cum_trajectory")
OF_A_STEP = ("old_theta", "new_theta", "grad")
"""Attributes of SI that are rewritten at every step before they are read."""


def _bare(parameters: Mapping[str, Any] | None) -> dict[str, Tensor] | None:
    if parameters is None:
        return None
    return {name: data.data for name, data in parameters.items()}


def _dressed(
    state: Mapping[str, Tensor] | None, template: FakeTemplate, device: torch.device | None = None
) -> dict[str, Any] | None:
    """As Avalanche keeps them, in the shapes that the parameters have now, flat or not.

    A vocabulary that grew has added rows; they get zeros, so they have no importance. Avalanche
    would do the same when it is asked, by an index that torch is about to read in another way.
    """
    if state is None:
        return None
    shapes = {name: parameter.shape for name, parameter in template.model.named_parameters()}
    dressed = {}
    for name, old in state.items():
        shape = shapes[name] if old.dim() == len(shapes[name]) else (shapes[name].numel(),)
        value = torch.zeros(shape, dtype=old.dtype, device=device or template.device)
        value[: len(old)] = old
        dressed[name] = ParamData(name, value.shape, init_tensor=value, device=value.device)
    return dressed


def _kept(dataset: Any) -> State:
    """Windows in the smallest type that holds them; the filling of short ones is below 0."""
    x, y = windows.tensors(dataset)
    kind = torch.int16 if max(_highest(x), _highest(y)) < 2**15 else torch.int32
    return {"x": x.to(kind), "y": y.to(kind), "tasks": windows.tasks(dataset)}


def _taken(state: State) -> Any:
    return windows.of_windows(state["x"].long(), state["y"].long(), state["tasks"])


def _highest(ids: Tensor) -> int:
    return int(ids.max()) if ids.numel() else 0


def _ewc(plugin: Any, template: FakeTemplate) -> State:
    return {
        part: {number: _bare(values) for number, values in getattr(plugin, part).items()}
        for part in ("importances", "saved_params")
    }


def _ewc_back(plugin: Any, state: State, template: FakeTemplate) -> None:
    for part in ("importances", "saved_params"):
        for number, values in state[part].items():
            getattr(plugin, part)[int(number)] = _dressed(values, template)


def _si(plugin: Any, template: FakeTemplate) -> State:
    state = {part: _bare(plugin.syn_data[part]) for part in SI_PARTS if part not in OF_A_STEP}
    return {"anchor": _bare(plugin.ewc_data[0]), "importance": _bare(plugin.ewc_data[1]), **state}


def _si_back(plugin: Any, state: State, template: FakeTemplate) -> None:
    def back(part: str) -> Any:
        return _dressed(state[part], template, torch.device("cpu"))

    plugin.ewc_data = (back("anchor"), back("importance"))
    plugin.syn_data = {part: back("anchor" if part in OF_A_STEP else part) for part in SI_PARTS}


def _lwf(plugin: Any, template: FakeTemplate) -> State:
    teacher = plugin.lwf.prev_model
    return {
        "tasks": plugin.lwf.expcount,
        "units": len(plugin.lwf.prev_classes_by_task.get(0, ())),
        "teacher": None if teacher is None else dict(teacher.net.tensors()),
        "carried": None if teacher is None else teacher.carried,
    }


def _lwf_back(plugin: Any, state: State, template: FakeTemplate) -> None:
    plugin.lwf.expcount = int(state["tasks"])
    if state["teacher"] is None:
        return
    plugin.lwf.prev_classes_by_task[0] = set(range(int(state["units"])))
    teacher = plugin.lwf.prev_model = copy.deepcopy(template.model)
    for name, value in teacher.net.tensors().items():
        # A vocabulary that grew since has added rows; these are never looked up.
        old = state["teacher"][name]
        value[tuple(slice(size) for size in old.shape)] = old.to(value.device)
    teacher.carried = _moved(state["carried"], template.device)


def _mas(plugin: Any, template: FakeTemplate) -> State:
    return {"importance": _bare(plugin.importance), "params": _bare(plugin.params)}


def _mas_back(plugin: Any, state: State, template: FakeTemplate) -> None:
    plugin.importance = _dressed(state["importance"], template)
    plugin.params = _dressed(state["params"], template)


def _rwalk(plugin: Any, template: FakeTemplate) -> State:
    state: State = {part: _bare(getattr(plugin, part)) for part in RWALK}
    return {**state, "carried": template.model.carried}


def _rwalk_back(plugin: Any, state: State, template: FakeTemplate) -> None:
    for part in RWALK:
        setattr(plugin, part, _dressed(state[part], template))
    template.model.carried = _moved(state["carried"], template.device)


def _agem(plugin: Any, template: FakeTemplate) -> State:
    return {"buffers": [_kept(buffer) for buffer in plugin.buffers]}


def _agem_back(plugin: Any, state: State, template: FakeTemplate) -> None:
    plugin.buffers = [_taken(buffer) for buffer in state["buffers"]]
    plugin.sample_size = max(plugin.sample_size, len(plugin.buffers))
    if plugin.buffers:
        plugin.draw()


def _gem(plugin: Any, template: FakeTemplate) -> State:
    return {
        "buffers": [
            {"x": plugin.memory_x[number], "y": plugin.memory_y[number]}
            for number in sorted(plugin.memory_x)
        ]
    }


def _gem_back(plugin: Any, state: State, template: FakeTemplate) -> None:
    for number, buffer in enumerate(state["buffers"]):
        plugin.memory_x[number], plugin.memory_y[number] = buffer["x"], buffer["y"]
        plugin.memory_tid[number] = torch.zeros(len(buffer["x"]), dtype=torch.int64)


def _replay(plugin: Any, template: FakeTemplate) -> State:
    policy = plugin.storage_policy
    return {
        "tasks": policy._num_exps,
        "groups": [
            {"size": group.max_size, "order": group._buffer_weights, **_kept(group.buffer)}
            for _, group in sorted(policy.buffer_groups.items())
        ],
    }


def _replay_back(plugin: Any, state: State, template: FakeTemplate) -> None:
    policy = plugin.storage_policy
    policy._num_exps = int(state["tasks"])
    for number, saved in enumerate(state["groups"]):
        group = ReservoirSamplingBuffer(int(saved["size"]))
        group.buffer, group._buffer_weights = _taken(saved), saved["order"]
        policy.buffer_groups[number] = group


def _moved(state: Any, device: torch.device) -> Any:
    if isinstance(state, Tensor):
        return state.to(device)
    if isinstance(state, dict):
        return {key: _moved(part, device) for key, part in state.items()}
    return None if state is None else type(state)(_moved(part, device) for part in state)


Export = Callable[[Any, FakeTemplate], State]
Restore = Callable[[Any, State, FakeTemplate], None]

WAYS: dict[str, tuple[Export, Restore]] = {
    "ewc": (_ewc, _ewc_back),
    "ewc-online": (_ewc, _ewc_back),
    "si": (_si, _si_back),
    "lwf": (_lwf, _lwf_back),
    "mas": (_mas, _mas_back),
    "rwalk": (_rwalk, _rwalk_back),
    "agem": (_agem, _agem_back),
    "gem": (_gem, _gem_back),
    "replay": (_replay, _replay_back),
}
"""How each plugin is written, and read back into a rebuilt one."""


def export(name: str, plugin: Any, template: FakeTemplate) -> State:
    """What a plugin remembers; tensors, numbers, lists and dicts."""
    return WAYS[name][0](plugin, template)


def restore(name: str, plugin: Any, state: State, template: FakeTemplate) -> None:
    """Restores it in a rebuilt plugin."""
    WAYS[name][1](plugin, state, template)


def clock(template: FakeTemplate) -> dict[str, int]:
    """The clock's counters."""
    return dict(vars(template.clock))


def set_clock(template: FakeTemplate, counters: Mapping[str, int]) -> None:
    """Restores the clock's counters."""
    for name, value in counters.items():
        setattr(template.clock, name, int(value))
