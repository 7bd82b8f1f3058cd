"""CSV files as tables: what stands around the table, and how its cells are separated."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rnngen import DataError, UsageError
from rnngen_series.forms import FORMS
from rnngen_series.options import Options
from rnngen_series.table import Table, check_names, no_rows

SEPARATORS = {"tab": "\t", "\\t": "\t", "space": " ", "blank": " "}
GUESSED = "\t;|,"
"""Separators in the order in which equally good ones are taken."""
COMMENTS = ("#", "%", "//")
"""Signs that begin a comment where the first line begins with one."""
SEEN = 200
"""Lines from which the separator is guessed."""

PANDAS = re.compile(r"Unnamed: \d+(\.\d+)?")
"""Names that pandas makes up for an unnamed index."""
FOR_NOTHING = ("index", "unnamed", "unnamed index")
"""Names for an unnamed first column; the first free one is used."""
NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*([eE][-+]?\d+)?")

Record = list[str]


class _Numbered(NamedTuple):
    number: int
    cells: Record

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)


def read_csv(name: str, raw: bytes, options: Options, remark: Callable[[str], None]) -> Table:
    """The cells of a CSV file in UTF-8, or in UTF-16 with a mark.

    Raises:
        DataError: it is empty, damaged, not text, has two columns with the same name, or a row
            with more or fewer cells than columns.
        UsageError: an option contradicts the file.
    """
    lines = io.StringIO(_decoded(name, raw), newline="").readlines()
    lines, first, separator = _announced(lines, options)
    comment = options.comment or next(
        (sign for sign in COMMENTS if lines and lines[0].lstrip().startswith(sign)), ""
    )
    separator = separator or _separator(lines, comment, options)
    records = _records(name, lines, first, separator, comment)
    if not options.rows:
        records = _without_ends(name, records, options, remark)
    names, records, unnamed = _headed(name, records, lines, comment, separator, options)
    table = Table(
        name,
        names,
        [record.cells for record in records],
        [record.number for record in records],
        unnamed,
        separator=separator,
    )
    if not options.rows:
        for row, record in enumerate(records):
            if len(record.cells) != len(names):
                raise DataError(
                    f"{table.at(row)} has {len(record.cells)} cells, expected {len(names)}",
                    hint="put texts with commas in quotes, or set `-o series.separator`; lines "
                    "before the table are skipped with `-o series.skip_rows=N`",
                )
    check_names(name, names)
    return table


def _decoded(name: str, raw: bytes) -> str:
    wide = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        if wide:
            raise DataError(f"`{name}` is damaged UTF-16, at byte {error.start}") from None
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(
            f"`{name}` is not UTF-8, in line {line}",
            hint="save it as UTF-8, or convert it: `iconv -f CP1252 -t UTF-8`",
        ) from None
    if "\0" in text:
        raise DataError(f"`{name}` is not text, expected CSV or Parquet", hint="save it as CSV")
    return text


def _announced(lines: list[str], options: Options) -> tuple[list[str], int, str]:
    """The lines from where the table may begin, the first's number, and a separator if set."""
    skipped = options.skip_rows
    separator = SEPARATORS.get(options.separator, options.separator)
    if len(separator) > 1:
        raise UsageError(
            f"`series.separator` is `{separator}`, expected one character, `tab` or `space`"
        )
    announced = re.fullmatch(r"sep=(.)", lines[0].rstrip("\r\n").strip('"')) if lines else None
    if announced:  # as Excel writes it
        skipped = max(skipped, 1)
        separator = separator or announced[1]
    return lines[skipped:], 1 + skipped, separator


def _separator(lines: Sequence[str], comment: str, options: Options) -> str:
    """The separator that gives most rows the same number of cells."""
    shown = [line for line in lines if line.strip() and not _is_comment(line, comment)][:SEEN]
    if options.rows:
        return max(reversed(GUESSED), key=(shown or [""])[0].count)
    best, score = "", 0.0
    for candidate in [*GUESSED, " "]:
        reader = csv.reader(shown, delimiter=candidate, skipinitialspace=candidate == " ")
        try:
            widths = Counter(len(record) for record in reader)
        except csv.Error:  # said where all of the file is read
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        share = count / sum(widths.values()) if width > 1 else 0.0
        if share > score and (candidate != " " or score < 0.5):
            best, score = candidate, share
    return best or ","


def _is_comment(line: str, comment: str) -> bool:
    return bool(comment) and line.lstrip().startswith(comment)


