"""Training: what a step computes, when it ends, how it recovers, and that it learns."""

import json

import numpy as np
import pytest
import torch

import rnngen
from rnngen.bundles.bundle import load
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.bundles.records import read_metrics
from rnngen.contracts.errors import RunError, UsageError
from rnngen.contracts.reporter import Silent
from rnngen.data.measuring import evaluation
from rnngen.metrics.scoring import score, score_store
from rnngen.training.plan import make
from rnngen.training.wanted import Wanted

SMALL = {"cell": "gru", "hidden": 16, "device": "cpu", "precision": "fp32"}
QUIET = ("train.sample=0", "train.lanes=4", "train.chunk=16")


def fit(path, run, *options, **keywords):
    return rnngen.fit([str(path)], run=run, options=[*QUIET, *options], **{**SMALL, **keywords})


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat. the dog lay on the log. " * 60)
    return path


def rows(run, split):
    return [row for row in read_metrics(run) if row["split"] == split]


def test_training_learns_what_the_text_repeats(text, tmp_path):
    options = ("train.learning_rate=0.02", "model.dropout=0")
    bundle = fit(text, tmp_path / "run", *options, steps=150)
    unigram = _unigram_nats(text.read_text())
    assert bundle.manifest["metrics"]["valid_nats_per_token"] < 0.5 < unigram
    train = rows(tmp_path / "run", "train")
    assert train[-1]["loss"] < train[0]["loss"] / 2
    written = bundle.generate("the c", length=40, options={"temperature": 0.1})[0].text
    assert written.startswith("at sat on the ")


def _unigram_nats(text):
    counts = np.array([text.count(symbol) for symbol in sorted(set(text))]) / len(text)
    return -(counts * np.log(counts)).sum()


def test_the_first_loss_is_the_mean_nll_of_the_first_batch(text, tmp_path):
    plan = make(Wanted(data=[str(text)], hidden=16, options=QUIET))
    batch = plan.tasks[0].batches.batch(0, 0)
    model = plan.model
    with torch.no_grad():
        output, _ = model(batch.inputs, model.initial_state(4), batch.resets)
    chances = torch.log_softmax(output, -1).numpy()
    picked = np.take_along_axis(chances, batch.targets.numpy()[..., None], -1)
    rnngen.fit(
        [str(text)],
        hidden=16,
        steps=1,
        precision="fp32",
        run=tmp_path / "run",
        options=QUIET,
    )
    assert rows(tmp_path / "run", "train")[0]["loss"] == pytest.approx(-picked.mean(), abs=1e-5)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({"steps": 7}, 7), ({"steps": 50, "epochs": 1}, None), ({"steps": 10**6, "time": 0.2}, None)],
)
def test_whichever_limit_comes_first_ends_the_run(text, tmp_path, limits, expected):
    bundle = fit(text, tmp_path / "run", **limits)
    _, state = load_checkpoint(bundle.path)
    position = state["position"]
    if expected is not None:
        assert position["step"] == expected
    if "epochs" in limits:
        plan = make(Wanted(data=[str(text)], options=QUIET))
        assert position["batch"] == len(plan.tasks[0].batches) < 50
    if "time" in limits:
        assert position["step"] < 10**6


def test_validation_in_training_is_the_whole_split(text, tmp_path):
    bundle = fit(text, tmp_path / "run", steps=10)
    plan = make(Wanted(data=[str(text)], options=QUIET))
    valid = plan.tasks[0].valid
    one_lane = score(bundle.model, evaluation(valid, 64), torch.device("cpu"))
    assert one_lane.steps == valid.targets
    recorded = bundle.manifest["metrics"]["valid_nats_per_token"]
    # Lanes begin with a fresh state, so the quick figure is near the exact one, not equal.
    assert recorded == pytest.approx(one_lane.nats_per_token, rel=0.05)


def test_validation_of_a_large_split_is_bounded(text, tmp_path):
    fit(text, tmp_path / "all", steps=4)
    fit(text, tmp_path / "some", "train.validate_tokens=64", steps=4)
    losses = [rows(tmp_path / name, "valid")[-1]["loss"] for name in ("all", "some")]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.1)


def test_patience_stops_a_run_that_no_longer_improves(text, tmp_path):
    options = ("train.learning_rate=0", "train.patience=2", "train.validate_every=3")
    bundle = fit(text, tmp_path / "run", *options, steps=300)
    _, state = load_checkpoint(bundle.path)
    assert state["position"]["step"] == 9


