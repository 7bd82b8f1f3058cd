"""Measurements beside other software, each a command: `python -m benchmarks NAME`."""
