from __future__ import annotations

import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.bundles.run_folder import RunFolder
from rnngen.cli import card_page
from rnngen.cli.ui import Ui
from rnngen.contracts.errors import BundleError, RnngenError, UsageError
from rnngen.verbs import card
from tests import small_bundle


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_bundle.train(tmp_path_factory.mktemp("runs") / "book-gru")


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    shutil.copytree(trained, tmp_path / "book-gru")
    return tmp_path / "book-gru"


def test_the_card_tells_model_data_training_metrics_and_files(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card_page.show(run, Ui())
    out, err = capsys.readouterr()
    for text in (
        "the model of step 100",
        "2 x 6 gru, 523 parameters, 5 different tokens",
        "cell 1 216 + cell 2 252 + embedding 20 + readout 35",
        "book.txt (1.0 kB)",
        "text: tokens char",
        "fingerprint f00d",
        "100 steps, 6,400 tokens, 2.0 s, 3,200 tokens/s",
        "cpu (as asked), seed 0",
        "finished",
        "best valid 1.6000 nats/token (2.3083 bits/token) at step 100",
        "last valid 1.6000",
        "last train 1.5000",
        "nats per token",
        "samples/step-000100.txt\n    abba cab\n",
        "weights-000100.safetensors     3.0 kB",
        "samples/ (2)",
    ):
        assert text in out
    assert 216 + 252 + 20 + 35 == 523
    assert err == f"learning curve drawn in {run / 'curve.png'}\n"
    assert (run / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_the_card_as_json_has_the_same_numbers(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card_page.show(run, Ui(), json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["model"]["parts"] == {
        "cell 1": 216,
        "cell 2": 252,
        "embedding": 20,
        "readout": 35,
    }
    best = document["metrics"]["best_valid"]
    assert best["step"] == 100
    assert best["bits_per_token"] == pytest.approx(best["nats_per_token"] / math.log(2))
    assert document["training"]["tokens_per_second"] == 3200
    assert document["sample"]["text"] == "abba cab\n"
    assert document["curve"] == str(run / "curve.png")
    assert {file["state"] for file in document["files"].values()} == {"whole"}


def test_without_a_path_the_newest_run_is_shown(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(run.parent)
    with pytest.raises(UsageError, match="there is no run"):
        card_page.show(None, Ui())
    shutil.copytree(run, run.parent / "runs/mine")
    card_page.show(None, Ui())
    assert capsys.readouterr().out.startswith("runs/mine: the model of step 100")


def test_files_that_changed_since_they_were_saved_are_pointed_out(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (run / "log.txt").open("a") as file:
        file.write("something else\n")
    (run / "samples/step-000050.txt").unlink()
    card_page.show(run, Ui())
    out, err = capsys.readouterr()
    assert "log.txt` is changed since it was saved" in err
    assert "step-000050.txt` is missing since it was saved" in err
    assert "changed!" in out


def test_a_damaged_model_is_an_error_and_not_a_card(run: Path) -> None:
    next(run.glob("weights-*")).unlink()
    with pytest.raises(BundleError, match="weights-000100"):
        card_page.show(run, Ui())


def test_a_run_that_has_not_saved_a_model_is_shown_as_far_as_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunFolder.create(tmp_path / "run", "x") as run:
        run.append_metrics({"step": 1, "split": "train", "loss": 2.0, "tokens": 64, "seconds": 0.5})
        card_page.show(run.path, Ui())
    out, _ = capsys.readouterr()
    assert "no model saved yet" in out
    assert "running" in out
    assert "last train 2.0000" in out
    assert not (tmp_path / "run/curve.png").exists()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is not a bundle"):
        card_page.show(tmp_path, Ui())


def test_without_matplotlib_the_card_says_how_to_get_the_picture(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    card_page.show(run, Ui())
    out, err = capsys.readouterr()
    assert "best valid" in out
    assert 'pip install "rnngen[plots]"' in err
    assert err.count("\n") == 1


def test_nothing_on_a_card_commands_the_terminal(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (run / "samples/step-000200.txt").write_text("\x1b]0;owned\x07 and \x9b31m red \x1b[2J")
    small_bundle.edit(run, lambda document: document["data"].update(sources=["\x1b[2Jbook"]))
    card_page.show(run, Ui())
    out, _ = capsys.readouterr()
    assert "book" in out
    assert not {"\x1b", "\x07", "\x9b"} & set(out)


def test_a_long_sample_is_cut(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "samples/step-000200.txt").write_text("\n".join(f"line {n}" for n in range(100)))
    card_page.show(run, Ui())
    out, _ = capsys.readouterr()
    assert "line 7\n    ...\n" in out
    assert "line 8\n" not in out


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=120, deadline=None)
@given(
    file=st.sampled_from(["bundle.json", "run.json"]),
    path=st.lists(st.integers(0, 20), min_size=1, max_size=3),
    value=json_values,
)
def test_whatever_stands_in_the_json_there_is_a_card_or_a_message(
    trained: Path, file: str, path: list[int], value: Any
) -> None:
    document = json.loads((trained / file).read_text())
    at = document
    for place in path[:-1]:
        inner = list(at.values())[place % len(at)] if at else None
        if not isinstance(inner, dict) or not inner:
            break
        at = inner
    if at:
        at[list(at)[path[-1] % len(at)]] = value
    before = (trained / file).read_bytes()
    (trained / file).write_text(json.dumps(document))
    try:
        read = card.read(trained)
        json.dumps(card.as_json(read), allow_nan=False)
        card_page.as_text(read, unicode=True)
    except RnngenError:
        pass
    finally:
        (trained / file).write_bytes(before)


def test_reading_a_card_imports_no_torch(run: Path, run_isolated: Any) -> None:
    code = (
        "import sys; from pathlib import Path; from rnngen.verbs import card; "
        f"card.read(Path({str(run)!r})); sys.exit('torch' in sys.modules)"
    )
    assert run_isolated(code) == 0


@pytest.fixture
def run_isolated() -> Any:
    import subprocess

    def run(code: str) -> int:
        root = str(Path(__file__).parents[2])
        return subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode

    return run
