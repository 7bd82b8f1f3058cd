"""Every strategy on every kind of data: it learns them, or is refused by its name before a step."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import rnngen
from rnngen.contracts.errors import DataError, UsageError
from rnngen.verbs.continual import held_out, report
from rnngen.verbs.continual.verb import continual

STRATEGIES = ["naive", "ewc", "si", "mas", "lwf", "replay", "agem", "self-replay"]
CORPORA = Path(find_spec("rnngen_corpora").origin).parent

DOMAINS = {
    "series": ("series", ["series.horizon=6", "series.context=6"]),
    "frames": ("music", ["music.steps=frames"]),
    "events": ("music", []),
    "strokes": ("handwriting", ["handwriting.text=no"]),
    "writing": ("handwriting", ["model.window=2"]),
}
"""Name of the domain and its options; a file for each task is made by `tasks`."""

TEACHING = {"lwf", "self-replay"}
KEEPING = {"replay", "agem"}
PER_STEP = {"events", "strokes", "writing"}
"""Their own measures begin with nats per step, as the task matrix has them."""


def refused(strategy: str, kind: str) -> bool:
    """Whether a strategy can't learn such data."""
    if strategy in TEACHING:
        return kind != "events"
    return strategy in KEEPING and kind == "writing"


def drawings(found, chosen: slice):
    """Some drawings of a file of many."""
    offsets = found["offsets"][chosen.start : chosen.stop + 1]
    return {
        "strokes": found["strokes"][offsets[0] : offsets[-1]],
        "offsets": offsets - offsets[0],
        "texts": found["texts"][chosen],
    }


@pytest.fixture(scope="module")
def tasks(tmp_path_factory):
    """Two small files of each kind of data, by the name of the kind."""
    folder = tmp_path_factory.mktemp("domains")
    tunes = (CORPORA / "tunes.abc").read_text().split("\n\n")
    with np.load(CORPORA / "strokes.npz") as found:
        strokes = dict(found)
    for number in range(2):
        values = np.random.default_rng(number).normal(20, 4, 72).round(1)
        rows = [f"{1990 + n // 12}-{n % 12 + 1:02},{value}" for n, value in enumerate(values)]
        (folder / f"{number}.csv").write_text("\n".join(["date,sold", *rows]) + "\n")
        chosen = slice(12 * number, 12 * number + 12)
        (folder / f"{number}.abc").write_text("\n\n".join(tunes[chosen]) + "\n")
        np.savez(folder / f"{number}.npz", **drawings(strokes, chosen))
    endings = {"series": "csv", "music": "abc", "handwriting": "npz"}
    return {
        kind: [str(folder / f"{number}.{endings[domain]}") for number in range(2)]
        for kind, (domain, _) in DOMAINS.items()
    }


def learn(files, run, kind, strategies, **given):
    domain, options = DOMAINS[kind]
    return rnngen.fit(
        files,
        run=run,
        domain=domain,
        plugins=strategies,
        steps=2 * len(files),
        device="cpu",
        precision="fp32",
        options=["train.lanes=2", "train.chunk=16", "train.sample=0", *options],
        **({"cell": "gru", "hidden": 8} | given),
    )


@pytest.mark.parametrize("kind", list(DOMAINS))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategy_learns_data_of_every_kind_or_is_refused_by_its_name(
    strategy, kind, tasks, tmp_path
):
    if refused(strategy, kind):
        with pytest.raises(UsageError, match=f"^`{strategy}` ") as caught:
            learn(tasks[kind], tmp_path / "run", kind, [strategy])
        assert f"leave `{strategy}` out" in caught.value.hint
        return
    bundle = learn(tasks[kind], tmp_path / "run", kind, [strategy])
    rows = bundle.manifest["history"]["rows"]
    assert len(rows) == 3
    assert np.isfinite([row["nats"] for row in rows]).all()
    assert (rows[-1]["memory_tokens"] > 0) == (strategy in KEEPING)
    if strategy == "naive":
        measured = rnngen.evaluate(bundle, baselines=False, sample=0).tasks
        assert [name for name, _ in measured] == tasks[kind]
        if kind in PER_STEP:
            found = [report.rows[0][1][0] for _, report in measured]
            assert found == pytest.approx(rows[-1]["nats"], rel=1e-5)


@pytest.mark.parametrize("kind", ["series", "frames", "strokes", "writing"])
def test_methods_are_compared_on_vectors_too_without_samples_of_text(kind, tasks, tmp_path):
    domain, options = DOMAINS[kind]
    result = continual(
        tasks[kind],
        compare="ewc,lwf",
        domain=domain,
        run=tmp_path / "cl",
        cell="gru",
        hidden=8,
        steps=2,
        device="cpu",
        precision="fp32",
        options=["train.lanes=2", "train.chunk=16", *options],
    )
    assert list(result.failed) == ["lwf"]
    (title, columns, rows), _ = report.tables(result)
    assert title.startswith("bits per step")
    numbers = dict(zip(columns, rows[1], strict=True))
    assert numbers["method"] == "ewc"
    assert float(numbers["AVG"]) == pytest.approx(
        result.summary(result.methods[1])["average"].mean, abs=1e-3
    )
    assert numbers["FWT"] == "-", "vectors have no unigram frequencies to be compared with"
    assert not result.samples
    assert report.sample_tables(result) == []


def test_task_too_small_to_measure_is_named_with_a_share_that_suffices(tmp_path):
    tasks = [tmp_path / f"{name}.txt" for name in "ab"]
    tasks[0].write_text("first we sow, then we wait, then we weed, then we reap. " * 40)
    tasks[1].write_text("a short note about the beans and the dog that dug them up. " * 4)

    def look(share):
        return held_out.look([str(task) for task in tasks], "text", {"valid": share}, 0)

    for share, advised in ((0.2, 0.22), (0.001, 0.03)):
        with pytest.raises(DataError, match="tokens held out") as caught:
            look(share)
        assert f"`-o text.valid={advised}`" in caught.value.hint
    assert look(0.22).train_tokens
