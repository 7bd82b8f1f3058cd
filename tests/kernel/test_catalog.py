"""From a name to a component: what is loaded for it, and what is said when it isn't there."""

from __future__ import annotations

import sys

import pytest

from rnngen.contracts.errors import PluginError, UsageError
from rnngen.contracts.options import describe
from rnngen.kernel import catalog
from rnngen.kernel.catalog import Catalog
from rnngen.kernel.discovery import Policy

pytestmark = pytest.mark.usefixtures("without_bundled")


def make(*, warnings: list[str] | None = None, **policy) -> Catalog:
    return Catalog(Policy(**policy), warn=(warnings if warnings is not None else []).append)


def test_built_in_name_loads_no_plugin(install):
    install("slow", "importerror", "good")
    found = make().find("cell", "gru")
    assert (found.name, found.plugin.name) == ("gru", "rnngen")
    assert not {"rnngen_slow", "rnngen_good"} & set(sys.modules)


def test_every_built_in_component_has_a_summary_and_is_given_as_text():
    for component in make().builtin.components:
        assert component.summary
        assert isinstance(component.target, str)
        assert isinstance(component.options, str | None)


def test_component_of_a_plugin_is_imported_only_when_it_is_used(install):
    install("good")
    found = make().find("decoder", "fixed")
    assert "rnngen_good_strategies" not in sys.modules
    assert found.load().__name__ == "Fixed"
    assert found.load_options() is None


def test_options_of_a_component_are_its_dataclass(install):
    install("good")
    options = make().find("strategy", "steady").load_options()
    assert [option.name for option in describe(options)] == ["strength"]


def test_unknown_component_names_the_nearest_and_all_there_are(install):
    install("good")
    with pytest.raises(UsageError, match="no decoder named `fixd`") as caught:
        make().find("decoder", "fixd")
    assert caught.value.hint == (
        "did you mean `fixed`? available: beam, fixed, greedy, sample (see `rnngen list decoders`)"
    )


def test_unknown_component_says_which_plugins_could_not_be_asked(install):
    install("importerror", "slow")
    with pytest.raises(UsageError) as caught:
        make(disabled=frozenset({"slow"})).find("cell", "transformer")
    assert "plugin `importerror` is failed; plugin `slow` is disabled" in caught.value.hint


def test_same_name_of_two_plugins_is_an_error_with_both_and_their_versions(install):
    install("good", "clash")
    with pytest.raises(PluginError) as caught:
        make().find("decoder", "fixed")
    assert caught.value.message == (
        "decoder `fixed` is registered by `clash` (rnngen-clash 2.0.1) "
        "and `good` (rnngen-good 1.2.0)"
    )
    assert caught.value.hint == "say which: `clash:fixed` or `good:fixed`"


@pytest.mark.parametrize(
    ("qualified", "summary"),
    [("clash:fixed", "another one"), ("good:fixed", "always the same")],
)
def test_qualified_name_decides_between_two_plugins(install, qualified, summary):
    install("good", "clash")
    assert make().find("decoder", qualified).summary == summary


def test_qualifier_may_be_the_distribution(install):
    install("good", "clash")
    assert make().find("decoder", "rnngen-good:fixed").plugin.name == "good"


def test_qualified_name_loads_that_plugin_only(install):
    install("good", "slow")
    make().find("decoder", "good:fixed")
    assert "rnngen_slow" not in sys.modules


def test_built_in_component_has_a_qualified_name_too():
    assert make().find("cell", "rnngen:gru").name == "gru"


def test_names_of_a_clash_are_qualified_and_others_are_not(install):
    install("good", "clash", "slow")
    everything = make()
    assert everything.names("decoder") == [
        "sample",
        "greedy",
        "beam",
        "clash:fixed",
        "good:fixed",
        "sloth",
    ]
    for name, component in everything.named("decoder"):
        assert everything.find("decoder", name) == component


def test_unknown_qualifier_and_unknown_name_of_a_plugin_are_told_apart(install):
    install("good")
    with pytest.raises(PluginError, match="no strategy or plugin named `goood`") as caught:
        make().find("decoder", "goood:fixed")
    assert "did you mean `good`?" in caught.value.hint
    with pytest.raises(UsageError, match="has no decoder named `fixt`") as missing:
        make().find("decoder", "good:fixt")
    assert missing.value.hint == "it has: fixed"


def test_qualified_name_of_a_failed_plugin_is_that_failure(install):
    install("importerror")
    with pytest.raises(PluginError, match="operator torchvision::nms does not exist"):
        make().find("cell", "importerror:anything")


def test_target_that_cannot_be_imported_names_plugin_version_and_cause(make_plugin):
    make_plugin(
        "lost",
        "@rnngen.hookimpl\n"
        "def register_cells(register):\n"
        "    register('lost', 'rnngen_lost_parts:Cell')\n"
        "    register('empty', 'rnngen_lost:Nothing')\n",
    )
    found = make().find("cell", "lost")
    with pytest.raises(PluginError) as caught:
        found.load()
    assert "cell `lost` of plugin `lost` (rnngen-lost 1.0)" in caught.value.message
    assert "No module named 'rnngen_lost_parts'" in caught.value.message
    assert "`rnngen_lost_parts`" in caught.value.hint
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)
    with pytest.raises(PluginError, match="AttributeError"):
        make().find("cell", "empty").load()


def test_missing_package_of_an_extra_is_named_with_the_extra(make_plugin):
    path = make_plugin(
        "extra",
        "@rnngen.hookimpl\n"
        "def register_trackers(register):\n"
        "    register('cloud', 'a_package_nobody_has:Tracker')\n",
    )
    metadata = path.parent / "rnngen_extra-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text() + "Provides-Extra: cloud\n")
    with pytest.raises(PluginError) as caught:
        make().find("tracker", "cloud").load()
    assert caught.value.hint == "install what it needs with `pip install 'rnngen-extra[cloud]'`"


def test_options_that_are_no_dataclass_are_refused_when_they_are_used(make_plugin):
    make_plugin(
        "odd",
        "class Odd: pass\n"
        "@rnngen.hookimpl\n"
        "def register_cells(register):\n"
        "    register('odd', 'rnngen_odd:Odd', options='rnngen_odd:Odd')\n",
    )
    with pytest.raises(PluginError, match="are not a dataclass"):
        make().find("cell", "odd").load_options()


def test_catalog_of_the_process_is_one_until_it_is_configured(install):
    first = catalog.get_catalog()
    assert catalog.get_catalog() is first
    install("good")
    catalog.configure(enabled=False)
    assert catalog.get_catalog() is not first
    assert catalog.get_catalog().plugins[0].status == "disabled"


def test_sections_are_those_of_the_core_and_of_every_component(install):
    install("good")
    assert {"model", "train", "gru", "text", "sample", "adamw", "steady"} <= make().sections()


def test_built_in_components_can_be_imported():
    for component in make().builtin.components:
        assert callable(component.load())
        options = component.load_options()
        assert options is None or describe(options) is not None
