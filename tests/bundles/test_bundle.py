from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import shutil
import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.bundles import bundle, checkpoint, write
from rnngen.contracts.errors import BundleError, PluginError, RnngenError, RunError
from tests import small_bundle

torch.set_num_threads(1)


def read_all(folder: Path) -> tuple[int, torch.Tensor, str, float]:
    """Step, output of the model, vocabulary and strategy's number: everything, verified."""
    opened = bundle.load(folder)
    steps = torch.arange(5).unsqueeze(1)
    with torch.no_grad():
        output, _ = opened.model(steps, opened.model.initial_state(1))
    state = opened.strategy_state["ewc"]["importance"]
    return opened.step, output, "".join(opened.codec.characters), float(state[0])


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


# What is written is what is read


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    made = small_bundle.save(tmp_path, step=100)
    step, output, characters, number = read_all(tmp_path)
    steps = torch.arange(5).unsqueeze(1)
    with torch.no_grad():
        expected, _ = made(steps, made.initial_state(1))
    assert torch.equal(output, expected)
    assert (step, characters, number) == (100, " abc", 100.0)
    assert not bundle.load(tmp_path).model.training


def test_a_bundle_names_the_digest_of_every_file(tmp_path: Path) -> None:
    run = small_bundle.train(tmp_path / "run")
    named = bundle.load(run).manifest["files"]
    found = digests(run)
    for name in ("bundle.json", "run.json", ".lock"):
        found.pop(name, None)
    assert found == {name: entry["sha256"] for name, entry in named.items()}
    assert {"config.toml", "metrics.jsonl", "log.txt", "samples/step-000100.txt"} <= set(named)


def test_a_newer_commit_takes_the_place_of_the_older(tmp_path: Path) -> None:
    small_bundle.save(tmp_path, step=100)
    small_bundle.save(tmp_path, step=200, seed=1, characters="abcd", size=5)
    assert {path.name for path in tmp_path.iterdir()} == {
        "bundle.json",
        "weights-000200.safetensors",
        "strategy-000200.safetensors",
        "codec-000200.json",
    }
    assert read_all(tmp_path)[2] == "abcd"


def test_files_that_did_not_change_are_not_written_again(tmp_path: Path) -> None:
    small_bundle.save(tmp_path, step=100)
    small_bundle.save(tmp_path, step=200)
    assert (tmp_path / "codec-000100.json").exists()
    assert (tmp_path / "weights-000100.safetensors").exists()
    assert bundle.load(tmp_path).step == 200


def test_a_named_file_is_never_written_again_even_at_the_same_step(tmp_path: Path) -> None:
    small_bundle.save(tmp_path, step=100, seed=0)
    small_bundle.save(tmp_path, step=100, seed=1)
    assert bundle.load(tmp_path).manifest["weights"] == "weights-000100-2.safetensors"
    small_bundle.save(tmp_path, step=100, seed=2)
    assert bundle.load(tmp_path).manifest["weights"] == "weights-000100.safetensors"
    assert len(list(tmp_path.glob("weights-*"))) == 1


def test_files_of_the_user_are_left_alone(tmp_path: Path) -> None:
    mine = ["notes.txt", "weights-mine.safetensors", "codec-old.json", ".hidden.tmp"]
    for name in mine:
        (tmp_path / name).write_text("mine")
    small_bundle.save(tmp_path, step=100)
    small_bundle.save(tmp_path, step=200, seed=1)
    assert all((tmp_path / name).read_text() == "mine" for name in mine)


