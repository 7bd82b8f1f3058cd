"""The verb `generate`: prompts, ends, stop texts, streaming, and what it returns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import rnngen
from rnngen.bundles import write
from rnngen.bundles.bundle import Bundle, load
from rnngen.components.domains.text.codecs.byte import ByteCodec
from rnngen.contracts.errors import BundleError, DataError, PluginError, UsageError
from rnngen.verbs.generate import generate
from rnngen.verbs.writing import Generated
from tests import small_bundle


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    small_bundle.save(folder)
    return folder


def described(folder: Path, codec: Any, options: dict[str, Any]) -> Bundle:
    """A bundle whose domain has these options."""
    model = small_bundle.model(size=codec.size)
    manifest = small_bundle.manifest(model, 1, domain={"name": "text", "options": options})
    folder.mkdir(exist_ok=True)
    write.commit_model(folder, model.tensors(), manifest, codec.files())
    return load(folder)


@pytest.fixture
def lines(tmp_path: Path) -> Bundle:
    return described(tmp_path / "lines", small_bundle.codec(), {"documents": "line"})


def test_the_package_function_is_the_verb(run: Path) -> None:
    assert rnngen.generate is generate
    assert rnngen.generate(run, length=3) == rnngen.load(run).generate(length=3)


def test_it_returns_what_was_written_without_the_prompt(run: Path) -> None:
    (written,) = generate(run, "ab c", length=40)
    assert written.prompt == "ab c"
    assert len(written.text) == len(written.steps) == len(written.tokens) == 40
    codec = small_bundle.codec()
    assert codec.decode(written.steps) == written.text
    assert written.tokens == [codec.token(step) for step in written.steps]
    assert written.log_probability == pytest.approx(sum(written.log_probabilities))
    assert written.end == "length"


def test_log_probabilities_are_the_models(run: Path) -> None:
    (written,) = generate(run, "ab", length=12, options={"temperature": 0.5, "top_k": 2})
    model = load(run).model
    codec = small_bundle.codec()
    steps = [0, *codec.encode("ab").tolist(), *written.steps]
    with torch.no_grad():
        output, _ = model(torch.tensor(steps)[:, None], model.initial_state(1))
    logs = output[2:-1, 0].log_softmax(-1)
    expected = logs.gather(1, torch.tensor(written.steps)[:, None])[:, 0]
    assert written.log_probabilities == pytest.approx(expected.tolist(), abs=1e-5)


def test_the_same_seed_gives_the_same_whether_one_or_a_hundred_are_drawn(run: Path) -> None:
    hundred = generate(run, "a", length=60, count=100, seed=8)
    assert len({written.text for written in hundred}) == 100
    for count in (1, 3, 64):
        assert generate(run, "a", length=60, count=count, seed=8) == hundred[:count]
    assert generate(run, "a", length=60, seed=9)[0] != hundred[0]


def test_options_are_a_mapping_or_assignments(run: Path) -> None:
    greedy = generate(run, length=30, decoder="greedy")[0].text
    for options in (
        {"temperature": 0},
        {"temperature": "0"},
        {"sample.temperature": 0},
        ["temperature=0"],
        ["sample.temperature=0", "top_p=0.9"],
    ):
        assert generate(run, length=30, options=options)[0].text == greedy


def test_a_novel_never_ends_and_documents_of_lines_do(run: Path, lines: Bundle) -> None:
    novel = generate(run, length=50, count=20)
    assert all(written.end == "length" for written in novel)
    assert all(0 not in written.steps for written in novel)
    short = generate(lines, length=50, count=20)
    assert any(written.end == "document" for written in short)
    for written in short:
        assert 0 not in written.steps
        assert written.end == "document" or len(written.steps) == 50


def test_a_number_of_documents_is_written_with_separators(run: Path, lines: Bundle) -> None:
    for source in (run, lines):
        (several,) = generate(source, length=400, documents=3, seed=1)
        assert several.end == "document"
        assert several.steps.count(0) == 2
        assert several.text.count("\n") == 2
        (endless,) = generate(source, length=400, documents=0, seed=1)
        assert endless.end == "length"
        assert endless.text.startswith(several.text)
        (one,) = generate(source, length=400, documents=1, seed=1)
        assert one.text == several.text.split("\n")[0]


def test_a_document_after_another_starts_from_the_initial_state(run: Path) -> None:
    (written,) = generate(run, length=200, documents=0, decoder="sample", seed=3)
    model = load(run).model
    steps = torch.tensor([0, *written.steps])[:, None]
    with torch.no_grad():
        output, _ = model(steps, model.initial_state(1), steps == 0)
    expected = output[:-1, 0].log_softmax(-1).gather(1, steps[1:])[:, 0]
    assert written.log_probabilities == pytest.approx(expected.tolist(), abs=1e-5)


def test_stop_texts_are_cut_off(run: Path) -> None:
    free = generate(run, length=80, count=8, seed=2)
    stopped = generate(run, length=80, count=8, seed=2, stop=["bc", "ca"])
    for whole, cut in zip(free, stopped, strict=True):
        places = [place for stop in ("bc", "ca") if (place := whole.text.find(stop)) >= 0]
        assert places
        assert cut.end == "stop"
        assert cut.text == whole.text[: min(places)]
        assert cut.steps == whole.steps[: min(places)]
        assert cut.log_probabilities == whole.log_probabilities[: min(places)]
    assert generate(run, length=80, seed=2, stop="bc")[0].text == free[0].text.split("bc")[0]
    (never,) = generate(run, length=80, seed=2, stop=free[0].text + "a")
    assert never == free[0]


def test_a_stop_text_ends_beams_too(run: Path) -> None:
    (free,) = generate(run, length=30, decoder="beam")
    stop = free.text[5:8]
    (cut,) = generate(run, length=30, decoder="beam", stop=stop)
    assert cut.text == free.text[: free.text.find(stop)]


def test_the_stream_is_the_text(run: Path, lines: Bundle) -> None:
    for source, decoder, stops in (
        (run, "sample", ()),
        (run, "sample", ("bc", "aaa")),
        (lines, "sample", ("ab",)),
        (run, "beam", ("bb",)),
    ):
        heard: dict[int, list[str]] = {}
        written = generate(
            source,
            "a",
            length=40,
            count=1 if decoder == "beam" else 5,
            decoder=decoder,
            stop=stops,
            stream=lambda row, text: heard.setdefault(row, []).append(text),  # noqa: B023
        )
        for row, one in enumerate(written):
            assert "".join(heard.get(row, [])) == one.text
            assert "" not in heard.get(row, [])


def test_half_characters_are_held_back_from_the_stream(tmp_path: Path) -> None:
    codec = ByteCodec("\n")
    source = described(tmp_path, codec, {"tokens": "byte"})
    heard: list[str] = []
    (written,) = generate(
        source, "ä€", length=300, stream=lambda row, text: heard.append(text), seed=4
    )
    assert "".join(heard) == written.text
    raw = codec.decode_bytes(written.steps)
    assert written.text == raw.decode("utf-8", "replace")
    # Random bytes are mostly not UTF-8: a piece is never less than what they become for certain.
    assert "\ufffd" in written.text
    assert len(heard) > 100


def test_beam_gives_its_n_best_in_order(run: Path) -> None:
    written = generate(run, length=10, decoder="beam", options={"n_best": 3, "width": 6})
    assert len(written) == 3
    totals = [one.log_probability for one in written]
    assert totals == sorted(totals, reverse=True)


def test_unknown_characters_are_named(run: Path) -> None:
    with pytest.raises(DataError, match="`x`, `ü`") as caught:
        generate(run, "a xü", length=3)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"length": 0}, "`length` is 0"),
        ({"count": 0}, "`count` is 0"),
        ({"documents": -1}, "`documents` is -1"),
        ({"stop": [""]}, "stop text is empty"),
        ({"seed": -1}, "seed is -1"),
        ({"decoder": "beem"}, "no decoder named `beem`"),
        ({"options": {"temprature": 1}}, "temprature"),
        ({"options": ["temprature=1"]}, "temprature"),
        ({"options": ["temperature=hot"]}, "temperature"),
        ({"options": {"temperature": -1}}, "temperature"),
        ({"decoder": "greedy", "options": {"top_k": 1}}, "top_k"),
        ({"decoder": "greedy", "options": ["top_k=1"]}, "top_k"),
        ({"device": "tpu"}, "tpu"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises((UsageError, PluginError), match=message):
        generate(run, **{"length": 3, **arguments})


def test_a_folder_without_a_bundle_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        generate(tmp_path, length=3)


def test_generating_changes_neither_the_bundle_nor_global_state(run: Path) -> None:
    opened = load(run)
    before = {name: part.clone() for name, part in opened.model.tensors().items()}
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first = generate(opened, length=20)
    assert generate(opened, length=20) == first
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(part, before[name]) for name, part in opened.model.tensors().items())
    assert not opened.model.training
    assert isinstance(first[0], Generated)
