"""Every decoder's log-probability is that of the whole sequence, by enumeration of all of them."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from rnngen.bundles import write
from rnngen.bundles.bundle import Bundle, load
from rnngen.verbs.chat import Chat
from rnngen.verbs.generate import generate
from tests import small_bundle

LENGTH = 3
Table = dict[tuple[str, str], float]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A model of lines of `a`, `b` and `c`."""
    folder = tmp_path_factory.mktemp("lines")
    codec = small_bundle.codec("abc")
    model = small_bundle.model(size=codec.size)
    with torch.no_grad():
        model.readout.weight.mul_(4)
        model.readout.bias[0] = 0.7
    options = {"tokens": "char", "documents": "line"}
    manifest = small_bundle.manifest(model, 1, domain={"name": "text", "options": options})
    write.commit_model(folder, model.tensors(), manifest, codec.files())
    return load(folder)


@pytest.fixture(scope="module")
def table(bundle: Bundle) -> Table:
    """ln p of every text and the way it ends, by the model's forward in float64."""
    model, codec = bundle.model, small_bundle.codec("abc")
    found: Table = {}
    for count in range(LENGTH + 1):
        for letters in itertools.product("abc", repeat=count):
            text = "".join(letters)
            steps = [codec.boundary, *(codec.encode(text).tolist() if text else [])]
            with torch.no_grad():
                output, _ = model(torch.tensor(steps)[:, None], model.initial_state(1))
            logs = output[:, 0].double().log_softmax(-1)
            so_far = sum(float(logs[place, step]) for place, step in enumerate(steps[1:]))
            if count < LENGTH:
                found[text, "document"] = so_far + float(logs[-1, codec.boundary])
            else:
                found[text, "length"] = so_far
    return found


def test_the_enumerated_probabilities_sum_to_one(table: Table) -> None:
    assert math.fsum(map(math.exp, table.values())) == pytest.approx(1, abs=1e-6)


REGEX = ["regex=[abc]*"]


@pytest.mark.parametrize(
    ("decoder", "options"),
    [
        ("sample", []),
        ("sample", ["temperature=0.3", "top_k=3", "top_p=0.99"]),
        ("greedy", []),
        ("constrained", REGEX),
        ("constrained", [*REGEX, "base=greedy"]),
        ("constrained", [*REGEX, "sampling=exact"]),
        ("constrained", [*REGEX, "sampling=exact", "effort=1", "temperature=3"]),
    ],
    ids=str,
)
def test_a_drawn_sequence_has_the_probability_of_all_of_it(
    bundle: Bundle, table: Table, decoder: str, options: list[str]
) -> None:
    count = 60 if decoder == "sample" else 12
    written = generate(bundle, length=LENGTH, count=count, decoder=decoder, options=options)
    for one in written:
        assert one.log_probability == pytest.approx(table[one.text, one.end], abs=1e-5)
        assert (one.end_log_probability is None) == (one.end == "length")
        own = math.fsum([*one.log_probabilities, one.end_log_probability or 0])
        assert one.log_probability == pytest.approx(own)
    if decoder == "sample" and not options:
        assert {one.end for one in written} == {"document", "length"}
        assert any(not one.text for one in written)


@pytest.mark.parametrize("alpha", [0, 0.6, 3])
@pytest.mark.parametrize(("decoder", "options"), [("beam", []), ("constrained", REGEX)], ids=str)
def test_the_n_best_are_the_n_best_of_all_sequences(
    bundle: Bundle, table: Table, decoder: str, options: list[str], alpha: float
) -> None:
    chosen = [*options, "width=100", f"length_penalty={alpha}"]
    if decoder == "constrained":
        chosen.append("base=beam")

    def score(key: tuple[str, str]) -> float:
        return table[key] / ((5 + len(key[0])) / 6) ** alpha

    best = sorted(table, key=score, reverse=True)
    for count in (1, 7, len(table)):
        written = generate(bundle, length=LENGTH, count=count, decoder=decoder, options=chosen)
        assert [(one.text, one.end) for one in written] == best[:count]
        for one in written:
            assert one.log_probability == pytest.approx(table[one.text, one.end], abs=1e-5)
    also = generate(bundle, length=LENGTH, decoder=decoder, options=[*chosen, "n_best=7"])
    assert [one.text for one in also] == [text for text, _ in best[:7]]


def test_the_end_of_the_last_of_several_documents_counts(bundle: Bundle) -> None:
    (written,) = generate(bundle, length=400, documents=3, seed=1)
    assert written.end == "document"
    steps = torch.tensor([0, *written.steps, 0])[:, None]
    with torch.no_grad():
        output, _ = bundle.model(steps, bundle.model.initial_state(1), steps == 0)
    logs = output[:-1, 0].log_softmax(-1).gather(1, steps[1:])
    assert written.log_probability == pytest.approx(float(logs.sum()), abs=1e-4)
    assert written.end_log_probability == pytest.approx(float(logs[-1]), abs=1e-5)


def test_what_is_cut_off_by_a_stop_text_has_no_end(bundle: Bundle) -> None:
    for one in generate(bundle, length=50, count=20, stop="a"):
        assert one.end in ("stop", "document")
        assert (one.end_log_probability is None) == (one.end == "stop")


def test_an_end_that_the_model_does_not_know_costs_nothing(bundle: Bundle, tmp_path: Path) -> None:
    small_bundle.save(tmp_path / "novel")
    for more in ([], ["base=beam"], ["base=greedy"], ["sampling=exact"]):
        options: Any = ["regex=ab?", *more]
        (one,) = generate(tmp_path / "novel", length=9, decoder="constrained", options=options)
        assert one.end == "document"
        assert one.end_log_probability == 0
        assert one.log_probability == pytest.approx(sum(one.log_probabilities))


def test_equal_sequences_are_told_and_written(bundle: Bundle) -> None:
    for decoder, options in (
        ("greedy", []),
        ("sample", ["temperature=0"]),
        ("constrained", [*REGEX, "base=greedy"]),
    ):
        told: list[str] = []
        written = generate(
            bundle, length=4, count=3, decoder=decoder, options=options, note=told.append
        )
        assert "the 3 sequences are equal" in told[0]
        assert len(written) == 3
        assert written[0] == written[1] == written[2]
    told = []
    generate(bundle, length=4, count=3, note=told.append)
    generate(bundle, length=4, count=1, decoder="greedy", note=told.append)
    assert told == []


def test_chat_answers_end_like_documents_of_their_own(tmp_path: Path) -> None:
    alphabet = "ab: \nUSYTEM"
    small_bundle.save(tmp_path, characters=alphabet, size=len(alphabet) + 1)
    chat = Chat(tmp_path, you="USE: ", other="SYS: ", decoder="beam", length=5)
    assert len(chat.answer("ab")) <= 5
