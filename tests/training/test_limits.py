"""When a run ends, where the user did not say."""

import rnngen
from rnngen.bundles.checkpoint import load_checkpoint
from rnngen.kernel.core_options import TrainOptions
from rnngen.training.limits import PASSES, SECONDS, STEPS, with_passes, with_time


def test_without_any_limit_there_is_one_of_time():
    assert with_time(TrainOptions()).time == SECONDS
    assert with_time(TrainOptions(steps=3)).time is None


def test_time_alone_ends_after_enough_passes_and_what_was_asked_is_kept():
    assert with_passes(TrainOptions(time=9.0), batches=1000).epochs == PASSES
    assert with_passes(TrainOptions(time=9.0), batches=6).epochs == STEPS / 6
    assert with_passes(TrainOptions(time=9.0, accumulate=2), batches=6).epochs == STEPS / 3
    assert with_passes(TrainOptions(time=9.0, epochs=99), batches=6).epochs == 99
    assert with_passes(TrainOptions(steps=5), batches=6).epochs is None


def test_a_small_text_ends_before_its_time_and_says_why(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("a small text that is soon known by heart. " * 12)
    options = ["train.sample=0", "train.lanes=2", "train.chunk=16", "train.validate_every=500"]
    bundle = rnngen.fit(
        [str(path)], run=tmp_path / "run", hidden=4, time=600, options=options, precision="fp32"
    )
    assert STEPS <= load_checkpoint(bundle.path)[1]["position"]["step"] <= STEPS + 20
    assert "to avoid overfitting" in (bundle.path / "log.txt").read_text()
