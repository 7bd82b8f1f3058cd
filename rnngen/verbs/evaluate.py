"""The verb `evaluate`: how well a model predicts a text, next to simple models on the same text.

result = rnngen.evaluate("runs/docs", ["held_out.txt"])
result.nats_per_token, result.bits_per_character
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.codec import Codec
from rnngen.contracts.domain import ForecastRequest, Report
from rnngen.contracts.errors import DataError, RnngenError, UsageError
from rnngen.contracts.exact_text import exact, readable
from rnngen.data.cache import Dataset
from rnngen.data.measuring import evaluation
from rnngen.data.store import Store
from rnngen.engines.choose import DEFAULT
from rnngen.engines.device import choose_device, use_threads
from rnngen.kernel.blame import attributed
from rnngen.metrics.baselines import XZ_TRAIN_BYTES, XZ_VALID_BYTES, Baseline, perplexity
from rnngen.metrics.baselines import baselines as measure_baselines
from rnngen.metrics.copying import Memorization, memorization
from rnngen.metrics.measuring import Measurement
from rnngen.metrics.scoring import score
from rnngen.verbs import learned
from rnngen.verbs.arguments import Files, listed
from rnngen.verbs.components import Given
from rnngen.verbs.generate import generate
from rnngen.verbs.read_as import read_as
from rnngen.verbs.start import engine_of, opened

CHUNK = 512

PROTOCOL = "every token once, in order, one lane, state carried, float32"


@dataclass(frozen=True)
class Evaluation:
    """How well a model predicts a text, and how well simple models do.

    Args:
        nats_per_token: mean −ln p of a token.
        bits_per_character: all bits by the characters of the text.
        bits_per_byte: all bits by its bytes in UTF-8.
        perplexity: exp(nats_per_token).
        protocol: how it was measured.
        data: what it was measured on.
        tokens: how many tokens were scored.
        characters: of the text that these tokens stand for.
        bytes: the same in UTF-8.
        unknown: characters the model does not know, scored as unknown.
        baselines: unigram, n-gram, xz.
        copied: how much of a generated sample is copied from the training text.
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
            f"copied: {found.share:.1%} of {found.sample_size:,} generated characters appear in "
            f"the training text in pieces of {found.minimum} or more; the longest has "
            f"{found.longest}: {found.text[:80]!r}"
        )