def test_tensors_that_share_memory_are_saved(tmp_path: Path) -> None:
    whole = torch.arange(12.0).reshape(3, 4)
    given_tensors = {"a": whole, "b": whole, "row": whole[1], "turned": whole.t()}
    checkpoint.commit_checkpoint(tmp_path, 1, given_tensors, {})
    saved = checkpoint.load_checkpoint(tmp_path)
    assert saved is not None
    assert all(torch.equal(saved[0][name], tensor) for name, tensor in given_tensors.items())
    assert (tmp_path / "checkpoints/000001.safetensors").stat().st_size < 600


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text().filter(lambda key: not key.startswith("$")), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None)
@given(state=st.dictionaries(st.sampled_from("abc"), json_values))
def test_any_json_state_comes_back_from_a_checkpoint(
    state: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("checkpoint")
    checkpoint.commit_checkpoint(folder, 3, {"x": torch.ones(2)}, state)
    saved = checkpoint.load_checkpoint(folder)
    assert saved is not None
    assert repr(saved[1]) == repr(state)  # repr: NaN is not equal to itself


def test_checkpoints_hold_one_step_and_leave_the_bundle_alone(tmp_path: Path) -> None:
    small_bundle.save(tmp_path, step=100)
    assert checkpoint.load_checkpoint(tmp_path) is None
    for step in (100, 200, 300):
        checkpoint.commit_checkpoint(tmp_path, step, {"x": torch.full((2,), step)}, {"at": step})
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["000300.safetensors"]
    tensors, state = checkpoint.load_checkpoint(tmp_path) or ({}, {})
    assert (int(tensors["x"][0]), state) == (300, {"at": 300})
    assert bundle.load(tmp_path).step == 100


def test_the_configuration_is_read_section_by_section(tmp_path: Path) -> None:
    run = small_bundle.train(tmp_path / "run", rate=0.5)
    assert bundle.load(run).config["train"] == {"learning_rate": 0.5, "seed": 0}


def test_a_reader_gets_the_newer_model_when_a_run_commits_meanwhile(tmp_path: Path) -> None:
    small_bundle.save(tmp_path, step=100, seed=0)
    opened = bundle.load(tmp_path)
    newer = small_bundle.save(tmp_path, step=200, seed=1)
    assert torch.equal(opened.model.readout.weight, newer.readout.weight)
    assert opened.step == 200


# Killed, or out of space, at any moment


class Dead(BaseException):
    """Stands for a process that is gone: nothing it still tries has an effect."""


WRITING = ("open", "write", "fsync", "replace", "unlink", "mkdir")


@contextmanager
def failing(at: int, fail: Callable[[str], None], forever: bool) -> Iterator[list[str]]:
    """Lets `fail(name)` happen in place of the system call with number `at` (0 is the first).

    With `forever`, of every later one, too. A write gets half of its bytes out before. Files that
    are opened to be read are not counted.
    """
    calls: list[str] = []
    real = {name: getattr(os, name) for name in WRITING}
    real["fsync"] = lambda descriptor: None  # slow, and no process sees a difference

    def wrap(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and args[1] & os.O_NONBLOCK:
                return real[name](*args, **kwargs)
            number = len(calls)
            calls.append(name)
            if number == at or (forever and number > at):
                if name == "write" and number == at:
                    real["write"](args[0], bytes(args[1])[: len(args[1]) // 2])
                fail(name)
            return real[name](*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in WRITING:
            patch.setattr(os, name, wrap(name))
        yield calls


def commit_second(folder: Path) -> None:
    small_bundle.save(folder, step=200, seed=1, characters="abcd")
    checkpoint.commit_checkpoint(folder, 200, {"x": torch.full((9,), 200)}, {"at": 200})


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("first")
    small_bundle.save(folder, step=100, seed=0)
    checkpoint.commit_checkpoint(folder, 100, {"x": torch.full((9,), 100)}, {"at": 100})
    return folder


def copies(first: Path, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A fresh copy of `first` for each system call that a second commit makes."""
    shutil.copytree(first, tmp_path / "count")
    with failing(-1, lambda name: None, forever=False) as calls:
        commit_second(tmp_path / "count")
    assert len(calls) > 30
    for at in range(len(calls)):
        folder = tmp_path / str(at)
        shutil.copytree(first, folder)
        yield at, folder


def whole(folder: Path) -> tuple[int, int]:
    """The steps of the bundle and of the checkpoint, after reading all of both."""
    step, _, characters, number = read_all(folder)
    assert (characters, number) == {100: (" abc", 100.0), 200: ("abcd", 200.0)}[step]
    tensors, state = checkpoint.load_checkpoint(folder) or ({}, {})
    assert tensors["x"].tolist() == [state["at"]] * 9
    return step, state["at"]


def test_a_process_killed_at_any_system_call_leaves_a_whole_bundle_and_checkpoint(
    first: Path, tmp_path: Path
) -> None:
    def die(name: str) -> None:
        raise Dead

    outcomes = set()
    for at, folder in copies(first, tmp_path):
        with failing(at, die, forever=True), pytest.raises(Dead):
            commit_second(folder)
        outcomes.add(whole(folder))
        # And the next run goes on from there, and tidies up.
        commit_second(folder)
        assert whole(folder) == (200, 200)
        assert not list(folder.rglob("*.tmp"))
        assert len(list(folder.rglob("*.safetensors"))) == 3
    assert outcomes == {(100, 100), (200, 100), (200, 200)}


def test_a_process_really_killed_leaves_a_whole_bundle_and_checkpoint(
    first: Path, tmp_path: Path
) -> None:
    for at, folder in copies(first, tmp_path):
        if at % 5:
            continue
        child = os.fork()
        if child == 0:
            with failing(at, lambda name: os.kill(os.getpid(), signal.SIGKILL), forever=True):
                commit_second(folder)
            os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        whole(folder)


def test_a_full_disk_at_any_system_call_keeps_what_was_saved_and_says_so(
    first: Path, tmp_path: Path
) -> None:
    def full(name: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    errors = 0
    for at, folder in copies(first, tmp_path):
        before = digests(folder)
        with failing(at, full, forever=False) as calls:
            try:
                commit_second(folder)
                error = None
            except RunError as caught:
                error = caught
        if error is None:
            assert calls[at] == "unlink", "only tidying up may fail unsaid"
        else:
            errors += 1
            assert "No space left on device" in error.message
            assert "is whole" in error.message
            assert "free some space" in str(error.hint)
            if whole(folder) == (100, 100):
                assert digests(folder) == before
        whole(folder)
        assert not list(folder.rglob("*.tmp"))
    assert errors > 20


def test_a_file_that_the_system_cuts_off_keeps_what_was_saved(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    before = digests(folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(RunError, match="what was saved at step 100 is whole"):
            commit_second(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert digests(folder) == before


def test_the_first_commit_on_a_full_disk_says_that_nothing_was_saved(tmp_path: Path) -> None:
    def full(name: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with failing(1, full, forever=False), pytest.raises(RunError, match="nothing was saved before"):
        small_bundle.save(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_are_durable_before_the_index_names_them(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    with failing(-1, lambda name: None, forever=False) as calls:
        small_bundle.save(folder, step=200, seed=1, characters="abcd")
    order = " ".join(call for call in calls if call in ("fsync", "replace", "unlink"))
    one_file = "fsync replace fsync"  # its bytes, its name, its folder
    assert order == " ".join([one_file] * 4 + ["unlink"] * 3)


# Bundles that are damaged or forged


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "not found"),
        (lambda path: path.write_text("x"), "it is a file"),
        (lambda path: path.mkdir(), "no `bundle.json`"),
    ],
)
def test_what_is_no_bundle_is_said_to_be_none(
    tmp_path: Path, make: Callable[[Path], None], message: str
) -> None:
    make(tmp_path / "x")
    with pytest.raises(BundleError, match=message) as caught:
        bundle.load(tmp_path / "x")
    assert caught.value.hint
    assert "rnngen fit" in caught.value.hint


def test_a_run_without_a_model_is_told_from_a_folder_that_is_no_run(tmp_path: Path) -> None:
    checkpoint.commit_checkpoint(tmp_path, 1, {}, {})
    with pytest.raises(BundleError) as caught:
        bundle.load(tmp_path)
    assert caught.value.hint
    assert "--resume" in caught.value.hint


@pytest.mark.parametrize("pattern", ["weights-*", "codec-*", "strategy-*"])
@pytest.mark.parametrize("damage", ["missing", "truncated", "flipped"])
def test_a_damaged_file_is_named(first: Path, tmp_path: Path, pattern: str, damage: str) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    (victim,) = folder.glob(pattern)
    data = bytearray(victim.read_bytes())
    if damage == "missing":
        victim.unlink()
    elif damage == "truncated":
        victim.write_bytes(data[:-7])
    else:
        data[len(data) // 2] ^= 1
        victim.write_bytes(data)
    with pytest.raises(BundleError, match=victim.name):
        read_all(folder)


def test_a_damaged_checkpoint_is_named(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    victim = folder / "checkpoints/000100.safetensors"
    victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    with pytest.raises(BundleError, match=r"000100\.safetensors.*checksum"):
        checkpoint.load_checkpoint(folder)


def forged(first: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any]) -> Path:
    folder = tmp_path / "forged"
    shutil.copytree(first, folder)
    small_bundle.edit(folder, change)
    return folder


def assign(*keys: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = to

    return change


def test_a_newer_format_asks_for_a_newer_version(first: Path, tmp_path: Path) -> None:
    folder = forged(first, tmp_path, lambda document: (document.clear(), document.update(format=2)))
    with pytest.raises(BundleError, match="format 2, this version reads up to 1") as caught:
        bundle.load(folder)
    assert caught.value.hint
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (assign("step", to="100"), r"`step`, is '100', expected an integer"),
        (assign("step", to=True), "expected an integer"),
        (assign("step", to=-1), "at least 0"),
        (assign("model", to=[]), r"`model`, is \[\], expected an object"),
        (assign("codec", to={"codec.json": 3}), r"`codec.codec.json`, is 3, expected text"),
        (assign("files", to={"a": {"sha256": 1, "bytes": 1}}), r"`files.a.sha256`"),
        (assign("kind", to="another"), "kind 'another'"),
        (assign("metrics", to={"x": {"$float": "huge"}}), "where a number is expected"),
        (lambda document: document.pop("weights"), "has no `weights`"),
        (assign("weights", to="bundle.json"), "does not name the file `bundle.json`"),
    ],
)
def test_json_of_the_wrong_form_is_refused(
    first: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        bundle.load(forged(first, tmp_path, change))


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "/etc/hostname",
        "a/../../secret",
        "C:\\x",
        "..",
        "",
        "a\0b",
        "./x",
        "a//b",
        "a\n",
    ],
)
def test_a_bundle_reads_no_file_outside_its_folder(first: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")

    def change(document: dict[str, Any]) -> None:
        document["files"][name] = {"sha256": hashlib.sha256(b"secret").hexdigest(), "bytes": 6}
        document["weights"] = name

    with pytest.raises(BundleError, match="not inside it"):
        bundle.load(forged(first, tmp_path, change))


def test_a_bundle_follows_no_link_out_of_its_folder(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    (weights,) = folder.glob("weights-*")
    weights.rename(tmp_path / "elsewhere")
    weights.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match="not inside it"):
        bundle.load(folder)


def test_a_pipe_in_place_of_a_file_is_not_waited_for(first: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(first, folder)
    (weights,) = folder.glob("weights-*")
    weights.unlink()
    os.mkfifo(weights)
    with pytest.raises(BundleError, match="is not a file"):
        bundle.load(folder)


def test_shapes_that_do_not_fit_are_named_with_both(first: Path, tmp_path: Path) -> None:
    def change(document: dict[str, Any]) -> None:
        document["model"].update(embedding=5, parameters=document["model"]["parameters"] + 5 + 18)

    with pytest.raises(BundleError, match=r"`cells.0.layer.weight_ih_l0` .*\[18, 4\].*\[18, 5\]"):
        _ = bundle.load(forged(first, tmp_path, change)).model


@pytest.mark.parametrize(
    "change",
    [
        {"hidden": 65536, "layers": 64},
        {"size": 10**18},
        {"size": 2**40},
        {"embedding": 65536},
        {"hidden": 10**30},
    ],
)
def test_absurd_sizes_are_refused_before_anything_is_allocated(
    first: Path, tmp_path: Path, change: dict[str, int]
) -> None:
    folder = forged(first, tmp_path, lambda document: document["model"].update(change))
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, hard))
    try:
        with pytest.raises(BundleError):
            _ = bundle.load(folder).model
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def test_a_cell_that_looks_at_numbers_while_it_is_built_can_be_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rnngen.components.cells.gru import GRU

    made = small_bundle.save(tmp_path)
    init = GRU.__init__

    def looking(self: GRU, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        self.norm = float(self.layer.weight_hh_l0.detach().norm())

    monkeypatch.setattr(GRU, "__init__", looking)
    assert torch.equal(bundle.load(tmp_path).model.readout.weight, made.readout.weight)
    small_bundle.edit(tmp_path, assign("model", "hidden", to=60_000))
    with pytest.raises(BundleError, match="claims `hidden` to be 60000, but has 523 weights"):
        _ = bundle.load(tmp_path).model


def test_a_safetensors_header_that_lies_is_refused(first: Path, tmp_path: Path) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    data = struct.pack("<Q", len(header)) + header.encode()

    def change(document: dict[str, Any]) -> None:
        entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        document["files"][document["weights"]] = entry

    folder = forged(first, tmp_path, change)
    (weights,) = folder.glob("weights-*")
    weights.write_bytes(data)
    with pytest.raises(BundleError, match="not a whole safetensors file"):
        _ = bundle.load(folder).model


def test_a_cell_of_a_missing_plugin_is_named_with_how_to_get_it(
    first: Path, tmp_path: Path
) -> None:
    def change(document: dict[str, Any]) -> None:
        document["model"]["cell"] = "peephole"
        document["components"][0].update(
            name="peephole", plugin="peephole", distribution="rnngen-peephole", version="1.2"
        )

    with pytest.raises(
        PluginError, match="needs the cell `peephole` of the plugin `peephole`"
    ) as caught:
        _ = bundle.load(forged(first, tmp_path, change)).model
    assert caught.value.hint
    assert "pip install rnngen-peephole==1.2" in caught.value.hint


@pytest.mark.parametrize("name", ["x; rm -rf ~", "/home/me/plugin.py", "--index-url=x", "\x1b[2J"])
def test_a_bundle_puts_no_strange_words_into_a_command_to_paste(
    first: Path, tmp_path: Path, name: str
) -> None:
    def change(document: dict[str, Any]) -> None:
        document["model"]["cell"] = "peephole"
        document["components"][0].update(name="peephole", plugin=name, distribution=name)

    with pytest.raises(PluginError) as caught:
        _ = bundle.load(forged(first, tmp_path, change)).model
    assert "pip" not in str(caught.value.hint)
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("name", ["os:system", "os.system", "../gru", "", "gru\n"])
def test_a_name_in_a_bundle_is_never_imported(first: Path, tmp_path: Path, name: str) -> None:
    for keys in (("model", "cell"), ("domain", "name")):
        folder = forged(first, tmp_path, assign(*keys, to=name))
        with pytest.raises(RnngenError):
            read_all(folder)
        shutil.rmtree(folder)


def test_a_codec_of_another_size_than_the_model_is_refused(tmp_path: Path) -> None:
    made = small_bundle.model()
    described = small_bundle.manifest(made, 1)
    write.commit_model(tmp_path, made.tensors(), described, small_bundle.codec("abcdef").files())
    with pytest.raises(BundleError, match="codec of 7 steps, but a model of 5"):
        _ = bundle.load(tmp_path).codec


# Any damage at all gives a message


@pytest.fixture(scope="module")
def victim(first: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("victim") / "run"
    shutil.copytree(first, folder)
    (folder / "config.toml").write_text("[model]\nhidden = 6\n")
    return folder


def read_or_refuse(folder: Path) -> None:
    """Everything that reads a bundle, of which only `RnngenError` may come."""
    for read in (
        lambda opened: opened.model,
        lambda opened: opened.codec,
        lambda opened: opened.config,
        lambda opened: opened.strategy_state,
    ):
        with suppress(RnngenError):
            read(bundle.load(folder))
    with suppress(RnngenError):
        checkpoint.load_checkpoint(folder)


@contextmanager
def changed(path: Path, data: bytes, adopt: bool) -> Iterator[None]:
    """The file with other content, which the index may be made to name (a forgery)."""
    folder = path.parent if path.parent.name != "checkpoints" else path.parent.parent
    saved = {name: (folder / name).read_bytes() for name in ("bundle.json", "checkpoint.json")}
    before = path.read_bytes()
    path.write_bytes(data)
    if adopt:
        entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        key = path.relative_to(folder).as_posix()
        for name in saved.keys() - {key}:
            small_bundle.edit(folder, assign("files", key, to=entry), name)
    try:
        yield
    finally:
        for name, content in saved.items():
            (folder / name).write_bytes(content)
        path.write_bytes(before)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_flipped_and_cut_bytes_give_a_message(victim: Path, data: st.DataObject) -> None:
    files = sorted(path for path in victim.rglob("*") if path.is_file())
    path = data.draw(st.sampled_from(files))
    content = bytearray(path.read_bytes())
    # Mostly near the beginning, where headers are.
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, min(len(content), 400) - 1))
        content[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    with changed(path, bytes(content), adopt=data.draw(st.booleans())):
        read_or_refuse(victim)


paths = st.lists(st.integers(0, 30), min_size=1, max_size=5)
replacements = (
    json_values
    | st.sampled_from([2**63, -1, 10**25, 1e308, "..", "gru", "lstm", "$tensor", [[]], {}])
    | st.builds(lambda name: {"$tensor": name}, json_values)
    | st.builds(lambda pairs: {"$pairs": pairs}, json_values)
    | st.builds(lambda parts: {"$tuple": parts}, json_values)
)


def replace_at(document: Any, path: list[int], value: Any) -> None:
    """Puts `value` (or nothing) at a place found by going down the document."""
    for place in path[:-1]:
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        if not keys:
            return
        inner = document[keys[place % len(keys)]]
        if not isinstance(inner, dict | list):
            break
        document = inner
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    if keys:
        key = keys[path[-1] % len(keys)]
        if value == "":
            del document[key]
        else:
            document[key] = value


@settings(max_examples=150, deadline=None)
@given(
    index=st.sampled_from(["bundle.json", "bundle.json", "checkpoint.json"]),
    path=paths,
    value=replacements,
)
def test_edited_json_gives_a_message(victim: Path, index: str, path: list[int], value: Any) -> None:
    document = json.loads((victim / index).read_bytes())
    replace_at(document, path, value)
    with changed(victim / index, json.dumps(document).encode(), adopt=False):
        read_or_refuse(victim)


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000),
        *(b'{"format": NaN}', b'{"format": 1e999}', b'{"format": ' + b"9" * 5000 + b"}"),
    ],
)
def test_any_text_in_place_of_the_index_gives_a_message(victim: Path, text: bytes) -> None:
    with changed(victim / "bundle.json", text, adopt=False), pytest.raises(BundleError):
        bundle.load(victim)


def test_nothing_of_a_bundle_is_unpickled(
    first: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pickle

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("unpickled")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr(torch, "load", refuse)
    assert read_all(first)[0] == 100
