"""What a bundle keeps of somebody's texts is said, and left out of the copy that is given away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import rnngen
from rnngen.contracts.conform import strategy_of
from rnngen.contracts.errors import DataError, ExitCode, UsageError
from rnngen.files.tensors import read_tensors
from rnngen.kernel.catalog import Catalog
from rnngen.kernel.discovery import Policy
from rnngen.verbs.export import export
from tests.continual_runs import write_tasks

KEEPING = ("replay", "agem")
SMALL = {"cell": "gru", "hidden": 8, "steps": 4, "device": "cpu", "precision": "fp32"}


def fit(files, run, plugins, **given):
    options = ["train.lanes=4", "train.chunk=16", *given.pop("options", ())]
    return rnngen.fit(files, run=run, plugins=plugins, options=options, **{**SMALL, **given})


@pytest.fixture(scope="module")
def mine(tmp_path_factory, cache):
    """A folder with two private texts and a run that learned them with replay and EWC."""
    folder = tmp_path_factory.mktemp("kept")
    write_tasks(folder, "ab")
    (folder / "a.txt").rename(folder / "diary.txt")
    (folder / "b.txt").rename(folder / "letters.txt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNGEN_CACHE", str(cache))
        patch.chdir(folder)
        fit(["diary.txt", "letters.txt"], "mine", ["replay", "ewc"])
    return folder


@pytest.fixture
def here(mine, monkeypatch):
    monkeypatch.chdir(mine)
    return mine


def words_kept(bundle) -> list[str]:
    memory = bundle.strategy_state["replay"]["memory"]["steps"]
    return [bundle.codec.decode(row[row > 0].numpy()) for row in memory]


def test_every_bundled_strategy_that_remembers_says_whether_its_state_has_the_data():
    catalog = Catalog(Policy())
    catalog.load_all()
    options = {"avalanche": {"strategy": "ewc"}}
    for component in catalog.components("strategy"):
        if component.plugin.name not in ("continual", "avalanche"):
            continue
        strategy = strategy_of(component.build(**options.get(component.name, {})))
        assert not strategy.remembers or strategy.keeps_data is False, component.name


@pytest.mark.parametrize("strategy", ["naive", "ewc", "si", "mas", "lwf", "agem", "self-replay"])
def test_card_says_in_a_line_what_each_strategy_keeps(strategy, here, tmp_path, run_cli):
    bundle = fit(["diary.txt"], tmp_path / "run", [strategy], options=["train.sample=0"])
    page = run_cli("show", bundle.path).stdout
    (line,) = [line.strip() for line in page.splitlines() if line.strip().startswith("keeps ")]
    if strategy not in KEEPING:
        assert line == "keeps no text of yours beyond its vocabulary"
        return
    steps = bundle.strategy_state[strategy]["memory"]["steps"].numel()
    assert line == f"keeps {steps:,} characters of your texts ({strategy} memory)"


def test_memory_is_counted_by_the_very_words_that_are_in_the_bundle(here, run_cli):
    bundle = rnngen.load("mine")
    found = json.loads(run_cli("show", "mine", "--json").stdout)["kept"]
    texts = Path("diary.txt").read_text() + Path("letters.txt").read_text()
    windows = words_kept(bundle)
    assert all(window in texts for window in windows)
    assert found["replay"]["data"] is True
    assert (
        found["replay"]["characters"] == bundle.strategy_state["replay"]["memory"]["steps"].numel()
    )
    assert found["ewc"]["data"] is False


STRANGERS = """
import torch

class Silent:
    def __init__(self): self.seen = torch.arange(100)
    @rnngen.hookimpl
    def task_finished(self, run, task, batches): pass
    def state_dict(self): return {"seen": self.seen}
    def load_state_dict(self, state): self.seen = state["seen"]

class Honest(Silent):
    keeps_data = False

class Counting(Silent):
    memory_tokens = 100

class Contradicting(Counting):
    keeps_data = False

@rnngen.hookimpl
def register_strategies(register):
    for kind in (Silent, Honest, Counting, Contradicting):
        register(kind.__name__.lower(), kind)
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("silent", "bytes of `silent`, which does not say whether they hold your data"),
        ("honest", "keeps no text of yours beyond its vocabulary"),
        ("counting", "keeps 100 characters of your texts (counting memory)"),
        ("contradicting", "keeps 100 characters of your texts (contradicting memory)"),
    ],
)
def test_strategy_of_a_stranger_is_covered_also_where_it_says_nothing(
    name, line, here, tmp_path, run_cli, make_plugin
):
    make_plugin("odd", STRANGERS)
    run, given = tmp_path / "run", tmp_path / "given"
    words = ["--hidden", "4", "--steps", "2", "--plugin", name, "--run", run]
    assert run_cli("fit", "diary.txt", *words).exit_code == ExitCode.OK
    page = run_cli("show", run).stdout
    (found,) = [text for text in page.splitlines() if " keeps " in text]
    assert found.strip().endswith(line)
    if name == "silent":
        assert int(found.split()[1].replace(",", "")) >= 800
    assert run_cli("export", run, "--format", "bundle", "--out", given).exit_code == ExitCode.OK
    assert (name in rnngen.load(given).strategy_state) == (name == "honest")


