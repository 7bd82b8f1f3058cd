"""The command line with series: fit, forecast, measure; and what it refuses."""

import csv
import json

import numpy as np
import pytest

FIT = ["--steps", "12", "--hidden", "8", "-o", "train.lanes=4", "-o", "train.chunk=16"]


def days(count):
    return [str(np.datetime64("2024-01-01") + n) for n in range(count)]


def table(path, rows):
    with path.open("w", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    return path


@pytest.fixture(scope="module")
def sales(tmp_path_factory):
    """Two shops, seventy days, the price of the next week known; and a run that learned them."""
    from rnngen import fit

    folder = tmp_path_factory.mktemp("sales")
    random = np.random.default_rng(0)
    rows = [["shop", "date", "units", "price"]]
    for shop in ("north", "south"):
        for n, day in enumerate(days(77)):
            units = 20 + 5 * (n % 7) + random.integers(3) if n < 70 else ""
            rows.append([shop, day, units, 3 + n % 2])
    path = table(folder / "sales.csv", rows)
    options = ["series.id=shop", "series.target=units", "series.known=price", "series.horizon=7"]
    options += ["train.lanes=4", "train.chunk=16"]
    run = folder / "run"
    fit([str(path)], domain="series", run=run, steps=12, hidden=8, options=options)
    return path, run


def read(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_forecast_goes_on_from_every_series_with_its_quantiles_and_a_chart(
    sales, run_cli, tmp_path
):
    out = tmp_path / "forecast.csv"
    done = run_cli("generate", sales[1], "--samples", 20, "--out", out)
    assert done.exit_code == 0, done.stderr
    rows = read(out)
    expected = [(shop, day) for shop in ("north", "south") for day in days(77)[70:]]
    assert [(row["series"], row["time"]) for row in rows] == expected
    for row in rows:
        quantiles = [float(row[f"0.{n}"]) for n in range(1, 10)]
        assert quantiles == sorted(quantiles)
        assert quantiles[0] < quantiles[-1]
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_the_same_seed_gives_the_same_forecast_on_stdout_as_csv_and_as_json(sales, run_cli):
    asked = ["generate", sales[1], "--samples", 5, "--seed", 3]
    one, other, another = run_cli(*asked), run_cli(*asked), run_cli(*asked[:-1], 4)
    assert one.exit_code == 0, one.stderr
    assert one.stdout == other.stdout != another.stdout
    rows = list(csv.DictReader(one.stdout.splitlines()))
    as_json = json.loads(run_cli(*asked, "--json").stdout)
    assert [float(row["0.5"]) for row in rows] == [row["0.5"] for row in as_json]


def test_a_forecast_can_go_on_from_a_newer_file(sales, run_cli, tmp_path):
    rows = [["shop", "date", "units", "price"]]
    rows += [["west", day, 10 + n % 7 if n < 35 else "", 3] for n, day in enumerate(days(40))]
    path = table(tmp_path / "new.csv", rows)
    done = run_cli("generate", sales[1], path, "--horizon", 4, "--samples", 5)
    assert done.exit_code == 0, done.stderr
    found = list(csv.DictReader(done.stdout.splitlines()))
    assert [(row["series"], row["time"]) for row in found] == [
        ("west", day) for day in days(39)[35:]
    ]


def test_without_scatter_all_futures_are_one(sales, run_cli):
    done = run_cli("generate", sales[1], "--samples", 3, "-o", "temperature=0")
    for row in csv.DictReader(done.stdout.splitlines()):
        assert row["0.1"] == row["0.9"] == row["mean"]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--horizon", 8], "known 7 steps", "--horizon 7"),
        (["--decoder", "greedy"], "`sample`, not `greedy`", "temperature=0"),
        (["--stop", "x"], "--stop", "leave it out"),
        (["-o", "top_k=3"], "`top_k`", "temperature"),
        (["nowhere.csv"], "nowhere.csv", ""),
        (["--out", "forecast.xlsx"], "CSV", "forecast.csv"),
        (["--out", "nowhere/forecast.csv"], "no folder", "create it"),
    ],
)
def test_what_makes_no_sense_of_a_forecast_is_refused(sales, run_cli, arguments, message, hint):
    done = run_cli("generate", sales[1], "--samples", 2, *arguments)
    assert done.exit_code in (1, 2)
    assert message in done.stderr
    assert hint in done.stderr
    assert done.stdout == ""


