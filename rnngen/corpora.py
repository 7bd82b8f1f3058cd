"""Corpora by name: bundled texts, texts made from this Python, and recipes for public ones.

`corpus:poems` and its neighbours come with the package. `corpus:python-docs` and
`corpus:python-code` are made from the running interpreter the first time they are asked for, and
kept in the cache folder. The rest are recipes: an address and a checksum, fetched on demand.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import io
import os
import platform
import re
import shutil
import tarfile
import tempfile
import tomllib
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import IO, Any

from rnngen.errors import DataError, PluginError, UsageError
from rnngen.options import suggest
from rnngen.sources import Source, cache_folder

DEFAULT = "python-docs"
"""What `rnngen fit` learns from when it is given no data."""

DOCS_LIMIT = 2_000_000
CODE_LIMIT = 2_000_000
"""Characters of the texts made at run time, at most."""

DOWNLOAD_TIMEOUT = 30
"""Seconds without a byte before a download counts as failed."""

BUNDLED = {
    "poems": "short poems: couplets, haiku, free verse",
    "dialogue": "conversations of two, one turn a line",
    "prose": "a narrator's tale in chapters",
    "manual": "dry instructions for imaginary machines",
}
MADE = {
    "python-docs": "the language reference and the docstrings of this Python's standard library",
    "python-code": "source code of this Python's standard library",
}
MADE_FORMAT = 1
"""Raised when the way these texts are made changes, so that old ones are not read."""

NOT_LIBRARY = {
    "__pycache__",
    "dist-packages",
    "ensurepip",
    "idle_test",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "site-packages",
    "test",
    "tests",
    "turtledemo",
}

Report = Callable[[str], None]


@dataclass(frozen=True)
class Corpus:
    """What is known of a corpus before it is read.

    Args:
        name: without the `corpus:` in front.
        kind: `bundled`, `made` (from the running Python) or `recipe` (fetched).
        summary: one line.
        licence: of the text.
        use: what to do with it; may be empty.
        urls: where a recipe's files come from.
        checksums: name and SHA-256 of a recipe's files, members of archives included; None where
            the recipe knows none.
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
    """All corpora with what is known of them, in the order of `names`."""
    return [corpus(name) for name in names()]


def corpus(name: str) -> Corpus:
    """What is known of one corpus; UsageError for a name nobody has."""
    name = _known(name)
    if name in BUNDLED:
        size = _bundled_path(name).stat().st_size
        return Corpus(name, "bundled", BUNDLED[name], "MIT", size=size)
    if name in MADE:
        path = _made_path(name)
        return Corpus(
            name, "made", MADE[name], "PSF-2.0", size=path.stat().st_size if path.exists() else None
        )
    recipe = _recipes()[name]
    files = recipe["files"]
    listed = [each for file in files for each in (file, *file.get("members", []))]
    return Corpus(
        name,
        "recipe",
        recipe["summary"],
        recipe["licence"],
        recipe["use"],
        urls=tuple(file["url"] for file in files),
        checksums=tuple((each["name"], each.get("sha256")) for each in listed),
    )


def beginning(name: str, lines: int = 12) -> str:
    """The first lines of a corpus that is already here; empty where it would have to be fetched."""
    name = _known(name)
    if name in _recipes():
        return ""
    path = _bundled_path(name) if name in BUNDLED else _made_path(name)
    if not path.exists():
        return ""
    with path.open(encoding="utf-8") as text:
        return "".join(islice(text, lines)).rstrip("\n")


def sources(name: str, report: Report | None = None) -> list[Source]:
    """The files of a corpus, made or fetched first where they are not there yet.

    Args:
        name: with or without `corpus:` in front.
        report: is told, line by line, what is made, fetched, and which checksum was found.

    Raises:
        UsageError: there is no such corpus.
        DataError: it could not be made or fetched, or is not what the recipe promises.
        PluginError: it would have to be fetched and `pooch` is not installed.
    """
    name = _known(name)
    say = report or (lambda line: None)
    if name in BUNDLED:
        return [Source(name=f"{name}.txt", path=_bundled_path(name))]
    if name in MADE:
        path = _made_path(name)
        if not path.exists():
            say(f"making {name} from Python {platform.python_version()}")
            text = python_docs() if name == "python-docs" else python_code()
            _write_whole(path, io.BytesIO(text.encode("utf-8")))
        return [Source(name=f"{name}.txt", path=path)]
    folder = cache_folder() / "corpora" / name
    found = []
    for file in _recipes()[name]["files"]:
        path = _fetched(name, file, folder, say)
        members = [_member(path, member, say) for member in file.get("members", [])]
        found += members or [path]
    return [Source(name=path.name, path=path) for path in found]


def _known(name: str) -> str:
    short = name.removeprefix("corpus:")
    if short in names():
        return short
    near = suggest(short, names())
    hint = f"did you mean `{near}`?" if near else f"there are: {', '.join(names())}"
    raise UsageError(f"no corpus named `{short}`", hint=hint)


@cache
def _recipes() -> dict[str, dict[str, Any]]:
    text = resources.files("rnngen_corpora").joinpath("recipes.toml").read_text("utf-8")
    return tomllib.loads(text)


def _bundled_path(name: str) -> Path:
    return Path(str(resources.files("rnngen_corpora").joinpath(f"{name}.txt")))


def _made_path(name: str) -> Path:
    version = f"{platform.python_version()}-{MADE_FORMAT}"
    return cache_folder() / "corpora" / f"{name}-{version}.txt"


def _write_whole(path: Path, content: IO[bytes]) -> None:
    """Writes a file that is there wholly or not at all, whoever else writes it meanwhile."""
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
        hint="set `RNNGEN_CACHE` to a folder that can be written to",
    )


