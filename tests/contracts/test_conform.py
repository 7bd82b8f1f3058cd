"""Components of strangers that derive from none of our classes go on working."""

import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import rnngen
from rnngen.contracts.conform import conform, conform_codec, conform_target, strategy_of

PLUGIN = '''
import json
from dataclasses import dataclass

import numpy as np
import rnngen


@dataclass(frozen=True)
class Options:
    """Lines of digits."""

    longest: int = rnngen.option(50, "digits of a line that are read", min=1)


class Names:
    def __init__(self, codec):
        self.codec = codec

    def feed(self, step):
        return self.codec.token(step)

    def flush(self):
        return ""


class Numbers:
    def __init__(self):
        self.size, self.boundary, self.opening = 11, 10, []

    def encode(self, content):
        return np.array([int(digit) for digit in content], dtype=np.int64)

    def decode(self, steps):
        return "".join(self.token(int(step)) for step in steps)

    def token(self, step):
        return ";" if step == 10 else str(int(step))

    def stream(self):
        return Names(self)

    def files(self):
        return {"codec.json": json.dumps({"digits": 10}).encode()}

    def grow(self, pieces):
        return Numbers()


class Lines:
    def __init__(self, longest=50):
        self.longest = longest

    def read(self, sources):
        for source in sources:
            with source.open() as stream:
                for line in stream:
                    digits = line.decode().strip()[: self.longest]
                    yield rnngen.Piece(digits, True, len(line))

    def fit_codec(self, pieces):
        return Numbers()

    def load_codec(self, files):
        if json.loads(files["codec.json"]) != {"digits": 10}:
            raise rnngen.BundleError("other digits")
        return Numbers()

    def likelihood(self, codec):
        return "categorical", {"size": codec.size}

    def write(self, written, codec, path):
        path.write_text("\\n".join(one.prompt + one.text for one in written))
        return [path]


class Rarest:
    """Always the step that the model expects least."""

    def attach(self, bundle, note):
        note(f"attached to a model of {bundle.codec.size} steps")

    def explain(self, engine, request, row, steps):
        return []

    def decode(self, engine, request):
        import torch

        for row, prompt in enumerate(request.prompts):
            tokens = torch.tensor(list(prompt)).unsqueeze(1)
            output, state = engine.read(tokens, engine.start(1))
            for _ in range(request.length):
                logs = output[0].float().log_softmax(-1)
                order = logs.argsort().tolist()
                step = next(one for one in order if one not in request.forbidden)
                if step in request.ends:
                    break
                yield rnngen.Emission(row, step, float(logs[step]))
                output, state = engine.step(torch.tensor([step]), state)


@rnngen.hookimpl
def register_domains(register):
    register("digits", Lines, options=Options, summary="lines of digits")


@rnngen.hookimpl
def register_decoders(register):
    register("rarest", Rarest, summary="what is expected least")
'''