def test_the_bundle_holds_the_best_weights_not_the_last(text, tmp_path):
    # The rate of the second half is far too high: the best validation lies before the end.
    options = ("train.learning_rate=0.3", "train.schedule=constant", "train.validate_every=5")
    bundle = fit(text, tmp_path / "run", *options, "train.warmup=1.0", steps=60)
    valid = rows(tmp_path / "run", "valid")
    best = min(valid, key=lambda row: row["loss"])
    assert bundle.step == best["step"] < 60
    assert bundle.manifest["metrics"]["valid_nats_per_token"] == best["loss"]


def test_accumulation_reads_more_before_each_step(text, tmp_path):
    fit(text, tmp_path / "one", steps=4)
    fit(text, tmp_path / "three", "train.accumulate=3", steps=4)
    tokens = [
        load_checkpoint(tmp_path / name)[1]["position"]["tokens"] for name in ("one", "three")
    ]
    assert tokens[1] == 3 * tokens[0]


def test_accumulated_gradients_are_the_mean_of_their_batches(text, tmp_path):
    # Plain gradient descent, no clipping: the step is the mean gradient of both chunks.
    common = ("train.optimizer=sgd", "train.clip=0", "train.schedule=constant", "train.warmup=0")
    options = (*common, "train.learning_rate=0.5", "train.accumulate=2")
    fit(text, tmp_path / "run", *options, steps=1)
    after, _ = load_checkpoint(tmp_path / "run")
    plan = make(Wanted(data=[str(text)], cell="gru", hidden=16, options=QUIET))
    model, batches = plan.model, plan.tasks[0].batches
    state = model.initial_state(4)
    for index in range(2):
        batch = batches.batch(0, index)
        output, state = model(batch.inputs, state, batch.resets)
        state = [part.detach() for part in state]
        (model.likelihood.nll(output, batch.targets).mean() / 2).backward()
    for name, parameter in model.named_parameters():
        expected = parameter.detach() - 0.5 * parameter.grad
        torch.testing.assert_close(after[f"model.{name}"], expected, atol=1e-6, rtol=0)


def test_scheduled_sampling_changes_inputs_only_when_asked(text, tmp_path):
    fit(text, tmp_path / "plain", steps=20)
    fit(text, tmp_path / "zero", "train.scheduled_sampling=0", steps=20)
    fit(text, tmp_path / "half", "train.scheduled_sampling=0.5", steps=20)
    losses = [rows(tmp_path / name, "train")[-1]["loss"] for name in ("plain", "zero", "half")]
    assert losses[0] == losses[1] != losses[2]


def test_the_same_seed_trains_the_same_weights(text, tmp_path):
    runs = [("a", 1), ("b", 1), ("c", 2)]
    saved = []
    for name, seed in runs:
        fit(text, tmp_path / name, "model.dropout=0.2", steps=12, seed=seed)
        saved.append(load_checkpoint(tmp_path / name)[0]["model.readout.weight"])
    assert torch.equal(saved[0], saved[1])
    assert not torch.equal(saved[0], saved[2])


def test_a_loss_that_keeps_exploding_ends_the_run_with_a_way_out(text, tmp_path):
    options = ("train.learning_rate=1e9", "train.clip=0", "train.warmup=0")
    with pytest.raises(RunError, match="after going back 2 times") as failed:
        fit(text, tmp_path / "run", *options, "train.recoveries=2", steps=50)
    assert "train.learning_rate" in failed.value.hint
    assert load_checkpoint(tmp_path / "run")[1]["position"]["rate_scale"] == 0.25
    assert load(tmp_path / "run").model.readout.weight.isfinite().all()
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "failed"


POISON = """
from rnngen import hookimpl

class Poison:
    def __init__(self):
        self.left = 1

    @hookimpl
    def gradients_ready(self, run):
        if run.step == 12 and self.left:
            self.left -= 1
            next(run.model.parameters()).grad.fill_(float("nan"))

@hookimpl
def register_strategies(register):
    register("poison", Poison)
"""


def test_one_bad_step_is_undone_and_the_rate_halved(text, tmp_path, make_plugin):
    make_plugin("poison", POISON)
    options = ("train.checkpoint_every=5", "train.validate_every=1000")
    bundle = fit(text, tmp_path / "run", *options, steps=30, plugins=["poison"])
    position = load_checkpoint(bundle.path)[1]["position"]
    assert (position["step"], position["recoveries"], position["rate_scale"]) == (30, 1, 0.5)
    steps = [row["step"] for row in rows(bundle.path, "train")]
    assert steps == sorted(set(steps))
    assert "back to step 10" in (bundle.path / "log.txt").read_text()


