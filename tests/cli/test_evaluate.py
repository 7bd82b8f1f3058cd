"""`rnngen evaluate` as a user types it."""

import json

import pytest

from rnngen.contracts.errors import ExitCode

KEYS = {"nats_per_token", "bits_per_character", "bits_per_byte", "perplexity"}


@pytest.fixture
def run(tmp_path, monkeypatch, run_cli):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "book.txt").write_text("The tower clock struck nine, and then it struck ten. " * 50)
    run_cli("fit", "book.txt", "--hidden", 8, "--steps", 3, "-o", "train.sample=0")
    return tmp_path


def test_the_newest_run_is_taken_and_named(run, run_cli):
    outcome = run_cli("evaluate", "--sample", 50)
    assert outcome.exit_code == ExitCode.OK, outcome.stderr
    assert "runs/" in outcome.stderr
    for name in ("model", "unigram", "order-5 n-gram", "xz", "protocol", "copied:"):
        assert name in outcome.stdout


def test_json_has_the_promised_keys(run, run_cli):
    (run / "held.txt").write_text("The tower clock struck one. " * 10)
    outcome = run_cli("evaluate", next((run / "runs").iterdir()), "held.txt", "--json")
    found = json.loads(outcome.stdout)
    assert found.keys() >= KEYS | {"protocol", "baselines", "copied", "warnings"}
    assert all(row.keys() >= KEYS | {"name", "protocol"} for row in found["baselines"])


def test_seed_of_the_environment_is_that_of_the_option_which_wins(run, run_cli, monkeypatch):
    def copied(*options):
        return run_cli("evaluate", "--sample", 50, "--no-baselines", "--json", *options).stdout

    first, fifth = copied("--seed", 0), copied("--seed", 5)
    assert first != fifth
    monkeypatch.setenv("RNNGEN_SEED", "5")
    assert copied() == fifth
    assert copied("--seed", 0) == first


def test_without_any_run_it_says_how_to_make_one(tmp_path, monkeypatch, run_cli):
    monkeypatch.chdir(tmp_path)
    outcome = run_cli("evaluate")
    assert outcome.exit_code == ExitCode.USAGE
    assert "rnngen fit" in outcome.stderr


@pytest.mark.parametrize("name", ["bundle.json", "weights", "codec"])
def test_a_damaged_bundle_is_named_not_used(run, run_cli, name):
    folder = next((run / "runs").iterdir())
    path = next(path for path in folder.iterdir() if path.name.startswith(name))
    data = bytearray(path.read_bytes())
    if name == "bundle.json":
        data = data[: len(data) // 2]
    else:
        data[len(data) // 2] ^= 0x5A
    path.write_bytes(data)
    outcome = run_cli("evaluate", folder, "--sample", 0, "--no-baselines")
    assert outcome.exit_code == ExitCode.FAILED, outcome.stderr
    assert path.name in outcome.stderr or "bundle.json" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("lost", ["fingerprint", "sources", "fitted", "prepared"])
def test_a_bundle_that_lost_what_it_knew_of_its_data_is_refused(run, run_cli, lost):
    folder = next((run / "runs").iterdir())
    manifest = json.loads((folder / "bundle.json").read_text())
    del manifest["data"][lost]
    (folder / "bundle.json").write_text(json.dumps(manifest))
    outcome = run_cli("evaluate", folder, "--sample", 0, "--no-baselines")
    assert outcome.exit_code == ExitCode.FAILED, outcome.stderr
    assert lost in outcome.stderr
