from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.batch import Batch
from rnngen.contracts.errors import DataError
from rnngen.data.choose_batches import choose
from rnngen.data.documents import Documents
from rnngen.data.lanes import Lanes
from rnngen.data.measuring import evaluation
from rnngen.data.store import Store


def numbered(*lengths: int) -> Store:
    """Documents whose steps are all different, so that a step tells its position."""
    total = sum(lengths)
    steps = iter(range(1, total + 1))
    return Store.of([np.array([next(steps) for _ in range(n)], np.int32) for n in lengths])


LENGTHS = st.lists(st.integers(1, 60), min_size=1, max_size=12)
SHAPE = {"lanes": st.integers(1, 6), "chunk": st.integers(1, 20), "seed": st.integers(0, 9)}


DTYPES = (torch.int64, torch.int64, torch.float32, torch.bool)


def all_resets(batches) -> torch.Tensor:
    """The resets of batches one after another, `[T, B]`, where there are none False."""
    none = (torch.zeros(batch.inputs.shape, dtype=torch.bool) for batch in batches)
    return torch.cat(
        [n if b.resets is None else b.resets for n, b in zip(none, batches, strict=True)]
    )


def scored(batches) -> Counter:
    """How often each pair (input, target) counts."""
    pairs: Counter = Counter()
    for batch in batches:
        weights = torch.ones(batch.inputs.shape) if batch.weights is None else batch.weights
        assert set(weights.unique().tolist()) <= {0.0, 1.0}
        wanted = weights.bool()
        pairs.update(
            zip(batch.inputs[wanted].tolist(), batch.targets[wanted].tolist(), strict=True)
        )
    return pairs


def assert_shapes(batch: Batch, lanes: int, chunk: int) -> None:
    rows, width = batch.inputs.shape
    assert width == lanes
    assert 1 <= rows <= chunk
    for tensor, dtype in zip(batch[:4], DTYPES, strict=True):
        assert tensor is None or (tensor.shape == (rows, width) and tensor.dtype == dtype)
    assert batch.resets is None or batch.resets.any()
    assert batch.weights is None or not batch.weights.all()


def pairs_of(store: Store) -> Counter:
    return Counter(zip(store.steps[:-1].tolist(), store.steps[1:].tolist(), strict=True))


@settings(max_examples=100, deadline=None)
@given(LENGTHS, st.fixed_dictionaries(SHAPE), st.integers(0, 5))
def test_lanes_give_each_step_once_at_most_and_nearly_all(lengths, shape, epoch):
    store = numbered(*lengths)
    lanes = Lanes(store, **shape, anew=0)
    pairs = scored(lanes.batch(epoch, index) for index in range(len(lanes)))
    assert not pairs - pairs_of(store)
    left_out = store.targets - pairs.total()
    # What does not fill up all lanes equally, and what does not fill up chunks.
    assert left_out <= lanes.lanes - 1 + lanes.lanes * max(len(lanes), 0.05 * store.targets)
    for index in range(len(lanes)):
        assert_shapes(lanes.batch(epoch, index), lanes.lanes, lanes.chunk)


@settings(max_examples=100, deadline=None)
@given(LENGTHS, st.fixed_dictionaries(SHAPE), st.integers(0, 5))
def test_each_lane_reads_on_and_is_reset_at_documents_the_seam_and_the_start(lengths, shape, epoch):
    store = numbered(*lengths)
    lanes = Lanes(store, **shape, anew=0)
    batches = [lanes.batch(epoch, index) for index in range(len(lanes))]
    inputs, targets = (torch.cat([batch[which] for batch in batches]) for which in (0, 1))
    resets = torch.cat(
        [
            torch.zeros(b.inputs.shape, dtype=torch.bool) if b.resets is None else b.resets
            for b in batches
        ]
    )
    following = dict(zip(store.steps[:-1].tolist(), store.steps[1:].tolist(), strict=True))
    first = store.steps[0].item()
    for lane in range(lanes.lanes):
        column, after = inputs[:, lane].tolist(), targets[:, lane].tolist()
        for row, (step, target) in enumerate(zip(column, after, strict=True)):
            if step != 0:
                assert following[step] == target
            begins = row == 0 or step == 0
            # The seam: this input is not the target of the row before.
            begins |= row > 0 and after[row - 1] != step
            assert resets[row, lane].item() == begins
            if row > 0 and after[row - 1] != step:
                assert step == first


