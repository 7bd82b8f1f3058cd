"""Checks whether a text has a format, by its standard and not by the grammar that wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import urlsplit

_TIME = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DURATION_DATE = r"[0-9]+D|[0-9]+M(?:[0-9]+D)?|[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?"
_DURATION_TIME = r"T(?:[0-9]+S|[0-9]+M(?:[0-9]+S)?|[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?)"
_DURATION = re.compile(rf"P(?:(?:{_DURATION_DATE})(?:{_DURATION_TIME})?|{_DURATION_TIME}|[0-9]+W)")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+")
_URI_SIGN = r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})"
_URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:{_URI_SIGN}*(?:#{_URI_SIGN}*)?")
_REFERENCE = re.compile(rf"{_URI_SIGN}*(?:#{_URI_SIGN}*)?")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*", re.DOTALL)
_RELATIVE = re.compile(r"(?:0|[1-9][0-9]*)(#|(?:/(?:[^~/]|~[01])*)*)", re.DOTALL)
LONGEST_HOST, LONGEST_LOCAL, LONGEST_ADDRESS = 253, 64, 254
_LEAP_DAYS = ((6, 30), (12, 31))
"""Days that a leap second has ended (RFC 3339 5.7)."""


def is_date(text: str) -> bool:
    """A day of the calendar (RFC 3339 5.6)."""
    return _day(text) is not None


def is_time(text: str) -> bool:
    """A time with an offset; second 60 only where it is 23:59 UTC."""
    return _clock(text) is not None


def is_date_time(text: str) -> bool:
    """A date and a time; second 60 only at the end of June and December, in UTC."""
    day, clock = _day(text[:10]), _clock(text[11:])
    if day is None or clock is None or text[10] not in "Tt":
        return False
    leaps, days = clock
    if not leaps:
        return True
    with suppress(OverflowError):
        there = day + timedelta(days=days)
        return (there.month, there.day) in _LEAP_DAYS
    return False


def is_duration(text: str) -> bool:
    """A duration (RFC 3339, appendix A)."""
    return _DURATION.fullmatch(text) is not None


def is_hostname(text: str) -> bool:
    """Labels of letters, digits and hyphens (RFC 1123 2.1)."""
    return len(text) <= LONGEST_HOST and all(map(_LABEL.fullmatch, text.split(".")))


def is_email(text: str) -> bool:
    """A mailbox (RFC 5321 4.1.2), without quoted parts and addresses in brackets."""
    local, at, host = text.rpartition("@")
    return (
        bool(at)
        and len(local) <= LONGEST_LOCAL
        and len(text) <= LONGEST_ADDRESS
        and all(map(_ATOM.fullmatch, local.split(".")))
        and is_hostname(host)
    )


def is_ipv4(text: str) -> bool:
    """Four numbers, without leading zeros."""
    with suppress(AddressValueError):
        return bool(IPv4Address(text))
    return False


def is_ipv6(text: str) -> bool:
    """An address (RFC 4291 2.2) without a zone."""
    with suppress(AddressValueError):
        return IPv6Address(text).scope_id is None
    return False


def is_uri(text: str) -> bool:
    """A URI with a scheme (RFC 3986)."""
    return _URI.fullmatch(text) is not None and _splits(text)


def is_uri_reference(text: str) -> bool:
    """A URI, or one relative to another (RFC 3986 4.1)."""
    return _REFERENCE.fullmatch(text) is not None and _splits(text)


def is_uuid(text: str) -> bool:
    """A UUID (RFC 4122)."""
    return _UUID.fullmatch(text) is not None


def is_json_pointer(text: str) -> bool:
    """A JSON pointer (RFC 6901)."""
    return _POINTER.fullmatch(text) is not None


def is_relative_json_pointer(text: str) -> bool:
    """A relative JSON pointer."""
    return _RELATIVE.fullmatch(text) is not None


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "date": is_date,
    "time": is_time,
    "date-time": is_date_time,
    "duration": is_duration,
    "email": is_email,
    "hostname": is_hostname,
    "ipv4": is_ipv4,
    "ipv6": is_ipv6,
    "uri": is_uri,
    "uri-reference": is_uri_reference,
    "uuid": is_uuid,
    "json-pointer": is_json_pointer,
    "relative-json-pointer": is_relative_json_pointer,
}


def _day(text: str) -> date | None:
    if _DATE.fullmatch(text) is None:
        return None
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def _clock(text: str) -> tuple[bool, int] | None:
    """Whether it is a leap second, and how many days later it is in UTC; None if not a time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    minutes = int(found[1]) * 60 + int(found[2])
    if found[4]:
        offset = int(found[5]) * 60 + int(found[6])
        minutes -= offset if found[4] == "+" else -offset
    days, minute = divmod(minutes, 24 * 60)
    leaps = found[3] == "60"
    if leaps and minute != 24 * 60 - 1:
        return None
    return leaps, days


def _splits(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.port is None or parts.port >= 0
    except ValueError:
        return False
