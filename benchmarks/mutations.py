"""Damaged files: `python -m benchmarks mutations [--count 300] [KIND ...]`.

Good files are damaged in five ways, with fixed seeds, and read as `rnngen fit` reads them, in a
process that is watched. Each file must be read or refused by an `RnngenError`. What fails: the
process ends by a signal, another exception comes out, or it takes more than ten seconds.
"""

from __future__ import annotations

import argparse
import io
import random
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import numpy as np

from benchmarks.machine import describe
from benchmarks.watched import Reader

Data = bytes
Way = Callable[[random.Random, Data], Data]


def flip(random: random.Random, data: Data) -> Data:
    """One to eight bits."""
    out = bytearray(data)
    for _ in range(random.randint(1, 8)):
        out[random.randrange(len(out))] ^= 1 << random.randrange(8)
    return bytes(out)


def cut(random: random.Random, data: Data) -> Data:
    """The end is missing."""
    return data[: random.randrange(len(data))]


def insert(random: random.Random, data: Data) -> Data:
    """Up to 64 bytes that mean nothing."""
    at = random.randrange(len(data))
    return data[:at] + random.randbytes(random.randint(1, 64)) + data[at:]


def repeat(random: random.Random, data: Data) -> Data:
    """A stretch is there twice."""
    start = random.randrange(len(data))
    stop = random.randint(start, min(len(data), start + 512))
    return data[:stop] + data[start:]


def resize(random: random.Random, data: Data) -> Data:
    """Four bytes, where a length may stand, are another number."""
    at = random.randrange(max(1, len(data) - 4))
    number = random.choice((0, 1, 0x7F, 0xFF, 0xFFFF, 1 << 20, 1 << 28, 0x7FFFFFFF, 0xFFFFFFFF))
    return data[:at] + number.to_bytes(4, random.choice(("big", "little"))) + data[at + 4 :]


WAYS: tuple[Way, ...] = (flip, cut, insert, repeat, resize)