RECORDER = """
import torch
from rnngen import hookimpl

class Recorder:
    calls = []

    def __init__(self):
        self.seen = 0

    def state_dict(self):
        return {"seen": self.seen, "tensor": torch.tensor([self.seen])}

    def load_state_dict(self, state):
        self.seen = state["seen"]
        assert state["tensor"].item() == self.seen

    @hookimpl
    def fit_started(self, run):
        self.calls.append("fit_started")

    @hookimpl
    def task_started(self, run, task):
        self.calls.append(f"task_started {task.name[-5:]}")

    @hookimpl
    def loss_terms(self, run, batch):
        return {"penalty": sum(p.square().sum() for p in run.model.parameters()) * 0.01}

    @hookimpl
    def step_finished(self, run, metrics):
        self.seen += 1
        assert metrics["recorder.penalty"] > 0

    @hookimpl
    def task_finished(self, run, task, batches):
        assert len(batches) > 0
        self.calls.append(f"task_finished {task.name[-5:]}")

    @hookimpl
    def fit_finished(self, run, status):
        self.calls.append(f"fit_finished {status}")

@hookimpl
def register_strategies(register):
    register("recorder", Recorder)
"""


def test_under_a_strategy_several_data_are_tasks_in_a_row(text, tmp_path, make_plugin):
    make_plugin("recorder", RECORDER)
    other = tmp_path / "b.txt"
    other.write_text("ZEBRA! " * 300)
    bundle = rnngen.fit(
        [str(text), str(other)],
        run=tmp_path / "run",
        plugins=["recorder"],
        steps=20,
        options=QUIET,
        **SMALL,
    )
    import rnngen_recorder

    assert rnngen_recorder.Recorder.calls == [
        "fit_started",
        "task_started t.txt",
        "task_finished t.txt",
        "task_started b.txt",
        "task_finished b.txt",
        "fit_finished finished",
    ]
    assert bundle.strategy_state["recorder"]["seen"] == 20
    assert {row["task"] for row in rows(bundle.path, "train")} == {str(text), str(other)}
    codec = bundle.codec
    assert codec.decode(codec.encode("catZEBRA!")) == "catZEBRA!"


def test_without_a_strategy_several_data_are_one_corpus(text, tmp_path):
    other = tmp_path / "b.txt"
    other.write_text("ZEBRA! " * 300)
    bundle = rnngen.fit(
        [str(text), str(other)], run=tmp_path / "run", steps=3, options=QUIET, **SMALL
    )
    assert len(bundle.manifest["data"]["fingerprint"]) == 1
    length = len(text.read_text()) + len(other.read_text())
    assert bundle.manifest["data"]["train_tokens"] > 0.85 * length


def test_from_goes_on_with_new_data_and_grows_the_vocabulary(text, tmp_path):
    first = fit(text, tmp_path / "first", "train.learning_rate=0.02", steps=80)
    other = tmp_path / "b.txt"
    other.write_text("the ZEBRA sat on the mat. " * 80)
    notes = []

    class Notes(Silent):
        def note(self, text):
            notes.append(text)

    second = rnngen.fit(
        [str(other)],
        start=first.path,
        run=tmp_path / "second",
        steps=1,
        options=[*QUIET, "train.learning_rate=0"],
        device="cpu",
        precision="fp32",
        reporter=Notes(),
    )
    assert any("vocabulary grows" in note and "Z" in note for note in notes)
    old, new = first.codec, second.codec
    assert new.size > old.size
    assert list(new.encode("the cat")) == list(old.encode("the cat"))
    # What it knew it still predicts as well: new tokens took almost nothing of the probability.
    steps = torch.tensor([old.boundary, *old.encode("the cat sat on the mat")]).unsqueeze(1).long()
    with torch.no_grad():
        before = first.model(steps, first.model.initial_state(1))[0].log_softmax(-1)
        after = second.model(steps, second.model.initial_state(1))[0].log_softmax(-1)
    assert (before - after[..., : old.size]).abs().max() < 0.5
    with pytest.raises(UsageError, match=r"model\.hidden"):
        rnngen.fit([str(other)], start=first.path, run=tmp_path / "third", hidden=99, steps=1)


