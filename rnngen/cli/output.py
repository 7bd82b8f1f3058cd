"""Where generated sequences go: to stdout as text or JSON, or to files."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnngen.cli.terminal import visible_json
from rnngen.cli.ui import Ui, for_programs
from rnngen.components.domains.text.separation import between
from rnngen.contracts.errors import UsageError
from rnngen.contracts.exact_text import data_of, exact

if TYPE_CHECKING:
    from rnngen.bundles.bundle import Bundle
    from rnngen.contracts.domain import Forecast
    from rnngen.verbs.writing import Generated, Keep

MOST_PATHS = 100
"""Files named one by one."""


class Output:
    """Takes the sequences of one call of `generate`.

    Text is written while it grows where there is one sequence, and several as they are finished;
    so is JSON. Only what needs all sequences at once (a picture, an explanation) waits for them.

    Args:
        ui: where it is written and told.
        bundle: the model that wrote the sequences.
        prompt: what is shown before the first one.
        count: how many sequences were asked for.
        out: a file or folder to write to; None: stdout.
        as_json: whether to write JSON.
        explain: whether to tell what the decoder forbade.
    """

    def __init__(
        self,
        ui: Ui,
        bundle: Bundle,
        prompt: str,
        count: int,
        *,
        out: Path | None,
        as_json: bool,
        explain: bool,
    ) -> None:
        self._ui = ui
        self._bundle = bundle
        self._exact = bundle.codec.keeps_bytes
        self._paper = Paper(ui, prompt, self._exact)
        self._count = count
        self._out = out
        self._as_json = as_json
        self._explain = explain
        self._shows = out is None and not as_json and bundle.domain.shows
        self._texts = not as_json and not self._shows
        self._streams = count == 1 and out is None and self._texts
        in_order = out is None or as_json or bundle.domain.takes_in_order
        self.collects = explain or self._shows or not in_order
        """Whether all sequences are needed at once."""
        self._remarks: list[str] = []

    @property
    def streams(self) -> dict[str, Any]:
        """The function called with new text, by its parameter, if text is written as it grows."""
        if not self._streams:
            return {}
        if self._exact:
            return {"stream_bytes": lambda row, data: self._paper.write(exact(data))}
        return {"stream": lambda row, text: self._paper.write(text)}

    @property
    def keep(self) -> Keep:
        """What is needed of each sequence."""
        if self.collects or self._as_json:
            return "all"
        return "nothing" if self._streams else "text"

    def note(self, text: str) -> None:
        """Keeps a remark until the text is written."""
        self._remarks.append(text)

    def write(self, written: Iterable[Generated]) -> None:
        """The sequences, and after them what there is to tell."""
        if self.collects:
            written = list(written)
        made = self._write(written)
        if self._explain and not self._as_json and isinstance(written, list):
            for number, part in enumerate(written, 1):
                self._tell(part, f"sequence {number}, " if len(written) > 1 else "")
        for remark in self._remarks:
            self._ui.note(remark)
        for path in made[:MOST_PATHS]:
            self._ui.note(f"wrote {path}")
        if len(made) > MOST_PATHS:
            self._ui.note(f"... and {len(made) - MOST_PATHS:,} more")

    def _write(self, written: Iterable[Generated]) -> Sequence[Path]:
        """The sequences alone; the files made."""
        domain, codec = self._bundle.domain, self._bundle.codec
        if self._as_json:
            return self._write_json(written)
        if self._out is not None:
            many = written if isinstance(written, list) else Arriving(written, self._count)
            return domain.write(many, codec, self._out)
        if self._shows:
            self._ui.write(domain.show(list(written), codec))
        else:
            self._write_text(written)
        return ()

    def _write_json(self, written: Iterable[Generated]) -> Sequence[Path]:
        from rnngen.files.atomic import saving

        rows = (as_json(part, self._explain) for part in written)
        if self._out is None:
            for text in json_parts(rows):
                self._ui.write(visible_json(text) if sys.stdout.isatty() else text)
            return ()
        parts = json_parts(rows)
        first = next(parts)  # before the file is opened: an old one is left as it was
        with saving(self._out), self._out.open("w", encoding="utf-8") as file:
            file.write(first)
            file.writelines(parts)
        return (self._out,)

    def _write_text(self, written: Iterable[Generated]) -> None:
        separator = between(self._bundle.manifest.domain.options.get("documents"))
        for number, part in enumerate(written):
            if number:
                prompt = exact(part.prompt_data) if self._exact else part.prompt
                self._paper.begin(separator + prompt)
            if number or not self._streams:
                self._paper.write(exact(part.data) if self._exact else part.text)
        self._paper.end()

    def _tell(self, part: Generated, which: str) -> None:
        """What the decoder forbade in a sequence."""
        for forbidden in part.forbidden:
            self._ui.note(f"{which}{forbidden}")
        if not part.forbidden:
            self._ui.note(f"{which}the decoder never forbade the model's first choice")


class Arriving(Sequence["Generated"]):
    """Sequences as they are generated, for a domain that goes through them once, in order."""

    def __init__(self, written: Iterable[Generated], count: int) -> None:
        self._written = iter(written)
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Generated]:
        return self._written

    def __getitem__(self, index: Any) -> Any:
        raise TypeError("the sequences can only be gone through once, in order")


class Paper:
    """Text on stdout.

    The beginning is written with what follows, so that an error before leaves stdout empty.

    Args:
        ui: where it is written.
        beginning: exact text.
        as_bytes: whether to write the bytes that the text stands for, whatever stdout's encoding.
    """

    def __init__(self, ui: Ui, beginning: str, as_bytes: bool = False) -> None:
        self._ui = ui
        self._as_bytes = as_bytes
        self._beginning = beginning
        self._last = ""

    def begin(self, beginning: str) -> None:
        """Ends the line; the next thing written stands after `beginning`."""
        self.end()
        self._beginning = beginning

    def write(self, text: str) -> None:
        """More exact text."""
        text, self._beginning = self._beginning + text, ""
        if text:
            self._write(text)
            self._last = text[-1]

    def end(self) -> None:
        """Ends the line, if it has not ended."""
        self.write("")
        if self._last != "\n":
            self._write("\n")
            self._last = "\n"

    def _write(self, text: str) -> None:
        if self._as_bytes:
            self._ui.write_bytes(data_of(text))
        else:
            self._ui.write(text)


def json_parts(rows: Iterable[Any]) -> Iterator[str]:
    """`for_programs(list(rows))` and a line end, in parts; the first one comes with a row."""
    before = "[\n  "
    for row in rows:
        yield before + for_programs(row).replace("\n", "\n  ")
        before = ",\n  "
    yield "[]\n" if before[0] == "[" else "\n]\n"


def as_json(part: Generated, explain: bool) -> dict[str, Any]:
    """A sequence for programs; with `explain`, also what the decoder forbade."""
    steps = zip(part.tokens or part.steps, part.log_probabilities, strict=True)
    return {
        "prompt": part.prompt,
        **in_base64("prompt", part.prompt_data),
        "text": part.text,
        **in_base64("text", part.data),
        "log_probability": part.log_probability,
        "end": part.end,
        "end_log_probability": part.end_log_probability,
        "tokens": [{"token": token, "log_probability": log} for token, log in steps],
        **({"forbidden": [one.to_json() for one in part.forbidden]} if explain else {}),
    }


def in_base64(name: str, data: bytes) -> dict[str, str]:
    """Bytes for JSON, as `NAME_base64`, where they are not UTF-8 and so no text."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode()}
    return {}


def write_forecast(ui: Ui, made: Forecast, out: Path | None, as_json: bool) -> None:
    """A forecast, on stdout or in files.

    Raises:
        UsageError: both JSON and a file are wanted.
    """
    if out is None and as_json:
        ui.json(made.rows())
    elif out is None:
        ui.write(made.show())
    elif as_json:
        raise UsageError("`--json` goes to stdout, `--out` is CSV", hint="leave one of them out")
    else:
        for path in made.write(out, ui.note):
            ui.note(f"wrote {path}")