def test_older_bundle_says_the_size_of_what_it_does_not_explain(here, tmp_path, run_cli):
    export("mine", tmp_path / "old", format="bundle", options=["memory=true"])
    document = json.loads((tmp_path / "old/bundle.json").read_text())
    del document["kept"]
    (tmp_path / "old/bundle.json").write_text(json.dumps(document))
    page = run_cli("show", tmp_path / "old").stdout
    assert "bytes of `replay`, which does not say whether they hold your data" in page
    export(tmp_path / "old", tmp_path / "newer", format="bundle")
    assert rnngen.load(tmp_path / "newer").strategy_state == {}


def test_copy_to_give_away_has_no_word_name_or_path_of_the_data(here, tmp_path, run_cli):
    outcome = run_cli("export", "mine", "--format", "bundle", "--out", tmp_path / "given")
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert outcome.stdout.strip() == str(tmp_path / "given")
    files = [path for path in (tmp_path / "given").rglob("*") if path.is_file()]
    names = {path.name.partition("-")[0] for path in files}
    assert names == {"bundle.json", "config.toml", "codec", "strategy", "weights"}
    whole = b"".join(path.read_bytes() for path in files)
    fingerprint = rnngen.load("mine").data_record.fingerprint[0]
    for secret in ("diary", "letters", str(here), fingerprint, "rnngen fit"):
        assert secret.encode() not in whole
    for path in files:
        if path.suffix == ".safetensors":
            assert not [name for name in read_tensors(path) if "replay" in name]
    page = run_cli("show", tmp_path / "given").stdout
    assert "keeps no text of yours beyond its vocabulary" in page
    assert "exported without what `replay` kept" in page


def test_copy_without_memory_generates_and_evaluates_as_the_run_does(here, tmp_path):
    export("mine", tmp_path / "given", format="bundle")
    mine, given = rnngen.load("mine"), rnngen.load(tmp_path / "given")
    written = [bundle.generate(length=60, documents=0)[0].text for bundle in (mine, given)]
    assert written[0] == written[1]
    measured = [
        bundle.evaluate(["diary.txt"], baselines=False, sample=0) for bundle in (mine, given)
    ]
    assert measured[0] == measured[1]
    with pytest.raises(DataError, match="does not name what it was trained on"):
        given.evaluate()


def test_training_on_a_copy_without_memory_says_that_it_is_missing(here, tmp_path, run_cli):
    export("mine", tmp_path / "given", format="bundle")
    words = ["--from", tmp_path / "given", "--steps", "2", "--run", tmp_path / "more"]
    outcome = run_cli("fit", "letters.txt", *words)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    said = " ".join(outcome.stderr.split())
    assert "was exported without what `replay` kept of its data: the memory is missing" in said
    more = rnngen.load(tmp_path / "more").strategy_state
    assert more["replay"]["tasks"] == 1
    # What holds no data came along.
    anchor = rnngen.load(tmp_path / "given").strategy_state["ewc"]["anchor"]
    assert anchor.keys() == more["ewc"]["anchor"].keys()


def test_memory_and_names_are_exported_where_that_is_asked_for(here, tmp_path):
    options = ["memory=true", "names=true"]
    export("mine", tmp_path / "given", format="bundle", options=options)
    mine, given = rnngen.load("mine"), rnngen.load(tmp_path / "given")
    assert words_kept(given) == words_kept(mine) != []
    assert given.data_record == mine.data_record
    assert given.manifest["history"]["tasks"] == ["diary.txt", "letters.txt"]
    names, again = ([name for name, _ in b.evaluate(sample=0).tasks] for b in (mine, given))
    assert names == again


def test_copy_is_never_written_over_something_else(here, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/own.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for place in ("full", "file"):
        with pytest.raises(UsageError, match="expected a new folder"):
            export("mine", tmp_path / place, format="bundle")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["own.txt"]


def test_vectors_are_counted_as_steps_of_data(tmp_path, run_cli):
    rows = [f"{1990 + n // 12}-{n % 12 + 1:02},{(7 * n * n) % 11}" for n in range(72)]
    (tmp_path / "sold.csv").write_text("\n".join(["date,sold", *rows]) + "\n")
    options = ["series.horizon=6", "series.context=6"]
    bundle = fit(
        [str(tmp_path / "sold.csv")],
        tmp_path / "run",
        ["replay"],
        domain="series",
        options=options,
    )
    steps = torch.Size(bundle.strategy_state["replay"]["memory"]["steps"].shape[:2]).numel()
    page = run_cli("show", bundle.path).stdout
    assert f"keeps {steps:,} steps of your data (replay memory)" in page
