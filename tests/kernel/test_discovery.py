"""Loading plugins: one by one, all of one or nothing of it, and never a crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnngen.contracts.errors import PluginError, UsageError
from rnngen.kernel.catalog import Catalog
from rnngen.kernel.discovery import Plugin, Policy

pytestmark = pytest.mark.usefixtures("without_bundled")

GOOD_CODE = """
@rnngen.hookimpl
def register_decoders(register):
    register({name!r}, "rnngen_good_strategies:Fixed")
"""


def make(*, warnings: list[str] | None = None, **policy) -> Catalog:
    return Catalog(Policy(**policy), warn=(warnings if warnings is not None else []).append)


def load_all(**policy) -> dict[str, Plugin]:
    everything = make(**policy)
    everything.load_all()
    return {plugin.name: plugin for plugin in everything.plugins}


def test_broken_plugins_do_not_stop_the_others(install):
    install("good", "importerror", "badhook", "unknown", "default", "half", "needs_newer", "slow")
    status = {name: plugin.status for name, plugin in load_all().items()}
    assert status == {
        "badhook": "failed",
        "default": "failed",
        "good": "ok",
        "half": "failed",
        "importerror": "failed",
        "needs-newer": "failed",
        "slow": "ok",
        "unknown": "failed",
    }


def test_finding_plugins_imports_none_and_sorts_them_by_name(install):
    install("slow", "good", "importerror", "clash")
    found = make().plugins
    assert [plugin.name for plugin in found] == ["clash", "good", "importerror", "slow"]
    assert {plugin.status for plugin in found} == {"not loaded"}
    assert not {"rnngen_slow", "rnngen_good", "rnngen_clash"} & set(sys.modules)


def test_failed_plugin_is_one_warning_line_that_says_where_to_look(install):
    install("importerror")
    warnings: list[str] = []
    everything = make(warnings=warnings)
    everything.load_all()
    everything.load_all()
    assert warnings == [
        "plugin `importerror` (rnngen-importerror 0.3.0) could not be loaded: RuntimeError: "
        "operator torchvision::nms does not exist (see `rnngen plugins importerror`)"
    ]


def test_failed_plugin_keeps_its_traceback(install):
    install("importerror")
    plugin = load_all()["importerror"]
    assert "rnngen_importerror.py" in plugin.traceback
    assert plugin.components == []
    assert plugin.module is None


def test_plugin_that_fails_midway_registers_nothing(install):
    install("half")
    everything = make()
    assert "first" not in everything.names("decoder")
    assert everything.plugins[0].reason == "LookupError: the second one is not here"


def test_unknown_hook_is_refused_with_a_suggestion(install):
    install("unknown")
    reason = load_all()["unknown"].reason
    assert reason == "there is no hook `register_cels`; did you mean `register_cells`?"


def test_unknown_argument_of_a_hook_is_refused(install):
    install("badhook")
    assert "registr" in load_all()["badhook"].reason


def test_argument_with_a_default_is_refused_with_the_reason(install):
    install("default")
    assert load_all()["default"].reason == (
        "argument `register` of hook `register_cells` has a default value, "
        "and would never be passed"
    )


def test_plugin_for_a_later_version_is_refused_before_it_is_imported(install):
    install("needs_newer")
    plugin = load_all()["needs-newer"]
    assert plugin.reason == "it needs rnngen >=99, this is 0.1.0"
    assert "rnngen_needs_newer" not in sys.modules


@pytest.mark.parametrize(
    "requires",
    ["rnngen>=0.0.1,<9", "rnngen", "rnngen[plots]>=0.1", "RnnGen>=0.1", "rnngen-other>=99"],
)
def test_requirements_that_this_version_meets_are_fine(make_plugin, requires):
    make_plugin("fits", GOOD_CODE.format(name="fits"), requires=requires)
    assert load_all()["fits"].status == "ok"


def test_requirement_of_an_extra_nobody_asked_for_does_not_count(make_plugin):
    requires = 'rnngen>=99; extra == "next"'
    make_plugin("fits", GOOD_CODE.format(name="fits"), requires=requires)
    assert load_all()["fits"].status == "ok"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import a_package_nobody_has", "No module named 'a_package_nobody_has'"),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "it implements no hook; decorate its functions with `rnngen.hookimpl`"),
        (
            "@rnngen.hookimpl\ndef register_cells(register): register('Big', 'a:B')",
            "cell `Big` has a bad name",
        ),
        (
            "@rnngen.hookimpl\ndef register_cells(register): register('gru', 'a:B')",
            "cell `gru` is built in, and can't be replaced",
        ),
        (
            "@rnngen.hookimpl\ndef register_cells(register): register('train', 'a:B')",
            "cell `train` has the name of a section of the configuration",
        ),
        (
            "@rnngen.hookimpl\n"
            "def register_cells(register): register('x', 'a:B'); register('x', 'a:C')",
            "cell `x` is registered twice",
        ),
        (
            "@rnngen.hookimpl\ndef register_cells(register): register('x', 'a.B')",
            "cell `x` has the target 'a.B', expected a class or `pkg.mod:Class`",
        ),
        (
            "@rnngen.hookimpl\ndef register_cells(register): register('x', 'a:B', options=dict)",
            "cell `x` has the options <class 'dict'>, expected a dataclass",
        ),
        (
            "@rnngen.hookimpl\ndef register_cells(register): register('x')",
            "TypeError",
        ),
    ],
)
def test_plugin_that_can_not_be_accepted_says_why(make_plugin, code, reason):
    make_plugin("wrong", code)
    make_plugin("right", GOOD_CODE.format(name="right"))
    plugins = load_all()
    assert plugins["wrong"].status == "failed"
    assert reason in plugins["wrong"].reason
    assert plugins["right"].status == "ok"


PRESSED = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"


@pytest.mark.parametrize(
    "code",
    [PRESSED, "try:\n    " + PRESSED.replace("\n", "\n    ") + "pass\nexcept BaseException: pass"],
    ids=["plain", "caught by the plugin"],
)
def test_ctrl_c_of_the_user_while_loading_ends_it(make_plugin, code):
    make_plugin("stopped", code)
    with pytest.raises(KeyboardInterrupt):
        load_all()


@pytest.mark.parametrize("name", ["KeyboardInterrupt", "GeneratorExit", "SystemExit"])
def test_what_a_plugin_raises_by_itself_is_its_failure(make_plugin, name):
    make_plugin("stopped", f"raise {name}")
    make_plugin("right", GOOD_CODE.format(name="right"))
    plugins = load_all()
    assert plugins["stopped"].reason == name
    assert plugins["right"].status == "ok"


@pytest.mark.parametrize(
    "body",
    ["raise RuntimeError('in str')", "return 1", "raise SystemExit", "return Rude('x')"],
)
def test_exception_whose_text_fails_is_still_named(make_plugin, body):
    make_plugin(
        "rude",
        "class Rude(str):\n    def split(self, *a): raise ValueError\n"
        f"class Odd(Exception):\n    def __str__(self): {body}\n    __repr__ = __str__\n"
        "raise Odd()",
    )
    plugin = load_all()["rude"]
    assert plugin.status == "failed"
    assert plugin.reason.startswith("Odd")
    assert "rnngen_rude.py" in plugin.traceback


def test_long_text_of_an_exception_is_cut(make_plugin):
    make_plugin("talks", "raise ValueError('x' * 10**6)")
    assert len(load_all()["talks"].reason) < 1000


def damage(folder: Path, name: str) -> str:
    """Damages an installed plugin; gives what its reason has to say."""
    (info,) = folder.glob("*.dist-info")
    entries, metadata = info / "entry_points.txt", info / "METADATA"
    if name == "bytes":
        entries.write_bytes(b"\xff\xfe\x00[rnngen]\n")
    elif name == "line":
        entries.write_text("[rnngen]\nno equals sign\n")
    elif name == "pipe":
        entries.unlink()
        os.mkfifo(entries)
    elif name == "huge":
        entries.write_text("[rnngen]\n" + "#" * 2_000_000)
    elif name == "missing":
        metadata.unlink()
    elif name == "bad metadata":
        metadata.write_bytes(b"Name: \xff\xfe\n")
    elif name == "nameless":
        metadata.write_text("Metadata-Version: 2.1\nVersion: 1.0\n")
    return "entry_points.txt" if name in {"bytes", "line", "pipe", "huge"} else "METADATA"


@pytest.mark.parametrize(
    "kind", ["bytes", "line", "pipe", "huge", "missing", "bad metadata", "nameless"]
)
def test_damaged_metadata_is_a_row_and_hides_no_other_plugin(make_plugin, run_cli, kind):
    path = make_plugin("hurt", GOOD_CODE.format(name="hurt"))
    make_plugin("right", GOOD_CODE.format(name="right"))
    says = damage(path.parent, kind)
    plugins = load_all()
    assert plugins["right"].status == "ok"
    (hurt,) = (plugin for plugin in plugins.values() if plugin.name != "right")
    assert (hurt.distribution, hurt.status) == ("rnngen-hurt", "failed")
    assert says in hurt.reason
    assert "damaged" in hurt.reason or "missing" in hurt.reason or "lacks" in hurt.reason
    done = run_cli("list", "decoders")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "right" in done.stdout
    done = run_cli("plugins", "rnngen-hurt")
    assert done.exit_code == 3
    assert hurt.reason in done.stdout


def test_import_hook_that_fails_hides_no_plugin(make_plugin, monkeypatch):
    class Broken:
        def find_spec(self, *arguments):
            return None

        def find_distributions(self, context):
            raise RuntimeError("no")

    make_plugin("right", GOOD_CODE.format(name="right"))
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    assert load_all()["right"].status == "ok"


def test_stdout_is_ours_alone_while_a_plugin_is_imported(make_plugin, tmp_path):
    talk = (
        "import os, subprocess, sys, ctypes\n"
        "print('by print')\nsys.__stdout__.write('by stream\\n')\n"
        "os.write(1, b'by os \\x1b\\n')\nsubprocess.run(['echo', 'by child'])\n"
        "ctypes.CDLL(None).puts(b'by C')\n"
    )
    path = make_plugin("talks", talk + GOOD_CODE.format(name="talks"))
    done = subprocess.run(
        [sys.executable, "-m", "rnngen", "list", "decoders", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(path.parent)},
        cwd=Path(__file__).parents[2],
    )
    assert "talks" in [part["name"] for part in json.loads(done.stdout)]
    for way in ("print", "stream", "os", "child", "C"):
        assert f"by {way}" in done.stderr


def test_entry_point_may_name_an_object_but_not_a_class(make_plugin):
    code = (
        "class Hooks:\n"
        "    @rnngen.hookimpl\n"
        "    def register_cells(self, register): register('x', 'a:B')\n"
        "hooks = Hooks()\n"
    )
    make_plugin("object", code, entry="rnngen_object:hooks")
    make_plugin("class", code, entry="rnngen_class:Hooks")
    plugins = load_all()
    assert plugins["object"].status == "ok"
    assert "is a class" in plugins["class"].reason


def test_hook_of_a_later_version_can_be_marked_optional(make_plugin):
    make_plugin(
        "ahead",
        "@rnngen.hookimpl(optionalhook=True)\ndef register_dreams(register): pass\n"
        + GOOD_CODE.format(name="ahead"),
    )
    assert load_all()["ahead"].hooks == ("register_decoders",)


def test_one_plugin_may_implement_a_hook_twice(make_plugin):
    make_plugin(
        "twice",
        GOOD_CODE.format(name="one")
        + "@rnngen.hookimpl(specname='register_decoders')\n"
        + "def more(register): register('two', 'a:B')\n",
    )
    plugin = load_all()["twice"]
    assert sorted(part.name for part in plugin.components) == ["one", "two"]


def test_disabled_plugin_is_not_imported_under_either_of_its_names(install):
    for name in ("slow", "rnngen-slow", "rnngen_slow", "Rnngen.Slow"):
        install("slow", "good")
        plugins = load_all(disabled=frozenset({name}))
        assert plugins["slow"].status == "disabled"
        assert plugins["slow"].reason == "it is named in `RNNGEN_DISABLE`"
        assert plugins["good"].status == "ok"
        assert "rnngen_slow" not in sys.modules


def test_allow_list_loads_what_it_names_and_nothing_else(install):
    install("slow", "good", "importerror")
    plugins = load_all(allowed=frozenset({"good"}))
    assert {name: plugin.status for name, plugin in plugins.items()} == {
        "good": "ok",
        "importerror": "disabled",
        "slow": "disabled",
    }
    assert "rnngen_slow" not in sys.modules


def test_environment_says_what_is_loaded():
    policy = Policy.read({"RNNGEN_PLUGINS": "a, b", "RNNGEN_DISABLE": "c d", "RNNGEN_STRICT": "1"})
    assert policy.allowed == {"a", "b"}
    assert policy.disabled == {"c", "d"}
    assert policy.strict
    assert Policy.read({"RNNGEN_PLUGINS": ""}).allowed == frozenset()
    assert Policy.read({"RNNGEN_STRICT": "0"}) == Policy()


def test_empty_allow_list_leaves_the_built_in_components(install):
    install("good")
    everything = make(allowed=frozenset())
    assert everything.names("decoder") == ["sample", "greedy", "beam"]
    assert everything.plugins[0].reason == "it is not named in `RNNGEN_PLUGINS`"


def test_no_plugins_disables_all(install):
    install("good", "slow")
    assert {plugin.status for plugin in load_all(enabled=False).values()} == {"disabled"}


def test_strict_raises_with_the_cause(install):
    install("good", "importerror")
    with pytest.raises(PluginError, match="operator torchvision") as caught:
        load_all(strict=True)
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_plugin_file_is_loaded_from_where_it_is(tmp_path: Path):
    path = tmp_path / "my_decoder.py"
    path.write_text(
        "import rnngen\n"
        "class Mine: pass\n"
        "@rnngen.hookimpl\n"
        "def register_decoders(register):\n"
        "    register('mine', Mine)\n"
        "    register('mine-too', 'my_decoder:Mine')\n"
    )
    everything = make(files=(path,))
    assert everything.find("decoder", "mine").load().__name__ == "Mine"
    assert (
        everything.find("decoder", "mine-too").load()
        is everything.find("decoder", "my-decoder:mine").load()
    )
    assert everything.plugins[0].name == "my-decoder"
    again = make(files=(path,))
    assert again.find("decoder", "mine").load() is everything.find("decoder", "mine").load()
    del sys.modules["my_decoder"]


def test_plugin_file_that_fails_is_an_error_because_it_was_asked_for(tmp_path: Path):
    path = tmp_path / "my_broken.py"
    path.write_text("1 / 0\n")
    with pytest.raises(PluginError, match="ZeroDivisionError"):
        make(files=(path,)).load_all()
    assert "my_broken" not in sys.modules


def test_plugin_file_must_not_hide_a_module(tmp_path: Path):
    path = tmp_path / "json.py"
    path.write_text("x = 1\n")
    with pytest.raises(PluginError, match="already a module called `json`"):
        make(files=(path,)).load_all()


def test_plugin_file_that_is_not_there_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="there is no plugin file"):
        _ = make(files=(tmp_path / "none.py",)).plugins


def test_plugin_file_is_loaded_even_under_an_empty_allow_list(tmp_path: Path):
    path = tmp_path / "my_named.py"
    path.write_text(
        "import rnngen\n"
        "@rnngen.hookimpl\n"
        "def register_decoders(register): register('named', 'a:B')\n"
    )
    everything = make(files=(path,), allowed=frozenset())
    assert everything.find("decoder", "named").plugin.name == "my-named"
    del sys.modules["my_named"]


def test_naming_a_strategy_loads_only_the_plugin_of_that_name(make_plugin, install):
    install("slow")
    make_plugin(
        "ewc",
        "@rnngen.hookimpl\n"
        "def register_strategies(register):\n"
        "    register('ewc', 'a:B')\n"
        "    register('online-ewc', 'a:C')\n",
    )
    components, plugin = make().find_active("ewc")
    assert ([part.name for part in components], plugin) == (["ewc"], None)
    assert "rnngen_slow" not in sys.modules


def test_strategy_with_another_name_than_its_plugin_is_found(install):
    install("good", "slow")
    components, _ = make().find_active("steady")
    assert [part.plugin.name for part in components] == ["good"]


def test_naming_a_plugin_means_all_of_its_strategies(install):
    install("good", "slow")
    components, plugin = make().find_active("good")
    assert [part.name for part in components] == ["steady", "watcher"]
    assert plugin is not None
    assert plugin.name == "good"
    assert "rnngen_slow" not in sys.modules


def test_naming_a_failed_plugin_is_an_error_with_its_cause(install):
    install("importerror", "good")
    warnings: list[str] = []
    with pytest.raises(PluginError) as caught:
        make(warnings=warnings).find_active("importerror")
    assert warnings == []
    assert caught.value.exit_code == 3
    assert caught.value.message == (
        "plugin `importerror` (rnngen-importerror 0.3.0) could not be loaded: RuntimeError: "
        "operator torchvision::nms does not exist"
    )
    assert caught.value.hint == "`rnngen plugins importerror` shows where it failed"


def test_naming_a_disabled_plugin_is_an_error_that_says_by_what(install):
    install("good")
    with pytest.raises(PluginError, match="switched off: it is named in `RNNGEN_DISABLE`"):
        make(disabled=frozenset({"good"})).find_active("good")


def test_naming_an_unknown_plugin_is_an_error_with_the_nearest_name(install):
    install("good")
    with pytest.raises(PluginError, match="no strategy or plugin named `stedy`") as caught:
        make().find_active("stedy")
    assert caught.value.hint.startswith("did you mean `steady`? available: good, steady, watcher")


def test_ambiguous_strategy_is_an_error_until_it_is_qualified(install):
    install("good", "clash")
    with pytest.raises(PluginError, match=r"registered by `clash`.* and `good`"):
        make().find_active("steady")
    components, _ = make().find_active("clash:steady")
    assert components[0].plugin.name == "clash"


def test_two_distributions_with_a_plugin_of_one_name_are_told_apart(make_plugin):
    make_plugin("one", GOOD_CODE.format(name="one"))
    path = make_plugin("two", GOOD_CODE.format(name="two"))
    info = path.parent / "rnngen_two-1.0.dist-info" / "entry_points.txt"
    info.write_text("[rnngen]\none = rnngen_two\n")
    with pytest.raises(PluginError, match="plugin `one` is in rnngen-one and rnngen-two"):
        make().find_active("one")
    assert make().find("decoder", "rnngen-two:two").plugin.distribution == "rnngen-two"


def test_distribution_of_several_plugins_is_no_name_for_one_of_them(make_plugin):
    path = make_plugin("many", GOOD_CODE.format(name="many"))
    info = path.parent / "rnngen_many-1.0.dist-info" / "entry_points.txt"
    info.write_text("[rnngen]\nfirst = rnngen_many\nsecond = rnngen_none\n")
    with pytest.raises(PluginError, match="`rnngen-many` brings several plugins") as caught:
        make().find_active("rnngen-many")
    assert caught.value.hint == "name one of them: first, second"
    with pytest.raises(UsageError, match="no cell named `nothing`"):
        make().find("cell", "rnngen-many:nothing")
    assert make().find("decoder", "rnngen-many:many").plugin.name == "first"
