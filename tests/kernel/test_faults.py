"""A fault in a plugin's code is named as its own, with version and place, and has exit code 3."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch

import rnngen
from rnngen.contracts.errors import PluginError
from rnngen.verbs.chat import Chat
from rnngen.verbs.continual.verb import continual
from tests import small_bundle

CODE = """
import sys
import torch
from rnngen import hookimpl
from rnngen.components.cells.gru import GRU
from rnngen.components.decoders.greedy import Greedy
from rnngen.components.domains.text import TextDomain
from rnngen.components.likelihoods.categorical import Categorical


def fail(how="FAULT"):
    if how == "torch":
        torch.zeros(2, 3) @ torch.zeros(2, 3)  # HERE
    raise SystemExit("enough") if how == "exit" else RuntimeError("enough")  # HERE


class Cell(GRU):
    calls = 0

    def forward(self, x, state):
        self.calls += 1
        if self.calls > 1:
            fail()
        return super().forward(x, state)


class TorchCell(GRU):
    def forward(self, x, state):
        fail("torch")


class ExitCell(GRU):
    def forward(self, x, state):
        fail("exit")


def no_cell(input_size):
    return None


class WideCell(GRU):
    def forward(self, x, state):
        y, state = super().forward(x, state)
        return torch.cat([y, y], -1), state


class NoneCell(GRU):
    def forward(self, x, state):
        return None


class DoubleCell(GRU):
    def forward(self, x, state):
        y, state = super().forward(x, state)
        return y.double(), state


class StateCell(GRU):
    def forward(self, x, state):
        return super().forward(x, state)[0], None


class SmallCell(GRU):
    def initial_state(self, batch_size):
        return super().initial_state(1)


def text_cell(inputs, hidden):
    return "cell"


class ReadDomain(TextDomain):
    def read(self, sources):
        fail()


class CodecDomain(TextDomain):
    def fit_codec(self, pieces):
        codec = super().fit_codec(pieces)
        codec.encode = lambda piece: fail()
        return codec


class OtherDomain(TextDomain):
    def likelihood(self, codec):
        return "bad", {"size": codec.size}


class Likelihood(Categorical):
    def nll(self, output, target):
        fail()


class Optimizer(torch.optim.SGD):
    def __init__(self, parameters, learning_rate):
        super().__init__([parameter for _, parameter in parameters], lr=learning_rate)

    def step(self):
        fail()


class Decoder(Greedy):
    def decode(self, engine, request):
        for emission in super().decode(engine, request):
            yield emission
            fail()


class Rule:
    def __init__(self, text=""):
        pass

    def start(self):
        return 0

    def step(self, state, token):
        fail()

    def accept(self, state):
        return True


class Exporter:
    def export(self, bundle, out):
        fail()


class Nothing:
    def export(self, bundle, out):
        return [out]


class NoTracker:
    def __init__(self, folder):
        fail()


class Hook:
    @hookimpl
    def step_finished(self, run):
        fail()


class ExitHook:
    @hookimpl
    def step_finished(self, run):
        fail("exit")


class Attribute:
    @hookimpl
    def step_finished(self, run):
        self.nothing  # HERE


class State(Hook):
    @hookimpl
    def step_finished(self, run):
        pass

    def state_dict(self):
        fail()


class Unsaved(State):
    def state_dict(self):
        return {"file": sys.stdout}


class Argument:
    @hookimpl
    def step_finished(self, colour):
        pass


class Property(State):
    @property
    def wrong(self):
        fail()


@hookimpl
def register_cells(register):
    register("bad", Cell)
    register("torch", TorchCell)
    register("exit", ExitCell)
    register("none", no_cell)
    register("wide", WideCell)
    register("gives-none", NoneCell)
    register("double", DoubleCell)
    register("no-state", StateCell)
    register("small", SmallCell)
    register("text-cell", text_cell)


@hookimpl
def register_domains(register):
    register("reads", ReadDomain)
    register("encodes", CodecDomain)
    register("other", OtherDomain)


@hookimpl
def register_likelihoods(register):
    register("bad", Likelihood)


@hookimpl
def register_optimizers(register):
    register("bad", Optimizer)


@hookimpl
def register_decoders(register):
    register("bad", Decoder)


@hookimpl
def register_constraints(register):
    register("bad", Rule)


@hookimpl
def register_exporters(register):
    register("bad", Exporter)
    register("nothing", Nothing)


@hookimpl
def register_trackers(register):
    register("bad", NoTracker)


