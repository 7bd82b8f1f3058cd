"""The verb `evaluate`: how well a model predicts a text, beside simple models on the same text.

result = rnngen.evaluate("runs/docs", ["held_out.txt"])
result.nats_per_token, result.bits_per_character
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rnngen.bundles.bundle import Bundle, load
from rnngen.contracts.codec import Codec
from rnngen.contracts.domain import Domain, ForecastRequest, Report
from rnngen.contracts.errors import DataError, UsageError
from rnngen.data import find_sources
from rnngen.data.cache import Dataset
from rnngen.data.measuring import evaluation
from rnngen.data.prepare import prepare
from rnngen.data.store import Store
from rnngen.data.tasks import reopen_tasks
from rnngen.engines.device import choose_device, use_threads
from rnngen.files import source
from rnngen.files.source import Source
from rnngen.kernel.blame import attributed
from rnngen.metrics.baselines import XZ_TRAIN_BYTES, XZ_VALID_BYTES, Baseline
from rnngen.metrics.baselines import baselines as measure_baselines
from rnngen.metrics.copying import Memorization, memorization
from rnngen.metrics.measuring import Measurement
from rnngen.metrics.scoring import score
from rnngen.verbs.generate import generate
from rnngen.verbs.start import engine_of, sources_of

CHUNK = 512
BLOCK = 1 << 18
"""Steps decoded at a time."""

PROTOCOL = "every token once, in order, one lane, state carried, float32"


@dataclass(frozen=True)
class Evaluation:
    """What a model reaches on a text, and what simple models reach.

    Args:
        nats_per_token: mean −ln p of a token.
        bits_per_character: all bits by the characters of the text.
        bits_per_byte: all bits by its bytes in UTF-8.
        perplexity: exp(nats_per_token).
        protocol: how it was measured.
        data: what it was measured on.
        tokens: how many tokens were scored.
        characters: of the text that they stand for.
        bytes: the same in UTF-8.
        unknown: characters the model does not know, scored as unknown.
        baselines: unigram, n-gram, xz.
        copied: what of a generated sample stands literally in the training text.
        warnings: what makes a number less than it seems.
    """

    nats_per_token: float
    bits_per_character: float
    bits_per_byte: float
    perplexity: float
    protocol: str
    data: str
    tokens: int
    characters: int
    bytes: int
    unknown: int
    baselines: tuple[Baseline, ...]
    copied: Memorization | None
    warnings: tuple[str, ...]

    @property
    def model(self) -> Baseline:
        """The model's own numbers, as a row of the same table."""
        return Baseline(
            "model",
            self.nats_per_token,
            self.bits_per_character,
            self.bits_per_byte,
            self.perplexity,
            self.protocol,
        )

    def copied_sentence(self) -> str:
        """What the memorization check found, in a sentence."""
        assert self.copied is not None
        found = self.copied
        return (
            f"copied: {found.share:.1%} of {found.sample_size:,} generated characters stand in the "
            f"training text in pieces of {found.minimum} or more; the longest has {found.longest}: "
            f"{found.text[:80]!r}"
        )


@attributed()
def evaluate(
    bundle: Bundle | str | Path,
    data: Sequence[str] | str = (),
    *,
    split: str | None = None,
    baselines: bool = True,
    sample: int = 10_000,
    seed: int = 0,
    device: str = "auto",
    note: Callable[[str], None] = lambda text: None,
) -> Evaluation | Report:
    """Measures a model on a whole text; the same as the command `rnngen evaluate`.

    Args:
        bundle: a trained model, or its folder.
        data: files; none: what the run held out.
        split: `train`, `valid` or `test`: that part of the data, where its makers split it.
        baselines: whether to fit simple models on the training text for comparison.
        sample: characters to write for the memorization check; 0 skips it.
        seed: of that sample.
        device: `auto`, `cpu`, `cuda`, `mps`.
        note: told what takes its time.

    Returns:
        an `Evaluation`; of a domain with measures of its own, its `Report`.

    Raises:
        UsageError: a file is not there.
        DataError: the text can't be encoded, or what the run held out can't be found again.
        BundleError: the bundle is damaged.
    """
    if not isinstance(bundle, Bundle):
        bundle = load(bundle)
    if isinstance(data, str):
        data = [data]
    use_threads(None)
    chosen, _ = choose_device(device)
    warnings: list[str] = []
    if bundle.domain.forecasts:
        return _backtest(bundle, data, split, baselines, seed, device, note)
    training, reason = _training(bundle, note)
    unknown = 0
    if data or split:
        held_out, unknown = _encoded(bundle, data, split, warnings, note)
        label = " ".join([*data, f"({split})" if split else ""]).strip()
    else:
        if training is None:
            raise DataError(f"what the run held out can't be read again: {reason}")
        if training.valid is None:
            raise UsageError(
                "the run held nothing out", hint="name a file: `rnngen evaluate RUN FILE`"
            )
        held_out, label = training.valid, "held out by the run"
    model = bundle.model.to(chosen)
    train = training.train if training is not None and baselines else None
    report = bundle.domain.evaluate(Measurement(bundle, train, held_out, label, note))
    if report is not None:
        return replace(report, warnings=(*report.warnings, *warnings))
    result = score(model, evaluation(held_out, CHUNK), chosen)
    model.to("cpu")
    characters, size = held_out.characters, held_out.size
    bits = result.nats / math.log(2)
    rows: list[Baseline] = []
    copied = None
    if training is None:
        warnings.append(f"no baselines and no memorization check: {reason}")
    else:
        if baselines:
            note("fitting the baselines on the training text")
            rows = _baselines(bundle.codec, training.train, held_out)
        if sample:
            note("writing a sample for the memorization check")
            length = _steps(sample, held_out, characters)
            text = generate(bundle, length=length, seed=seed, documents=0)[0].text
            copied = memorization(text, _texts(bundle.codec, training.train))
    return Evaluation(
        nats_per_token=result.nats_per_token,
        bits_per_character=bits / max(characters, 1),
        bits_per_byte=bits / max(size, 1),
        perplexity=math.exp(min(result.nats_per_token, 700.0)),
        protocol=PROTOCOL,
        data=label,
        tokens=result.steps,
        characters=characters,
        bytes=size,
        unknown=unknown,
        baselines=tuple(rows),
        copied=copied,
        warnings=tuple(warnings),
    )


