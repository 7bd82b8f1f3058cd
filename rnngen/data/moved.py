"""Finds data that was moved after a run learned it, by what is in it.

A run records the names of its data, and the fingerprint of what each task was learned from. Where
a name leads nowhere any more, the same name is looked for in the working folder, beside the run and
beside the rest of the data, and then any file there that has the same content.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product
from pathlib import Path

from rnngen.contracts.domain import Domain
from rnngen.contracts.errors import RnngenError, UsageError
from rnngen.data import find_sources
from rnngen.data.damaged import readable
from rnngen.data.parts import split_of
from rnngen.data.record import DataRecord
from rnngen.files.named import expanded
from rnngen.files.source import fingerprint

TRIED = 64
"""Most places that are tried for a task."""

LOOKED_AT = 200
"""Most files of a folder whose content is compared."""

LARGEST = 1 << 30
"""Bytes that are read in search of one file, at most."""


def found_again(
    domain: Domain,
    parts: Sequence[Sequence[str]],
    data: DataRecord,
    run: Path,
    note: Callable[[str], None],
) -> list[list[str]]:
    """The data arguments of each task, where their data is now.

    Args:
        domain: reads them.
        parts: the arguments as they were recorded.
        data: what the run recorded.
        run: its folder.
        note: told what was found elsewhere.

    Raises:
        UsageError: something is gone, and the same data is nowhere near.
    """
    found = []
    for part, content in zip(parts, data.fingerprint, strict=True):
        missing = [argument for argument in part if _is_gone(argument)]
        if not missing:
            found.append(list(part))
            continue
        places = _places(run, [argument for argument in part if argument not in missing])
        moved = _moved(domain, part, missing, places, content)
        if moved is None:
            raise _gone(missing[0], places)
        for old, new in moved.items():
            note(f"`{old}` is gone; using `{new}`, which has the same content")
        found.append([moved.get(argument, argument) for argument in part])
    return found


def sources_again(
    domain: Domain, data: DataRecord, run: Path, note: Callable[[str], None]
) -> list[str]:
    """All data arguments of a run, where their data is now; see `found_again`."""
    several = len(data.fingerprint) > 1
    parts = [[source] for source in data.sources] if several else [data.sources]
    return [argument for part in found_again(domain, parts, data, run, note) for argument in part]


def valid_again(data: DataRecord, run: Path, note: Callable[[str], None]) -> list[str]:
    """The files that were held out, where they are now; of them only the name is known.

    Raises:
        UsageError: one is gone, and there is none of its name near.
    """
    found = []
    for argument in data.valid:
        if not _is_gone(argument):
            found.append(argument)
            continue
        places = _places(run, [name for name in data.valid if name != argument])
        new = next(_of_the_same_name(argument, places), None)
        if new is None:
            raise _gone(argument, places)
        note(f"`{argument}` is gone; using `{new}`, which has its name")
        found.append(new)
    return found


def _is_gone(argument: str) -> bool:
    if argument == "-" or argument.startswith("corpus:"):
        return False
    path = expanded(argument)
    return not path.exists() and not glob.glob(str(path), recursive=True)


def _places(run: Path, others: Sequence[str]) -> list[Path]:
    """Folders to look in, each once."""
    folders = [Path.cwd(), run.absolute().parent, run.absolute().parent.parent, run.absolute()]
    folders += [Path(other).absolute().parent for other in others if ":" not in other]
    return list(dict.fromkeys(folders))


def _moved(
    domain: Domain,
    part: Sequence[str],
    missing: Sequence[str],
    places: Sequence[Path],
    content: str,
) -> dict[str, str] | None:
    """The new place of each missing argument, with which the data is what it was."""
    named = [list(_of_the_same_name(argument, places)) for argument in missing]
    tries: Iterator[tuple[str, ...]] = product(*named)
    for chosen in islice(tries, TRIED):
        moved = dict(zip(missing, chosen, strict=True))
        if _content(domain, [moved.get(argument, argument) for argument in part]) == content:
            return moved
    if len(part) > 1 or "*" in missing[0]:
        return None
    for candidate in _of_another_name(missing[0], places):
        if _content(domain, [candidate]) == content:
            return {missing[0]: candidate}
    return None


def _of_the_same_name(argument: str, places: Sequence[Path]) -> Iterator[str]:
    """Where the last parts of a path, the most first, lead from the places."""
    parts = Path(argument).parts
    for count in range(min(len(parts) - 1, 3) or 1, 0, -1):
        for place in places:
            candidate = str(place.joinpath(*parts[-count:]))
            if candidate != argument and not _is_gone(candidate):
                yield candidate


def _of_another_name(argument: str, places: Sequence[Path]) -> Iterator[str]:
    """Files of the same kind in the places and in the old one."""
    left = LARGEST
    for place in dict.fromkeys([*places, Path(argument).parent]):
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)[:LOOKED_AT]
        except OSError:
            continue
        for entry in entries:
            same = Path(entry.name).suffix == Path(argument).suffix
            if same and entry.is_file() and not entry.name.startswith("."):
                left -= entry.stat().st_size
                if left < 0:
                    return
                yield entry.path


def _content(domain: Domain, arguments: Sequence[str]) -> str | None:
    """The fingerprint of what would be learned from them; None if they can't be read."""
    try:
        sources = find_sources.find(arguments, keep=domain.keep)
        learned, _ = split_of(domain, readable(domain, sources, lambda text: None), None)
        return fingerprint(learned)
    except (RnngenError, OSError):
        return None


def _gone(argument: str, places: Sequence[Path]) -> UsageError:
    shown = ", ".join(f"`{place}`" for place in places)
    return UsageError(
        f"the data `{argument}` is gone, and its content was not found in {shown}",
        hint=f"put it back, or a copy or link called `{Path(argument).name}` into one of these "
        "folders",
    )
