"""The handwriting domain as a whole: its contract, and from strokes to files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from rnngen.contracts.errors import DataError, UsageError
from rnngen.contracts.steps import Beginning, Piece
from rnngen.data.store import Store
from rnngen.files.source import Source
from rnngen.testing.domains import Sequence, check_domain
from rnngen_handwriting import measures, output
from rnngen_handwriting.codec import StrokeCodec, fit
from rnngen_handwriting.domain import HandwritingDomain
from rnngen_handwriting.options import Options as HandwritingOptions
from rnngen_handwriting.pen_mixture import PenMixture
from tests import small_bundle
from tests.conftest import RunCli

SHAPES = {
    "l": [[(0, 0), (0, 10)], [(3, 10), (4, 10)]],
    "v": [[(0, 5), (3, 10), (6, 5)]],
    "z": [[(0, 5), (5, 5), (0, 10), (5, 10)]],
}


def _words(path: Path, count: int = 60, *, texts: bool = True) -> Path:
    """An npz file of random words of three letters, a little unsteady, by six writers."""
    random = np.random.default_rng(0)
    rows, offsets, labels = [], [0], []
    for _ in range(count):
        text = "".join(random.choice(list(SHAPES), random.integers(1, 5)))
        lines = [
            np.add(line, (9 * place, 0)) + random.normal(0, 0.2, (len(line), 2))
            for place, letter in enumerate(text)
            for line in SHAPES[letter]
        ]
        points = np.concatenate(lines)
        lifted = np.zeros(len(points))
        lifted[np.cumsum([len(line) for line in lines]) - 1] = 1
        rows.append(np.column_stack([np.diff(points, axis=0, prepend=0), lifted]))
        offsets.append(offsets[-1] + len(points))
        labels.append(text)
    beside = {"texts": labels, "writers": np.arange(count) % 6} if texts else {}
    np.savez(path, strokes=np.concatenate(rows), offsets=offsets, **beside)
    return path


@pytest.mark.parametrize("texts", [True, False])
@pytest.mark.parametrize("components", [1, 20])
def test_contract(tmp_path: Path, texts: bool, components: int) -> None:
    path = _words(tmp_path / "x.npz", 8, texts=texts)
    check_domain(HandwritingDomain(HandwritingOptions(components=components)), [Source("x", path)])


def test_offsets_have_a_deviation_of_one_and_texts_an_alphabet(tmp_path: Path) -> None:
    domain = HandwritingDomain()
    pieces = list(domain.read([Source("x", _words(tmp_path / "x.npz"))]))
    codec = domain.fit_codec(lambda: pieces)
    offsets = np.concatenate([codec.encode(piece.content)[:, :2] for piece in pieces])
    assert float(np.sqrt(np.square(offsets).mean())) == pytest.approx(1.0, abs=1e-3)
    assert codec.alphabet == ("l", "v", "z")
    assert codec.condition is not None
    assert (codec.condition.symbols, codec.condition.length) == (4, 4)
    letters = sum(len(piece.condition) for piece in pieces)
    assert codec.condition.pace == pytest.approx(letters / len(offsets), abs=1e-3)
    assert codec.encode_condition("zv").tolist() == [3, 2, 0, 0]


def test_drawings_without_a_text_are_learned_with_an_empty_one() -> None:
    line = [np.array([(0.0, 0), (1, 2)])]
    pieces = [Piece(line, True, 1, "a"), Piece(line, True, 1, None)]
    codec = fit(pieces, texts=True)
    assert codec.condition is not None
    assert [codec.encode_condition(piece.condition).tolist() for piece in pieces] == [[1], [0]]
    # The pace is that of the drawings with a text: a letter in a step.
    assert codec.pace == 1.0
    assert fit(pieces[1:], texts=True).condition is None
    assert fit(pieces[:1], texts=False).condition is None
    assert fit(pieces[:1], texts=True).condition is not None


def test_a_prompt_is_the_text_and_unknown_letters_are_named() -> None:
    domain = HandwritingDomain()
    codec = StrokeCodec(1.0, "abc", 4, 0.1)
    begun = domain.begin("cab", codec)
    assert (begun.shown, list(begun.condition)) == ("cab", [3, 1, 2, 0])
    with pytest.raises(DataError, match="a space, `x`, `é`") as caught:
        domain.begin("a éx", codec)
    assert caught.value.hint == "it knows: abc"
    with pytest.raises(DataError, match="has 5 letters"):
        domain.begin("aaaaa", codec)
    with pytest.raises(UsageError, match="no text was given"):
        domain.begin("", codec)
    plain = StrokeCodec(1.0)
    assert domain.begin("", plain) == Beginning(())
    with pytest.raises(UsageError, match="without texts"):
        domain.begin("a", plain)


STEPS = [(1.0, 2.0, 1.0, 0.0, 0.0), (1.0, -2.0, 0.0, 1.0, 0.0), (3.0, 0.0, 0.0, 1.0, 0.0)]


def test_a_sheet_has_every_drawing_inside_the_page_and_below_the_one_before() -> None:
    page = output.sheet([Sequence("", STEPS, "ab"), Sequence("", STEPS, "c")])
    bottom = 0.0
    for _, lines in page.drawings:
        points = np.concatenate(lines)
        assert (points > 0).all()
        assert (points < (page.width, page.height)).all()
        assert points[:, 1].min() > bottom
        bottom = float(points[:, 1].max())
        assert [len(line) for line in lines] == [3, 1]


def test_every_kind_of_file_is_written_and_others_are_refused(tmp_path: Path) -> None:
    from PIL import Image

    domain, codec = HandwritingDomain(), StrokeCodec(1.0, "ab", 2)
    written = [Sequence("", STEPS, "ab"), Sequence("", STEPS, "b")]
    (path,) = domain.write(written, codec, tmp_path / "x.png")
    picture = np.asarray(Image.open(path).convert("L"))
    assert picture.min() < 80
    assert (picture > 250).mean() > 0.5
    (path,) = domain.write(written, codec, tmp_path / "x.anim.svg")
    root = ElementTree.parse(path).getroot()
    begins = [float(e.get("begin", "")[:-1]) for e in root.iter() if e.tag.endswith("animate")]
    assert begins == sorted(begins)
    assert len(begins) == 4
    files = domain.write(written, codec, tmp_path / "folder")
    assert [file.name for file in files] == ["0001.svg", "0002.svg"]
    for name, error in (
        ("x.pdf", "does not end in a drawing format"),
        ("no/x.svg", "there is no folder"),
    ):
        with pytest.raises(UsageError, match=error):
            domain.write(written, codec, tmp_path / name)
    with pytest.raises(DataError, match="nothing to draw"):
        domain.write([], codec, tmp_path / "y.svg")


def test_a_drawing_that_ends_at_once_can_still_be_written(tmp_path: Path) -> None:
    for name in ("x.svg", "x.png", "x.anim.svg"):
        made = HandwritingDomain().write([Sequence()], StrokeCodec(1.0), tmp_path / name)
        assert made[0].stat().st_size > 50


def test_the_baseline_of_one_gaussian_is_the_closed_form() -> None:
    random = np.random.default_rng(0)
    moves = random.multivariate_normal([0.5, -1], [[2, 0.6], [0.6, 0.5]], 500)
    steps = torch.cat([torch.tensor(moves), torch.tensor([[1.0, 0, 0]]).expand(500, 3)], 1).float()
    nll = PenMixture(1).nll_of_offset(measures.fit(steps, 1).expand(500, -1), steps)
    determinant = float(np.linalg.det(np.cov(moves.T, ddof=0)))
    # Entropy of a Gaussian whose covariance is that of the sample (Cover and Thomas, eq. 8.35).
    expected = math.log(2 * math.pi * math.e) + 0.5 * math.log(determinant)
    assert float(nll.mean()) == pytest.approx(expected, abs=0.01)


def test_more_gaussians_fit_two_clouds_better_than_one() -> None:
    random = np.random.default_rng(0)
    clouds = np.concatenate([random.normal(4, 0.3, (300, 2)), random.normal(-4, 0.3, (300, 2))])
    steps = torch.cat([torch.tensor(clouds), torch.tensor([[1.0, 0, 0]]).expand(600, 3)], 1).float()
    one, two = (
        float(PenMixture(m).nll_of_offset(measures.fit(steps, m).expand(600, -1), steps).mean())
        for m in (1, 2)
    )
    # Two clouds of deviation 0.3: ln 2, and the entropy of one.
    assert two == pytest.approx(math.log(2) + math.log(2 * math.pi * math.e * 0.09), abs=0.1)
    assert one > two + 1


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learned words of three letters for a few steps."""
    import rnngen

    folder = tmp_path_factory.mktemp("hand")
    _words(folder / "x.npz")
    rnngen.fit(
        [str(folder / "x.npz")],
        domain="handwriting",
        options=["hidden=24", "layers=3", "components=3", "train.lanes=8", "train.threads=1"],
        steps=30,
        run=folder / "run",
    )
    return folder / "run"


