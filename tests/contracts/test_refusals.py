"""What a component can't do it refuses by its name, with one sentence and one exit code."""

from pathlib import Path

import pytest

import rnngen
from rnngen.contracts.errors import ExitCode
from rnngen.kernel.catalog import get_catalog


def build(kind, name, **options):
    return get_catalog().find(kind, name).build(**options)


def codec(name, **options):
    return build("domain", name, **options).fit_codec(lambda: [rnngen.Piece("abc", True, 3)])


def note(text):
    pass


REFUSALS = {
    "prime": (
        lambda: build("domain", "text").prime("", rnngen.Source("x", Path("x")), None),
        "the domain `text` does not support continuing from a file",
    ),
    "prime music": (
        lambda: build("domain", "music").prime("", rnngen.Source("x", Path("x")), None),
        "the domain `music` does not support continuing from a file",
    ),
    "forecast": (
        lambda: build("domain", "text").forecast(None, None, [], rnngen.ForecastRequest(), note),
        "the domain `text` does not support forecasting",
    ),
    "backtest": (
        lambda: build("domain", "handwriting").backtest(
            None, None, [], rnngen.ForecastRequest(), True, Path(), note
        ),
        "the domain `handwriting` does not support forecasting",
    ),
    "write": (
        lambda: build("domain", "series").write([], None, Path("x")),
        "the domain `series` does not support writing rows without the series they belong to",
    ),
    "explain": (
        lambda: build("decoder", "sample").explain(None, rnngen.Request([[0]], 1), 0, []),
        "the decoder `sample` does not support explaining what it forbids",
    ),
    "conditions": (
        lambda: codec("text").encode_condition("abc"),
        "the codec `CharCodec` does not support conditions",
    ),
    "bytes": (
        lambda: codec("music", steps="frames").bytes_of(0),
        "the codec `FrameCodec` does not support spelling steps as text",
    ),
    "all bytes": (
        lambda: codec("music", steps="frames").decode_bytes([]),
        "the codec `FrameCodec` does not support spelling steps as text",
    ),
}


@pytest.mark.parametrize("ability", REFUSALS)
def test_what_a_component_can_not_do_it_refuses_by_its_name(ability):
    ask, sentence = REFUSALS[ability]
    with pytest.raises(rnngen.Unsupported) as refused:
        ask()
    assert refused.value.message == sentence
    assert refused.value.exit_code == ExitCode.USAGE


class Least(rnngen.Domain):
    """Nothing but what every domain has to have."""

    def read(self, sources):
        return iter(())

    def fit_codec(self, pieces):
        raise NotImplementedError

    def load_codec(self, files):
        raise NotImplementedError

    def likelihood(self, codec):
        return "categorical", {"size": codec.size}


def test_a_domain_that_says_nothing_more_has_the_defaults_of_the_contract():
    domain = Least()
    assert (domain.valid, domain.split, domain.corpus) == (0.1, "auto", None)
    assert not domain.forecasts
    assert not domain.shows
    assert domain.parts([]) is None
    assert domain.evaluate(None) is None
    assert domain.default_constraint(None) is None
    assert domain.keep(Path("a.TXT.gz"))
    assert not domain.keep(Path("a.PNG.gz"))
    with pytest.raises(rnngen.Unsupported, match="the domain `Least` does not support writing"):
        domain.write([], None, Path("x"))


def test_remarks_of_one_domain_are_not_those_of_another():
    Least().remarks["left out"] = None
    assert Least().remarks == {}


def test_a_codec_without_a_size_says_so():
    class Sizeless(rnngen.Codec):
        def encode(self, content):
            raise NotImplementedError

        def files(self):
            return {}

    with pytest.raises(rnngen.PluginError, match="the codec `Sizeless` lacks `size`"):
        assert Sizeless().size
