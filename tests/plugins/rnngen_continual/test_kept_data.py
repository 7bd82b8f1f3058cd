"""The memory of old text: as large as allowed, an even sample, and given back in turn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import UsageError
from rnngen.data.store import Store
from rnngen_continual.kept_data import Memory, Size


def store(length: int, first: int = 1, documents: int = 1) -> Store:
    """Documents of steps that count up, so that a window says where it is from."""
    parts = np.array_split(np.arange(first, first + length, dtype=np.int32), documents)
    return Store.of(parts)


def filled(size: str, *stores: Store, window: int = 4, seed: int = 0) -> Memory:
    memory = Memory(Size.read(size, "replay.memory"), window)
    for number, each in enumerate(stores):
        memory.add(each, seed, number)
    return memory


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("5%", 0.05, "%"),
        (" 0.5 % ", 0.005, "%"),
        ("100%", 1.0, "%"),
        ("20000", 20000, "tokens"),
        ("20_000 tokens", 20000, "tokens"),
        ("64kB", 64000, "bytes"),
        ("1.5MiB", 1.5 * 2**20, "bytes"),
    ],
)
def test_size_is_read_as_people_write_it(text, number, unit):
    size = Size.read(text, "replay.memory")
    assert (size.number, size.unit) == (pytest.approx(number), unit)


@pytest.mark.parametrize("text", ["", "%", "-5%", "0", "101%", "5 elephants", "nan", "inf", "x%"])
def test_size_that_makes_no_sense_is_refused_by_name(text):
    with pytest.raises(UsageError, match=r"`replay.memory` is .*, expected a size above 0"):
        Size.read(text, "replay.memory")


@settings(max_examples=40, deadline=None)
@given(
    lengths=st.lists(st.integers(5, 300), min_size=1, max_size=4),
    tokens=st.integers(5, 400),
    window=st.integers(1, 9),
    seed=st.integers(0, 2**31),
)
def test_memory_never_holds_more_than_allowed_and_as_much_as_fits(lengths, tokens, window, seed):
    stores = [store(length, 1 + 1000 * i) for i, length in enumerate(lengths)]
    memory = filled(str(tokens), *stores, window=window, seed=seed)
    seen = sum(each.targets // window for each in stores)
    assert len(memory) == min(seen, tokens // (window + 1))
    assert memory.tokens <= tokens
    steps = {tuple(row.tolist()) for row in memory.steps}
    assert len(steps) == len(memory), "no window twice"
    for row in steps:
        content = [step for step in row if step]
        assert np.diff(content).max(initial=1) == 1, "windows are stretches of the text"


@pytest.mark.parametrize(("size", "share"), [("10%", 0.1), ("50%", 0.5)])
def test_share_of_the_past_grows_with_it(size, share):
    memory = filled(size, store(400), store(1200, 5000))
    assert len(memory) == round(share * (100 + 300))


def test_bytes_count_the_storage():
    memory = filled("2kB", store(4000))
    assert memory.steps.dtype == torch.int16
    assert 1990 <= memory.steps.nbytes <= 2000


def test_every_window_ever_seen_is_kept_with_the_same_chance():
    # 25 windows of the first task and 75 of the second, ten of which are kept.
    kept = np.zeros(2)
    for seed in range(300):
        first = filled("50", store(101), store(301, 1000), seed=seed).steps[:, 1] < 1000
        kept += [first.sum(), (~first).sum()]
    assert kept.sum() == 3000
    # Binomial with p = 1/4: the standard deviation is 24.
    assert abs(kept[0] - 750) < 4 * 24


def shares(memory: Memory, windows: list[int]) -> np.ndarray:
    """How many windows of each task are kept, and how many it has; stores of `numbered`."""
    kept = np.bincount(memory.steps[:, 1].numpy() // 100_000, minlength=len(windows))
    return kept / windows


def numbered(windows: list[int]) -> list[Store]:
    return [store(4 * count + 1, 100_000 * task + 1) for task, count in enumerate(windows)]


@pytest.mark.parametrize(
    ("size", "windows"),
    [("5%", [400] * 10), ("5%", [30, 400, 7, 100]), ("2%", [100] * 10), ("30%", [11] * 6)],
)
def test_share_of_the_past_is_the_same_for_early_and_late_tasks(size, windows):
    stores, share = numbered(windows), float(size[:-1]) / 100
    mean = np.zeros(len(windows))
    for seed in range(200):
        found = shares(filled(size, *stores, seed=seed), windows)
        assert (np.abs(found - share) * windows <= 1.0 + 1e-9).all(), "within a window, always"
        mean += found / 200
    # A task's number of windows is one of two neighbours: its deviation is below 1/2.
    allowed = np.maximum(0.1 * share, 4 * 0.5 / np.sqrt(200) / np.array(windows))
    assert (np.abs(mean - share) <= allowed).all(), mean / share


def test_lowered_share_takes_evenly_from_small_and_large_tasks():
    windows = [20, 400, 20, 400]
    *first, last = numbered(windows)
    mean = np.zeros(4)
    for seed in range(300):
        memory = filled("20%", *first, seed=seed)
        less = Memory.of(memory.state_dict(), Size.read("8%", "replay.memory"))
        less.add(last, seed, 3)
        mean += shares(less, windows) / 300
    assert mean == pytest.approx([0.08] * 4, rel=0.15)


def test_memory_of_the_first_task_is_never_empty():
    kept = [len(filled("5%", store(4 * 12 + 1), seed=seed)) for seed in range(50)]
    assert min(kept) == max(kept) == 1


def test_share_that_an_older_version_saved_grows_evenly_on():
    old = filled("10%", *numbered([100, 100])).state_dict()
    del old["offset"]
    memory = Memory.of(old, Size.read("10%", "replay.memory"))
    memory.add(numbered([100, 100, 100])[2], 0, 2)
    assert shares(memory, [100, 100, 100]) == pytest.approx([0.1] * 3, abs=0.01)


@pytest.mark.parametrize("size", ["60", "20%"])
def test_memory_loaded_between_tasks_takes_in_the_same_windows(size):
    stores = [store(81), store(200, 300), store(90, 900)]
    whole = filled(size, *stores)
    memory = Memory(whole.size, 4)
    for number, each in enumerate(stores):
        memory.add(each, 0, number)
        memory = Memory.of(memory.state_dict(), whole.size)
    assert torch.equal(memory.steps, whole.steps)
    assert torch.equal(memory.keys, whole.keys)


def test_each_window_is_rehearsed_once_before_any_again():
    memory = filled("100", store(81))
    assert len(memory) == 20
    rows = [memory.draw(4, 5, 3, turn).inputs[0] for turn in range(4)]
    assert len(set(torch.cat(rows).tolist())) == 20
    assert torch.equal(memory.draw(4, 5, 3, 2).inputs[0], rows[2]), "a function of its arguments"


def test_rows_are_stretches_with_the_next_step_as_target_and_begin_anew():
    memory = filled("100", store(81))
    for steps in (4, 3, 7):
        batch = memory.draw(steps, 6, 0, 1)
        assert batch.inputs.shape == batch.targets.shape == (steps, 6)
        real = min(steps, 4)
        assert torch.equal(batch.inputs[1:real], batch.targets[: real - 1])
        assert batch.resets[0].all()
        if steps > 4:
            assert batch.weights[:4].all()
            assert not batch.weights[4:].any()


def test_state_is_reset_where_a_document_begins_inside_a_window():
    memory = filled("1000", store(40, documents=8), window=5)
    batch = memory.draw(5, len(memory), 0, 0)
    begins = batch.inputs == 0
    begins[0] = True
    assert torch.equal(batch.resets, begins)
    assert begins[1:].any()


@pytest.mark.parametrize("then", [0, 1])
def test_memory_comes_back_from_its_state_and_goes_on_the_same(then):
    memory = filled("60", store(81), store(200, 300, documents=5))
    again = Memory.of(memory.state_dict(), memory.size)
    if then:
        for each in (memory, again):
            each.add(store(90, 900), 0, 2)
    drawn, expected = again.draw(4, 5, 1, 7), memory.draw(4, 5, 1, 7)
    assert torch.equal(drawn.inputs, expected.inputs)
    assert torch.equal(drawn.resets, expected.resets)


@pytest.mark.parametrize("offset", ["a text", float("nan"), float("inf")])
def test_a_damaged_share_is_refused_when_it_is_read(offset: object) -> None:
    size = Size.read("10%", "replay.memory")
    state = {**Memory(size, 4).state_dict(), "boundary": 0, "offset": offset}
    with pytest.raises(ValueError, match=r"a text|offset of the share"):
        Memory.of(state, size)


def test_tokens_beyond_the_vocabulary_are_seen_in_a_memory():
    memory = filled("60", store(81))
    assert memory.within(int(memory.steps.max()) + 1)
    assert not memory.within(int(memory.steps.max()))
    memory.steps[0] = -1
    assert not memory.within(10**6)
    assert Memory(memory.size, 4).within(1)
