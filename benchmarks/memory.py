"""Memory and speed on a large text: `python -m benchmarks memory`.

A text of 2 GB, made of the docstrings of this Python with variations, is encoded and trained on for
some steps; beside it a text of 1 MB. Private memory (RssAnon: not backed by files) is measured in
processes of their own, above what it is after importing torch. All files are deleted afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import describe

MEGABYTE = 10**6
SMALL = 1
SPARE = 4
"""Free disk space needed, as a multiple of the text: the text, its steps, and room to spare."""

ENCODE = """
import json, sys, time
from pathlib import Path
import torch
from benchmarks.memory import Watch
watch = Watch.here()
begin = time.perf_counter()
from rnngen.data import choose, prepare
from rnngen.components.domains.text import TextDomain
from rnngen.components.domains.text.options import Options
from rnngen.files.source import Source
path, tokens = Path(sys.argv[1]), sys.argv[2]
imported = time.perf_counter()
dataset = prepare("text", TextDomain(Options(tokens=tokens)), [Source(path.name, path)])
encoded = time.perf_counter()
batches = choose(dataset.train, 32, 64, 0)
for index in range(min(len(batches), 500)):
    batches.batch(0, index)
done = time.perf_counter()
print(json.dumps({
    "private_mb": watch.stop(),
    "encode_mb_per_s": dataset.summary.size / 1e6 / (encoded - imported),
    "batch_ms": 1000 * (done - encoded) / min(len(batches), 500),
    "tokens": dataset.summary.steps,
}))
"""


class Watch:
    """The most private memory a process has, above what it has now, looked at in a thread.

    Args:
        pid: the process.
        base: bytes that are not counted.
    """

    def __init__(self, pid: int, base: int) -> None:
        self.pid = pid
        self.base = base
        self.most = base
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    @classmethod
    def here(cls) -> Watch:
        """Of this process, above what it has now."""
        return cls(os.getpid(), private(os.getpid()))

    def _look(self) -> None:
        while not self._over.wait(0.01):
            self.most = max(self.most, private(self.pid))

    def stop(self) -> float:
        """The most, in megabytes."""
        self._over.set()
        self._thread.join()
        self.most = max(self.most, private(self.pid))
        return (self.most - self.base) / MEGABYTE


def private(pid: int) -> int:
    """RssAnon of a process in bytes; 0 where it is over."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"RssAnon:\s*(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def docstrings() -> Iterator[str]:
    """Passages between triple quotes in the standard library, in order of file name."""
    folder = Path(sysconfig.get_path("stdlib"))
    for path in sorted(folder.rglob("*.py")):
        if "site-packages" in path.parts or "test" in path.parts:
            continue
        text = path.read_text("utf-8", errors="ignore")
        yield from (passage for passage in re.findall(r'"""(.+?)"""', text, re.S))


def write_text(path: Path, size: int) -> None:
    """`size` bytes of docstrings in ever another order, each with a number of its own."""
    passages = [passage for passage in docstrings() if passage.isascii()]
    chance = random.Random(0)
    written = number = 0
    with path.open("w", encoding="ascii") as file:
        while written < size:
            chance.shuffle(passages)
            for passage in passages:
                number += 1
                text = f"{number}. {passage}\n\n"[: size - written]
                written += file.write(text)


def run(command: list[str], environment: dict[str, str]) -> tuple[str, float]:
    """Output of a command, and the most private memory it had, in megabytes."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    watch = Watch(process.pid, 0)
    output, messages = process.communicate()
    most = watch.stop()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:6])} failed:\n{messages}")
    return output, most


def encode(path: Path, tokens: str, environment: dict[str, str]) -> dict[str, Any]:
    """Encodes a text and reads some batches, in a process of its own."""
    output, _ = run([sys.executable, "-c", ENCODE, str(path), tokens], environment)
    result: dict[str, Any] = json.loads(output)
    return result


def train(path: Path, steps: int, environment: dict[str, str], runs: Path) -> dict[str, Any]:
    """Trains by the command line; tokens a second from the records after the first of them."""
    folder = Path(tempfile.mkdtemp(dir=runs)) / path.stem
    _, imported = run([sys.executable, "-c", "import torch"], environment)
    command = [sys.executable, "-m", "rnngen", "fit", str(path), "--steps", str(steps)]
    # Little is held out, and as much of either text: validation is not what is compared.
    command += ["-o", f"text.valid={MEGABYTE / 100 / path.stat().st_size}", "--run", str(folder)]
    begin = time.perf_counter()
    _, most = run(command, environment)
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    rows = [row for row in rows if row["split"] == "train"]
    first, last = rows[0], rows[-1]
    return {
        "private_mb": most - imported,
        "tokens_per_s": (last["tokens"] - first["tokens"]) / (last["seconds"] - first["seconds"]),
        "seconds": time.perf_counter() - begin,
    }


def measure(
    megabytes: int, steps: int, repeats: int, folder: Path, note: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """All measurements, by name."""
    environment = {**os.environ, "RNNGEN_CACHE": str(folder / "cache")}
    environment.pop("RNNGEN_PLUGINS", None)
    runs = folder / "runs"
    runs.mkdir()
    results: dict[str, dict[str, Any]] = {}
    texts = {size: folder / f"text-{size}mb.txt" for size in (SMALL, megabytes)}
    # BPE is slower by far, and its memory no longer grows after some hundred megabytes.
    pairs = {size: folder / f"text-{size}mb.txt" for size in (SMALL, min(megabytes, 200))}
    for size, path in (texts | pairs).items():
        note(f"writing {size} MB")
        write_text(path, size * MEGABYTE)
    for tokens, paths in (("char", texts), ("bpe:1000", pairs)):
        for path in paths.values():
            note(f"encoding {path.name} as {tokens}")
            results[f"encode {path.stem} {tokens}"] = encode(path, tokens, environment)
    for _ in range(repeats):  # in turns, and the best counts: other work slows down either
        for path in texts.values():
            note(f"training on {path.name}")
            result = train(path, steps, environment, runs)
            best = results.setdefault(f"train {path.stem}", result)
            best["tokens_per_s"] = max(best["tokens_per_s"], result["tokens_per_s"])
    return results


def main(argv: list[str] | None = None) -> None:
    """Prints one line for each measurement, or JSON with `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks memory", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3, help="trainings of each text")
    parser.add_argument("--folder", type=Path, help="where to write (default: a temporary one)")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args(argv)
    needed = SPARE * arguments.megabytes * MEGABYTE
    free = shutil.disk_usage(arguments.folder or tempfile.gettempdir()).free
    if free < needed:
        raise SystemExit(
            f"this needs {needed / 1e9:.1f} GB of disk, {free / 1e9:.1f} GB are free; "
            "take fewer --megabytes or another --folder"
        )
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="rnngen-memory-") as folder:
        results = measure(
            arguments.megabytes,
            arguments.steps,
            arguments.repeats,
            Path(folder),
            lambda text: print(text, file=sys.stderr),
        )
    if arguments.json:
        print(json.dumps({"machine": describe(), "results": results}, indent=2))
        return
    print(describe())
    for name, result in results.items():
        numbers = "  ".join(f"{key} {value:,.4g}" for key, value in result.items())
        print(f"{name:32} {numbers}")


if __name__ == "__main__":
    main()
