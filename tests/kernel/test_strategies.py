"""Every hook: documented as it is, called when it says, and failing with a name."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap

import pytest
import torch

from rnngen.contracts.batch import Batch
from rnngen.contracts.errors import BundleError, DataError, PluginError
from rnngen.kernel import hookspecs
from rnngen.kernel.catalog import Catalog
from rnngen.kernel.component import PLURALS
from rnngen.kernel.discovery import Policy
from rnngen.kernel.registration import hook_names
from rnngen.kernel.strategies import REGISTRATION, Active, Lifecycle, activate, resolve

RUN, TASK, BATCH, OUTPUT = object(), object(), object(), object()


def make(warnings: list[str] | None = None) -> Catalog:
    return Catalog(Policy(), warn=(warnings if warnings is not None else []).append)


@pytest.fixture
def watcher(install):
    """A lifecycle with the strategy `watcher`, and what it has seen."""
    install("good")
    lifecycle = activate(make(), ["watcher"])
    return lifecycle, lifecycle.active[0].instance.seen


def names_of(function) -> list[str]:
    return list(inspect.signature(function).parameters)


@pytest.mark.parametrize("name", hook_names())
def test_hook_has_a_test(name):
    assert any(test.startswith(f"test_hook_{name}") for test in globals())


@pytest.mark.parametrize("name", hook_names())
def test_hook_is_documented_with_an_example_that_fits_it(name):
    spec = getattr(hookspecs, name)
    text, _, example = inspect.getdoc(spec).partition("Example:\n")
    assert "alled " in text, "the docstring says when the hook is called"
    tree = ast.parse(textwrap.dedent(example))
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    assert function.name == name
    assert [ast.unparse(mark) for mark in function.decorator_list] == ["rnngen.hookimpl"]
    assert not function.args.defaults
    arguments = [argument.arg for argument in function.args.args if argument.arg != "self"]
    assert set(arguments) <= set(names_of(spec))
    assert ("self" in [argument.arg for argument in function.args.args]) == (
        name not in REGISTRATION
    )


@pytest.mark.parametrize("name", sorted(set(hook_names()) - REGISTRATION))
def test_lifecycle_calls_a_hook_with_the_arguments_of_its_spec(name):
    assert names_of(getattr(Lifecycle, name))[1:] == names_of(getattr(hookspecs, name))


def test_every_kind_has_a_registration_hook_and_no_hook_is_forgotten():
    assert set(hook_names()) > REGISTRATION
    assert len(hook_names()) == len(PLURALS) + 10


def registered(make_plugin, kind: str) -> None:
    make_plugin(
        "brings",
        "class Thing: pass\n"
        "@rnngen.hookimpl\n"
        f"def register_{PLURALS[kind]}(register):\n"
        "    register('thing', 'rnngen_brings:Thing', summary='a thing')\n",
    )
    component = make().find(kind, "thing")
    assert (component.kind, component.summary) == (kind, "a thing")
    assert component.load().__name__ == "Thing"


def test_hook_register_cells(make_plugin):
    registered(make_plugin, "cell")


def test_hook_register_domains(make_plugin):
    registered(make_plugin, "domain")


def test_hook_register_likelihoods(make_plugin):
    registered(make_plugin, "likelihood")


def test_hook_register_conditioners(make_plugin):
    registered(make_plugin, "conditioner")


def test_hook_register_engines(make_plugin):
    registered(make_plugin, "engine")


def test_hook_register_decoders(make_plugin):
    registered(make_plugin, "decoder")


def test_hook_register_strategies(make_plugin):
    registered(make_plugin, "strategy")


def test_hook_register_constraints(make_plugin):
    registered(make_plugin, "constraint")


def test_hook_register_trackers(make_plugin):
    registered(make_plugin, "tracker")


def test_hook_register_exporters(make_plugin):
    registered(make_plugin, "exporter")


def test_hook_register_optimizers(make_plugin):
    registered(make_plugin, "optimizer")


def test_hook_fit_started(watcher):
    lifecycle, seen = watcher
    lifecycle.fit_started(RUN)
    assert seen == [("fit_started", RUN)]


def test_hook_task_started(watcher):
    lifecycle, seen = watcher
    lifecycle.task_started(RUN, TASK)
    assert seen == [("task_started", RUN, TASK)]


def test_hook_loss_terms_are_named_after_their_strategy(install):
    install("good")
    lifecycle = activate(make(), ["steady"], {"steady": {"strength": 2.0}})
    terms = lifecycle.loss_terms(RUN, BATCH, OUTPUT)
    assert list(terms) == ["steady.constant"]
    assert terms["steady.constant"].item() == 2.0


def test_hook_loss_terms_may_give_nothing(watcher):
    lifecycle, seen = watcher
    assert lifecycle.loss_terms(RUN, BATCH, OUTPUT) == {}
    assert seen == [("loss_terms", RUN, BATCH, OUTPUT)]


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (torch.ones(()), "a Tensor"),
        ({"a": 1.0}, "`a` with float"),
        ({"a": torch.ones(2)}, r"`a` with shape \(2,\)"),
    ],
)
def test_hook_loss_terms_that_are_no_scalars_are_refused(result, found):
    class Wrong:
        @hookspecs.hookimpl
        def loss_terms(self):
            return result

    lifecycle = Lifecycle([Active("wrong", "`p` (d 1)", Wrong(), None)])
    with pytest.raises(PluginError, match=f"`loss_terms` gave {found}, expected scalar tensors"):
        lifecycle.loss_terms(RUN, BATCH, OUTPUT)


def test_hook_rehearse_gives_the_rows_of_every_strategy():
    rows = Batch(torch.zeros(3, 2, dtype=torch.int64), torch.zeros(3, 2), None, None)

    class Memory:
        @hookspecs.hookimpl
        def rehearse(self, batch):
            return rows if batch is own else None

    own = Batch(torch.zeros(3, 4, dtype=torch.int64), torch.zeros(3, 4), None, None)
    other = own._replace(weights=torch.ones(3, 4))
    lifecycle = Lifecycle([Active("memory", "`p` (d 1)", Memory(), None)])
    assert lifecycle.rehearse(RUN, own) == {"memory": rows}
    assert lifecycle.rehearse(RUN, other) == {}


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (torch.ones(()), "Tensor"),
        (Batch(torch.zeros(2, 4), torch.zeros(2, 4), None, None), r"inputs of shape \(2, 4\)"),
    ],
)
def test_hook_rehearse_that_gives_no_batch_of_as_many_steps_is_refused(result, found):
    class Wrong:
        @hookspecs.hookimpl
        def rehearse(self):
            return result

    batch = Batch(torch.zeros(3, 4), torch.zeros(3, 4), None, None)
    lifecycle = Lifecycle([Active("wrong", "`p` (d 1)", Wrong(), None)])
    with pytest.raises(PluginError, match=f"`rehearse` gave {found}, expected a batch of 3 steps"):
        lifecycle.rehearse(RUN, batch)


def test_hook_tasks_measured(watcher):
    lifecycle, seen = watcher
    lifecycle.tasks_measured(RUN, [1.0, None])
    assert seen == [("tasks_measured", RUN, [1.0, None])]


def test_hook_gradients_ready(watcher):
    lifecycle, seen = watcher
    lifecycle.gradients_ready(RUN)
    assert seen == [("gradients_ready", RUN)]


def test_hook_step_finished(watcher):
    lifecycle, seen = watcher
    lifecycle.step_finished(RUN, {"loss": 1.0})
    assert seen == [("step_finished", RUN, {"loss": 1.0})]


def test_hook_evaluated(watcher):
    lifecycle, seen = watcher
    lifecycle.evaluated(RUN, "valid", {"loss": 1.0})
    assert seen == [("evaluated", RUN, "valid", {"loss": 1.0})]


def test_hook_task_finished(watcher):
    lifecycle, seen = watcher
    batches = object()
    lifecycle.task_finished(RUN, TASK, batches)
    assert seen == [("task_finished", RUN, TASK, batches)]


def test_hook_fit_finished(watcher):
    lifecycle, seen = watcher
    lifecycle.fit_finished(RUN, "finished")
    assert seen == [("fit_finished", RUN, "finished")]


class Recorder:
    """Writes its name down when a step is finished; fails when told to."""

    def __init__(self, name: str, log: list[str], error: Exception | None = None) -> None:
        self.name, self.log, self.error = name, log, error

    @hookspecs.hookimpl
    def step_finished(self):
        self.log.append(self.name)
        if self.error:
            raise self.error

    @hookspecs.hookimpl
    def fit_finished(self):
        self.step_finished()


def lifecycle_of(*recorders: Recorder, warn=None) -> Lifecycle:
    active = [Active(each.name, f"`p-{each.name}` (d 1.0)", each, None) for each in recorders]
    return Lifecycle(active, warn=warn)


@pytest.mark.parametrize("order", ["abc", "cab"])
def test_hooks_are_called_in_the_order_of_the_command_line(order):
    log: list[str] = []
    lifecycle_of(*(Recorder(name, log) for name in order)).step_finished(RUN, {})
    assert "".join(log) == order


def test_failing_hook_stops_the_run_with_the_names_of_plugin_and_hook():
    log: list[str] = []
    lifecycle = lifecycle_of(
        Recorder("a", log), Recorder("b", log, ZeroDivisionError("by zero")), Recorder("c", log)
    )
    with pytest.raises(PluginError) as caught:
        lifecycle.step_finished(RUN, {})
    assert caught.value.message == (
        "`b` of plugin `p-b` (d 1.0) failed in `step_finished`: ZeroDivisionError: by zero"
    )
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert log == ["a", "b"]


def test_error_that_a_strategy_means_for_the_user_is_let_through():
    lifecycle = lifecycle_of(Recorder("a", [], DataError("the second task has no words")))
    with pytest.raises(DataError, match="the second task has no words"):
        lifecycle.step_finished(RUN, {})


def test_ctrl_c_in_a_hook_is_let_through():
    with pytest.raises(KeyboardInterrupt):
        lifecycle_of(Recorder("a", [], KeyboardInterrupt())).step_finished(RUN, {})


def test_failing_fit_finished_warns_and_the_others_are_called():
    log: list[str] = []
    warnings: list[str] = []
    lifecycle = lifecycle_of(
        Recorder("a", log, ValueError("no")), Recorder("b", log), warn=warnings.append
    )
    lifecycle.fit_finished(RUN, "failed")
    assert log == ["a", "b"]
    assert warnings == ["`a` of plugin `p-a` (d 1.0) failed in `fit_finished`: ValueError: no"]


def test_installed_plugin_that_is_not_named_gets_no_calls(install):
    install("good", "slow", "importerror")
    lifecycle = activate(make(), [])
    assert not lifecycle
    assert lifecycle.loss_terms(RUN, BATCH, OUTPUT) == {}
    lifecycle.fit_finished(RUN, "finished")
    assert "rnngen_good" not in sys.modules


def test_two_runs_share_nothing(install):
    install("good")
    everything = make()
    first, second = activate(everything, ["watcher"]), activate(everything, ["watcher"])
    first.fit_started(RUN)
    assert first.active[0].instance.seen
    assert not second.active[0].instance.seen


def test_whole_plugin_activates_all_of_its_strategies_once(install):
    install("good")
    assert activate(make(), ["watcher", "good", "watcher"]).names == ["watcher", "steady"]
    assert [part.name for part in resolve(make(), ["good"])] == ["steady", "watcher"]


def test_hooks_of_the_plugin_itself_are_called_when_it_is_named(make_plugin):
    make_plugin(
        "profiler",
        "calls = []\n@rnngen.hookimpl\ndef fit_started(run): calls.append(run)\n",
    )
    lifecycle = activate(make(), ["profiler"])
    lifecycle.fit_started(RUN)
    assert sys.modules["rnngen_profiler"].calls == [RUN]
    assert lifecycle.state_dict() == {}


def test_plugin_without_anything_to_switch_on_is_an_error(install):
    install("slow")
    with pytest.raises(PluginError, match="has nothing that `--plugin` could switch on"):
        activate(make(), ["slow"])


def test_two_strategies_of_one_name_can_not_be_active_together(install):
    install("good", "clash")
    with pytest.raises(PluginError, match="two strategies named `steady`"):
        activate(make(), ["good:steady", "clash:steady"])


def test_strategy_that_can_not_be_built_names_its_plugin(install):
    install("good")
    with pytest.raises(PluginError, match=r"strategy `steady` of plugin `good` .* TypeError"):
        activate(make(), ["steady"], {"steady": {"colour": 1}})


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("def unrelated(self): pass", "has no lifecycle hook"),
        ("@rnngen.hookimpl\n    def steps_finished(self): pass", "did you mean `step_finished`"),
        ("@rnngen.hookimpl\n    def step_finished(self, run=1): pass", "has a default value"),
    ],
)
def test_strategy_with_a_wrong_hook_is_refused(make_plugin, method, message):
    make_plugin(
        "wrong",
        f"class Wrong:\n    {method}\n"
        "@rnngen.hookimpl\n"
        "def register_strategies(register): register('wrong', Wrong)\n",
    )
    with pytest.raises(PluginError, match=message):
        activate(make(), ["wrong"])


def test_state_of_strategies_is_kept_by_name_and_given_back(install):
    install("good")
    everything = make()
    lifecycle = activate(everything, ["watcher", "steady"])
    lifecycle.step_finished(RUN, {})
    lifecycle.step_finished(RUN, {})
    state = lifecycle.state_dict()
    assert state == {"steady": {"steps": 2}}
    again = activate(everything, ["steady"])
    again.load_state_dict(state)
    assert again.state_dict() == state


def test_state_of_other_strategies_is_refused_unless_it_may_be_left(install):
    install("good")
    lifecycle = activate(make(), ["steady"])
    with pytest.raises(BundleError, match="the strategies are `steady`, the saved ones are `ewc`"):
        lifecycle.load_state_dict({"ewc": {}})
    lifecycle.load_state_dict({"ewc": {}}, strict=False)
    assert lifecycle.state_dict() == {"steady": {"steps": 0}}
