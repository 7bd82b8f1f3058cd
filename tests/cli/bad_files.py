"""Files and runs that something is wrong with, for the table of bad inputs."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import Any

from tests import small_bundle

MADE_BEFORE = Path(small_bundle.__file__).parent / "bundles" / "made_by_0_1_0"
"""A small run of every domain."""

TEXTS = {
    "book.txt": "the cat sat on the mat. " * 90,
    "two.txt": "wer reitet so spaet durch nacht und wind? " * 60,
    "empty.txt": "",
    "one.txt": "a",
    "spaces.txt": " \n \n",
    "bad.toml": "[train\nsteps = 3",
    "list.toml": "train = [1, 2]",
    "twice.toml": "[train]\nsteps = 1\nsteps = 2\n",
    "section.toml": "[tarin]\nsteps = 3\n",
    "name.toml": "[train]\nstep = 3\n",
    "type.toml": '[train]\nsteps = "many"\n',
    "float.toml": "[train]\nsteps = inf\n",
    "date.toml": "[train]\nsteps = 2020-01-01\n",
    "table.toml": "[train.steps]\na = 1\n",
    "negative.toml": "[model]\nhidden = -1\n",
    "huge.toml": "[model]\nhidden = 1" + "0" * 400 + "\n",
    "nul.toml": "[train]\nseed = 1\x00\n",
    "command.toml": "[fit]\nrun = 3\n",
    "broken_plugin.py": "raise ValueError('torn')\n",
    "syntax_plugin.py": "def (:\n",
    "hookless_plugin.py": "x = 1\n",
    "no_python.bin": "x",
    "text.csv": "when,value\nmonday,cheap\ntuesday,dear\n",
    "head.csv": "date,value\n",
    "twice.csv": "date,value\n2020-01-01,1\n2020-01-01,2\n2020-01-02,3\n",
    "ragged.csv": "date,value\n2020-01-01,1,2,3\n2020-01-02\n",
    "nan.csv": "date,value\n" + "".join(f"2020-01-{day:02},nan\n" for day in range(1, 29)),
    "inf.csv": "date,value\n" + "".join(f"2020-01-{day:02},inf\n" for day in range(1, 29)),
    "short.csv": "date,value\n2020-01-01,1\n2020-01-02,2\n",
    "good.csv": "date,value\n"
    + "".join(f"2020-{m:02}-{d:02},{d % 7 + m}\n" for m in range(1, 13) for d in range(1, 29)),
    "tune.abc": "X:1\nT:none\nK:C\n[CEG\n",
    "drawing.svg": "<svg><path d='M 0 0 L'/></svg>",
    "not.svg": "<svg",
    "pen.inkml": "<ink><trace>1 2, x y</trace></ink>",
    "bomb.svg": '<!DOCTYPE a [<!ENTITY b "bbbb">]><svg>&b;</svg>',
    "schema.json": '{"type": 3}',
    "torn.json": "{",
    "grammar.lark": "start: (",
    "words.txt": "",
    "dictionary.json": '{"a": 1}',
}
"""Files of text, right or wrong in some way, by name."""

RAW = {
    "binary.bin": bytes(range(256)) * 8,
    "latin1.txt": "caf\xe9 ".encode("latin-1") * 300,
    "utf16.txt": ("the cat sat on the mat. " * 90).encode("utf-16"),
    "nul.txt": b"\x00" * 3000,
    "zip.zip": b"PK\x03\x04 torn",
    "gz.gz": b"\x1f\x8b\x08\x00 torn",
    "xz.xz": b"\xfd7zXZ\x00 torn",
    "zst.zst": b"\x28\xb5\x2f\xfd torn",
    "binary.toml": b"\xff\xfe\x00",
    "torn.mid": b"MThd\x00\x00\x00\x06\x00\x01",
    "head.mid": b"MThd\x00\x00\x00\x06\x00\x01\x00\x00\x01\xe0",
    "not.mid": b"RIFF1234WAVE",
    "torn.npz": b"PK\x03\x04",
    "pickled.pkl": b"cos\nsystem\n(S'true'\ntR.",
    "torn.pkl": b"\x80\x04",
    "torn.parquet": b"PAR1",
}
"""Files of bytes that are not what their name says."""


def make(folder: Path) -> None:
    """Fills a folder with everything that the table names."""
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name, data in RAW.items():
        (folder / name).write_bytes(data)
    (folder / "hollow").mkdir()
    (folder / "dangling.txt").symlink_to("nowhere")
    (folder / "loop.txt").symlink_to("loop.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.getcwd()
        os.chdir(folder)  # the address of a socket must be short
        listener.bind("socket.txt")
        os.chdir(here)
    runs = folder / "runs"
    small_bundle.train(runs / "good", "gru")
    for domain in ("series", "music", "frames", "handwriting", "text"):
        shutil.copytree(MADE_BEFORE / domain, runs / domain)
    for name, damage in DAMAGES.items():
        shutil.copytree(runs / "good", runs / name)
        damage(runs / name)


def _cut(file: str, size: int = 20) -> Any:
    def damage(run: Path) -> None:
        path = next(run.glob(file))
        path.write_bytes(path.read_bytes()[:size])

    return damage


def _without(file: str) -> Any:
    return lambda run: next(run.glob(file)).unlink()


def _says(text: str, file: str = "bundle.json") -> Any:
    return lambda run: (run / file).write_text(text)


def _instead(make: Any, file: str = "bundle.json") -> Any:
    def damage(run: Path) -> None:
        path = next(run.glob(file))
        path.unlink()
        make(path)

    return damage


def _edited(*keys: Any, to: Any) -> Any:
    def change(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = to

    return lambda run: small_bundle.edit(run, change)


DAMAGES = {
    "cut-weights": _cut("weights-*", 200),
    "no-weights": _without("weights-*"),
    "empty-weights": _cut("weights-*", 0),
    "weights-are-a-folder": _instead(Path.mkdir, "weights-*"),
    "weights-are-a-pipe": _instead(os.mkfifo, "weights-*"),
    "empty-index": _says(""),
    "torn-index": _cut("bundle.json", 50),
    "index-is-a-list": _says("[]"),
    "index-is-null": _says("null"),
    "index-is-deep": _says("[" * 100_000),
    "index-is-a-folder": _instead(Path.mkdir),
    "index-is-a-pipe": _instead(os.mkfifo),
    "index-is-a-device": _instead(lambda path: path.symlink_to("/dev/zero")),
    "index-dangles": _instead(lambda path: path.symlink_to("nowhere")),
    "index-is-binary": _instead(lambda path: path.write_bytes(b"\xff\x00" * 50)),
    "newer": _edited("format", to=99),
    "format-is-a-word": _edited("format", to="two"),
    "other-kind": _edited("kind", to="a cake"),
    "unknown-cell": _edited("model", "cell", to="indrnn"),
    "unknown-domain": _edited("domain", "name", to="smell"),
    "unknown-likelihood": _edited("likelihood", "name", to="dice"),
    "huge-model": _edited("model", "hidden", to=10**9),
    "negative-model": _edited("model", "hidden", to=-3),
    "model-of-words": _edited("model", "hidden", to="six"),
    "model-is-a-list": _edited("model", to=[]),
    "leaves-its-folder": _edited("codec", to={"codec.json": "../../book.txt"}),
    "step-is-negative": _edited("step", to=-1),
    "no-codec": _without("codec*"),
    "cut-codec": _cut("codec*", 3),
    "record-is-a-list": _says("[]", "run.json"),
    "record-is-torn": _says('{"status": ', "run.json"),
    "config-is-torn": _says("[train", "config.toml"),
    "config-is-wrong": _says("train = 3", "config.toml"),
    "metrics-are-torn": _says('{"step": \n[]\n3\n', "metrics.jsonl"),
    "metrics-are-binary": _instead(lambda path: path.write_bytes(b"\xff\xfe"), "metrics.jsonl"),
}
"""What is wrong with each damaged copy of the run `good`."""
