"""A process that reads files, and is watched: what becomes of it is an answer, too."""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any

LIMIT = 10.0
"""Seconds that a file may take."""

DOMAINS: dict[str, tuple[str, dict[str, Any]]] = {
    "midi": ("music", {}),
    "abc": ("music", {}),
    "mat": ("music", {"steps": "frames"}),
    "npz": ("handwriting", {}),
    "pickled": ("handwriting", {"pickled": True}),
    "parquet": ("series", {"id": "item", "horizon": 4}),
}
"""The domain that reads a kind, and its options."""

LIBRARIES = ("symusic", "miditok", "scipy.io", "pyarrow.parquet", "torch")
"""Imported before the first file, which they would take the time of."""


class Reader:
    """Reads files in another process; a new one is started where it ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    def read(self, kind: str, path: Path) -> str:
        """`read`, `refused: message`, `exception: text`, `signal: name`, or `hang`."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.watched"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._answer(60.0)
        process = self._process
        assert process.stdin is not None
        process.stdin.write(json.dumps([kind, str(path)]).encode() + b"\n")
        process.stdin.flush()
        answer = self._answer(LIMIT)
        if answer is None:
            self._end()
            return "hang"
        if not answer:
            code = process.wait()
            self._end()
            return f"signal: {signal.Signals(-code).name if code < 0 else f'exit code {code}'}"
        return str(json.loads(answer))

    def _answer(self, seconds: float) -> bytes | None:
        """The next line, empty at the end; None where there is none in time."""
        assert self._process is not None
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            return None
        return self._process.stdout.readline()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def outcome(kind: str, path: Path) -> str:
    """What reading a file, and making steps of it, comes to."""
    from rnngen.contracts.errors import RnngenError
    from rnngen.files.source import Source
    from rnngen.kernel.catalog import get_catalog

    name, options = DOMAINS[kind]
    domain = get_catalog().find("domain", name).build(**options)
    source = Source(path.name, path)
    try:
        sources = (domain.parts([source]) or {}).get("train", [source])
        pieces = list(domain.read(sources))
        codec = domain.fit_codec(lambda: pieces)
        for piece in pieces:
            codec.encode(piece.content)
    except RnngenError as error:
        return f"refused: {error.message}"
    except Exception as error:
        return f"exception: {type(error).__name__}: {error}"
    return "read"


def main() -> None:
    """Answers a line of JSON for each line: kind and path."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    for library in LIBRARIES:
        importlib.import_module(library)
    print('"ready"', file=answers, flush=True)
    for line in sys.stdin:
        kind, path = json.loads(line)
        print(json.dumps(outcome(kind, Path(path))), file=answers, flush=True)


if __name__ == "__main__":
    main()
