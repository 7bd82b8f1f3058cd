"""Corpora by name: bundled texts, texts made from this Python, and recipes for public ones.

`corpus:poems` and its neighbours come with the package. `corpus:python-docs` and
`corpus:python-code` are made from the running interpreter on first use, and
kept in the cache folder. The rest are recipes: an address and a checksum, fetched on demand.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import IO, Any

from rnngen.contracts.errors import DataError, PluginError, UsageError
from rnngen.contracts.options import suggest
from rnngen.data import python_text
from rnngen.files.source import Source, cache_folder, open_cache

DEFAULT = "python-docs"
"""The corpus that `rnngen fit` learns from if no data was given."""

DEFAULT_TASKS = ("python-docs", "python-code")
"""The tasks learned in sequence if a strategy but no data was given."""

DOWNLOAD_TIMEOUT = 30
"""Seconds without a byte before a download counts as failed."""

BUNDLED = {
    "poems": "short poems: couplets, haiku, free verse",
    "dialogue": "conversations of two, one turn a line",
    "prose": "a narrator's tale in chapters",
    "manual": "dry instructions for imaginary machines",
    "tunes": "dance tunes in ABC notation, for the domain `music`",
    "series": "carbon dioxide on Mauna Loa and the sea off Peru, a value each month",
    "strokes": "words in single-stroke letters by twelve hands, for the domain `handwriting`",
}
SUFFIXES = {"tunes": ".abc", "series": ".csv", "strokes": ".npz"}
"""File suffixes of bundled corpora that are not plain text."""

FACTS = frozenset({"series"})
"""Bundled corpora of measured data, which nobody owns."""

MADE = {
    "python-docs": "the language reference and the docstrings of this Python's standard library",
    "python-code": "source code of this Python's standard library",
}
MADE_FORMAT = 1
"""Increased when the way these texts are made changes, so that old ones are not used."""

Report = Callable[[str], None]


@dataclass(frozen=True)
class Corpus:
    """Facts about a corpus, known before it is read.

    Args:
        name: without the `corpus:` in front.
        kind: `bundled`, `made` (from the running Python) or `recipe` (fetched).
        summary: one line.
        licence: of the text.
        use: what to do with it; may be empty.
        urls: where a recipe's files come from.
        checksums: name and SHA-256 of a recipe's files, None where the recipe knows none; then of
            what is unpacked from them, where it is known.
        size: bytes, or None where that is only known once it is made or fetched.
    """

    name: str
    kind: str
    summary: str
    licence: str
    use: str = ""
    urls: tuple[str, ...] = ()
    checksums: tuple[tuple[str, str | None], ...] = ()
    size: int | None = None


def names() -> list[str]:
    """All corpora: bundled, made, recipes."""
    return [*BUNDLED, *MADE, *_recipes()]


def describe() -> list[Corpus]:
    """The facts about every corpus, in the order of `names`."""
    return [corpus(name) for name in names()]


def corpus(name: str) -> Corpus:
    """The facts about one corpus; UsageError for an unknown name."""
    name = _known(name)
    if name in BUNDLED:
        size = _bundled_path(name).stat().st_size
        licence = "public domain" if name in FACTS else "MIT"
        return Corpus(name, "bundled", BUNDLED[name], licence, size=size)
    if name in MADE:
        path = _made_path(name)
        return Corpus(
            name, "made", MADE[name], "PSF-2.0", size=path.stat().st_size if path.exists() else None
        )
    recipe = _recipes()[name]
    files = recipe["files"]
    members = [each for file in files for each in file.get("members", []) if "sha256" in each]
    return Corpus(
        name,
        "recipe",
        recipe["summary"],
        recipe["licence"],
        recipe["use"],
        urls=tuple(file["url"] for file in files),
        checksums=tuple((each["name"], each.get("sha256")) for each in [*files, *members]),
    )


def beginning(name: str, lines: int = 12) -> str:
    """The first lines of a text that is on this machine; empty if it would have to be fetched."""
    name = _known(name)
    if name in _recipes() or SUFFIXES.get(name) == ".npz":
        return ""
    path = _bundled_path(name) if name in BUNDLED else _made_path(name)
    if not path.exists():
        return ""
    with path.open(encoding="utf-8") as text:
        return "".join(islice(text, lines)).rstrip("\n")


def sources(name: str, report: Report | None = None) -> list[Source]:
    """The files of a corpus, made or fetched first if missing.

    Args:
        name: with or without `corpus:` in front.
        report: is told, line by line, what is made, fetched, and which checksum was found.

    Raises:
        UsageError: no corpus has this name.
        DataError: it could not be made or fetched, or is not what the recipe promises.
        PluginError: it would have to be fetched and `pooch` is not installed.
    """
    name = _known(name)
    say = report or (lambda line: None)
    if name in BUNDLED:
        path = _bundled_path(name)
        return [Source(name=path.name, path=path)]
    _open_cache()
    if name in MADE:
        path = _made_path(name)
        if not path.exists():
            say(f"making {name} from Python {platform.python_version()}")
            text = python_text.python_docs() if name == "python-docs" else python_text.python_code()
            _write_whole(path, io.BytesIO(text.encode("utf-8")))
        return [Source(name=f"{name}.txt", path=path)]
    folder = cache_folder() / "corpora" / name
    found = []
    for file in _recipes()[name]["files"]:
        path = _fetched(name, file, folder, say)
        members = [_member(path, member, say) for member in file.get("members", [])]
        found += members or [path]
    return [Source(name=path.name, path=path) for path in found]


def _open_cache() -> None:
    """The cache is read only if nobody else can write to it."""
    try:
        open_cache()
    except OSError as error:
        raise _unwritable(cache_folder() / "corpora", error) from None


def _known(name: str) -> str:
    short = name.removeprefix("corpus:")
    if short in names():
        return short
    near = suggest(short, names())
    hint = f"did you mean `{near}`?" if near else f"choose one of {', '.join(names())}"
    raise UsageError(f"no corpus named `{short}`", hint=hint)


@cache
def _recipes() -> dict[str, dict[str, Any]]:
    text = resources.files("rnngen_corpora").joinpath("recipes.toml").read_text("utf-8")
    return tomllib.loads(text)


def _bundled_path(name: str) -> Path:
    file = f"{name}{SUFFIXES.get(name, '.txt')}"
    return Path(str(resources.files("rnngen_corpora").joinpath(file)))


def _made_path(name: str) -> Path:
    version = f"{platform.python_version()}-{MADE_FORMAT}"
    return cache_folder() / "corpora" / f"{name}-{version}.txt"


def _write_whole(path: Path, content: IO[bytes]) -> None:
    """Writes a file atomically, even if another process writes it at the same time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(handle, "wb") as target:
            shutil.copyfileobj(content, target)
        os.replace(temporary, path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        Path(temporary).unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"could not write `{path}`: {error.strerror or error}",
        hint="set `RNNGEN_CACHE` to a writable folder",
    )


