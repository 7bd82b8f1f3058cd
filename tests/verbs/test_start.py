"""From a bundle to a decoder, an engine and the steps before the first one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from rnngen.bundles import write
from rnngen.bundles.bundle import Bundle, load
from rnngen.contracts.errors import DataError, UsageError
from rnngen.contracts.steps import Beginning
from rnngen.verbs.start import beginning_of, engine_of, has_documents, make_decoder, opened
from tests import small_bundle
from tests.verbs.test_generate import described


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    small_bundle.save(tmp_path / "run")
    return load(tmp_path / "run")


def test_a_bundle_stays_itself_and_a_path_is_opened(bundle: Bundle) -> None:
    assert opened(bundle) is bundle
    assert opened(str(bundle.path)).path == opened(bundle.path).path == bundle.path


@pytest.mark.parametrize(
    "options", [{"temperature": "0.5"}, {"sample.temperature": 0.5}, ["sample.temperature=0.5"]]
)
def test_options_of_a_decoder_are_typed_whatever_form_they_come_in(options: Any) -> None:
    decoder: Any = make_decoder("sample", options)
    assert decoder.options.temperature == 0.5


@pytest.mark.parametrize("options", [{"top_k": 1}, ["top_k=1"]])
def test_an_option_that_a_decoder_does_not_have_is_named(options: Any) -> None:
    with pytest.raises(UsageError, match="top_k"):
        make_decoder("greedy", options)


def test_the_engine_steps_the_model_of_the_bundle(bundle: Bundle) -> None:
    engine = engine_of(bundle, "cpu")
    model, boundary = bundle.model, bundle.codec.boundary
    output, _ = engine.step(torch.tensor([boundary]), engine.start(1))
    with torch.no_grad():
        expected, _ = model(torch.tensor([[boundary]]), model.initial_state(1))
    assert torch.allclose(output, expected[0], atol=1e-6)


def test_a_device_that_is_not_here_is_refused(bundle: Bundle) -> None:
    with pytest.raises(UsageError, match="tpu"):
        engine_of(bundle, "tpu")


def test_a_prompt_is_the_beginning_and_unknown_characters_are_named(bundle: Bundle) -> None:
    beginning = beginning_of(bundle, "ab")
    assert beginning == Beginning(bundle.codec.encode("ab").tolist(), shown="ab")
    with pytest.raises(DataError, match="`x`"):
        beginning_of(bundle, "ax")


def test_without_a_prompt_a_novel_opens_and_a_document_begins(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(bundle.codec), "opening", [3, 1])
    assert list(beginning_of(bundle, "").steps) == [3, 1]
    lines = described(tmp_path / "lines", small_bundle.codec(), {"documents": "line"})
    assert list(beginning_of(lines, "").steps) == []


def test_a_file_that_a_domain_does_not_continue_is_refused_with_what_to_do(
    bundle: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "primer.json").write_text("[]")
    message = "the domain `text` does not support continuing from a file"
    with pytest.raises(UsageError, match=message) as caught:
        beginning_of(bundle, "", tmp_path / "primer.json")
    assert "--prompt-file" in str(caught.value.hint)
    with pytest.raises(UsageError, match=r"no such file: `.*gone.json`"):
        beginning_of(bundle, "", tmp_path / "gone.json")


@pytest.mark.parametrize(
    ("documents", "options", "several"),
    [(1, {}, False), (2, {}, True), (1, {"documents": "line"}, True), (None, {}, False)],
)
def test_a_model_knows_where_documents_end_if_it_learned_several(
    tmp_path: Path, documents: int | None, options: dict[str, Any], several: bool
) -> None:
    model = small_bundle.model()
    about = {"domain": {"name": "text", "options": options}, "data": {"documents": documents}}
    manifest = small_bundle.manifest(model, 1, **about)
    (tmp_path / "run").mkdir()
    write.commit_model(tmp_path / "run", model.tensors(), manifest, small_bundle.codec().files())
    assert has_documents(load(tmp_path / "run")) is several
