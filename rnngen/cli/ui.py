"""What a person sees: stdout is data, stderr is talk. The only file that imports rich.

    ui = Ui()
    ui.note("device  cpu (no CUDA found)")
    with ui.progress() as bar:
        bar.progress(1, 100, {"loss": 3.1, "tokens_per_second": 18300.0}, 12.0)

Colour and bars appear on a terminal only, never with `NO_COLOR` or `TERM=dumb`, and carry no
meaning that the words don't. rich is imported when a table, bar or panel is drawn on a terminal.
What text holds never commands a terminal: see `rnngen.cli.terminal`.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TextIO

from rnngen.cli.layout import laid_out, wrapped
from rnngen.cli.progress_text import numbers, slowness, steps_done
from rnngen.cli.terminal import (
    guarded,
    one_line,
    shown,
    trusted,
    visible,
    visible_json,
    visible_line,
)
from rnngen.contracts.errors import RnngenError
from rnngen.files import json

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from rich.segment import Segment

Color = Literal["auto", "always", "never"]

PLAIN_SECONDS = 10.0
"""Seconds between two progress lines where stderr is not a terminal."""

LONG_WORD = re.compile(r"\S{300,}")
"""What is typed or pasted by mistake: a whole text, a number of a thousand digits."""

STYLES = {"error": "31;1", "warning": "33;1", "hint": "36"}


class Ui:
    """Writes to the streams of this process.

    Args:
        quiet: 1: no notes and no progress, 2: no warnings either. Errors are always written.
        verbose: 1: tracebacks of errors; commands may tell more with it.
        color: `auto` looks at the terminal and the environment.
    """

    def __init__(self, quiet: int = 0, verbose: int = 0, color: Color = "auto") -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.color = color
        self._live: Console | None = None

    def note(self, text: str) -> None:
        """A line worth reading, on stderr."""
        if not self.quiet:
            self._say(text)

    def detail(self, text: str) -> None:
        """A line shown only with `-v`, on stderr."""
        if self.verbose > self.quiet:
            self._say(text)

    def warn(self, text: str) -> None:
        """A line that must be read, on stderr."""
        if self.quiet < 2:
            self._say(text, "warning")

    def ask(self, text: str) -> None:
        """A prompt for a person, on stderr, without a line end."""
        shown(sys.stderr).write(text)
        sys.stderr.flush()

    def error(self, error: RnngenError) -> None:
        """What happened and how to fix it, on stderr; a word of thousands of letters is cut."""
        self._say(shortened(error.message), "error")
        if error.hint:
            self._say(shortened(error.hint), "hint")

    def write(self, text: str) -> None:
        """Data, on stdout, at once; see `rnngen.cli.streams` for a stdout that takes none."""
        shown(sys.stdout).write(text)
        sys.stdout.flush()

    def write_bytes(self, data: bytes) -> None:
        """Data, on stdout, at once, whatever bytes they are; on a terminal they are shown."""
        stream = shown(sys.stdout)
        stream.buffer.write(data)
        stream.buffer.flush()

    def json(self, value: Any) -> None:
        """Data for programs, on stdout."""
        text = for_programs(value)
        self.write((visible_json(text) if sys.stdout.isatty() else text) + "\n")

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        title: str | None = None,
        *,
        cuts: Collection[str] = (),
        wraps: Collection[str] = (),
    ) -> None:
        """A table on stdout, a line for each row; see `rnngen.cli.layout` for a narrow terminal.

        Args:
            columns: their names.
            rows: cells; line ends and control characters in them are shown as escapes.
            title: a line above it.
            cuts: names of the columns that hold sentences, which may be cut on a terminal.
            wraps: names of the columns whose cells may take several lines there.
        """
        heading, *body = [[self._cell(cell) for cell in row] for row in [columns, *rows]]
        narrow = self.width() if sys.stdout.isatty() else None
        found = laid_out(
            heading,
            body,
            width=narrow,
            cuts=cuts,
            wraps=wraps,
            ellipsis="…" if self._cell("…") == "…" else "...",
        )
        above = [] if title is None else [self._cell(title)]
        if title is not None and narrow is not None:
            above = wrapped(above[0], narrow)
        self.write("".join(f"{line}\n" for line in above))
        if found.heading is not None and self.is_rich(sys.stdout):
            trusted(sys.stdout).write(f"\033[1m{found.heading}\033[0m\n")
        elif found.heading is not None:
            self.write(f"{found.heading}\n")
        self.write("".join(f"{line}\n" for line in found.lines))

    def width(self) -> int:
        """Columns of the terminal."""
        return shutil.get_terminal_size((80, 24)).columns

    def _cell(self, text: str) -> str:
        """What stdout shows of a cell: an escape is wider than what it stands for."""
        encoding = sys.stdout.encoding or "utf-8"
        return visible_line(text).encode(encoding, "backslashreplace").decode(encoding)

    def sample(self, text: str, title: str) -> None:
        """A preview of what a model writes, on stderr."""
        if self.quiet:
            return
        if not self.is_rich(sys.stderr):
            stream = shown(sys.stderr)
            stream.write(f"--- {one_line(title)}\n{text}\n---\n")
            stream.flush()
            return
        from rich.panel import Panel
        from rich.text import Text

        console = self._live or self._console(sys.stderr)
        console.print(
            Panel(
                Text(visible(text)),
                title=Text(visible_line(title)),
                title_align="left",
                border_style="dim",
            )
        )

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Shows training: a bar on a terminal, else a line every few seconds; all on stderr."""
        if self.quiet or not self.is_rich(sys.stderr):
            yield PlainProgress(self)
            return
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        console = self._console(sys.stderr)
        bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[numbers]}", markup=False),
            console=console,
            transient=False,
            # Data in a pipe is not what should stand above the bar.
            redirect_stdout=sys.stdout.isatty(),
        )
        # Within the bars, which put a stream of their own before the terminal that obeys colours.
        with bars, guarded():
            self._live = console
            try:
                yield BarProgress(self, bars)
            finally:
                self._live = None

    def is_rich(self, stream: TextIO) -> bool:
        """Whether a stream gets colours, bars and boxes."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return stream.isatty()

    def _say(self, text: str, label: str = "") -> None:
        """A line on stderr, after a label in its colour."""
        if self._live is not None:
            from rich.text import Text

            # Above the bar, which would otherwise be overwritten.
            head = Text.from_ansi(f"{self._styled(label)} " if label else "")
            self._live.print(head + Text(visible_line(text)), soft_wrap=True)
            return
        if label:
            trusted(sys.stderr).write(f"{self._styled(label)} ")
        stream = shown(sys.stderr)
        stream.write((visible_line(text) if stream.isatty() else one_line(text)) + "\n")
        stream.flush()

    def _styled(self, label: str) -> str:
        text = f"{label}:"
        return f"\033[{STYLES[label]}m{text}\033[0m" if self.is_rich(sys.stderr) else text

    def _console(self, stream: TextIO) -> Console:
        from rich.console import Console

        class Shown(Console):
            """Escapes whatever is drawn, wherever it came from, before it is coloured."""

            def render(
                self, renderable: RenderableType, options: ConsoleOptions | None = None
            ) -> Iterator[Segment]:
                for segment in super().render(renderable, options):
                    if segment.control:
                        yield segment
                    else:
                        yield segment._replace(text=visible(segment.text))

        return Shown(file=trusted(stream), force_terminal=True, highlight=False)


class Progress:
    """Where training tells how it goes; a `rnngen.contracts.reporter.Reporter`."""

    def __init__(self, ui: Ui) -> None:
        self._ui = ui

    def progress(
        self, step: int, total: int | None, metrics: Mapping[str, float], eta: float | None
    ) -> None:
        """After a step.

        Args:
            step: how many are done.
            total: of how many; None if something else ends the run.
            metrics: `epoch`, `loss`, `characters_per_second` or what steps are, `grad_norm`, and
                others by name.
            eta: seconds left; None if unknown.
        """
        raise NotImplementedError

    def slow(self, part: str, seconds: float, reason: str) -> None:
        """While a part of training is slow, once a second and from another thread.

        Args:
            part: what is going on.
            seconds: how long so far.
            reason: why; empty where it is unknown.
        """
        raise NotImplementedError

    def note(self, text: str) -> None:
        """A line worth reading."""
        self._ui.note(text)

    def warn(self, text: str) -> None:
        """A line that must be read."""
        self._ui.warn(text)

    def sample(self, text: str, title: str) -> None:
        """A preview of what the model writes."""
        self._ui.sample(text, title)


class PlainProgress(Progress):
    """One line every `PLAIN_SECONDS`, and for the first, the last and a slow step."""

    def __init__(self, ui: Ui, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(ui)
        self._clock = clock
        self._last: float | None = None
        self._last_slow: float | None = None

    def progress(
        self, step: int, total: int | None, metrics: Mapping[str, float], eta: float | None
    ) -> None:
        """A line, if it is time for one."""
        now = self._clock()
        due = self._last is None or now - self._last >= PLAIN_SECONDS
        if due or (total is not None and step >= total):
            self._last = now
            self._ui.note(f"step  {steps_done(step, total)}  {numbers(metrics, eta)}".rstrip())

    def slow(self, part: str, seconds: float, reason: str) -> None:
        """A line, if it is time for one."""
        now = self._clock()
        if self._last_slow is None or now - self._last_slow >= PLAIN_SECONDS:
            self._last_slow = now
            self._ui.note(slowness(part, seconds, reason))


class BarProgress(Progress):
    """A bar that grows."""

    def __init__(self, ui: Ui, bars: Bars, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(ui)
        self._bars = bars
        self._clock = clock
        self._begin = clock()
        self._task: TaskID | None = None

    def progress(
        self, step: int, total: int | None, metrics: Mapping[str, float], eta: float | None
    ) -> None:
        """Moves the bar: by steps, else by the time that is left."""
        if total:
            done = step / total
        else:
            elapsed = self._clock() - self._begin
            done = elapsed / (elapsed + eta) if eta is not None and elapsed + eta > 0 else 0.0
        self._update(
            completed=min(done, 1.0),
            description=f"step {steps_done(step, total)}",
            numbers=numbers(metrics, eta),
        )

    def slow(self, part: str, seconds: float, reason: str) -> None:
        """Takes the place of the numbers until the next step is done."""
        self._update(numbers=slowness(part, seconds, reason))

    def _update(self, **changes: Any) -> None:
        """Changes the bar, which is there from the first thing that it has to show."""
        if self._task is None:
            self._task = self._bars.add_task("step", total=1.0, numbers="")
        self._bars.update(self._task, **changes)


def shortened(text: str) -> str:
    """`text` in which a word longer than any path is cut in its middle."""
    return LONG_WORD.sub(lambda word: f"{word[0][:80]}…{word[0][-40:]}", text)


def for_programs(value: Any) -> str:
    """`value` as `--json` writes it: indented; null for a number that JSON lacks."""
    return json.dump(value, json.NULL, indent=2, ascii_only=False)