@hookimpl
def register_strategies(register):
    register("hook", Hook)
    register("exits", ExitHook)
    register("attribute", Attribute)
    register("state", State)
    register("unsaved", Unsaved)
    register("argument", Argument)
    register("property", Property)
"""

FIT = ("fit", "text.txt", "--hidden", "4", "--steps", "2", "--run", "made")

CASES = {
    "cell": (*FIT, "--cell", "bad"),
    "cell, in torch": (*FIT, "--cell", "torch"),
    "cell, SystemExit": (*FIT, "--cell", "exit"),
    "cell, wrong arguments": (*FIT, "--cell", "none"),
    "domain": (*FIT, "--domain", "reads"),
    "codec": (*FIT, "--domain", "encodes"),
    "likelihood": (*FIT, "--domain", "other"),
    "optimizer": (*FIT, "-o", "train.optimizer=bad"),
    "decoder": ("generate", "run", "-l", "9", "--decoder", "bad"),
    "constraint": ("generate", "run", "--decoder", "constrained", "-o", "rule=bad", "-l", "9"),
    "exporter": ("export", "run", "--out", "out.x", "--format", "bad"),
    "exporter that writes nothing": ("export", "run", "--out", "out.x", "--format", "nothing"),
    "hook": (*FIT, "--plugin", "hook"),
    "hook, SystemExit": (*FIT, "--plugin", "exits"),
    "hook, attribute": (*FIT, "--plugin", "attribute"),
    "state_dict": (*FIT, "--plugin", "state"),
    "state that can't be saved": (*FIT, "--plugin", "unsaved"),
    "argument of a hook": (*FIT, "--plugin", "argument"),
    "property": (*FIT, "--plugin", "property"),
}

BROKEN_CELLS = {
    "wide": "gives outputs of float32 [3, 2, 8], expected float32 [3, 2, 4]",
    "gives-none": "gives a NoneType, expected outputs and a state",
    "double": "gives outputs of float64 [3, 2, 4], expected float32 [3, 2, 4]",
    "no-state": "gives a state of something other than tensors, expected [2, 4]",
    "small": "state of [1, 4], expected tensors that each begin with the batch of 2",
    "text-cell": "is a str, expected an `rnngen.Cell`",
}

WITHOUT_PLACE = {
    "exporter that writes nothing",
    "cell, wrong arguments",
    "state that can't be saved",
    "argument of a hook",
}
"""There our own line is the last one that ran: what was given, not what was done, is wrong."""


@pytest.fixture
def faulty(make_plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plugin `faulty` 2.5, a text and a run in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("abc cab bac. " * 60)
    small_bundle.train(Path("run"))
    return make_plugin("faulty", CODE, version="2.5")


@pytest.mark.parametrize("case", list(CASES))
def test_fault_of_a_plugin_is_named_with_version_and_place(case, faulty: Path, run_cli) -> None:
    done = run_cli(*CASES[case])
    assert done.exit_code == 3, done.stderr
    assert "`faulty` (rnngen-faulty 2.5)" in done.stderr
    assert "bug" not in done.stderr
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr
    if case not in WITHOUT_PLACE:
        found = re.search(rf"{re.escape(str(faulty))}:(\d+)", done.stderr)
        assert found is not None, done.stderr
        assert "# HERE" in faulty.read_text().splitlines()[int(found[1]) - 1]


@pytest.mark.parametrize("name", list(BROKEN_CELLS))
def test_cell_that_gives_what_its_contract_forbids_is_told_so(name, faulty: Path, run_cli) -> None:
    done = run_cli(*FIT, "--cell", name)
    assert done.exit_code == 3, done.stderr
    assert f"cell `{name}` of plugin `faulty` (rnngen-faulty 2.5)" in done.stderr
    assert BROKEN_CELLS[name] in done.stderr
    assert "bug" not in done.stderr
    assert not Path("made").exists()


def test_from_python_the_same_error_is_raised(faulty: Path, run_cli) -> None:
    with pytest.raises(PluginError) as caught:
        rnngen.fit(["text.txt"], hidden=4, steps=2, run="python", cell="bad")
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert caught.value.message in run_cli(*CASES["cell"]).stderr
    assert f"error: {caught.value.message}" in Path("python/log.txt").read_text()


def a_comparison() -> None:
    Path("other.txt").write_text("bab aca abc. " * 60)
    continual(["text.txt", "other.txt"], compare="ewc", domain="reads", steps=2, run="compared")


def a_chat() -> None:
    Chat("run", you="a: ", other="b: ", decoder="bad")


def an_answer() -> None:
    small_bundle.save(Path("talk"), characters="ab: \n", size=6)
    Chat("talk", you="a: ", other="b: ", decoder="bad", length=9).answer("ab")


@pytest.mark.parametrize("ask", [a_comparison, a_chat, an_answer])
def test_every_verb_names_the_plugin_to_python_too(ask, faulty: Path, monkeypatch) -> None:
    if ask is a_chat:
        attach = "rnngen.components.decoders.greedy.Greedy.attach"

        def fails(self, context):
            # Unguarded, as the class of the plugin has it.
            next(type(self).__mro__[1].decode(self, None, None))

        monkeypatch.setattr(attach, fails)
    with pytest.raises(
        PluginError, match=r"plugin `faulty` \(rnngen-faulty 2.5\) failed"
    ) as caught:
        ask()
    assert isinstance(caught.value.__cause__, RuntimeError | AttributeError)


def test_traceback_is_shown_on_demand(faulty: Path, run_cli) -> None:
    done = run_cli("-v", *CASES["decoder"])
    assert "Traceback" in done.stderr
    assert str(faulty) in done.stderr


@pytest.mark.parametrize("error", ["DataError", "UsageError"])
def test_error_that_a_plugin_means_for_the_user_passes(
    make_plugin, run_cli, tmp_path, error
) -> None:
    make_plugin(
        "kind",
        "from rnngen.contracts.errors import DataError, UsageError\n"
        "from rnngen.components.domains.text import TextDomain\n"
        "class Domain(TextDomain):\n"
        f"    def read(self, sources): raise {error}('line 3 is empty', hint='fill it')\n"
        "@rnngen.hookimpl\n"
        "def register_domains(register): register('kind', Domain)\n",
    )
    (tmp_path / "text.txt").write_text("abc " * 99)
    done = run_cli("fit", tmp_path / "text.txt", "--domain", "kind", "--run", tmp_path / "made")
    assert done.exit_code == {"DataError": 1, "UsageError": 2}[error]
    assert "error: line 3 is empty\nhint: fill it\n" in done.stderr


def test_fault_of_our_own_code_is_still_a_bug(faulty: Path, run_cli, monkeypatch) -> None:
    def broken(*arguments, **more):
        raise ZeroDivisionError

    monkeypatch.setattr("rnngen.bundles.run_folder.RunFolder.create", broken)
    run_cli("plugins")
    done = run_cli(*FIT)
    assert done.exit_code == 70
    assert "bug" in done.stderr


# Trackers ----------------------------------------------------------------------------------------

TRACKER = """
import torch
seen = []

