"""What memory there is, and the errors of what needs more."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnngen.cli import main
from rnngen.contracts.errors import UsageError
from rnngen.kernel import memory


def test_a_wish_for_more_than_there_is_names_both_sizes_and_the_mend() -> None:
    with pytest.raises(UsageError, match=r"a beam needs at least 3\.0 GB .* 1\.5 GB is") as caught:
        memory.check_memory("a beam", 3e9, hint="use less", free=1_500_000_000)
    assert caught.value.hint == "use less"
    memory.check_memory("a beam", 3e9, hint="use less", free=3_000_000_001)


def test_small_wishes_are_granted_without_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: pytest.fail("looked"))
    memory.check_memory("a beam", 1e6, hint="")


def test_the_least_of_machine_container_and_limit_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, own = tmp_path / "meminfo", tmp_path / "status"
    system.write_text("MemTotal: 9000 kB\nMemAvailable: 5000 kB\n")
    own.write_text("Name: python\nVmSize: 1000 kB\n")
    monkeypatch.setattr(memory, "SYSTEM", system)
    monkeypatch.setattr(memory, "OWN", own)
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    monkeypatch.setattr("resource.getrlimit", lambda which: (-1, -1))
    assert memory.available() == 5000 * 1024
    (tmp_path / "memory.max").write_text("4000000\n")
    (tmp_path / "memory.current").write_text("1000000\n")
    assert memory.available() == 3_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available() == 5000 * 1024
    monkeypatch.setattr("resource.getrlimit", lambda which: (3000 * 1024, -1))
    assert memory.available() == 2000 * 1024
    monkeypatch.setattr("resource.getrlimit", lambda which: (500 * 1024, -1))
    assert memory.available() == 0


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at x.cpp:1] DefaultCPUAllocator: can't allocate memory: 6"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("std::bad_alloc"),
        OSError(12, "Cannot allocate memory"),
    ],
    ids=str,
)
def test_where_memory_runs_out_the_command_line_says_so(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**given: object) -> None:
        raise error

    monkeypatch.setattr("rnngen.cli.group.cli.main", fail)
    assert main([]) == 1
    said = capsys.readouterr().err
    assert "there is not enough memory" in said
    assert "internal error" not in said


def test_other_errors_are_not_about_memory() -> None:
    assert memory.out_of_memory(RuntimeError("shapes do not fit")) is None
    assert memory.out_of_memory(ValueError("out of memory")) is None