@attributed()
def evaluate(
    bundle: Bundle | str | Path,
    data: Files = (),
    *,
    split: str | None = None,
    baselines: bool = True,
    sample: int = 10_000,
    seed: int = 0,
    device: str = "auto",
    engine: str = DEFAULT,
    options: Given = None,
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
        engine: writes the sample or steps the forecasts: `torch`, or one of a plugin.
        options: how the data is read: `{"text.unseen": "skip"}` or `["damaged=skip"]`.
        note: told what takes its time.

    Returns:
        an `Evaluation`; of a domain with measures of its own, its `Report`.

    Raises:
        UsageError: a file is not there.
        DataError: the text can't be encoded, or what the run held out can't be found again.
        BundleError: the bundle is damaged.
    """
    bundle = opened(bundle)
    reader = read_as(bundle, options)
    named = listed(data)
    use_threads(None)
    where, _ = choose_device(device)
    if bundle.domain.forecasts:
        return _backtest(reader, named, split, baselines, seed, device, engine, note)
    training = _training(bundle, note)
    held_out = _encoded(reader, named, split, note) if named or split else _held_out_by(training)
    bundle.model.to(where)
    report = _own_measures(bundle, training if baselines else None, held_out, note)
    if report is not None:
        return report
    measured = _score(bundle, held_out, where)
    if isinstance(training, RnngenError):
        return _without_training(measured, training)
    if baselines:
        measured = _beside_baselines(measured, bundle.codec, training.train, held_out.store, note)
    if sample:
        written = _sample(bundle, held_out.store, sample, seed, device, engine, note)
        copied = memorization(written, learned.texts(bundle.codec, training.train))
        measured = replace(measured, copied=replace(copied, text=readable(copied.text)))
    return measured


@dataclass(frozen=True)
class _HeldOut:
    """What a model is measured on.

    Args:
        store: its steps.
        label: what it is, for people.
        unknown: how many characters of it the model does not know.
        warnings: what makes the numbers less than they seem.
    """

    store: Store
    label: str
    unknown: int = 0
    warnings: tuple[str, ...] = ()


def _training(bundle: Bundle, note: Callable[[str], None]) -> Dataset | RnngenError:
    """What the run learned from, or why it can't be read again."""
    try:
        return learned.reopen(bundle, note)
    except (DataError, UsageError) as error:
        return error


def _held_out_by(training: Dataset | RnngenError) -> _HeldOut:
    """What the run held out.

    Raises:
        DataError: it can't be read again.
        UsageError: there is none.
    """
    hint = "name a file: `rnngen evaluate RUN FILE`"
    if isinstance(training, RnngenError):
        reason = training.message
        raise DataError(f"what the run held out can't be read again: {reason}", hint=hint)
    if training.valid is None:
        raise UsageError("the run held nothing out", hint=hint)
    return _HeldOut(training.valid, "held out by the run")


def _encoded(
    bundle: Bundle, data: Sequence[str], split: str | None, note: Callable[[str], None]
) -> _HeldOut:
    """The data named, and a warning if the model does not know all of its characters."""
    dataset = learned.encode(bundle, data, split, note)
    label = " ".join([*data, f"({split})" if split else ""]).strip()
    unknown, characters = dataset.summary.unknown, dataset.summary.characters
    warning = (
        f"the model does not know {unknown:,} of {characters:,} characters; all are scored as one "
        "unknown character, so the figures flatter it"
    )
    return _HeldOut(dataset.train, label, unknown, (warning,) if unknown else ())


def _own_measures(
    bundle: Bundle,
    training: Dataset | RnngenError | None,
    held_out: _HeldOut,
    note: Callable[[str], None],
) -> Report | None:
    """The report of a domain with measures of its own."""
    train = training.train if isinstance(training, Dataset) else None
    measuring = Measurement(bundle, train, held_out.store, held_out.label, note)
    report = bundle.domain.evaluate(measuring)
    if report is None:
        return None
    return replace(report, warnings=(*report.warnings, *held_out.warnings))


def _score(bundle: Bundle, held_out: _HeldOut, where: torch.device) -> Evaluation:
    """The model's own numbers."""
    result = score(bundle.model, evaluation(held_out.store, CHUNK), where)
    bundle.model.to("cpu")
    bits = result.nats / math.log(2)
    characters, size = held_out.store.characters, held_out.store.size
    return Evaluation(
        nats_per_token=result.nats_per_token,
        bits_per_character=bits / max(characters, 1),
        bits_per_byte=bits / max(size, 1),
        perplexity=perplexity(result.nats_per_token),
        protocol=PROTOCOL,
        data=held_out.label,
        tokens=result.steps,
        characters=characters,
        bytes=size,
        unknown=held_out.unknown,
        baselines=(),
        copied=None,
        warnings=held_out.warnings,
    )


def _without_training(measured: Evaluation, reason: RnngenError) -> Evaluation:
    """The same, with a warning that there is nothing to compare it with."""
    warning = f"no baselines and no memorization check: {reason.message}"
    return replace(measured, warnings=(*measured.warnings, warning))


def _beside_baselines(
    measured: Evaluation,
    codec: Codec,
    train: Store,
    valid: Store,
    note: Callable[[str], None],
) -> Evaluation:
    """The same, with the numbers of simple models."""
    note("fitting the baselines on the training text")
    # xz looks at this many bytes at most, and a token has at least one: the rest is not decoded.
    tail, head = train.steps[-XZ_TRAIN_BYTES:], valid.steps[:XZ_VALID_BYTES]
    rows = measure_baselines(
        train.steps,
        valid.steps[1:],
        codec.size,
        characters=valid.characters,
        byte_count=valid.size,
        train_text=codec.decode_bytes(tail),
        valid_text=codec.decode_bytes(head),
    )
    return replace(measured, baselines=tuple(rows))


def _sample(
    bundle: Bundle,
    held_out: Store,
    characters: int,
    seed: int,
    device: str,
    engine: str,
    note: Callable[[str], None],
) -> str:
    """About this many characters written by the model, as exact text."""
    note("writing a sample for the memorization check")
    length = max(1, round(characters * held_out.targets / max(held_out.characters, 1)))
    (written,) = generate(
        bundle, length=length, seed=seed, documents=0, device=device, engine=engine
    )
    return exact(written.data) if bundle.codec.keeps_bytes else written.text


def _backtest(
    bundle: Bundle,
    data: Sequence[str],
    split: str | None,
    baselines: bool,
    seed: int,
    device: str,
    engine: str,
    note: Callable[[str], None],
) -> Report:
    """The measures of a domain that forecasts."""
    if split is not None:
        raise UsageError(
            "`--split` names a part of the data, but a forecast is measured on the end of its data",
            hint="leave `--split` out, or name a file",
        )
    stepper = engine_of(bundle, device, name=engine)
    found = learned.sources_of(bundle, data, note)
    request = ForecastRequest(seed=seed)
    return bundle.domain.backtest(
        stepper, bundle.codec, found, request, baselines, bundle.path, note
    )
