"""The comparison as tables for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rnngen.metrics.shown import fixed
from rnngen.verbs.continual.methods import JOINT, NAIVE, SINGLE, Method
from rnngen.verbs.continual.result import Comparison
from rnngen.verbs.continual.scores import Spread

WIDTH = 72
"""Characters of a sample that a line of a table shows."""

Table = tuple[str, list[str], list[list[str]]]
"""Title, columns, rows."""

EXPLAINED = (
    "AVG: over all tasks in the end; LEARN: each task when just learned; both lower is better",
    "BWT: what later tasks did to earlier ones, negative is forgetting; FWT: what is known of a "
    "task before it is learned, relative to its unigram entropy; both higher is better",
    "gap: how much of the way from naive to joint is won back; intransigence: how much worse than "
    "naive new tasks are learned",
)


def tables(result: Comparison) -> list[Table]:
    """How well the methods learned and remembered, and what that cost."""
    return [_learned(result), _costs(result)]


def sample_tables(result: Comparison) -> list[Table]:
    """For each task, what the final model of each method writes; nothing without samples."""
    found: list[Table] = []
    # Vectors are not text: there are no prompts.
    for task, (name, prompt) in enumerate(zip(result.tasks, result.prompts, strict=False)):
        rows = [
            [method.name, _line(result.samples[method.name][task])]
            for method in result.methods
            if method.name in result.samples
        ]
        if rows:
            found.append((f"{name}, continuing: {_line(prompt)}", ["method", "writes"], rows))
    return found


def notes(result: Comparison) -> list[str]:
    """What has to be said about the numbers."""
    lines = list(EXPLAINED)
    for method in result.methods:
        if result.active(method) is False and method.name not in result.failed:
            lines.append(
                f"{method.name} had no effect: its models are those of naive, to the last bit"
            )
    summary = {method.name: result.summary(method) for method in result.methods}
    averages = {name: summary[name].get("average") for name in (NAIVE, JOINT)}
    naive, joint = averages[NAIVE], averages[JOINT]
    if naive and joint and summary[NAIVE].get("gap_recovered") is None:
        lines.append(
            "in some trial naive ended no worse than joint: there was nothing to recover, so "
            "`gap` is undefined"
        )
    if len(result.looked) * len(result.orders) == 1:
        lines.append("one seed and one order: `--seeds 3` shows how much is chance")
    return lines


def best(result: Comparison) -> str | None:
    """The method that ends best of those that learn the tasks in a row, in a sentence."""
    found = [
        (spread.mean, method)
        for method in result.methods
        if method.in_a_row and method.name != NAIVE and method.name not in result.failed
        if (spread := result.summary(method).get("average")) is not None
    ]
    if not found:
        return None
    average, method = min(found, key=lambda pair: pair[0])
    gap = result.summary(method).get("gap_recovered")
    won = "" if gap is None else f", {100 * gap.mean:.0f} % of the way from naive to joint"
    bits = f"{fixed(average, 3)} bits per {result.unit}"
    return f"best in a row: {method.name}, {bits} over all tasks{won}"


def _learned(result: Comparison) -> Table:
    columns: list[tuple[str, str, Callable[[Spread | None], str]]] = [
        ("AVG", "average", _bits),
        ("LEARN", "learning", _bits),
        ("BWT", "backward_transfer", _signed),
        ("FWT", "forward_transfer", _signed),
        ("forgetting", "forgetting", _bits),
        ("gap", "gap_recovered", _percent),
        ("intransigence", "intransigence", _signed),
    ]
    measured = f"bits per {result.unit}, mean ± standard deviation"
    trials = f"{len(result.looked)} seed{'s' if len(result.looked) > 1 else ''}"
    trials += f", {len(result.orders)} order{'s' if len(result.orders) > 1 else ''}"
    return (
        f"{measured} ({trials} of {len(result.tasks)} tasks)",
        ["method", *(title for title, _, _ in columns)],
        _rows(result, [(name, shown) for _, name, shown in columns]),
    )


def _costs(result: Comparison) -> Table:
    columns: list[tuple[str, str, Callable[[Spread | None], str]]] = [
        ("time / naive", "cost", _ratio),
        ("seconds", "seconds", _plain),
        ("extra memory", "memory_bytes", _bytes),
        ("kept tokens", "memory_tokens", _plain),
        ("after a switch", "after_switch", _bits),
        ("steps to recover", "recovered", _plain),
    ]
    rows = _rows(result, [(name, shown) for _, name, shown in columns])
    for row, method in zip(rows, result.methods, strict=True):
        active = result.active(method)
        row.append("-" if active is None else "yes" if active else "no")
    titles = [title for title, _, _ in columns]
    return "what it costs, and what happens at a switch", ["method", *titles, "active"], rows


def _rows(
    result: Comparison, columns: Sequence[tuple[str, Callable[[Spread | None], str]]]
) -> list[list[str]]:
    return [[method.name, *_cells(result, method, columns)] for method in result.methods]


def _cells(
    result: Comparison,
    method: Method,
    columns: Sequence[tuple[str, Callable[[Spread | None], str]]],
) -> list[str]:
    if method.name in result.failed:
        return ["failed", *[""] * (len(columns) - 1)]
    summary = result.summary(method)
    # Of a model for each task there is no row of tasks: what it has of one is not shown.
    hidden = {"intransigence"} if method.name in (JOINT, SINGLE) else set()
    return [shown(None if name in hidden else summary.get(name)) for name, shown in columns]


def _bits(spread: Spread | None) -> str:
    return _with_deviation(spread, lambda value: fixed(value, 3))


def _signed(spread: Spread | None) -> str:
    return _with_deviation(spread, _plus, lambda value: fixed(value, 3))


def _percent(spread: Spread | None) -> str:
    return _with_deviation(spread, lambda value: fixed(100 * value, 0)) + (" %" if spread else "")


def _ratio(spread: Spread | None) -> str:
    return _with_deviation(spread, lambda value: fixed(value, 2))


def _plain(spread: Spread | None) -> str:
    return "-" if spread is None else _compact(spread.mean)


def _bytes(spread: Spread | None) -> str:
    if spread is None:
        return "-"
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if spread.mean >= limit:
            return f"{spread.mean / limit:.1f} {unit}"
    return f"{spread.mean:.0f} B" if spread.mean else "0"


def _compact(value: float) -> str:
    return fixed(value, 0, grouped=True) if value >= 10 or value == round(value) else f"{value:.1f}"


def _with_deviation(
    spread: Spread | None,
    mean: Callable[[float], str],
    deviation: Callable[[float], str] | None = None,
) -> str:
    if spread is None:
        return "-"
    if spread.deviation is None:
        return mean(spread.mean)
    return f"{mean(spread.mean)} ± {(deviation or mean)(spread.deviation)}"


def _line(text: str) -> str:
    """A text in one line, cut to what a table can show."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."


def _plus(value: float) -> str:
    return fixed(value, 3) if value < 0 else f"+{fixed(value, 3)}"
