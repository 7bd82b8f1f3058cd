"""A commit leaves the old bundle or the new one, whenever it is stopped."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from rnngen.bundles import bundle, checkpoint
from rnngen.contracts.errors import RunError
from tests import small_bundle
from tests.bundles.support import digests, read_all


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
