"""Music: `RNNGEN_DATA=... python -m benchmarks music [JSB_Chorales] [Nottingham_nade] [groove]`.

`JSB_Chorales`, `Nottingham`, and both with `_nade`: an LSTM learns the frames of
`polymusic_mat/NAME.mat` on one thread, and is measured on the test part by the published protocol:
nats per frame, the sum over 88 keys, the mean over all frames but the first of each piece, ends of
pieces not counted. Keys are independent, or, with `_nade`, hang on the lower ones of their frame.
The validation that was best while it learned is kept; settings were chosen on the validation part.

`groove`: how long the 1,150 MIDI files of the Groove data take to be read and made tokens of.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import data, describe

COMMON = {
    "music.steps": "frames",
    "music.grid": 1,
    "train.precision": "fp32",
    "train.threads": 1,
    "train.sample": 0,
}
THINNED = {"model.dropout": 0.5, "model.input_dropout": 0.2, "model.weight_dropout": 0.5}
SETTINGS = {
    "JSB_Chorales": {
        **THINNED,
        "music.distribution": "bernoulli",
        "model.hidden": 210,
        "train.learning_rate": 0.003,
        "train.lanes": 1,
        "train.chunk": 64,
        "train.epochs": 40,
    },
    "JSB_Chorales_nade": {
        **THINNED,
        "music.distribution": "nade",
        "model.hidden": 190,
        "train.learning_rate": 0.003,
        "train.lanes": 1,
        "train.chunk": 64,
        "train.epochs": 30,
    },
    "Nottingham": {
        "music.distribution": "bernoulli",
        "model.hidden": 400,
        "model.dropout": 0.3,
        "train.learning_rate": 0.004,
        "train.lanes": 2,
        "train.chunk": 128,
        "train.epochs": 20,
    },
    "Nottingham_nade": {
        "music.distribution": "nade",
        "model.hidden": 360,
        "model.dropout": 0.4,
        "model.input_dropout": 0.1,
        "model.weight_dropout": 0.3,
        "train.learning_rate": 0.003,
        "train.lanes": 2,
        "train.chunk": 128,
        "train.epochs": 20,
    },
}
PUBLISHED = {
    "JSB_Chorales": "LSTM of Bai et al. 2018: 8.45",
    "JSB_Chorales_nade": "RNN-NADE of Boulanger-Lewandowski et al. 2012: 5.56",
    "Nottingham": "LSTM of Bai et al. 2018: 3.29",
    "Nottingham_nade": "RNN-NADE of Boulanger-Lewandowski et al. 2012: 2.31",
}


def frames(name: str) -> None:
    """Trains on one of the `.mat` files and prints a row."""
    import rnngen
    from rnngen.verbs.evaluate import evaluate

    path = data(f"polymusic_mat/{name.removesuffix('_nade')}.mat")
    with tempfile.TemporaryDirectory() as folder:
        begin, used = time.perf_counter(), time.process_time()
        options = [f"{key}={value}" for key, value in {**COMMON, **SETTINGS[name]}.items()]
        bundle = rnngen.fit(str(path), domain="music", run=Path(folder) / "run", options=options)
        seconds, used = time.perf_counter() - begin, time.process_time() - used
        print(
            f"{name}: {bundle.model.parameter_count:,} parameters, {seconds:.0f} s "
            f"({used:.0f} s of the processor); {PUBLISHED[name]}"
        )
        for part in ("valid", "test"):
            report = evaluate(bundle, split=part)
            for row, (number,) in report.rows:
                print(f"  {part:5}  {row:35} {number:7.3f}")


def groove() -> None:
    """Reads all files of a folder and makes tokens of them."""
    from rnngen.data.find_sources import find
    from rnngen_music.domain import MusicDomain
    from rnngen_music.options import Options as MusicOptions

    for tokens in ("remi", "tsd"):
        domain = MusicDomain(MusicOptions(grid=12, tokens=tokens))
        sources = find([str(data("groove"))], keep=domain.keep)
        codec = domain.fit_codec(list)
        begin, used = time.perf_counter(), time.process_time()
        count = [len(codec.encode(piece.content)) for piece in domain.read(sources)]
        print(
            f"groove: {len(count):,} of {len(sources):,} files, {sum(count):,} {tokens} tokens, "
            f"{time.perf_counter() - begin:.1f} s ({time.process_time() - used:.1f} s of the "
            "processor)"
        )


def main(arguments: Sequence[str]) -> None:
    """Measures what is named; all by default."""
    unknown = set(arguments) - {*SETTINGS, "groove"}
    if unknown:
        raise SystemExit(
            f"there is no {sorted(unknown)[0]}; there are {', '.join(SETTINGS)}, groove"
        )
    for name in arguments or [*SETTINGS, "groove"]:
        groove() if name == "groove" else frames(name)
    print(describe())


if __name__ == "__main__":
    main(sys.argv[1:])
