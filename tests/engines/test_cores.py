"""How many cores there are for this process, and whether it gets them."""

import pytest

from rnngen.engines.cores import available, quota, waited


@pytest.mark.parametrize(
    ("text", "cores"),
    [("150000 100000", 1.5), ("max 100000", None), ("50000 100000", 0.5), ("nonsense", None)],
)
def test_the_limit_of_a_container(tmp_path, text, cores):
    (tmp_path / "cpu.max").write_text(text + "\n")
    assert quota(tmp_path) == cores


@pytest.mark.parametrize(("most", "cores"), [("200000", 2.0), ("-1", None)])
def test_the_limit_of_an_older_container(tmp_path, most, cores):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu/cpu.cfs_quota_us").write_text(most)
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000")
    assert quota(tmp_path) == cores


def test_a_container_with_less_than_a_core_has_one(tmp_path):
    (tmp_path / "cpu.max").write_text("10000 100000")
    assert available(tmp_path) == 1


def test_without_a_limit_the_affinity_counts(tmp_path):
    assert quota(tmp_path) is None
    assert available(tmp_path) >= 1


def test_the_waits_of_all_threads_are_added(tmp_path):
    for number, nanoseconds in ((1, 2_000_000_000), (2, 500_000_000)):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "schedstat").write_text(f"7 {nanoseconds} 3\n")
    (tmp_path / "3").mkdir()  # a thread that has just ended
    assert waited(tmp_path) == 2.5


def test_where_nothing_is_counted_it_says_so(tmp_path):
    assert waited(tmp_path / "missing") is None