def test_lanes_at_the_seam_start_again_from_the_first_step():
    store = numbered(50).slice(5, 30)  # no boundary anywhere
    lanes = Lanes(store, 2, 6, seed=3, anew=0)
    for epoch in range(30):
        for index in range(len(lanes)):
            batch = lanes.batch(epoch, index)
            resets = torch.zeros(batch.inputs.shape, dtype=torch.bool)
            resets |= batch.inputs == store.steps[0].item()
            if index == 0:
                resets[0] = True
            assert (batch.resets is None and not resets.any()) or batch.resets.equal(resets)


def test_a_batch_depends_on_its_address_alone():
    for make in (Lanes, Documents):
        batches = make(numbered(*range(1, 60)), 4, 16, 7)
        again = make(numbered(*range(1, 60)), 4, 16, 7)
        order = [(epoch, index) for epoch in range(3) for index in range(len(batches))]
        forward = {address: batches.batch(*address) for address in order}
        for address in reversed(order):
            for one, two in zip(forward[address], again.batch(*address), strict=True):
                assert (one is None and two is None) or one.equal(two)


def test_epochs_and_seeds_start_at_other_places():
    store = numbered(5000)
    firsts = {
        int(Lanes(store, 4, 16, seed).batch(epoch, 0).inputs[0, 0])
        for seed in range(5)
        for epoch in range(5)
    }
    assert len(firsts) > 20


def test_the_first_row_of_an_epoch_resets_all_lanes_and_few_others_do():
    lanes = Lanes(numbered(50_000), 8, 32, 0, anew=0)
    assert lanes.batch(1, 0).resets[0].all()
    with_resets = sum(lanes.batch(1, index).resets is not None for index in range(len(lanes)))
    assert with_resets <= 2


def test_in_a_long_text_some_lanes_begin_anew_with_a_boundary_in_the_first_row():
    store = numbered(50_000)
    plain, lanes = Lanes(store, 8, 32, 0, anew=0), Lanes(store, 8, 32, 0, anew=16)
    begun = 0
    for index in range(1, len(lanes)):
        expected, batch = plain.batch(2, index), lanes.batch(2, index)
        assert batch.targets.equal(expected.targets)
        changed = batch.inputs != expected.inputs
        assert not changed[1:].any()
        assert not batch.inputs[changed].any()
        if expected.resets is None:
            resets = all_resets([batch])
            assert resets.equal(changed)
            begun += int(resets.sum())
    assert begun == pytest.approx(8 * len(lanes) / 16, abs=8)


def test_a_text_with_many_beginnings_needs_no_others():
    store = numbered(*[40] * 500)
    plain, lanes = Lanes(store, 8, 32, 0, anew=0), Lanes(store, 8, 32, 0)
    for index in range(len(lanes)):
        assert lanes.batch(0, index).inputs.equal(plain.batch(0, index).inputs)


def test_past_the_last_batch_is_an_index_error():
    for make in (Lanes, Documents):
        batches = make(numbered(50, 40), 2, 8, 0)
        for index in (-1, len(batches)):
            with pytest.raises(IndexError):
                batches.batch(0, index)


def test_a_short_text_gets_fewer_lanes_and_says_so():
    lanes = Lanes(numbered(1000), 32, 64, 0)
    assert (lanes.lanes, lanes.chunk) == (15, 64)
    assert "15 lanes" in lanes.note
    tiny = Lanes(numbered(9), 32, 64, 0)
    assert (tiny.lanes, tiny.chunk, len(tiny)) == (1, 9, 1)
    assert Lanes(numbered(5000), 32, 64, 0).note is None


def test_chunks_become_a_bit_shorter_where_much_would_be_left_out():
    lanes = Lanes(numbered(32 * 121), 32, 64, 0)
    assert (lanes.lanes, lanes.chunk, len(lanes)) == (32, 60, 2)