class Tracker:
    def __init__(self, folder):
        torch.rand(7)

    def log(self, step, metrics):
        seen.append(step)
        torch.manual_seed(step)
        metrics.clear()
        if step >= 20:
            raise {error}("server is down")

    def close(self):
        if not seen or max(seen) < 20:
            raise OSError("can't close")

@rnngen.hookimpl
def register_trackers(register):
    register("down", Tracker)
"""

LONG = ("fit", "text.txt", "--hidden", "4", "--steps", "30", "-o", "model.dropout=0.5")


def weights(folder: str) -> dict[str, torch.Tensor]:
    return rnngen.load(folder).model.state_dict()


@pytest.mark.parametrize("error", ["ConnectionError", "SystemExit", "DataError"])
def test_tracker_that_fails_is_off_with_one_warning_and_the_weights_are_the_same(
    make_plugin, run_cli, tmp_path, monkeypatch, error
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("abc cab bac. " * 60)
    code = "from rnngen.contracts.errors import DataError" + TRACKER.format(error=error)
    path = make_plugin("server", code, version="3.1")
    done = run_cli(*LONG, "--tracker", "down", "--run", "with")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("warning:") == 1
    (warning,) = re.findall("warning: .*", done.stderr)
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "is down" in text)
    for part in ("tracker `down`", "`server` (rnngen-server 3.1)", f"{path}:{line}", "step 20"):
        assert part in warning
    seen = sys.modules["rnngen_server"].seen
    assert seen[-1] == 20
    assert seen.count(20) == 1
    assert run_cli(*LONG, "--run", "without").exit_code == 0
    plain = weights("without")
    for name, tensor in weights("with").items():
        assert torch.equal(tensor, plain[name]), name


def test_tracker_that_can_not_be_closed_is_a_warning(make_plugin, run_cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("abc cab bac. " * 60)
    make_plugin("server", TRACKER.format(error="OSError"))
    done = run_cli(*FIT, "--tracker", "down")
    assert done.exit_code == 0
    assert done.stderr.count("warning: tracker `down` of plugin `server`") == 1
    assert "could not be closed" in done.stderr
