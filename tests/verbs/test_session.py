"""Many sequences: written in parts, the same as together, in memory that does not grow."""

from __future__ import annotations

import itertools
import json
import tracemalloc
from pathlib import Path

import pytest

from rnngen.bundles.bundle import load
from rnngen.contracts.errors import UsageError
from rnngen.verbs import generate as verb
from rnngen.verbs.generate import Session, generate, rows_at_once
from tests import small_bundle
from tests.conftest import RunCli


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    small_bundle.save(folder)
    return folder


CHOICES = [
    ("sample", ["temperature=1.5"]),
    ("constrained", ["regex=[abc]{2,6}"]),
    ("constrained", ["regex=[abc]{2,6}", "sampling=exact"]),
    ("constrained", ["regex=[abc]{2,6}", "sampling=exact", "effort=1"]),
]


@pytest.mark.parametrize(("decoder", "options"), CHOICES, ids=str)
def test_sequences_in_parts_are_those_written_together(
    run: Path, decoder: str, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[list[str]] = []
    written = []
    for rows in (256, 3):
        monkeypatch.setattr(verb, "ROWS", rows)
        told.append([])
        written.append(
            generate(
                run,
                "a",
                length=9,
                count=10,
                decoder=decoder,
                options=options,
                seed=4,
                note=told[-1].append,
            )
        )
    assert written[0] == written[1]
    assert told[0] == told[1]
    assert len(told[0]) == (decoder == "constrained")


def test_streamed_numbers_go_on_from_part_to_part(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "ROWS", 2)
    heard: dict[int, str] = {}
    written = generate(
        run,
        length=5,
        count=5,
        stop="ab",
        stream=lambda row, text: heard.update({row: heard.get(row, "") + text}),
    )
    assert [heard.get(row, "") for row in range(5)] == [one.text for one in written]


def session(run: Path, **asked: object) -> Session:
    given: dict[str, object] = {
        "length": 20,
        "count": 1,
        "decoder": "sample",
        "options": None,
        "seed": 0,
        "stop": (),
        "documents": None,
        "device": "cpu",
        "engine": "torch",
        "explain": False,
        "primer": None,
        "no_prompt": False,
        "note": lambda text: None,
    }
    return Session(run, **{**given, **asked})  # type: ignore[arg-type]


def test_a_million_sequences_begin_at_once_and_take_the_memory_of_a_few(run: Path) -> None:
    tracemalloc.start()
    try:
        million = session(run, count=10**12).run()
        some = [one.text for one in itertools.islice(million, 600)]
        million.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2e7
    assert some == [one.text for one in generate(run, length=20, count=600)]


def test_text_that_is_streamed_is_not_kept(run: Path) -> None:
    (nothing,) = session(run, length=300).run(lambda row, text: None, keep="nothing")
    assert (nothing.text, nothing.steps, nothing.end) == ("", [], "length")
    (text,) = session(run, length=300).run(keep="text")
    assert text.text == generate(run, length=300)[0].text
    assert text.steps == text.log_probabilities == []


def test_long_sequences_and_large_models_are_written_few_at_a_time(run: Path) -> None:
    bundle = load(run)
    assert rows_at_once(bundle, 500) == verb.ROWS
    assert rows_at_once(bundle, 10**6) == 2
    assert rows_at_once(bundle, 10**9) == 1


@pytest.mark.parametrize(
    "asked", [{"count": 10**9}, {"length": 10**12}, {"length": 10**12, "decoder": "beam"}], ids=str
)
def test_a_list_that_can_not_fit_into_memory_is_refused_before_it_is_made(
    run: Path, asked: dict[str, object]
) -> None:
    with pytest.raises(UsageError, match=r"needs at least .* is free"):
        generate(run, **{"length": 500, **asked})  # type: ignore[arg-type]


def test_json_of_endless_length_is_refused_and_text_is_not(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "-l", 10**12, "--json")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "1,000,000,000,000 steps" in done.stderr
    session(run, length=10**12).check_room(1, "nothing")


def test_json_rows_are_one_list_however_they_come(
    run: Path, run_cli: RunCli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = run_cli("generate", run, "-l", 5, "-n", 7, "--json").stdout
    monkeypatch.setattr(verb, "ROWS", 2)
    assert run_cli("generate", run, "-l", 5, "-n", 7, "--json").stdout == whole
    run_cli("generate", run, "-l", 5, "-n", 7, "--json", "--out", tmp_path / "all.json")
    assert (tmp_path / "all.json").read_text() == whole
    assert len(json.loads(whole)) == 7
    assert whole == json.dumps(json.loads(whole), indent=2, ensure_ascii=False) + "\n"


def test_without_the_prompt_only_what_is_new_is_written(
    run: Path, run_cli: RunCli, tmp_path: Path
) -> None:
    texts = [one.text for one in generate(run, "ab", length=9, count=2)]
    for shown, flags in (("ab", []), ("", ["--no-prompt"])):
        expected = "\n---\n".join(shown + text for text in texts) + "\n"
        command = ["generate", run, "ab", "-l", 9, "-n", 2, *flags]
        assert run_cli(*command).stdout == expected
        run_cli(*command, "--out", tmp_path / "o.txt")
        assert (tmp_path / "o.txt").read_text() == expected
    alone = run_cli("generate", run, "ab", "-l", 9, "--no-prompt").stdout
    assert alone == texts[0] + "\n"
    (row,) = generate(run, "ab", length=9, no_prompt=True)
    assert (row.prompt, row.text, len(row.beginning.steps)) == ("", texts[0], 0)


def test_the_command_means_the_n_best_of_a_beam(run: Path, run_cli: RunCli, tmp_path: Path) -> None:
    beam = ["generate", run, "ab", "-l", 6, "--decoder", "beam"]
    shown = run_cli(*beam, "-n", 3).stdout
    assert shown == run_cli(*beam, "-o", "n_best=3").stdout
    assert len(set(shown.split("\n---\n"))) == 3
    run_cli(*beam, "-n", 3, "--out", tmp_path / "o.txt")
    assert (tmp_path / "o.txt").read_text() == shown
    done = run_cli(*beam, "-n", 9)
    assert done.exit_code == 2
    assert "`-o width=9`" in done.stderr
    equal = run_cli("generate", run, "ab", "-l", 6, "--decoder", "greedy", "-n", 3)
    assert "the 3 sequences are equal" in equal.stderr
