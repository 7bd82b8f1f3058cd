"""Every table of a configuration is used by its command, or what is wrong in it is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rnngen.contracts.errors import UsageError
from rnngen.kernel.config_file import LIMIT, find_config, read_config
from tests import small_bundle


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("the cat sat on the mat. " * 90)
    small_bundle.train(Path("elsewhere/one"))
    return Path("elsewhere/one")


def config(text: str) -> None:
    Path("rnngen.toml").write_text(text, encoding="utf-8")


def test_evaluate_takes_run_and_data_from_its_table(run: Path, run_cli) -> None:
    assert run_cli("fit", "a.txt", "--hidden", "4", "--steps", "1", "--run", "mine").exit_code == 0
    expected = run_cli("evaluate", "mine", "a.txt", "--json", "--sample", "0").stdout
    assert expected
    config('[evaluate]\nrun = "mine"\ndata = ["a.txt"]\n')
    done = run_cli("evaluate", "--json", "--sample", "0")
    assert (done.exit_code, done.stdout) == (0, expected)


def test_chat_takes_run_decoder_and_options_from_the_file(run: Path, run_cli) -> None:
    config(f'[chat]\nrun = "{run}"\ndecoder = "beam"\n[beam]\nwidth = "x"\n')
    done = run_cli("chat", "--you", "a", "--other", "b")
    assert done.exit_code == 2
    assert "option `width` of section `beam` (rnngen.toml) is 'x'" in done.stderr


def test_export_takes_options_of_the_format_from_the_file(run: Path, run_cli) -> None:
    config('[onnx]\nopset = "x"\n')
    done = run_cli("export", run, "--out", "m.onnx")
    assert done.exit_code == 2
    assert "option `opset` of section `onnx` (rnngen.toml) is 'x'" in done.stderr


def test_fit_puts_the_run_where_its_table_says(run: Path, run_cli) -> None:
    config('[fit]\ndata = ["a.txt"]\nrun = "here"\n[model]\nhidden = 4\n[train]\nsteps = 1\n')
    assert run_cli("fit").exit_code == 0
    assert Path("here/bundle.json").is_file()
    assert run_cli("fit", "--run", "there").exit_code == 0
    assert Path("there/bundle.json").is_file()


def test_continual_takes_its_tasks_from_its_table(run: Path, run_cli) -> None:
    config('[continual]\ndata = ["a.txt", "a.txt"]\n[fit]\ndata = ["none.txt"]\n')
    assert "`a.txt` is named twice" in run_cli("continual").stderr


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ("[generate]\ndata = ['a']", "no option named `data` in section `generate`", "`[fit]`"),
        ("[fit]\ndecoder = 'beam'", "no option named `decoder` in section `fit`", "`[chat]`"),
        ("[fit]\nhidden = 5", "no option named `hidden` in section `fit`", "`[model]`"),
        ("[evaluate]\nrnu = 'a'", "no option named `rnu` in section `evaluate`", "mean `run`?"),
        ("[evalute]\nrun = 'a'", "there is no section `evalute`", "did you mean `evaluate`?"),
        ("[sample]\ntemprature = 1", "no option named `temprature`", "did you mean `temperature`?"),
        ("[replay]\nmemroy = '1%'", "no option named `memroy`", "did you mean `memory`?"),
        ("[train]\nsteps = inf", "option `steps` of section `train` (rnngen.toml) is inf", ""),
    ],
)
def test_what_is_misspelt_or_misplaced_is_said_whatever_the_command(
    run: Path, run_cli, table: str, message: str, hint: str
) -> None:
    config(table + "\n")
    for command in (["fit", "a.txt", "--dry-run"], ["config"]):
        done = run_cli(*command)
        assert done.exit_code == 2
        assert message in done.stderr
        assert hint in done.stderr
    if "train" not in table:
        for command in (["generate", run], ["chat", run], ["evaluate", run, "--sample", "0"]):
            done = run_cli(*command)
            assert (done.exit_code, message in done.stderr) == (2, True)


def test_only_a_small_regular_file_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "huge").write_bytes(b"#" * (LIMIT + 1))
    (tmp_path / "deep").write_text("a = " + "[" * 20_000)
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "link").symlink_to("nothing")
    for path, message in {
        tmp_path / "pipe": "is not a file",
        Path("/dev/zero"): "is not a file",
        tmp_path / "folder": "is not a file",
        tmp_path / "huge": "is larger than the limit",
        tmp_path / "deep": "nested too deeply|is not TOML",
        tmp_path / "binary": "not UTF-8: byte 0x80 at offset 128",
        tmp_path / "link": "which does not exist",
        tmp_path / "none": "no such file",
        Path("a\0b"): "null character",
    }.items():
        with pytest.raises(UsageError, match=message):
            read_config(path)


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbf[train]\nseed = 3\n")
    assert read_config(path).sections == {"train": {"seed": 3}}


def test_whatever_is_called_rnngen_toml_was_meant(tmp_path: Path) -> None:
    (tmp_path / "rnngen.toml").symlink_to("nothing")
    with pytest.raises(UsageError, match="which does not exist"):
        find_config(None, tmp_path)


@pytest.mark.parametrize("name", ["~nobodyhere/x.txt", "~nobodyhere", "~nobodyhere/*.txt"])
def test_a_home_of_nobody_is_a_path_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_cli, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["fit", name], ["evaluate", "none", name], ["continual", name, "b.txt"]):
        done = run_cli(*command)
        assert done.exit_code == 2
        assert "internal error" not in done.stderr
    monkeypatch.setenv("RNNGEN_CACHE", "~nobodyhere/cache")
    done = run_cli("fit", "corpus:python-docs", "--dry-run")
    assert done.exit_code == 2
    assert "`RNNGEN_CACHE` is `~nobodyhere/cache`, but there is no such user" in done.stderr
    assert not list(tmp_path.iterdir())


def test_data_with_a_null_character_is_a_usage_error(run: Path, run_cli) -> None:
    config('[fit]\ndata = ["a\\u0000b"]\n')
    assert "holds a null character" in run_cli("fit", "--dry-run").stderr


def test_dry_run_says_where_the_run_would_be(run: Path, run_cli) -> None:
    config('[fit]\ndata = ["a.txt"]\nrun = "here"\n')
    assert json.loads(run_cli("fit", "--dry-run", "--json").stdout)["run"] == "here"
