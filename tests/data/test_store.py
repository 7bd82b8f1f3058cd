import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import DataError
from rnngen.data.split import by_documents, by_position, choose_documents
from rnngen.data.store import Store, StoreWriter

DOCUMENTS = st.lists(st.lists(st.integers(1, 9), max_size=8), min_size=1, max_size=12)


def write(folder, documents, dtype=np.uint8, ids=10) -> StoreWriter:
    writer = StoreWriter(folder, np.dtype(dtype), ids=ids)
    for document in documents:
        writer.append(np.array([0, *document], dtype), np.zeros(1, np.int64))
    return writer


def finish(writer: StoreWriter) -> Store:
    writer.close(characters=writer.steps - 1, size=writer.steps - 1)
    return Store.open(writer.folder)


def flat(documents) -> list[int]:
    return [step for document in documents for step in (0, *document)]


@settings(max_examples=40, deadline=None)
@given(DOCUMENTS, st.sampled_from([np.uint8, np.uint16, np.int32]))
def test_a_store_gives_back_what_was_written(tmp_path_factory, documents, dtype):
    store = finish(write(tmp_path_factory.mktemp("store"), documents, dtype))
    assert store.steps.dtype == dtype
    assert store.steps.tolist() == flat(documents)
    assert store.documents.tolist() == np.flatnonzero(store.steps == 0).tolist()
    same = Store.of(documents)
    assert same.steps.tolist() == store.steps.tolist()
    assert same.documents.tolist() == store.documents.tolist()


def test_steps_may_be_vectors(tmp_path):
    writer = StoreWriter(tmp_path, np.dtype(np.float32), step_shape=(2,))
    steps = np.arange(10, dtype=np.float32).reshape(5, 2)
    writer.append(steps, np.array([0, 3]))
    store = finish(writer)
    assert np.array_equal(store.steps, steps)
    assert store.documents.tolist() == [0, 3]


def test_a_store_is_mapped_not_read(tmp_path):
    store = finish(write(tmp_path, [[1, 2, 3]]))
    assert isinstance(store.steps.base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        store.steps[0] = 1


def test_a_slice_is_a_view_with_its_own_documents():
    store = Store.of([[1, 2], [3, 4], [5]])
    part = store.slice(2, 7)
    assert part.steps.tolist() == [2, 0, 3, 4, 0]
    assert part.documents.tolist() == [1, 4]
    assert np.shares_memory(part.steps, store.steps)
    assert len(store.slice(3, 100)) == len(store) - 3
    assert len(store.slice(5, 2)) == 0


@pytest.mark.parametrize("name", ["store.json", "steps.bin", "documents.bin"])
@pytest.mark.parametrize("damage", ["missing", "shorter", "changed"])
def test_a_damaged_store_is_an_error(tmp_path, name, damage):
    finish(write(tmp_path, [[1, 2, 3], [4, 5]]))
    path = tmp_path / name
    data = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "shorter":
        path.write_bytes(data[:-1])
    else:
        data[0] ^= 0xFF
        path.write_bytes(data)
    with pytest.raises(DataError):
        Store.open(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 99},
        {"dtype": "object"},
        {"dtype": 5},
        {"steps": -1},
        {"steps": "x"},
        {"bytes": None},
    ],
)
def test_a_store_that_lies_about_itself_is_an_error(tmp_path, changes):
    finish(write(tmp_path, [[1, 2, 3]]))
    header = json.loads((tmp_path / "store.json").read_text())
    (tmp_path / "store.json").write_text(json.dumps(header | changes))
    with pytest.raises(DataError):
        Store.open(tmp_path)


def test_a_folder_that_was_not_finished_is_no_store(tmp_path):
    with write(tmp_path, [[1, 2, 3]]):
        pass
    with pytest.raises(DataError):
        Store.open(tmp_path)


@settings(max_examples=80, deadline=None)
@given(DOCUMENTS, st.floats(0.01, 0.9))
def test_the_end_is_held_out_where_the_literature_cuts(tmp_path_factory, documents, fraction):
    folder = tmp_path_factory.mktemp("store")
    train = write(folder / "train", documents)
    valid = StoreWriter(folder / "valid", np.dtype(np.uint8), ids=10)
    whole = flat(documents)
    steps = len(whole) - 1
    by_position(train, valid, fraction)
    cut = 1 + int((1.0 - fraction) * steps)
    kept, held_out = finish(train), finish(valid)
    assert kept.steps.tolist() == whole[:cut]
    end = whole[cut:]
    if end and end[0] == 0:
        assert held_out.steps.tolist() == end
    else:
        assert held_out.steps.tolist() == [0, *end]
    for store, writer in ((kept, train), (held_out, valid)):
        assert store.documents.tolist() == np.flatnonzero(store.steps == 0).tolist()
        assert writer.counts.tolist() == np.bincount(store.steps, minlength=10).tolist()


@settings(max_examples=80, deadline=None)
@given(DOCUMENTS.filter(lambda documents: len(documents) > 1), st.floats(0.01, 0.9), st.integers())
def test_whole_documents_are_held_out_none_lost(tmp_path_factory, documents, fraction, seed):
    folder = tmp_path_factory.mktemp("store")
    whole = write(folder / "whole", documents)
    train, valid = (StoreWriter(folder / name, np.dtype(np.uint8), ids=10) for name in "tv")
    by_documents(whole, train, valid, fraction, seed)
    held_out = choose_documents(len(documents), fraction, seed)
    assert 0 < held_out.sum() < len(documents)
    for writer, wanted in ((train, ~held_out), (valid, held_out)):
        expected = [document for document, good in zip(documents, wanted, strict=True) if good]
        store = finish(writer)
        assert store.steps.tolist() == flat(expected)
        assert store.documents.tolist() == np.flatnonzero(store.steps == 0).tolist()
        assert writer.counts.tolist() == np.bincount(store.steps, minlength=10).tolist()


def test_blocks_do_not_show_in_a_split(tmp_path, monkeypatch):
    from rnngen.data import split

    monkeypatch.setattr(split, "BLOCK", 7)
    documents = [[1 + number % 9] * (number % 13) for number in range(60)]
    whole = write(tmp_path / "whole", documents)
    train, valid = (StoreWriter(tmp_path / name, np.dtype(np.uint8), ids=10) for name in "tv")
    by_documents(whole, train, valid, 0.3, 5)
    held_out = choose_documents(60, 0.3, 5)
    assert finish(valid).steps.tolist() == flat(
        document for document, out in zip(documents, held_out, strict=True) if out
    )
    assert len(finish(train)) + valid.steps == whole.steps
    by_position(whole, StoreWriter(tmp_path / "end", np.dtype(np.uint8), ids=10), 0.5)
    assert whole.view()[0].tolist() == flat(documents)[: whole.steps]


def test_which_documents_are_held_out_depends_on_the_seed_alone():
    chosen = [choose_documents(1000, 0.1, seed) for seed in (0, 0, 1, -1, 2**70)]
    assert np.array_equal(chosen[0], chosen[1])
    assert not np.array_equal(chosen[0], chosen[2])
    assert all(mask.sum() == 100 for mask in chosen)
    overlap = (chosen[0] & chosen[2]).sum()
    assert overlap < 30
