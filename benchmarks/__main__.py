"""`python -m benchmarks NAME [ARGUMENTS]`, or `all` for one after the other."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    "startup",
    "train",
    "busy",
    "generate",
    "quality",
    "memory",
    "continual",
    "permuted_copy",
    "avalanche_bridge",
    "constrained",
    "json_schema",
    "poems",
    "series",
    "handwriting",
    "music",
    "mutations",
    "kills",
    "forged_runs",
)


def main() -> None:
    """Runs the benchmark named first; the rest of the command line is its own."""
    name, *arguments = sys.argv[1:] or ["--help"]
    if name not in (*NAMES, "all"):
        print(f"usage: python -m benchmarks {{{','.join(NAMES)},all}} [ARGUMENTS]", file=sys.stderr)
        raise SystemExit(0 if name in ("-h", "--help") else 2)
    for each in NAMES if name == "all" else (name,):
        print(f"== {each}", flush=True)
        importlib.import_module(f"benchmarks.{each}").main(arguments)


if __name__ == "__main__":
    main()
