"""The values of `format`, as expressions that match the whole text.

Each is a part of what its standard allows, wide enough for what people write; a date is a real day.
"""

from __future__ import annotations

from functools import lru_cache

from rnngen_constrained.automata.expression import Expression
from rnngen_constrained.automata.pattern import parse

_LEAP = r"(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_YEAR = r"(?:[1-9][0-9]{3}|0[1-9][0-9]{2}|00[1-9][0-9]|000[1-9])"
DATE = (
    rf"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    rf"|{_LEAP}-02-29)"
)
_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_BYTE = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
# Two hyphens in a row have a meaning in IDNA; four such labels fit into 253 characters.
_LABEL = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,29}"
HOSTNAME = rf"{_LABEL}(?:\.{_LABEL}){{0,3}}"
_HEX = r"[0-9a-fA-F]"
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_PATH = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_SEGMENT = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+"
_SHORT_LABEL = r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,19}"
_SHORT_HOST = rf"{_SHORT_LABEL}(?:\.{_SHORT_LABEL}){{0,3}}"
_QUERY = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
_AUTHORITY = rf"(?:{_LABEL}(?:\.{_LABEL}){{0,3}})(?::[0-9]{{1,4}})?"
_URI = (
    rf"(?:(?:https?|ftp|wss?)://{_AUTHORITY}(?:/{_PATH})?(?:\?{_QUERY})?(?:\#{_QUERY})?"
    rf"|(?:urn|mailto|tag|tel|data):[A-Za-z0-9]{_PATH})"
)


_REFERENCE = rf"(?:{_URI}|/(?:{_SEGMENT}(?:/{_PATH})?)?(?:\?{_QUERY})?(?:\#{_QUERY})?|\#{_QUERY})"
_EMAIL = rf"{_ATEXT}{{1,20}}(?:\.{_ATEXT}{{1,20}}){{0,2}}@{_SHORT_HOST}"
_POINTER = r"(?:/(?:[^~/]|~[01])*)*"


def _ipv6() -> str:
    """Eight groups, or fewer with `::` for at least one group of zeros."""
    group = f"{_HEX}{{1,4}}"
    short = [f"(?:{group}:){{{count}}}(?::{group}){{1,{7 - count}}}" for count in range(1, 7)]
    to_the_end = f"(?:{group}:){{1,7}}:"
    from_the_start = f"::(?:(?:{group}:){{0,6}}{group})?"
    return f"(?:(?:{group}:){{7}}{group}|{from_the_start}|{'|'.join(short)}|{to_the_end})"


FORMATS = {
    "date": DATE,
    "time": _CLOCK + _OFFSET,
    "date-time": rf"{DATE}T{_CLOCK}{_OFFSET}",
    "duration": r"P(?:[0-9]{1,4}W|(?:[0-9]{1,4}Y(?:[0-9]{1,4}M(?:[0-9]{1,4}D)?)?"
    r"|[0-9]{1,4}M(?:[0-9]{1,4}D)?|[0-9]{1,4}D)"
    r"(?:T(?:[0-9]{1,4}H(?:[0-9]{1,4}M(?:[0-9]{1,4}S)?)?|[0-9]{1,4}M(?:[0-9]{1,4}S)?"
    r"|[0-9]{1,4}S))?|T(?:[0-9]{1,4}H(?:[0-9]{1,4}M(?:[0-9]{1,4}S)?)?"
    r"|[0-9]{1,4}M(?:[0-9]{1,4}S)?|[0-9]{1,4}S))",
    "email": _EMAIL,
    "idn-email": _EMAIL,
    "hostname": HOSTNAME,
    "idn-hostname": HOSTNAME,
    "ipv4": rf"{_BYTE}(?:\.{_BYTE}){{3}}",
    "ipv6": _ipv6(),
    "uri": _URI,
    "iri": _URI,
    "uri-reference": _REFERENCE,
    "iri-reference": _REFERENCE,
    "uri-template": _REFERENCE,
    "uuid": rf"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}",
    "json-pointer": _POINTER,
    "relative-json-pointer": rf"(?:0|[1-9][0-9]{{0,3}})(?:#|{_POINTER})",
    "regex": r"[A-Za-z0-9 ]*",
}


@lru_cache(maxsize=64)
def format_expression(name: str) -> Expression | None:
    """The texts of a format; None if it is not known."""
    pattern = FORMATS.get(name)
    return None if pattern is None else parse(pattern, f"format `{name}`")
