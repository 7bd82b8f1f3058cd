"""The verb `evaluate`: how well a model predicts a text, next to simple models on the same text.

result = rnngen.evaluate("runs/docs", ["held_out.txt"])
result.nats_per_token, result.bits_per_character
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from rnngen.bundles.bundle import Bundle
from rnngen.contracts.codec import Codec
from rnngen.contracts.domain import ForecastRequest, Report
from rnngen.contracts.errors import DataError, RnngenError, UsageError
from rnngen.contracts.exact_text import exact, readable
from rnngen.data.cache import Dataset
from rnngen.data.store import Store
from rnngen.engines.choose import DEFAULT
from rnngen.engines.device import choose_device, use_threads
from rnngen.kernel.blame import attributed
from rnngen.kernel.catalog import find_component
from rnngen.metrics.baselines import XZ_TRAIN_BYTES, XZ_VALID_BYTES
from rnngen.metrics.baselines import baselines as measure_baselines
from rnngen.metrics.copying import Memorization, memorization
from rnngen.metrics.measuring import Measurement
from rnngen.metrics.scoring import score_store
from rnngen.metrics.shown import perplexity
from rnngen.metrics.task_history import MEASURED
from rnngen.verbs import learned
from rnngen.verbs.arguments import Files, listed
from rnngen.verbs.components import Given
from rnngen.verbs.evaluation import PROTOCOL, Evaluation, Evaluations
from rnngen.verbs.generate import generate
from rnngen.verbs.read_as import read_as
from rnngen.verbs.start import engine_of, opened


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
) -> Evaluation | Evaluations | Report:
    """Measures a model on a whole text; the same as the command `rnngen evaluate`.

    Args:
        bundle: a trained model, or its folder.
        data: files; none: what the run held out.
        split: `train`, `valid` or `test`: that part of the data, where its makers split it.
        baselines: whether to fit simple models on the training text for comparison.
        sample: characters to write for the memorization check; 0 skips it.
        seed: of that sample.
        device, engine: `auto`, `cpu`, `cuda`, `mps`; `torch`, or one of a plugin, which writes.
        options: how the data is read: `{"text.unseen": "skip"}` or `["damaged=skip"]`.
        note: told what takes its time.

    Returns:
        an `Evaluation`; of a domain with measures of its own, its `Report`; of several tasks all.

    Raises:
        UsageError, BundleError: a file is not there; the bundle is damaged.
        DataError: the text can't be encoded, or what the run held out can't be found again.
    """
    bundle, named = opened(bundle), listed(data)
    reader = read_as(bundle, options)
    use_threads(None)
    where, _ = choose_device(device)
    find_component("engine", engine)  # before all that takes its time
    every_task = bundle.data_record.several and not named and split is None
    if bundle.domain.forecasts:
        backtest = _backtest_tasks if every_task else _backtest
        return backtest(reader, named, split, baselines, seed, device, engine, note)
    training = _training(bundle, note)
    if every_task:
        each = _every_task(bundle, training, where, baselines, note)
        return _with_copied(bundle, each, training, sample, seed, device, engine, note)
    held_out = _chosen(reader, named, split, training, note)
    bundle.model.to(where)
    report = _own_measures(bundle, training if baselines else None, held_out, note)
    if report is not None:
        return report
    measured = _score(bundle, held_out, where)
    if isinstance(training, RnngenError):
        return _without_training(measured, training) if baselines or sample else measured
    if baselines:
        measured = _beside_baselines(measured, bundle.codec, training, held_out.store, note)
    if not sample:
        return measured
    written = _sample(bundle, held_out.store, sample, seed, device, engine, note)
    return replace(measured, copied=_copied(bundle, written, training))


def _copied(bundle: Bundle, written: str, training: Sequence[Dataset]) -> Memorization:
    """How much of a sample is copied from the training text."""
    copied = memorization(written, learned.texts(bundle.codec, training))
    return replace(copied, text=readable(copied.text))


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


Training = Sequence[Dataset] | RnngenError
"""What the run learned from, task by task, or why it can't be read again."""


def _training(bundle: Bundle, note: Callable[[str], None]) -> Training:
    """What the run learned from, or why it can't be read again."""
    try:
        return learned.reopen(bundle, note)
    except (DataError, UsageError) as error:
        return error