@pytest.mark.parametrize("make", [Lanes, Documents])
def test_nothing_to_predict_is_an_error(make):
    with pytest.raises(DataError):
        make(Store.of([np.zeros(0, np.uint8)]), 4, 8, 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=40), st.fixed_dictionaries(SHAPE))
def test_documents_are_read_from_boundary_to_boundary_each_once(lengths, shape):
    store = numbered(*lengths)
    documents = Documents(store, **shape)
    expected = pairs_of(store)
    expected[int(store.steps[-1]), 0] += 1  # the last document ends, too
    for epoch in range(2):
        batches = [documents.batch(epoch, index) for index in range(len(documents))]
        assert scored(batches) == expected
        for batch in batches:
            assert_shapes(batch, documents.lanes, documents.chunk)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=40), st.fixed_dictionaries(SHAPE))
def test_long_documents_go_on_in_their_lane_after_one_reset_in_the_first_row(lengths, shape):
    documents = Documents(numbered(*lengths), **shape)
    last = None
    for index in range(len(documents)):
        batch = documents.batch(0, index)
        if batch.resets is None:
            counts = batch.inputs[0] != 0
            assert counts.any()
            assert batch.inputs[0][counts].equal(last[counts])
        else:
            assert batch.resets[0].all()
            assert not batch.resets[1:].any()
            assert not batch.inputs[0].any()
        last = batch.targets[-1]


def test_padding_has_no_weight():
    documents = Documents(numbered(9, 3, 5), 3, 16, 0)
    batch = documents.batch(0, 0)
    assert documents.lanes == 3
    assert batch.weights.sum() == 10 + 4 + 6
    assert not batch.inputs[batch.weights == 0].any()
    assert not batch.targets[batch.weights == 0].any()


def spread(kind: str) -> list[int]:
    chance = np.random.default_rng(0)
    if kind == "lines":
        return np.maximum(1, chance.poisson(40, 3000)).tolist()
    if kind == "poems":
        return np.clip(chance.lognormal(6.0, 0.6, 2000), 40, 5000).astype(int).tolist()
    if kind == "dialogue":
        return np.clip(chance.lognormal(4.2, 0.7, 4000), 5, 1000).astype(int).tolist()
    return np.clip(chance.lognormal(2.0, 0.3, 5000), 3, 20).astype(int).tolist()


@pytest.mark.parametrize("kind", ["lines", "poems", "dialogue", "names"])
@pytest.mark.parametrize("chunk", [64, 256])
def test_padding_wastes_little_of_usual_corpora(kind, chunk):
    store = numbered(*spread(kind))
    documents = choose(store, 32, chunk, 0)
    assert isinstance(documents, Documents)
    padded = counted = 0
    for index in range(len(documents)):
        batch = documents.batch(1, index)
        padded += batch.inputs.numel()
        counted += batch.inputs.numel() if batch.weights is None else int(batch.weights.sum())
    assert 1 - counted / padded <= 0.1
    assert documents.waste <= 0.1


def test_very_short_documents_get_more_lanes_so_that_batches_stay_large():
    documents = Documents(numbered(*spread("names")), 32, 64, 0)
    assert documents.lanes >= 32 * 4
    assert "short" in documents.note
    sizes = [documents.batch(0, index).inputs.numel() for index in range(len(documents))]
    assert np.mean(sizes) > 32 * 64 / 2


def test_lanes_are_not_widened_where_that_would_be_mostly_padding():
    assert Documents(numbered(*[8] * 40), 32, 64, 0).lanes == 32


def test_documents_are_chosen_only_where_there_are_many_short_ones():
    assert isinstance(choose(numbered(100_000), 32, 64, 0), Lanes)
    assert isinstance(choose(numbered(*[5000] * 30), 32, 64, 0), Lanes)
    assert isinstance(choose(numbered(*[60] * 20), 32, 64, 0), Lanes)
    assert isinstance(choose(numbered(*[60] * 500), 32, 64, 0), Documents)


def test_documents_come_in_another_order_each_epoch():
    documents = Documents(numbered(*[20] * 400), 8, 32, 0)
    firsts = {tuple(documents.batch(epoch, 0).inputs[1].tolist()) for epoch in range(5)}
    assert len(firsts) == 5