def test_text_too_short_for_a_batch_gets_fewer_lanes(tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("a short text, but enough to begin with. " * 3)
    bundle = rnngen.fit([str(path)], run=tmp_path / "run", steps=2, hidden=8)
    assert bundle.step >= 0


def test_the_resolved_configuration_repeats_the_run(text, tmp_path):
    first = fit(text, tmp_path / "first", "model.dropout=0.1", steps=8, seed=5)
    again = rnngen.fit(config=first.path / "config.toml", run=tmp_path / "again")
    one, two = (load_checkpoint(bundle.path)[0] for bundle in (first, again))
    assert torch.equal(one["model.readout.weight"], two["model.readout.weight"])


def test_a_long_text_is_begun_as_if_after_a_line_end(text, tmp_path):
    bundle = fit(text, tmp_path / "plain", steps=3)
    assert bundle.codec.opening == []  # this text has no line end
    path = tmp_path / "lines.txt"
    path.write_text("Bravo is the first word of every line here\n" * 120)
    bundle = fit(path, tmp_path / "run", steps=30)
    assert bundle.codec.opening == [int(bundle.codec.encode("\n")[0])]
    assert bundle.generate(length=30)[0].text == bundle.generate("\n", length=30)[0].text


# Several tasks --------------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path):
    texts = ("the cat sat on the mat. " * 80, "0123 4567 89 " * 150)
    paths = [tmp_path / f"{number}.txt" for number in range(2)]
    for path, content in zip(paths, texts, strict=True):
        path.write_text(content)
    return [str(path) for path in paths]


def several(data, run, *options, **keywords):
    return rnngen.fit(data, run=run, options=[*QUIET, *options], **{**SMALL, **keywords})


def history(bundle):
    return bundle.manifest["history"]


def test_tasks_in_a_row_are_all_measured_before_the_first_and_after_each(two, tmp_path):
    bundle = several(two, tmp_path / "run", arrangement=[[0], [1]], steps=40)
    found = history(bundle)
    assert found["tasks"] == two
    assert found["learned"] == [[0], [1]]
    assert [row["learned"] for row in found["rows"]] == [None, 0, 1]
    assert [row["steps"] for row in found["rows"]] == [0, 20, 20]
    plan = make(Wanted(data=two, arrangement=[[0], [1]], options=QUIET))
    for place, nats in enumerate(found["rows"][-1]["nats"]):
        exact = score_store(
            bundle.model, plan.measured[place].valid, torch.device("cpu")
        ).nats_per_token
        assert nats == pytest.approx(exact, rel=1e-5)
    # What is learned last is known best.
    assert found["rows"][2]["nats"][1] < found["rows"][1]["nats"][1] - 0.5


def test_arrangement_says_in_which_order_and_what_together(two, tmp_path):
    turned = several(two, tmp_path / "turned", arrangement=[[1], [0]], steps=40)
    rows = history(turned)["rows"]
    assert rows[1]["nats"][1] < rows[1]["nats"][0] - 0.5
    joint = several(two, tmp_path / "joint", arrangement=[[0, 1]], steps=40)
    assert len(history(joint)["rows"]) == 2
    assert history(joint)["rows"][1]["steps"] == 40
    alone = several(two, tmp_path / "alone", arrangement=[[1]], steps=20)
    assert alone.codec.files() == joint.codec.files() == turned.codec.files()
    assert len(history(alone)["rows"][1]["nats"]) == 2


def test_a_pass_over_tasks_learned_together_is_one_over_all_of_them(two, tmp_path):
    plan = make(Wanted(data=two, arrangement=[[0, 1]], options=QUIET))
    store = plan.tasks[0].train
    parts = [dataset.train for dataset in plan.datasets]
    assert store.steps.tolist() == [step for part in parts for step in part.steps.tolist()]
    assert store.documents.tolist() == [0, len(parts[0])]
    assert plan.tasks[0].valid.targets == sum(len(d.valid) for d in plan.datasets) - 1


@pytest.mark.parametrize("arrangement", [[[0], [2]], [[0], []], [], [[-1]]])
def test_arrangement_of_tasks_there_are_not_is_refused(arrangement, two, tmp_path):
    with pytest.raises(UsageError, match="the arrangement of tasks"):
        several(two, tmp_path / "run", arrangement=arrangement, steps=4)


def test_stopped_run_of_an_arrangement_resumes_as_arranged(two, tmp_path):
    whole = several(two, tmp_path / "whole", arrangement=[[1], [0]], steps=20)
    again = rnngen.fit(resume=whole.path)
    assert history(again) == history(whole)
    assert history(again)["learned"] == [[1], [0]]


def test_moments_of_the_optimizer_are_forgotten_between_tasks_unless_told_otherwise(two, tmp_path):
    tensors = {}
    for reset in ("true", "false"):
        options = (f"train.reset_optimizer={reset}", "train.learning_rate=0")
        several(two, tmp_path / reset, *options, arrangement=[[0], [1]], steps=4)
        saved = load_checkpoint(tmp_path / reset)[0]
        tensors[reset] = {name: t for name, t in saved.items() if name.endswith(".step")}
    assert tensors["true"]
    assert {t.item() for t in tensors["true"].values()} == {2}
    assert {t.item() for t in tensors["false"].values()} == {4}