def _held_out_by(training: Training) -> list[_HeldOut]:
    """What the run held out, task by task.

    Raises:
        DataError: it can't be read again.
        UsageError: there is none.
    """
    hint = "name a file: `rnngen evaluate RUN FILE`"
    if isinstance(training, RnngenError):
        reason = training.message
        raise DataError(f"what the run held out can't be read again: {reason}", hint=hint)
    found = [dataset.valid for dataset in training if dataset.valid is not None]
    if len(found) < len(training):
        raise UsageError("the run held nothing out", hint=hint)
    return [_HeldOut(store, "held out by the run") for store in found]


def _chosen(
    bundle: Bundle,
    data: Sequence[str],
    split: str | None,
    training: Training,
    note: Callable[[str], None],
) -> _HeldOut:
    """The data or the part that was named, or what a run of one task held out."""
    if data or split:
        return _encoded(bundle, data, split, note)
    (held_out,) = _held_out_by(training)
    return held_out


def _every_task(
    bundle: Bundle,
    training: Training,
    where: torch.device,
    baselines: bool,
    note: Callable[[str], None],
) -> Evaluations:
    """The model on what was held out of each task, each beside the baselines of its own text."""
    rows: list[tuple[str, Evaluation | Report]] = []
    warnings = []
    held_out = _held_out_by(training)
    assert not isinstance(training, RnngenError)
    for name, dataset, held in zip(learned.tasks(bundle), training, held_out, strict=True):
        tell = partial(_of_task, name, note)
        bundle.model.to(where)
        found: Evaluation | Report | None = _own_measures(
            bundle, [dataset] if baselines else None, held, tell
        )
        if found is None:
            found = _score(bundle, held, where)
            if baselines:
                found = _beside_baselines(found, bundle.codec, [dataset], held.store, tell)
        rows.append((name, found))
        if held.store.targets > MEASURED:
            warnings.append(
                f"the run's own table looked at the first {MEASURED:,} of {held.store.targets:,} "
                f"held-out tokens of {name}, this one at all"
            )
    return Evaluations(tuple(rows), warnings=tuple(warnings))


def _of_task(name: str, note: Callable[[str], None], text: str) -> None:
    note(f"{name}: {text}")


def _with_copied(
    bundle: Bundle,
    found: Evaluations,
    training: Training,
    sample: int,
    seed: int,
    device: str,
    engine: str,
    note: Callable[[str], None],
) -> Evaluations:
    """The same, with the memorization check, where a text was measured."""
    if not sample or isinstance(training, RnngenError) or isinstance(found.tasks[0][1], Report):
        return found
    first = _held_out_by(training)[0].store
    written = _sample(bundle, first, sample, seed, device, engine, note)
    return replace(found, copied=_copied(bundle, written, training))


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
    training: Training | None,
    held_out: _HeldOut,
    note: Callable[[str], None],
) -> Report | None:
    """The report of a domain with measures of its own."""
    train = None
    if training is not None and not isinstance(training, RnngenError):
        train = learned.joined(training)
    measuring = Measurement(bundle, train, held_out.store, held_out.label, note)
    report = bundle.domain.evaluate(measuring)
    if report is None:
        return None
    return replace(report, warnings=(*report.warnings, *held_out.warnings))


def _score(bundle: Bundle, held_out: _HeldOut, where: torch.device) -> Evaluation:
    """The model's own numbers."""
    result = score_store(bundle.model, held_out.store, where)
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
        steps_are=bundle.codec.steps_are,
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
    training: Sequence[Dataset],
    valid: Store,
    note: Callable[[str], None],
) -> Evaluation:
    """The same, with the numbers of simple models."""
    train = learned.joined(training)
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


def _backtest_tasks(
    bundle: Bundle,
    data: Sequence[str],
    split: str | None,
    baselines: bool,
    seed: int,
    device: str,
    engine: str,
    note: Callable[[str], None],
) -> Evaluations:
    """The backtest of each task, where neither data nor a part of it is named."""
    names, sources = learned.tasks(bundle), bundle.data_record.sources
    rows: list[tuple[str, Evaluation | Report]] = [
        (name, _backtest(bundle, [*data, source], split, baselines, seed, device, engine, note))
        for name, source in zip(names, sources, strict=True)
    ]
    return Evaluations(tuple(rows))


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