@settings(max_examples=100, deadline=None)
@given(LENGTHS, st.integers(1, 30), st.integers(1, 7), st.integers(0, 40))
def test_measuring_counts_every_step_once(lengths, chunk, lanes, warm):
    store = numbered(*lengths)
    measured = evaluation(store, chunk, lanes, warm=warm)
    assert scored(measured) == pairs_of(store)
    assert len(list(measured)) == len(measured)


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.integers(1, 30))
def test_measuring_with_one_lane_is_in_the_order_of_the_text(lengths, chunk):
    store = numbered(*lengths)
    batches = list(evaluation(store, chunk))
    inputs = torch.cat([batch.inputs for batch in batches])[:, 0]
    targets = torch.cat([batch.targets for batch in batches])[:, 0]
    resets = torch.cat(
        [
            torch.zeros(b.inputs.shape, dtype=torch.bool) if b.resets is None else b.resets
            for b in batches
        ]
    )[:, 0]
    assert inputs.tolist() == store.steps[:-1].tolist()
    assert targets.tolist() == store.steps[1:].tolist()
    assert resets.tolist() == (store.steps[:-1] == 0).tolist()
    assert all(batch.weights is None for batch in batches)


def test_lanes_are_warmed_up_by_the_steps_before_their_own():
    store = numbered(40)  # 41 steps: four stretches of ten
    batches = list(evaluation(store, 7, lanes=4, warm=6))
    inputs = torch.cat([batch.inputs for batch in batches])
    scored_ = torch.cat(
        [torch.ones(b.inputs.shape) if b.weights is None else b.weights for b in batches]
    )
    assert inputs[:, 2].tolist() == store.steps[14:30].tolist()
    assert scored_[:, 2].tolist() == [0.0] * 6 + [1.0] * 10
    # The first has nothing before it: its state is empty when its text begins.
    resets = torch.cat([b.resets for b in batches if b.resets is not None])
    assert scored_[:6, 0].sum() == 0
    assert resets[6, 0]
    assert resets[0, 2]
    assert not resets[1:, 2].any()


def test_measuring_a_part_resets_at_its_first_step():
    batch = next(iter(evaluation(numbered(30).slice(4, 20), 100)))
    assert batch.resets.nonzero().tolist() == [[0, 0]]
    assert batch.inputs[:, 0].tolist() == list(range(4, 19))


def test_measuring_many_short_documents_is_exact_with_many_lanes():
    store = Store.of([[1 + n % 5] * (n % 40) for n in range(800)])
    measured = evaluation(store, 64, lanes=32)
    assert measured.exact
    assert scored(measured) == pairs_of(store)
    first = [batch.resets for batch in measured if batch.resets is not None]
    assert all(resets[0].all() and not resets[1:].any() for resets in first)
    assert not evaluation(numbered(5000), 64, lanes=8).exact
    assert evaluation(numbered(5000), 64).exact


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.integers(1, 30), st.integers(1, 7), st.integers(1, 400))
def test_measuring_a_part_is_bounded_and_spread_over_the_text(lengths, chunk, lanes, limit):
    store = numbered(*lengths)
    measured = evaluation(store, chunk, lanes, limit)
    pairs = scored(measured)
    assert not pairs - pairs_of(store)
    if limit >= store.targets:
        assert pairs == pairs_of(store)
    else:
        assert pairs.total() <= max(limit, lanes)
        assert pairs.total() >= min(limit, store.targets) - 2 * lanes
        assert not measured.exact


def test_a_part_of_a_large_text_is_taken_from_all_over_it():
    inputs = torch.cat([batch.inputs for batch in evaluation(numbered(10_000), 64, 4, 400)])
    assert inputs[0].tolist() == [0, 2500, 5000, 7500]
    assert inputs.shape == (100, 4)


def test_vectors_are_batched_like_ids():
    steps = np.arange(600, dtype=np.float64).reshape(300, 2)
    store = Store(steps, np.zeros(1, np.int64))
    batch = Lanes(store, 4, 16, 0).batch(0, 0)
    assert batch.inputs.shape == batch.targets.shape == (14, 4, 2)
    assert batch.inputs.dtype == torch.float32
    assert torch.equal(batch.targets[:-1, :, 0], batch.inputs[1:, :, 0])
