"""Guesses the content of a file from its name."""

from __future__ import annotations

from pathlib import Path

COMPRESSED = {".gz": "gzip", ".zst": "zstandard", ".bz2": "bzip2", ".xz": "xz"}
"""Suffixes of compressed files, which are read as what is in them, and what each promises."""

# fmt: off
BINARY = frozenset(
    {
        ".7z", ".a", ".avi", ".bin", ".bmp", ".class", ".dll", ".dylib", ".eot", ".exe", ".flac",
        ".gif", ".h5", ".ico", ".jar", ".jpeg", ".jpg", ".m4a", ".mkv", ".mov", ".mp3", ".mp4",
        ".npy", ".npz", ".o", ".ogg", ".onnx", ".otf", ".pdf", ".pickle", ".pkl", ".png", ".pt",
        ".pth", ".pyc", ".rar", ".safetensors", ".so", ".sqlite", ".tar", ".tif", ".tiff", ".ttf",
        ".wav", ".webm", ".webp", ".woff", ".woff2", ".xls", ".xlsx", ".zip",
    }
)
# fmt: on
"""Suffixes of files in a folder that are surely not text."""


def content_suffix(path: Path) -> str:
    """The suffix of what is in a file, in lower case: `.mid` of `tune.MID.gz`."""
    name = path.with_suffix("") if path.suffix.lower() in COMPRESSED else path
    return name.suffix.lower()


def looks_like_text(path: Path) -> bool:
    """Whether the file name suggests text; the file is not opened."""
    return content_suffix(path) not in BINARY