@pytest.fixture
def digits(make_plugin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_plugin("digits", PLUGIN)
    path = tmp_path / "lines.txt"
    path.write_text("31415926535\n2718281828\n" * 20)
    return path


def test_a_domain_and_a_decoder_that_derive_from_nothing_go_from_fit_to_evaluate(digits, run_cli):
    made = run_cli("fit", digits, "--domain", "digits", "--steps", 2, "--hidden", 8, "--run", "run")
    assert made.exit_code == 0, made.stderr
    written = run_cli("generate", "run", "31", "-l", 5, "--decoder", "rarest", "--json")
    assert written.exit_code == 0, written.stderr
    assert "attached to a model of 11 steps" in written.stderr
    (one,) = json.loads(written.stdout)
    assert one["prompt"] == "31"
    assert set(one["text"]) <= set("0123456789;")
    saved = run_cli("generate", "run", "-l", 5, "--seed", 1, "--out", "out.txt")
    assert saved.exit_code == 0, saved.stderr
    assert set(Path("out.txt").read_text()) <= set("0123456789;")
    measured = run_cli("evaluate", "run", digits, "--json", "--sample", 0, "--no-baselines")
    assert measured.exit_code == 0, measured.stderr
    # 20 lines of 11 and of 10 digits, and the boundary between two of them.
    assert json.loads(measured.stdout)["characters"] == 20 * 21 + 39
    grown = run_cli("fit", digits, "--from", "run", "--steps", 1, "--run", "grown")
    assert grown.exit_code == 0, grown.stderr


def test_a_strangers_domain_refuses_by_the_name_it_is_registered_by(digits, run_cli):
    assert (
        run_cli(
            *("fit", digits, "--domain", "digits", "--steps", 1, "--hidden", 4, "--run", "run")
        ).exit_code
        == 0
    )
    done = run_cli("generate", "run", "3", "--primer", digits)
    assert done.exit_code == 2
    assert "the domain `digits` does not support continuing from a file" in done.stderr


class Text:
    """A codec of two letters, as one was written for 0.1.0."""

    size, boundary, opening = 3, 0, ()

    def encode(self, content):
        return np.array([" ab".index(letter) for letter in content])

    def decode(self, steps):
        return "".join("|a\u00e4"[step] for step in steps)

    def token(self, step):
        return "|ab"[step]

    def stream(self):
        raise NotImplementedError

    def files(self):
        return {}


class Reads:
    def read(self, sources):
        return iter(())

    def fit_codec(self, pieces):
        return Text()

    def load_codec(self, files):
        return Text()

    def likelihood(self, codec):
        return "categorical", {"size": 3}


class TakesFiles(Reads):
    def begin(self, prompt, codec):
        return rnngen.Beginning(())


def test_a_codec_that_streams_spells_text_by_what_it_decodes():
    domain = conform("domain", "letters", Reads())
    codec = conform_codec(domain, domain.fit_codec(list))
    assert isinstance(codec, rnngen.Codec)
    assert codec.spells_text
    assert [codec.bytes_of(step) for step in range(3)] == [b"", b"a", "\u00e4".encode()]
    assert codec.separator == "|"
    assert (codec.step_shape, codec.condition, codec.unknown) == ((), None, None)
    steps, lengths = codec.encode_many(["ab", "b"])
    assert (steps.tolist(), lengths) == ([1, 2, 2], [2, 1])


def test_a_codec_whose_domain_takes_no_text_spells_none():
    domain = conform("domain", "files", TakesFiles())
    codec = conform_codec(domain, domain.fit_codec(list))
    assert not codec.spells_text
    with pytest.raises(rnngen.Unsupported, match="the codec `Text` does not support"):
        codec.bytes_of(1)


def test_what_was_known_by_a_method_alone_is_known_by_its_attribute():
    class Old(Reads):
        def forecast(self, engine, codec, sources, request, note):
            return "forecast"

        def show(self, written, codec):
            return "shown"

    domain = conform("domain", "old", Old())
    assert domain.forecasts
    assert domain.shows
    assert domain.forecast(None, None, [], None, print) == "forecast"
    assert not conform("domain", "reads", Reads()).forecasts


def test_measures_that_took_five_arguments_are_handed_the_same():
    class Old(Reads):
        def evaluate(self, bundle, train, held_out, label, note):
            return bundle, train, held_out, label, note

    given = SimpleNamespace(bundle=1, train=2, held_out=3, label="four", note=print)
    assert conform("domain", "old", Old()).evaluate(given) == (1, 2, 3, "four", print)


def test_shares_that_were_read_from_the_options_are_the_domains_own():
    class Old(Reads):
        options = SimpleNamespace(valid=0.3, split="documents")

    domain = conform("domain", "old", Old())
    assert (domain.valid, domain.split) == (0.3, "documents")


def test_a_class_with_slots_and_a_class_are_made_once():
    class Slotted:
        __slots__ = ("seen",)

        def decode(self, engine, request):
            return iter(())

    made = conform("decoder", "slotted", Slotted())
    assert isinstance(made, Slotted)
    assert isinstance(made, rnngen.Decoder)
    assert not made.complete
    assert conform_target("decoder", Slotted) is type(made)
    assert conform_target("decoder", type(made)) is type(made)


def test_what_a_wrapper_hands_on_is_its_own():
    class Inner:
        complete = True

        def decode(self, engine, request):
            return iter(())

    class Loud:
        def __init__(self, inner):
            self.inner = inner

        def __getattr__(self, name):
            if name == "inner":
                raise AttributeError(name)
            return getattr(self.inner, name)

        def decode(self, engine, request):
            return self.inner.decode(engine, request)

    made = conform("decoder", "loud", Loud(Inner()))
    assert made.complete
    assert made.vectors is False


def test_what_sets_its_size_in_its_initializer_keeps_it():
    class Late(rnngen.Codec):
        def __init__(self):
            self.size, self.step_shape = 7, (7,)

        def encode(self, content):
            raise NotImplementedError

        def files(self):
            return {}

    assert (Late().size, Late().step_shape) == (7, (7,))


@pytest.mark.parametrize("missing", ["read", "fit_codec", "load_codec", "likelihood"])
def test_a_domain_that_lacks_what_all_have_is_told_so(missing):
    methods = {name: value for name, value in vars(Reads).items() if not name.startswith("_")}
    del methods[missing]
    with pytest.raises(rnngen.PluginError, match=f"the domain `Part` lacks `{missing}`"):
        conform("domain", "part", type("Part", (), methods)())


def test_what_can_not_derive_is_told_which_class_to_derive_from():
    class Meta(type):
        pass

    class Odd(metaclass=Meta):
        def decode(self, engine, request):
            return iter(())

    with pytest.raises(rnngen.PluginError) as refused:
        conform("decoder", "odd", Odd())
    assert refused.value.hint == "its author can derive it from `rnngen.Decoder`"


def test_hooks_may_stand_in_a_module_that_says_what_it_needs():
    module = ModuleType("hooks")
    assert not strategy_of(module).task_gradient
    assert not strategy_of(module).remembers
    module.task_gradient = True
    module.memory_tokens = 12
    assert strategy_of(module).task_gradient
    assert strategy_of(module).memory_tokens == 12


def test_data_of_a_domain_that_keeps_no_options_is_prepared_anew_for_others(digits):
    from rnngen.data.prepare import prepare
    from rnngen.kernel.catalog import get_catalog

    sources = [rnngen.Source("lines.txt", digits)]
    component = get_catalog().find("domain", "digits")
    steps = {
        longest: prepare("digits", component.build(longest=longest), sources).summary.steps
        for longest in (3, 4)
    }
    assert steps == {3: 40 * 3, 4: 40 * 4}