def test_a_text_is_written_to_files_and_the_same_seed_writes_the_same(
    run: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    for name in ("one.svg", "two.svg"):
        done = run_cli("generate", run, "lvz", "-o", "bias=1.0", "-l", 40, "--out", tmp_path / name)
        assert done.exit_code == 0, done.stderr
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "<title>lvz</title>" in (tmp_path / "one.svg").read_text()
    done = run_cli("generate", run, "vz", "-n", 3, "-l", 40, "--out", tmp_path / "folder")
    assert len(list((tmp_path / "folder").iterdir())) == 3


def test_standard_output_is_svg_and_json_has_the_steps(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "lv", "-l", 30)
    assert done.exit_code == 0
    assert ElementTree.fromstring(done.stdout).tag.endswith("svg")
    (row,) = json.loads(run_cli("generate", run, "lv", "-l", 30, "--json").stdout)
    assert row["prompt"] == "lv"
    assert all(len(token["token"]) == 5 for token in row["tokens"])


def test_bad_texts_are_refused_by_name(run: Path, run_cli: RunCli) -> None:
    done = run_cli("generate", run, "hello")
    assert done.exit_code == 1
    assert "`e`, `h`, `o`" in done.stderr
    assert done.stdout == ""


def test_evaluation_has_the_model_beside_gaussians(run: Path, run_cli: RunCli) -> None:
    done = run_cli("evaluate", run, "--json")
    assert done.exit_code == 0, done.stderr
    for word in ("model", "one Gaussian", "nats/step", "pen right"):
        assert word in done.stdout


def test_nats_are_those_of_the_score_of_the_core(run: Path) -> None:
    from rnngen.bundles.bundle import load
    from rnngen.data.measuring import evaluation
    from rnngen.metrics.measuring import Measurement
    from rnngen.metrics.scoring import score

    bundle = load(run)
    pieces = list(bundle.domain.read([Source("x", run.parent / "x.npz")]))
    store = Store.of(
        [bundle.codec.encode(piece.content) for piece in pieces],
        boundary=bundle.codec.boundary,
        conditions=np.stack([bundle.codec.encode_condition(p.condition) for p in pieces]),
    )
    report = bundle.domain.evaluate(Measurement(bundle, store, store, "here", print))
    nats = score(bundle.model, evaluation(store, 64, 8), torch.device("cpu")).nats_per_token
    assert report.rows[0][1][0] == pytest.approx(nats, abs=1e-4)


def test_a_primer_is_read_first_with_its_text_and_only_what_follows_is_drawn(
    run: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    style = tmp_path / "style.svg"
    style.write_text("<svg><title>lv</title><path d='M0 0 L0 9'/><path d='M9 4 l3 5 l3 -5'/></svg>")
    one, two = tmp_path / "one.svg", tmp_path / "two.svg"
    for path, primer in ((one, []), (two, ["--primer", style])):
        done = run_cli("generate", run, "z", "-l", 12, *primer, "--out", path)
        assert done.exit_code == 0, done.stderr
    assert one.read_text() != two.read_text()
    from rnngen.bundles.bundle import load

    bundle = load(run)
    begun = HandwritingDomain().prime("z", Source("x", style), bundle.codec)
    assert list(begun.condition) == [1, 2, 3, 0]
    assert len(begun.steps) == 4
    written = Sequence("", [(5.0, 0.0, 1.0, 0.0, 0.0), (1.0, 1.0, 0.0, 1.0, 0.0)], "z", begun)
    ((_, lines),) = output.sheet([written]).drawings
    assert [len(line) for line in lines] == [2], "the pen's way to the text is no line"


def test_primers_that_can_not_be_gone_on_from_are_refused(
    run: Path, tmp_path: Path, run_cli: RunCli
) -> None:
    mute = tmp_path / "mute.svg"
    mute.write_text("<svg><path d='M0 0 L0 9 L4 4'/></svg>")
    for primer, expected in (
        (mute, "has no text for its first drawing"),
        (tmp_path / "none.svg", "no such file"),
    ):
        done = run_cli("generate", run, "z", "--primer", primer)
        assert done.exit_code != 0
        assert expected in done.stderr
    book = small_bundle.train(tmp_path / "book")
    done = run_cli("generate", book, "a", "--primer", mute)
    assert "the domain `text` does not support continuing from a file" in done.stderr


def test_a_drawing_is_gone_on_from_and_drawn_with_what_follows() -> None:
    begun = Beginning(STEPS[:2])
    ((_, lines),) = output.sheet([Sequence("", STEPS, "", begun)]).drawings
    assert [len(line) for line in lines] == [3, 2, 1]
