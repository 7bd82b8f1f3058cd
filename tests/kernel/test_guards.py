"""What a plugin's component gives is checked where it gives it: named, with what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

import rnngen
from rnngen.contracts.errors import PluginError
from rnngen.verbs.chat import Chat
from tests import small_bundle

CODE = """
import numpy as np
from pathlib import Path
from rnngen import hookimpl, Emission
from rnngen.components.decoders.greedy import Greedy
from rnngen.components.domains.text import TextDomain


class Ends(BaseException):
    pass


def raising(error):
    def decode(self, engine, request):
        raise error
    return decode


def emitting(*emissions):
    def decode(self, engine, request):
        yield from emissions
    return decode


def endless(self, engine, request):
    while True:
        yield Emission(0, 1, -1.0)


DECODERS = {
    "gives-none": lambda self, engine, request: None,
    "pairs": emitting((0, 1, -1.0)),
    "row": emitting(Emission(7, 1, -1.0)),
    "range": emitting(Emission(0, 99999, -1.0)),
    "below": emitting(Emission(0, -1, -1.0)),
    "text": emitting(Emission(0, "a", -1.0)),
    "nan": emitting(Emission(0, 1, float("nan"))),
    "rank": emitting(Emission(0, 1, -1.0, -1)),
    "endless": endless,
    "silent": emitting(),
    "ends": raising(Ends("over")),
    "interrupts": raising(KeyboardInterrupt()),
    "leaves": raising(SystemExit(0)),
}


@hookimpl
def register_decoders(register):
    for name, decode in DECODERS.items():
        register(name, type(name, (), {"decode": decode}))


class Half:
    def export(self, bundle, path):
        Path(path).write_bytes(b"half")
        raise RuntimeError("half way")


class Missing:
    def export(self, bundle, path):
        return None


class Number:
    def export(self, bundle, path):
        Path(path).write_bytes(b"whole")
        return 3


class Folder:
    def export(self, bundle, path):
        path.mkdir()
        (path / "weights.bin").write_bytes(b"whole")
        (path.parent / (path.name + ".json")).write_text("{}")
        return [path / "weights.bin", path.parent / (path.name + ".json")]


@hookimpl
def register_exporters(register):
    for target in (Half, Missing, Number, Folder):
        register(target.__name__.lower(), target)


def optimizer(kind):
    def build(parameters, learning_rate):
        import torch

        each = [parameter for _, parameter in parameters]
        if kind == "none":
            return None
        if kind == "few":
            return torch.optim.SGD(each[:1], lr=learning_rate)
        made = torch.optim.SGD(each, lr=learning_rate)
        if kind == "rateless":
            del made.param_groups[0]["lr"]
        return made
    return build


@hookimpl
def register_optimizers(register):
    for kind in ("none", "few", "rateless"):
        register("o-" + kind, optimizer(kind))


def gives(value):
    return lambda self, *arguments: value


DOMAINS = {
    "read-none": {"read": gives(None)},
    "read-text": {"read": gives(["abc"])},
    "codec-none": {"fit_codec": gives(None)},
    "likelihood-none": {"likelihood": gives(None)},
    "likelihood-name": {"likelihood": gives("categorical")},
}
CODECS = {
    "encode-list": {"encode_many": gives([1, 2])},
    "encode-high": {"encode_many": gives((np.full(900, 999), [900]))},
    "encode-real": {"encode_many": gives((np.full(900, 0.5), [900]))},
    "encode-short": {"encode_many": gives((np.full(900, 1), [9]))},
    "size": {"size": 0},
    "boundary": {"boundary": -1},
    "files": {"files": gives({"codec.json": "text"})},
}
LATER = {
    "begin": {"begin": gives(None)},
    "write-none": {"write": gives(None)},
    "write-nothing": {"write": gives([])},
    "write-missing": {"write": gives(["not-there.txt"])},
    "show": {"shows": True, "show": gives(None)},
}


def of_codec(changes):
    def fit_codec(self, pieces):
        codec = TextDomain.fit_codec(self, pieces)
        codec.__class__ = type("Codec", (type(codec),), changes)
        return codec
    return fit_codec


@hookimpl
def register_domains(register):
    for name, changes in {**DOMAINS, **LATER}.items():
        register("d-" + name, type(name, (TextDomain,), changes))
    for name, changes in CODECS.items():
        register("c-" + name, type(name, (TextDomain,), {"fit_codec": of_codec(changes)}))
