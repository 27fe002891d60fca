"""Instants: integer milliseconds since 1970-01-01T00:00Z inside, aware datetimes and ISO 8601 at the edges.

A time without an offset is refused, never guessed. Local times are made from instants and a zone, not the reverse.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sla_service.domain.errors import InvalidValueError

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
EARLIEST_MS = 946_684_800_000
"""2000-01-01T00:00Z: an earlier instant is a typing error, not an outage."""
LATEST_MS = 4_102_444_800_000
"""2100-01-01T00:00Z."""

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MAX_OFFSET_MINUTES = 14 * 60


def to_ms(instant: datetime) -> int:
    """Whole milliseconds of an aware datetime; finer digits are cut."""
    return (instant - _EPOCH) // _MILLISECOND


def to_datetime(ms: int, zone: str = "UTC") -> datetime:
    """The aware datetime of an instant, in a zone."""
    return (_EPOCH + ms * _MILLISECOND).astimezone(load_zone(zone))


def offset_ms(at_ms: int, zone: str) -> int:
    """How far a zone's clocks are ahead of UTC at an instant."""
    steady = _steady_offset_ms(at_ms // DAY_MS, zone)
    return _offset_ms(at_ms, zone) if steady is None else steady


@lru_cache(maxsize=16_384)
def _steady_offset_ms(day: int, zone: str) -> int | None:
    """The offset throughout a day of UTC; None if clocks change on it: a run asks for millions of instants."""
    first, last = _offset_ms(day * DAY_MS, zone), _offset_ms((day + 1) * DAY_MS - 1, zone)
    return first if first == last else None


def _offset_ms(at_ms: int, zone: str) -> int:
    return (to_datetime(at_ms, zone).utcoffset() or timedelta(0)) // _MILLISECOND


def format_instant(ms: int) -> str:
    """ISO 8601 in UTC, with milliseconds only where there are some: ``2023-09-18T18:00:00Z``."""
    text = to_datetime(ms).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{ms % SECOND_MS:03d}Z" if ms % SECOND_MS else f"{text}Z"


@lru_cache(maxsize=1024)
def load_zone(name: str) -> ZoneInfo:
    """The time zone of that name in the zone database.

    Raises:
        InvalidValueError: No such zone; a fixed-offset abbreviation such as ``EST5`` is not one.
    """
    message = "use a zone name such as Asia/Shanghai, Europe/Berlin or UTC"
    if "/" not in name and name != "UTC":
        raise InvalidValueError.of("zone_unknown", message, value=name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidValueError.of("zone_unknown", message, value=name) from None


def parse_date(text: str) -> date:
    """Read ``YYYY-MM-DD``.

    Raises:
        InvalidValueError: Another form, or a day that does not exist.
    """
    if _DATE.fullmatch(text) is None:
        raise InvalidValueError.of("date_format", "write the date as YYYY-MM-DD", value=text)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidValueError.of("date_invalid", "there is no such day", value=text) from None


def parse_instant(text: str) -> int:
    """Read ``YYYY-MM-DDThh:mm[:ss[.fff]]`` with ``Z`` or an offset, as milliseconds since 1970.

    Raises:
        InvalidValueError: Any other form; no offset; a date, hour or offset that does not exist; digits finer than a
            millisecond; outside 2000 to 2100.
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise _not_an_instant(text)
    if match[8] is None:
        raise InvalidValueError.of("offset_required", "add Z or an offset such as +08:00", value=text)
    if match[4] == "24":
        raise InvalidValueError.of("hour", "write the next day's 00:00 for midnight at the end of a day", value=text)
    if match[6] == "60":
        raise InvalidValueError.of("leap_second", "leap seconds do not exist here; use :59 or the next :00", value=text)
    if (match[7] or "")[3:].strip("0"):
        raise InvalidValueError.of("precision", "the finest step is a millisecond", value=text)
    return _checked_ms(match, text)


def _checked_ms(match: re.Match[str], text: str) -> int:
    year, month, day, hour, minute, second = (int(match[i] or 0) for i in range(1, 7))
    offset = 0
    if match[8] != "Z":
        hours, minutes = int(match[8][1:3]), int(match[8][4:6])
        offset = (hours * 60 + minutes) * (-1 if match[8][0] == "-" else 1)
        if minutes > 59 or abs(offset) > _MAX_OFFSET_MINUTES:  # noqa: PLR2004 - minutes of an hour
            raise InvalidValueError.of("offset_range", "offsets go from -14:00 to +14:00", value=text)
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise InvalidValueError.of("date_invalid", "there is no such day or time of day", value=text) from None
    ms = (local - _EPOCH) // _MILLISECOND - offset * MINUTE_MS + int((match[7] or "0").ljust(3, "0")[:3])
    if not EARLIEST_MS <= ms < LATEST_MS:
        raise InvalidValueError.of("instant_range", "instants go from the year 2000 to 2099", value=text)
    return ms


def _not_an_instant(text: str) -> InvalidValueError:
    if _DATE.fullmatch(text):
        return InvalidValueError.of("time_required", "add the time and offset: 2023-09-19T02:00+08:00", value=text)
    if "\u2212" in text:
        return InvalidValueError.of("instant_format", "use the ASCII '-' in the offset", value=text)
    return InvalidValueError.of(
        "instant_format", "write the instant as YYYY-MM-DDThh:mm:ss and Z or +hh:mm", value=text
    )
