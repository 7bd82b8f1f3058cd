"""The version of rnngen, readable without importing anything."""

__version__ = "0.1.0"
"""The package version, as `rnngen --version` prints it."""