"""

WHO = "of plugin `odd` (rnngen-odd 2.5)"
FIT = ("fit", "text.txt", "--hidden", "4", "--steps", "2", "--run", "made")

DECODERS = {
    "gives-none": "`decode` gave nothing, expected emissions",
    "pairs": "`decode` gave a tuple, expected an `rnngen.Emission`",
    "row": "it wrote to row 7, expected rows from 0 to 0",
    "range": "it wrote the step 99999, expected an id from 0 to 4",
    "below": "it wrote the step -1, expected an id from 0 to 4",
    "text": "it wrote the step 'a', expected an id from 0 to 4",
    "nan": "a log-probability is nan, expected a number",
    "rank": "it gave the rank -1, expected 0 or more",
    "endless": "it writes on after 9 steps, expected no more than asked for",
    "silent": "it wrote nothing for row 0, expected 9 steps",
}

OPTIMIZERS = {
    "o-none": "is a NoneType, expected a `torch.optim.Optimizer`",
    "o-few": "parameters, not `",
    "o-rateless": "has a group without `lr`",
}

DOMAINS = {
    "d-read-text": "`read` gave a str, expected an `rnngen.Piece`",
    "d-codec-none": "`fit_codec` gave nothing, expected a codec",
    "d-likelihood-none": "`likelihood` gave None, expected a name and a dict of options",
    "d-likelihood-name": "`likelihood` gave 'categorical', expected a name",
    "c-encode-list": "`encode_many` gave a list, expected steps, and their numbers",
    "c-encode-high": "`encode_many` gave ids from 999 to 999, expected ids from 0 to",
    "c-encode-real": "`encode_many` gave float64 [900], expected a row of integers",
    "c-encode-short": "900 steps, and lengths that sum to 9",
    "c-size": "`size` is 0, expected the number of its ids",
    "c-boundary": "`boundary` is -1, expected an id",
    "c-files": "`files` gave a dict, expected a dict of names and bytes",
}

LATER = {
    "d-begin": ((), "`begin` gave nothing, expected an `rnngen.Beginning`"),
    "d-write-none": (("--out", "x.txt"), "`write` gave nothing, expected the files it made"),
    "d-write-nothing": (("--out", "x.txt"), "`write` made no file, expected at least one"),
    "d-write-missing": (("--out", "x.txt"), "`write` did not make `not-there.txt`"),
    "d-show": ((), "`show` gave nothing, expected text"),
}


@pytest.fixture
def odd(make_plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The plugin `odd` 2.5, a text and a run in the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text("abc cab bac. " * 60)
    small_bundle.train(Path("run"))
    return make_plugin("odd", CODE, version="2.5")


def told(done, sentence: str) -> None:
    assert done.exit_code == 3, done.stderr
    assert sentence in done.stderr
    assert WHO in done.stderr
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", DECODERS)
def test_emission_that_can_not_be_is_told(name, odd, run_cli) -> None:
    told(run_cli("generate", "run", "-l", "9", "--decoder", name), DECODERS[name])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_of_half_a_model_is_told_before_training(name, odd, run_cli) -> None:
    told(run_cli(*FIT, "-o", f"train.optimizer={name}"), OPTIMIZERS[name])


@pytest.mark.parametrize("name", DOMAINS)
def test_what_a_domain_or_codec_gives_is_told(name, odd, run_cli) -> None:
    told(run_cli(*FIT, "--domain", name), DOMAINS[name])


@pytest.mark.parametrize("name", LATER)
def test_what_a_domain_gives_to_generate_is_told(name, odd, run_cli) -> None:
    arguments, sentence = LATER[name]
    assert run_cli(*FIT, "--domain", name).exit_code == 0
    told(run_cli("generate", "made", "--prompt", "a", "-l", "9", *arguments), sentence)
    assert not Path("x.txt").exists()


@pytest.mark.parametrize("name", ["ends", "interrupts", "leaves"])
def test_whatever_a_decoder_raises_is_its_fault(name, odd, run_cli) -> None:
    done = run_cli("generate", "run", "-l", "9", "--decoder", name)
    assert done.exit_code == 3, done.stderr
    assert "plugin `odd` (rnngen-odd 2.5) failed in `decode`" in done.stderr


@pytest.mark.parametrize("name", ["ends", "interrupts", "leaves", "row"])
def test_chat_in_python_names_the_plugin(name, odd) -> None:
    small_bundle.save(Path("talk"), characters="abc \n", size=6)
    chat = Chat("talk", you="a", other="b", decoder=name)
    with pytest.raises(PluginError, match=r"rnngen-odd 2\.5"):
        chat.answer("cab")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("half", "RuntimeError: half way"),
        ("missing", "did not write `out.x`"),
        ("number", "gave 3, expected the files it wrote"),
    ],
)
def test_exporter_that_fails_leaves_nothing_and_replaces_nothing(
    name, sentence, odd, run_cli
) -> None:
    Path("out.x").write_text("the older export")
    before = sorted(path.name for path in Path().iterdir())
    done = run_cli("export", "run", "--out", "out.x", "--format", name)
    assert done.exit_code == 3, done.stderr
    assert sentence in done.stderr
    assert "(rnngen-odd 2.5)" in done.stderr
    assert Path("out.x").read_text() == "the older export"
    assert sorted(path.name for path in Path().iterdir()) == before


def test_exporter_may_write_a_folder_and_files_beside_it(odd, run_cli) -> None:
    for _ in range(2):
        done = run_cli("export", "run", "--out", "out", "--format", "folder")
        assert done.exit_code == 0, done.stderr
        assert Path("out/weights.bin").read_bytes() == b"whole"
        assert Path("out.json").read_text() == "{}"


def test_components_of_our_own_are_not_looked_at(odd) -> None:
    """So that nothing is slower."""
    bundle = rnngen.load("run")
    assert type(bundle.codec).__module__.startswith("rnngen.components")
    assert "rnngen.contracts.guards" not in str(vars(type(bundle.codec)).get("encode"))
    assert not bundle.domain.component_plugin