def test_a_forecast_that_a_file_stands_in_the_way_of_is_an_error(sales, run_cli, tmp_path):
    (tmp_path / "file").touch()
    done = run_cli("generate", sales[1], "--samples", 2, "--out", tmp_path / "file")
    assert done.exit_code == 1
    assert "can't be written" in done.stderr


def test_the_card_says_what_a_step_of_vectors_is(sales, run_cli):
    shown = run_cli("show", sales[1]).stdout
    assert "steps of likelihood student-t" in shown
    assert "tokens, " not in shown.split("data")[0]


def test_a_backtest_stands_beside_simple_forecasts_and_scores_every_value(sales, run_cli):
    done = run_cli("evaluate", sales[1], "--json")
    assert done.exit_code == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row["name"] for row in rows][:2] == ["model", "seasonal naive"]
    assert all(row["MASE"] > 0 and row["sMAPE %"] > 0 for row in rows)
    assert 0 <= rows[0]["80 % covers %"] <= 100
    scores = read(sales[1] / "scores.csv")
    assert [row["time"] for row in scores] == 2 * days(70)[7:]
    assert all(0 <= float(row["tail"]) <= 1 for row in scores)


def test_a_value_far_out_has_the_highest_score(sales, tmp_path):
    from rnngen import evaluate

    rows = read(sales[0])
    for row in rows:
        if (row["shop"], row["date"]) == ("south", days(60)[50]):
            row["units"] = "500"
    path = table(tmp_path / "odd.csv", [list(rows[0]), *(list(row.values()) for row in rows)])
    evaluate(sales[1], [str(path)], baselines=False)
    scores = read(sales[1] / "scores.csv")
    odd = max(scores, key=lambda row: float(row["nats"]))
    assert (odd["series"], odd["time"], odd["value"]) == ("south", days(60)[50], "500")
    assert float(odd["tail"]) < 0.05


def test_series_are_learned_from_the_corpus_where_no_data_is_named(run_cli, tmp_path):
    run = tmp_path / "run"
    done = run_cli("fit", "--domain", "series", "--run", run, *FIT)
    assert done.exit_code == 0, done.stderr
    assert run_cli("generate", run, "--horizon", 2, "--samples", 2).stdout.count("\n") == 5


@pytest.mark.parametrize(
    "options",
    [
        ["-o", "series.distribution=quantised", "-o", "series.scaling=mean"],
        ["-o", "series.distribution=gaussian", "-o", "series.scaling=standard"],
        ["-o", "series.distribution=negative-binomial"],
        ["-o", "series.log=true", "-o", "train.scheduled_sampling=0.5"],
    ],
    ids=lambda each: each[1].partition(".")[2],
)
def test_every_distribution_learns_and_forecasts(run_cli, tmp_path, options):
    values = 30 + 10 * (np.arange(60) % 7) + np.random.default_rng(0).integers(5, size=60)
    path = table(tmp_path / "x.csv", [["date", "x"], *zip(days(60), values, strict=True)])
    run = tmp_path / "run"
    done = run_cli(
        "fit", path, "--domain", "series", "--run", run, *FIT, "-o", "series.horizon=7", *options
    )
    assert done.exit_code == 0, done.stderr
    done = run_cli("generate", run, "--samples", 30)
    assert done.exit_code == 0, done.stderr
    rows = list(csv.DictReader(done.stdout.splitlines()))
    assert len(rows) == 7
    assert all(np.isfinite(float(row["mean"])) for row in rows)
    if "negative-binomial" in options[1]:
        quantiles = [float(row["0.5"]) for row in rows]
        assert all(value * 2 == pytest.approx(round(value * 2), abs=1e-3) for value in quantiles)


def test_a_model_that_forecasts_is_not_asked_to_write(sales):
    from rnngen import generate
    from rnngen.contracts.errors import UsageError

    with pytest.raises(UsageError) as error:
        generate(sales[1])
    assert "rnngen.forecast" in error.value.hint


def test_a_model_of_text_does_not_forecast(tmp_path):
    from rnngen import forecast
    from rnngen.contracts.errors import UsageError
    from tests import small_bundle

    small_bundle.train(tmp_path / "run")
    with pytest.raises(UsageError, match="the domain `text` does not support forecasting"):
        forecast(tmp_path / "run")


def test_a_run_that_goes_on_reads_its_series_again(sales, run_cli):
    done = run_cli("fit", "--resume", sales[1], "--steps", 14)
    assert done.exit_code == 0, done.stderr
    assert "14" in done.stderr
