"""Small tables written and read by the tests of series."""

from rnngen.files.source import Source
from rnngen_series.domain import SeriesDomain
from rnngen_series.options import Options


def read(*paths, **options):
    """The series in files, and what was remarked."""
    domain = SeriesDomain(Options(**options))
    found = [piece.content for piece in domain.read([Source(str(path), path) for path in paths])]
    return found, list(domain.remarks)


def table(path, stamps, values=None, head="date,value", separator=","):
    """A file with a column of stamps and one of values, which count up if none are given."""
    values = range(1, len(stamps) + 1) if values is None else values
    rows = [f"{stamp}{separator}{value}" for stamp, value in zip(stamps, values, strict=True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head.replace(",", separator), *rows]) + "\n")
    return path


def begins(series, count=3):
    """The first stamps of a series, in readable form."""
    return series.shown(0, count)