def python_docs() -> str:
    """The language reference (`help()` topics) and the public docstrings of the library.

    Titles lose their underlines, grammar and doctests are left out, characters are ASCII: what
    stays is mostly prose. Topics and modules are shuffled by a hash of their names, so that the
    end, where the held-out part is taken, is of the same kind as the rest.
    """
    try:
        topics = dict(importlib.import_module("pydoc_data.topics").topics)
    except ImportError:
        topics = {}
    units = [(f"help: {key}", [_prose(topics[key])]) for key in topics]
    seen: set[str] = set()
    for name, path in _library():
        parts = []
        for title, docstring in _docstrings(name, path):
            text = _prose(docstring)
            if text and text not in seen:
                seen.add(text)
                parts.append(f"{title}\n\n{text}")
        units.append((name, parts))
    parts = [part for _, unit in sorted(units, key=_shuffled) for part in unit]
    if not parts:
        raise DataError(
            "this Python comes without the source of its standard library: no text to make",
            hint=f"name your own files, or a bundled corpus: {_bundled_names()}",
        )
    return _bounded(parts, DOCS_LIMIT, "\n\n")


def python_code() -> str:
    """Modules of the standard library, tests left out, in alphabetical order.

    Which ones is decided by a hash of their names: an even sample of the library that is the same
    on every machine with the same Python.
    """
    chosen = {}
    room = CODE_LIMIT
    for name, path in sorted(_library(), key=_shuffled):
        text = f"# {name}\n{_readable(path).rstrip()}\n"
        if len(text) <= room:
            chosen[name] = text
            room -= len(text)
    if not chosen:
        raise DataError(
            "this Python comes without the source of its standard library: no text to make",
            hint=f"name your own files, or a bundled corpus: {_bundled_names()}",
        )
    return "\n\n".join(chosen[name] for name in sorted(chosen))


def _shuffled(named: tuple[str, Any]) -> bytes:
    """A sort key without pattern that is the same everywhere."""
    return hashlib.sha256(named[0].encode()).digest()


def _library() -> list[tuple[str, Path]]:
    """Modules of the standard library, `json.decoder` and its file, in alphabetical order."""
    root = Path(os.__file__).parent
    found = []
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        if not NOT_LIBRARY & set(parts):
            found.append((".".join(part for part in parts if part != "__init__"), path))
    return sorted(found)


def _readable(path: Path) -> str:
    """A source file as text; files in other encodings than UTF-8 are skipped."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _docstrings(name: str, path: Path) -> Iterator[tuple[str, str]]:
    """Title and docstring of a module, its public classes, and their public functions."""
    try:
        tree = ast.parse(_readable(path))
    except (SyntaxError, ValueError):
        return
    waiting: list[tuple[str, ast.Module | ast.ClassDef | ast.FunctionDef]] = [(name, tree)]
    while waiting:
        title, node = waiting.pop()
        docstring = ast.get_docstring(node)
        if docstring:
            yield title, docstring
        if not isinstance(node, ast.FunctionDef):
            inner = [part for part in node.body if isinstance(part, ast.ClassDef | ast.FunctionDef)]
            public = [part for part in inner if not part.name.startswith("_")]
            waiting += [(f"{title}.{part.name}", part) for part in reversed(public)]


UNDERLINE = re.compile(r"^[ \t]*(?:([*=\-~^\"#+])\1{2,}(?:[ \t]+|$))+$", re.MULTILINE)
ROLE = re.compile(r":[a-z:]+:`[~!]?([^`]+)`")
DIRECTIVE = re.compile(r"^([ \t]*)\.\. [a-z-]+::[ \t]*", re.MULTILINE)
LITERAL = re.compile(r"``([^`]+)``")
TYPOGRAPHY = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "—": "--", "–": "-", "…": "..."}
)


def _prose(text: str) -> str:
    """Text without the marks of reStructuredText, grammar productions and doctests."""
    text = text.translate(TYPOGRAPHY).expandtabs(8)
    text = UNDERLINE.sub("", text)
    text = LITERAL.sub(r"\1", ROLE.sub(r"\1", DIRECTIVE.sub(r"\1", text)))
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    text = "".join(c for c in text if c == "\n" or c.isprintable())
    lines = [line.rstrip() for line in text.split("\n")]
    paragraphs = re.split(r"\n{2,}", "\n".join(lines).strip("\n"))
    return "\n\n".join(p for p in paragraphs if p and "::=" not in p and ">>> " not in p)


def _bounded(parts: Iterable[str], limit: int, separator: str) -> str:
    """Whole parts from the beginning while they fit in `limit` characters."""
    kept: list[str] = []
    size = 0
    for part in parts:
        size += len(part) + len(separator)
        if size > limit:
            break
        kept.append(part)
    return separator.join(kept) + "\n"


def _bundled_names() -> str:
    return ", ".join(f"`corpus:{name}`" for name in BUNDLED)


def _fetched(name: str, file: dict[str, Any], folder: Path, say: Report) -> Path:
    """The downloaded file of a recipe, or the one somebody put there by hand."""
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
            f"corpus `{name}` has to be fetched, and `pooch` is not installed",
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
        # What pooch raises when the checksum is another one; it has removed the file by then.
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
    """One file out of a ZIP or tar archive, beside it."""
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
                hint="delete the archive and fetch it again",
            ) from None
    expected = member.get("sha256")
    if expected and (found := _sha256(path)) != expected:
        raise DataError(
            f"`{path}` is not what the recipe promises: sha256 {found}, expected {expected}",
            hint="delete it and the archive beside it, and fetch again",
        )
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