def _records(
    name: str, lines: Sequence[str], first: int, separator: str, comment: str
) -> list[_Numbered]:
    """Records that are not comments, with their number among all of the file."""
    left_out = 0

    def kept() -> Iterator[str]:
        nonlocal left_out
        for line in lines:
            if _is_comment(line, comment):
                left_out += 1
            else:
                yield line.lstrip(" ") if separator == " " else line

    reader = csv.reader(kept(), delimiter=separator, strict=True, skipinitialspace=separator == " ")
    found: list[_Numbered] = []
    try:
        for cells in reader:
            found.append(_Numbered(first + left_out + len(found), cells))
    except csv.Error as error:
        raise DataError(f"`{name}` can't be read as CSV: {error}") from None
    while found and not found[-1].filled:
        found.pop()
    return found


def _without_ends(
    name: str, records: list[_Numbered], options: Options, remark: Callable[[str], None]
) -> list[_Numbered]:
    """The records without titles before the table, notes after it, and empty rows."""
    widths = Counter(len(record.cells) for record in records if record.filled)
    width = max(widths, key=lambda each: (widths[each], each), default=1)
    if width == 1:
        return records
    records = [record for record in records if record.filled]
    begin = 0
    if not options.skip_rows:
        for begin, record in enumerate(records):
            # An index has no name.
            filled = record.filled + (record.cells[:1] == [""])
            enough = filled >= max(2, width / 2) or not options.header
            if enough and len(record.cells) >= width - (begin == 0 or width > 2):
                break
    end = len(records)
    while end > begin + 1 and _is_note(records[end - 1], width):
        end -= 1
    for count, where in ((begin, "before"), (len(records) - end, "after")):
        if count:
            lines = "1 line" if count == 1 else f"{count} lines"
            remark(f"`{name}`: {lines} {where} the table {'is' if count == 1 else 'are'} left out")
    return records[begin:end]


def _is_note(record: _Numbered, width: int) -> bool:
    text = next((cell.strip() for cell in record.cells if cell.strip()), "")
    return record.filled == 1 and not text[:1].isdigit() and bool(record.cells[0].strip())


def _headed(
    name: str,
    records: list[_Numbered],
    lines: Sequence[str],
    comment: str,
    separator: str,
    options: Options,
) -> tuple[list[str], list[_Numbered], list[str]]:
    """Names of all columns, the rows, and the columns without a name in the file."""
    names: list[str] = []
    if options.header and records:
        names, records = _header(name, records, lines, comment, separator, options)
    if not records:
        raise no_rows(name)
    widths = {len(record.cells) for record in records}
    width = max(widths) if options.rows else len(records[0].cells)
    unnamed = [each for each in names if PANDAS.fullmatch(each)]
    if names and not options.rows and widths == {len(names) + 1}:
        if all(not record.cells[-1].strip() for record in records):
            names = [*names, ""]  # rows end in a separator
        else:
            names = ["", *names]  # R names rows, but not their column
    if names and not options.rows and widths == {len(names) - 1} and not names[-1]:
        names = names[:-1]
    if names and not names[0]:
        names[0] = next(each for each in FOR_NOTHING if each not in names)
        unnamed = [names[0], *unnamed]
    while not options.rows and names and not names[-1] and _is_empty(records, len(names) - 1):
        names.pop()
        records = [
            _Numbered(record.number, record.cells[: len(names)])
            if len(record.cells) == len(names) + 1
            else record
            for record in records
        ]
    for place, each in enumerate(names):
        if not each:
            names[place] = f"unnamed {place + 1}"
            unnamed.append(names[place])
    if not names:
        names = [str(number + 1) for number in range(width)]
    elif options.rows:
        names += [str(number + 1) for number in range(len(names), width)]
    return names, records, unnamed


def _is_empty(records: Sequence[_Numbered], place: int) -> bool:
    return all(len(r.cells) <= place or not r.cells[place].strip() for r in records)


def _header(
    name: str,
    records: list[_Numbered],
    lines: Sequence[str],
    comment: str,
    separator: str,
    options: Options,
) -> tuple[list[str], list[_Numbered]]:
    first = [cell.strip() for cell in records[0].cells]
    if not options.rows and first and _are_values(first):
        last = [line for line in lines if _is_comment(line, comment)][-1:]
        for line in last:  # as NumPy writes it
            cells = next(csv.reader([line.strip().removeprefix(comment)], delimiter=separator), [])
            if len(cells) == len(first):
                return [cell.strip() for cell in cells], records
        if len(records) > 1:
            raise DataError(
                f"`{name}`, row {records[0].number}: the names of columns are numbers or dates, "
                f"such as `{first[0]}`",
                hint="if this row has values, `-o series.header=false`; else rename the columns",
            )
    return first, records[1:]


def _are_values(cells: Sequence[str]) -> bool:
    numbers = [bool(NUMBER.fullmatch(cell)) for cell in cells]
    return any(numbers) and all(
        number or any(form(cell) for form in FORMS.values())
        for number, cell in zip(numbers, cells, strict=True)
    )
