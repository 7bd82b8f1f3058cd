"""Settings: who wins, where a value came from, and a file that reads back to the same values."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnngen.contracts.errors import UsageError
from rnngen.contracts.options import describe, option
from rnngen.kernel.assignments import parse_assignments
from rnngen.kernel.config_file import Config, find_config, read_config
from rnngen.kernel.core_options import ModelOptions, TrainOptions
from rnngen.kernel.settings import Said, resolve, to_toml, variable_names

HERE = Path("p")


@dataclass(frozen=True)
class Everything:
    """One option of each type."""

    number: int = option(1, "an integer")
    real: float = option(0.5, "a number\nin two lines")
    flag: bool = option(False, "yes or no")
    choice: Literal["a", "b"] = option("a", "one of two")
    text: str = option("x", "any text")
    path: Path = option(HERE, "a path")  # noqa: RUF009
    words: tuple[str, ...] = option((), "words")
    maybe: int | None = option(None, "an integer or none")
    some: int | None = option(3, "none is not its default")


SECTIONS = {"train": TrainOptions, "everything": Everything}


def write(folder: Path, text: str, name: str = "rnngen.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_nearer_source_wins(tmp_path):
    file = read_config(write(tmp_path, "[everything]\nnumber = 2\ntext = 'file'\nreal = 2.0\n"))
    environment = {"RNNGEN_EVERYTHING_NUMBER": "3", "RNNGEN_EVERYTHING_TEXT": "environment"}
    found = resolve(
        SECTIONS,
        flags={"everything": {"number": 4, "flag": None}},
        assignments=["everything.flag=yes"],
        environment=environment,
        file=file,
        inherited={"everything": {"real": 9.0, "maybe": 7}},
    )
    everything = found["everything"]
    assert (everything.number, everything.text, everything.real) == (4, "environment", 2.0)
    assert (everything.maybe, everything.flag, everything.choice) == (7, True, "a")
    origins = {field.name: found.origin("everything", field.name) for field in describe(Everything)}
    assert origins == {
        "number": "flag",
        "real": "rnngen.toml",
        "flag": "flag",
        "choice": "default",
        "text": "environment RNNGEN_EVERYTHING_TEXT",
        "path": "default",
        "words": "default",
        "maybe": "inherited",
        "some": "default",
    }


def test_assignment_wins_over_the_flag_of_the_same_option():
    found = resolve(SECTIONS, flags={"train": {"seed": 1}}, assignments=["train.seed=2"])
    assert found["train"].seed == 2


@pytest.mark.parametrize(
    ("environment", "seed", "origin"),
    [
        ({"RNNGEN_SEED": "5"}, 5, "environment RNNGEN_SEED"),
        ({"RNNGEN_TRAIN_SEED": "6"}, 6, "environment RNNGEN_TRAIN_SEED"),
        ({"RNNGEN_SEED": "5", "RNNGEN_TRAIN_SEED": "6"}, 6, "environment RNNGEN_TRAIN_SEED"),
        ({"RNNGEN_SEED": ""}, 0, "default"),
    ],
)
def test_environment_has_a_long_and_a_short_variable(environment, seed, origin):
    found = resolve(SECTIONS, environment=environment)
    assert (found["train"].seed, found.origin("train", "seed")) == (seed, origin)


def test_variable_of_a_section_with_a_dash_has_an_underscore():
    assert variable_names("online-ewc", "strength") == ["RNNGEN_ONLINE_EWC_STRENGTH"]
    assert variable_names("train", "device") == ["RNNGEN_TRAIN_DEVICE", "RNNGEN_DEVICE"]


def test_wrong_value_says_which_source_it_is_in(tmp_path):
    file = read_config(write(tmp_path, "[train]\nseed = 'x'\n"))
    with pytest.raises(UsageError, match=r"section `train` \(rnngen.toml\) is 'x'"):
        resolve(SECTIONS, file=file)
    with pytest.raises(UsageError, match=r"\(environment RNNGEN_SEED\) is 'y'"):
        resolve(SECTIONS, environment={"RNNGEN_SEED": "y"})


def test_unknown_option_in_the_file_gets_a_suggestion(tmp_path):
    file = read_config(write(tmp_path, "[train]\nsede = 1\n"))
    with pytest.raises(UsageError, match=r"no option named `sede` in section `train`") as caught:
        resolve(SECTIONS, file=file)
    assert caught.value.hint == "did you mean `seed`?"


def test_option_in_the_file_may_be_written_with_dashes(tmp_path):
    file = read_config(write(tmp_path, "[train]\nlearning-rate = 0.5\n"))
    assert resolve(SECTIONS, file=file)["train"].learning_rate == 0.5


def test_unknown_section_in_the_file_gets_a_suggestion(tmp_path):
    file = read_config(write(tmp_path, "[trian]\nseed = 1\n"))
    with pytest.raises(UsageError, match=r"there is no section `trian` \(rnngen.toml\)") as caught:
        resolve(SECTIONS, file=file)
    assert caught.value.hint == "did you mean `train`?"


def test_section_of_an_inactive_component_is_fine(tmp_path, install):
    install("good")
    file = read_config(write(tmp_path, "[beam]\nwidth = 3\n[steady]\nstrength = 2\n"))
    assert list(resolve(SECTIONS, file=file)) == ["train", "everything"]


def test_value_outside_of_any_section_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"`seed` in rnngen\.toml is outside any section"):
        read_config(write(tmp_path, "seed = 1\n"))


def test_broken_toml_is_told_with_its_line(tmp_path):
    with pytest.raises(UsageError, match=r"rnngen.toml` is not TOML: .*line 2"):
        read_config(write(tmp_path, "[train]\nseed = = 1\n"))


def test_file_that_is_not_there_or_not_utf8_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        read_config(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"[text]\nx = '\xe9'\n")
    with pytest.raises(UsageError, match="not UTF-8: byte 0xe9 at offset 12"):
        read_config(tmp_path / "latin.toml")


def test_file_is_the_named_one_then_rnngen_toml_then_pyproject(tmp_path):
    assert find_config(None, tmp_path) is None
    write(tmp_path, "[tool.other]\nx = 1\n", "pyproject.toml")
    assert find_config(None, tmp_path) is None
    write(tmp_path, "[tool.rnngen.train]\nseed = 1\n", "pyproject.toml")
    found = find_config(None, tmp_path)
    assert (found.label, found.sections) == ("pyproject.toml [tool.rnngen]", {"train": {"seed": 1}})
    write(tmp_path, "[train]\nseed = 2\n")
    assert find_config(None, tmp_path).sections == {"train": {"seed": 2}}
    named = write(tmp_path, "[train]\nseed = 3\n", "other.toml")
    assert find_config(named, tmp_path).sections == {"train": {"seed": 3}}


def test_working_folder_is_where_the_file_is_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "[train]\nseed = 2\n")
    assert find_config(None).label == "rnngen.toml"


def test_table_of_a_command_holds_what_it_works_on(tmp_path):
    file = read_config(
        write(tmp_path, "[fit]\ndata = ['a', 'b']\nplugins = ['ewc']\ndomain = 'text'\n")
    )
    assert file.command("fit") == {"data": ["a", "b"], "plugins": ["ewc"], "domain": "text"}
    assert file.command("generate") == {}
    assert file.sections == {}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("data = 'a'", "expected a list of texts"),
        ("data = [1]", "expected a list of texts"),
        ("domain = 1", "expected text"),
        ("dta = []", "no option named `dta`"),
    ],
)
def test_table_of_a_command_is_checked(tmp_path, table, message):
    with pytest.raises(UsageError, match=message):
        read_config(write(tmp_path, f"[fit]\n{table}\n"))


def test_written_file_explains_itself():
    found = resolve(SECTIONS, assignments=["number=4"], environment={"RNNGEN_SEED": "5"})
    text = to_toml(found, {"fit": {"data": ["a b.txt"]}})
    assert tomllib.loads(text)["fit"] == {"data": ["a b.txt"]}
    lines = text.splitlines()
    assert lines[0] == "[fit]"
    number = lines.index("number = 4")
    assert lines[number - 1] == "# integer: an integer (flag)"
    assert lines[lines.index("seed = 5") - 1].endswith("(environment RNNGEN_SEED)")
    assert lines[lines.index("real = 0.5") - 1] == "# number: a number in two lines"
    assert "# maybe = none" in lines


def test_none_that_is_not_the_default_is_written_so_that_it_is_read(tmp_path):
    found = resolve({"everything": Everything}, assignments=["some=none"])
    path = write(tmp_path, to_toml(found))
    again = resolve({"everything": Everything}, file=read_config(path))
    assert again["everything"].some is None


def test_defaults_of_the_core_survive_the_file(tmp_path):
    sections = {"model": ModelOptions, "train": TrainOptions}
    path = write(tmp_path, to_toml(resolve(sections)))
    assert dict(resolve(sections, file=read_config(path))) == dict(resolve(sections))


VALUES = st.fixed_dictionaries(
    {
        "number": st.integers(-(2**63), 2**63 - 1),
        "real": st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.booleans(),
        "choice": st.sampled_from(["a", "b"]),
        "text": st.text(st.characters(exclude_categories=["Cs"])),
        "words": st.lists(
            st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip)
        ),
        "maybe": st.none() | st.integers(-(2**63), 2**63 - 1),
        "some": st.none() | st.integers(-(2**63), 2**63 - 1),
    }
)


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_written_file_reads_back_to_the_same_values(tmp_path_factory, values):
    sections = {"everything": Everything}
    file = Config("given", {"everything": {k: v for k, v in values.items() if v is not None}})
    assignments = [f"{name}=none" for name in ("maybe", "some") if values[name] is None]
    found = resolve(sections, file=file, assignments=assignments)
    path = write(tmp_path_factory.mktemp("config"), to_toml(found))
    again = resolve(sections, file=read_config(path))
    assert again["everything"] == found["everything"]


PLACES = ("inherited", "file", "environment", "flags", "assignments")


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(PLACES)), st.booleans())
def test_a_name_of_a_component_is_read_before_all_as_it_is_resolved_with_all(places, bare):
    """Whoever says it, and whatever else is said of sections that are not known yet."""
    prefix = "" if bare else "model."
    given = {
        "inherited": {"model": {"cell": "inherited"}, "unknown": {"x": 1}},
        "file": Config("f", {"model": {"cell": "file", "layers": 2}, "gru": {"reset": "before"}}),
        "environment": {"RNNGEN_MODEL_CELL": "environment", "RNNGEN_GRU_RESET": "x"},
        "flags": {"model": {"cell": "flags", "layers": None}, "text": {"tokens": "byte"}},
        "assignments": parse_assignments(
            [f"{prefix}cell=early", "gru.reset=after", f"{prefix}cell=assignments", "tokens=char"]
        ),
    }
    said = Said(**{place: given[place] for place in places})
    last = [place for place in PLACES if place in places]
    assert said.value("model", "cell") == (last[-1] if last else "lstm")
    assert said.value("train", "optimizer") == "adamw"

    known = Said(**{place: given[place] for place in places - {"assignments"}})
    settled = known.resolve({"model": ModelOptions}, known=lambda: {"gru"})
    assert known.value("model", "cell") == settled["model"].cell


def test_a_wrong_value_of_a_name_says_where_it_is():
    with pytest.raises(UsageError, match=r"`cell` of section `model` \(rnngen.toml\) is \[1\]"):
        Said(file=Config("rnngen.toml", {"model": {"cell": [1]}})).value("model", "cell")