def _backtest(
    bundle: Bundle,
    data: Sequence[str],
    split: str | None,
    baselines: bool,
    seed: int,
    device: str,
    note: Callable[[str], None],
) -> Report:
    """The measures of a domain that forecasts."""
    if split is not None:
        raise UsageError(
            "`--split` names a part of the data, but a forecast is measured by the end of it",
            hint="leave it out, or name a file",
        )
    domain: Any = bundle.domain
    engine = engine_of(bundle, device)
    found = sources_of(bundle, data, note)
    request = ForecastRequest(seed=seed)
    report: Report = domain.backtest(
        engine, bundle.codec, found, request, baselines, bundle.path, note
    )
    return report


def _steps(characters: int, held_out: Store, held_out_characters: int) -> int:
    """About how many tokens so many characters are."""
    return max(1, round(characters * held_out.targets / max(held_out_characters, 1)))


def _training(bundle: Bundle, note: Callable[[str], None]) -> tuple[Dataset | None, str]:
    """What the run learned from, or why it can't be had."""
    data = bundle.data_record
    if len(data.fingerprint) > 1:
        return None, "the run learned several tasks in a row: name the text to measure on"
    codec, name = bundle.codec, bundle.manifest["domain"]["name"]
    try:
        (dataset,) = reopen_tasks(
            name,
            bundle.domain,
            [data.sources],
            data,
            codec,
            note=note,
        )
    except (DataError, UsageError) as error:
        return None, error.message
    return dataset, ""


def _encoded(
    bundle: Bundle,
    data: Sequence[str],
    split: str | None,
    warnings: list[str],
    note: Callable[[str], None],
) -> tuple[Store, int]:
    """A text encoded with the bundle's codec; characters it does not know are counted."""
    name, domain = bundle.manifest["domain"]["name"], bundle.domain
    keep = domain.keep
    found: Sequence[source.Source]
    found = find_sources.find(data or bundle.data_record.sources, keep=keep)
    if split is not None:
        found = _part(domain, found, split)
    dataset = prepare(name, domain, found, codec=bundle.codec, fraction=0.0, note=note)
    unknown = dataset.summary.unknown
    if unknown:
        warnings.append(
            f"{unknown:,} of {dataset.summary.characters:,} characters are unknown to the model "
            "and scored as one unknown character: the figures flatter it"
        )
    return dataset.train, unknown


def _part(domain: Domain, found: Sequence[Source], split: str) -> Sequence[Source]:
    parts = domain.parts(found)
    if not parts:
        raise UsageError(
            f"the data is not split by its makers, so that it has no part `{split}`",
            hint="leave `--split` out for what the run held out, or name a file",
        )
    if split not in parts:
        raise UsageError(f"the data has no part `{split}`", hint=f"it has: {', '.join(parts)}")
    chosen: Sequence[Source] = parts[split]
    return chosen


def _baselines(codec: Codec, train: Store, valid: Store) -> list[Baseline]:
    # xz looks at so many bytes at most, and a token is at least one: the rest need not be decoded.
    tail, head = train.steps[-XZ_TRAIN_BYTES:], valid.steps[:XZ_VALID_BYTES]
    return measure_baselines(
        train.steps,
        valid.steps[1:],
        codec.size,
        characters=valid.characters,
        byte_count=valid.size,
        train_text=codec.decode(tail).encode(),
        valid_text=codec.decode(head).encode(),
    )


def _texts(codec: Codec, store: Store) -> Iterator[str]:
    """The text of a store, in parts."""
    for start in range(0, len(store), BLOCK):
        yield codec.decode(store.steps[start : start + BLOCK])