def within(data: Data, way: Way, random: random.Random) -> Data:
    """A zip archive, one member of which is damaged: its checksum is right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = random.choice(list(members))
    members[name] = way(random, members[name])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    return made.getvalue()


def midi() -> list[Data]:
    """Two programs, drums, running status, a name, a tempo, a signature; formats 0 and 1."""
    head = bytes.fromhex("00ff0304536f6e67 00ff510307a120 00ff580403021808 00c028 00c10a")
    notes = b"".join(bytes([0, 0x90 | key % 2, 60 + key, 80, 96, 60 + key, 0]) for key in range(12))
    drums = b"\x00\x99\x24\x64\x60\x89\x24\x00" * 8
    track = head + notes + drums + b"\x00\xf0\x02\x7e\xf7\x00\xb0\x40\x7f\x00\xff\x2f\x00"
    chunk = b"MTrk" + len(track).to_bytes(4, "big") + track
    return [
        b"MThd" + bytes.fromhex(f"00000006 000{kind} 000{count} 0060") + chunk * count
        for kind, count in ((0, 1), (1, 3))
    ]


def abc() -> list[Data]:
    """The first tunes of the bundled book, and one with all that abc2midi can do."""
    book = resources.files("rnngen_corpora").joinpath("tunes.abc").read_bytes()
    rich = (
        b"X:1\nT:All\nM:6/8\nL:1/8\nQ:3/8=80\nP:AB\nK:Dmix\n%%MIDI program 40\n%%MIDI gchord fzcz\n"
        b'V:1\n"D"[DFA]2 {cd}e (3fga|1 ~B>c !trill!d :|2 ^f_g=a z2|]\nw:la la- _\nV:2\nD,6-|D,6|\n'
    )
    return [book[:1500], rich]


def mat() -> list[Data]:
    """Rolls in cells, as they are and compressed."""
    from scipy.io import savemat

    made = []
    for packed in (False, True):
        cells = {}
        for part in ("traindata", "validdata", "testdata"):
            cells[part] = np.empty((1, 2), object)
            for place in range(2):
                roll = np.random.default_rng(place).random((12, 88)) < 0.1
                cells[part][0, place] = roll.astype(np.float64 if place else np.uint8)
        file = io.BytesIO()
        savemat(file, cells, do_compression=packed)
        made.append(file.getvalue())
    return made


def _strokes() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    rows = [np.column_stack([draw.normal(size=(9, 2)), np.arange(9) % 4 == 3]) for _ in range(6)]
    for row in rows:
        row[-1, 2] = 1
    return rows


def npz() -> list[Data]:
    """Drawings one by one, and packed with texts and writers."""
    rows = _strokes()
    alone, packed = io.BytesIO(), io.BytesIO()
    np.savez(alone, *rows)
    np.savez_compressed(
        packed,
        strokes=np.concatenate(rows).astype(np.float32),
        offsets=np.arange(7) * 9,
        texts=np.array(["one", "two", "six", "ten", "old", "new"]),
        writers=np.array(list("aabbcc")),
    )
    return [alone.getvalue(), packed.getvalue()]


def pickled() -> list[Data]:
    """Arrays of arrays, as sketch-rnn has them."""
    file = io.BytesIO()
    drawings = np.empty(6, object)
    drawings[:] = [row.astype(np.int16) for row in _strokes()]
    np.savez(file, train=drawings, valid=drawings[:2], test=drawings[:1])
    return [file.getvalue()]


def parquet() -> list[Data]:
    """Two series by day, with texts and missing values; plain and compressed."""
    import pyarrow
    from pyarrow import parquet as library

    days = np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]")
    columns = {
        "date": np.tile(days, 2),
        "item": ["a"] * len(days) + ["b"] * len(days),
        "value": [None if day % 7 == 3 else float(day) for day in range(2 * len(days))],
    }
    made = []
    for compression in ("none", "snappy"):
        file = io.BytesIO()
        library.write_table(pyarrow.table(columns), file, compression=compression)
        made.append(file.getvalue())
    return made


KINDS: dict[str, tuple[str, Callable[[], list[Data]]]] = {
    "midi": (".mid", midi),
    "abc": (".abc", abc),
    "mat": (".mat", mat),
    "npz": (".npz", npz),
    "pickled": (".npz", pickled),
    "parquet": (".parquet", parquet),
}


def mutated(kind: str, count: int) -> Iterator[tuple[str, Data]]:
    """So many damaged files of a kind, each with a name that says how it was made."""
    originals = KINDS[kind][1]()
    for number in range(count):
        source = random.Random(f"{kind} {number}")
        way = WAYS[number % len(WAYS)]
        original = originals[number // len(WAYS) % len(originals)]
        inside = KINDS[kind][0] == ".npz" and source.random() < 0.7
        data = within(original, way, source) if inside else way(source, original)
        yield f"{number:04}-{way.__name__}{KINDS[kind][0]}", data


def outcomes(reader: Reader, kind: str, count: int, folder: Path) -> Iterator[tuple[str, str]]:
    """The name of each damaged file, and what reading it came to: see `watched.Reader.read`."""
    for name, data in mutated(kind, count):
        path = folder / name
        path.write_bytes(data)
        yield name, reader.read(kind, path)
        path.unlink()


def main(argv: list[str] | None = None) -> None:
    """Prints, for each kind, how many files were read, refused, and what failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks mutations", description=__doc__)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)}; or all")
    parser.add_argument("--count", type=int, default=300)
    arguments = parser.parse_args(argv)
    print(describe())
    with tempfile.TemporaryDirectory() as folder, Reader() as reader:
        for kind in arguments.kinds or KINDS:
            counts: Counter[str] = Counter()
            for name, outcome in outcomes(reader, kind, arguments.count, Path(folder)):
                word = outcome.split(":")[0]
                counts[word] += 1
                if word not in ("read", "refused"):
                    print(f"  {name} {outcome}")
            failed = sum(counts.values()) - counts["read"] - counts["refused"]
            print(f"{kind:8} read {counts['read']}, refused {counts['refused']}, failed {failed}")


if __name__ == "__main__":
    main()