def _fetched(name: str, file: dict[str, Any], folder: Path, say: Report) -> Path:
    """The downloaded file of a recipe, or one put there by hand."""
    path = folder / str(file["name"])
    expected = file.get("sha256")
    if not path.exists():
        _download(name, file, path, say)
        found = _sha256(path)
        say(f"{path.name}: sha256 {found}" + ("" if expected else " (the recipe knows none)"))
    elif expected:
        found = _sha256(path)
    if expected and found != expected:
        raise DataError(
            f"`{path}` is not the file of corpus `{name}`: sha256 {found}, expected {expected}",
            hint=f"delete it and run `rnngen corpus fetch {name}`",
        )
    return path


def _download(name: str, file: dict[str, Any], path: Path, say: Report) -> None:
    try:
        import pooch
    except ImportError:
        raise PluginError(
            f"corpus `{name}` has to be downloaded, and `pooch` is not installed",
            hint=f'pip install "rnngen[corpora]", or put the file of {file["url"]} at {path}',
        ) from None
    url = file["url"]
    say(f"fetching {url}")
    pooch.get_logger().setLevel("ERROR")
    expected = file.get("sha256")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pooch.retrieve(
            url=url,
            known_hash=f"sha256:{expected}" if expected else None,
            fname=path.name,
            path=path.parent,
            downloader=pooch.HTTPDownloader(timeout=DOWNLOAD_TIMEOUT),
        )
    except ValueError:
        # pooch raises this if the checksum differs; it has already removed the file.
        raise DataError(
            f"what {url} sent is not the file of corpus `{name}`: its sha256 is not {expected}",
            hint="the publisher may have changed it, or a proxy answered instead; "
            f"put the right file at {path}",
        ) from None
    except OSError as error:
        raise DataError(
            f"could not fetch {url} for corpus `{name}`: {type(error).__name__}",
            hint=f"put the file at {path} by hand, or use a corpus that needs no download: "
            f"{', '.join(f'`corpus:{each}`' for each in [*BUNDLED, *MADE])}",
        ) from None


def _member(archive: Path, member: dict[str, str], say: Report) -> Path:
    """Extracts one file from a ZIP or tar archive into the archive's folder."""
    path = archive.parent / Path(member["name"]).name
    if not path.exists():
        say(f"unpacking {path.name}")
        try:
            if zipfile.is_zipfile(archive):
                with zipfile.ZipFile(archive) as zipped, zipped.open(member["name"]) as content:
                    _write_whole(path, content)
            else:
                with tarfile.open(archive) as tarred:
                    inside = tarred.extractfile(member["name"])
                    if inside is None:
                        raise KeyError(member["name"])
                    _write_whole(path, inside)
        except (KeyError, EOFError, zipfile.BadZipFile, tarfile.TarError) as error:
            raise DataError(
                f"could not unpack `{member['name']}` from `{archive}`: {error}",
                hint="delete the archive, then fetch it again",
            ) from None
    expected = member.get("sha256")
    if expected and (found := _sha256(path)) != expected:
        raise DataError(
            f"`{path}` is not what the recipe promises: sha256 {found}, expected {expected}",
            hint="delete it and its archive, then fetch again",
        )
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
