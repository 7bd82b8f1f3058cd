"""Freed blocks are kept, where the C library is glibc; elsewhere nothing breaks."""

import ctypes
import platform
import subprocess
import sys

from rnngen.training import allocator

COUNT_FAULTS = """
import resource, sys
import torch
from rnngen.training.allocator import keep_freed_blocks
if sys.argv[1] == "keep":
    keep_freed_blocks()
def work():
    for _ in range(20):
        (torch.ones(16_000_000) + 1).sum()
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def test_kept_blocks_are_not_cleared_again():
    def faults(how):
        command = [sys.executable, "-c", COUNT_FAULTS, how]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    if platform.libc_ver()[0] == "glibc":
        assert faults("keep") < faults("leave") / 10
    else:
        assert not allocator.keep_freed_blocks()


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not allocator.keep_freed_blocks()


def test_a_missing_function_is_no_error(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not allocator.keep_freed_blocks()
