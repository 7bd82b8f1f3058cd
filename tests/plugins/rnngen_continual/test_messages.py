"""Messages to the user: what is not valid, what was not learned, and what was kept."""

from __future__ import annotations

import pytest

from rnngen.contracts.errors import ExitCode
from rnngen.training.learning_check import learned_little, too_strong
from tests.plugins.rnngen_continual import stage
from tests.plugins.rnngen_continual.conftest import language

SHORT = ("--hidden", "8", "--steps", "4", "-o", "train.lanes=2", "-o", "train.chunk=16", "-q")


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (
            ("ewc", "ewc.lambda=-1"),
            "`lambda` of section `ewc` is -1.0, expected at least 0",
            "keep",
        ),
        (("ewc", "ewc.lambda=much"), "`lambda` of section `ewc` is 'much'", "its default is 0.4"),
        (("ewc", "ewc.lamda=1"), "no option named `ewc.lamda`", "did you mean `ewc.lambda`?"),
        (("ewc", "ewc.mode=offline"), "expected one of online, separate", "one anchor"),
        (("ewc", "replay.memory=5%"), "no option named `replay.memory`", "used here"),
        (("replay", "replay.memory=0"), "`replay.memory` is '0', expected a size above 0", "`5%`"),
        (
            ("replay", "replay.memory=10"),
            "`replay.memory` is 10 tokens, less than one window of 17 tokens",
            "`-o replay.memory=17`",
        ),
        (("replay", "replay.memory=12B"), "is 12 bytes, less than one window", "=17B`"),
        (("lwf", "lwf.temperature=0"), "expected between 0.1 and 100", "improbable"),
        (("elastic", "ewc.lambda=1"), "no strategy or plugin named `elastic`", "available"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(
    options, message, hint, small, tmp_path, run_cli
):
    strategy, *assignments = options
    words = [word for text in assignments for word in ("-o", text)]
    outcome = run_cli("fit", *small, "--plugin", strategy, "--run", tmp_path / "r", *SHORT, *words)
    assert outcome.exit_code in (ExitCode.USAGE, ExitCode.PLUGIN)
    first, *rest = outcome.stderr.splitlines()
    assert message in first
    assert "hint:" in rest[-1]
    assert hint in rest[-1]
    assert "Traceback" not in outcome.stderr


def measured(nats, tasks=2):
    run = stage.run(
        stage.model(), [stage.task(stage.text(), str(n), member=n) for n in range(tasks)]
    )
    run.position.history = [{"nats": list(row)} for row in nats]
    run.position.task = len(nats) - 2
    return run


@pytest.mark.parametrize(
    ("nats", "expected"),
    [
        ([(4, 4), (2, 5), (2, 4.95)], True),
        ([(4, 4), (2, 5), (2.5, 2)], False),
        ([(4, 4), (2, 2.1), (2, 2.05)], False),  # it was known already
        ([(4, 4), (2, 5)], False),  # the first task
        ([(4, 4), (2, None), (2, None)], False),
    ],
)
def test_task_that_was_not_learned_is_noticed(nats, expected):
    assert learned_little(measured(nats)) == expected


def test_strategy_that_holds_too_fast_says_so_and_proposes_less(tmp_path, run_cli):
    small = [tmp_path / f"{seed}.txt" for seed in range(2)]
    for seed, path in enumerate(small):
        path.write_text(language(seed, 6000))
    words = ["--hidden", "32", "--epochs", "6", "-o", "train.lanes=4", "-o", "train.chunk=16"]
    words += ["--cell", "gru", "--precision", "fp32", "-o", "train.learning_rate=0.01"]
    for strength, expected in (("100000", True), ("0.1", False)):
        outcome = run_cli(
            "fit",
            *small,
            *("--plugin", "ewc", "--run", tmp_path / strength, "-o", f"ewc.lambda={strength}"),
            *words,
        )
        assert outcome.exit_code == 0, outcome.stderr
        assert ("was hardly learned because" in outcome.stderr) == expected
        assert ("try `-o ewc.lambda=" in outcome.stderr) == expected


@pytest.mark.parametrize(
    ("value", "smaller"), [(4.0, "0.4"), (1e3, "1"), (50.0, "0.4"), (float("inf"), "0.4")]
)
def test_smaller_value_is_proposed_not_below_the_default(value, smaller):
    text = too_strong("ewc", "lambda", value, 0.4, "b.txt")
    assert f"try `-o ewc.lambda={smaller}`" in text
    assert "b.txt" in text


def test_table_after_several_tasks_says_what_was_kept_of_each(small, tmp_path, run_cli):
    outcome = run_cli("fit", *small, "--plugin", "ewc", "--run", tmp_path / "run", *SHORT)
    assert outcome.exit_code == 0, outcome.stderr
    header, *rows = [line for line in outcome.stdout.splitlines() if line.strip()]
    for word in ("when just learned", "now", "forgotten", "kept"):
        assert word in header
    assert len(rows) == 2


def test_help_of_every_strategy_says_what_its_options_do(run_cli):
    for name in ("ewc", "si", "mas", "lwf", "replay", "agem", "self-replay"):
        outcome = run_cli("show", "strategy", name)
        assert outcome.exit_code == 0, outcome.stderr
        assert name in outcome.stdout


def test_card_of_the_run_has_the_same_table(small, tmp_path, run_cli):
    run_cli("fit", *small, "--plugin", "ewc", "--run", tmp_path / "run", *SHORT)
    outcome = run_cli("show", tmp_path / "run")
    assert outcome.exit_code == 0, outcome.stderr
    (line,) = [line for line in outcome.stdout.splitlines() if line.startswith("tasks")]
    assert "when just learned" in line
