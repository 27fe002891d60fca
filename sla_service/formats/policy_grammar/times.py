"""What times look like in a policy file: patterns and parsers, and writers that undo them."""

from __future__ import annotations

import re
from calendar import monthrange

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, format_instant
from sla_service.formats.policy_scalars import matched

DURATION = r"([1-9][0-9]{0,5})\s?(s|min|h|d)"
NO_TIME = r"0\s?(s|min|h|d)"
MONTHS_OR_DAYS = r"([1-9][0-9]{0,3})\s?(months?|days?)"
DEADLINE = r"([1-9][0-9]{0,3})\s?(days?|business days?|months?|h)"
BUSINESS_DAYS = r"([1-9][0-9]{0,2})\s?business days?"
DAYS = r"([1-9][0-9]{0,3}|0(?= ?day))\s?(days?|business days?)"
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
DAY_OF_YEAR = rf"([1-9]|[12][0-9]|3[01]) ({'|'.join(MONTHS)})"
CLOCK_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00"

_UNIT_MS = {"s": SECOND_MS, "min": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_MAX_UNITS = 999_999
_LEAP_YEAR = 2000


def parse_day_of_year(text: str) -> tuple[int, int]:
    """``24 december`` as month and day."""
    match = matched(DAY_OF_YEAR, text, "day_of_year_format", "write a day such as 24 december")
    month, day = MONTHS.index(match[2]) + 1, int(match[1])
    if day > (days := monthrange(_LEAP_YEAR, month)[1]):
        raise InvalidValueError.of("day_of_year_format", f"{match[2]} has {days} days")
    return month, day


def write_day_of_year(month: int, day: int) -> str:
    """``24 december``."""
    return f"{day} {MONTHS[month - 1]}"


def parse_duration_ms(text: str) -> int:
    """``5 min`` in milliseconds."""
    match = matched(DURATION, text, "duration_format", "write a duration such as 30 s, 5 min, 72 h or 3 d")
    return int(match[1]) * _UNIT_MS[match[2]]


def parse_time_ms(text: str) -> int:
    """A duration, or none: ``0 min``."""
    return 0 if re.fullmatch(NO_TIME, text, re.ASCII) else parse_duration_ms(text)


def is_duration(text: str) -> bool:
    """Whether a text is meant as a duration."""
    return re.fullmatch(rf"{DURATION}|{NO_TIME}", text, re.ASCII) is not None


def write_duration_ms(time_ms: int) -> str:
    """In the largest unit in which it is whole.

    Raises:
        ValueError: Not whole seconds, or too many of them: no policy file can say it.
    """
    for unit, unit_ms in reversed(_UNIT_MS.items()):
        if time_ms % unit_ms == 0 and time_ms // unit_ms <= _MAX_UNITS:
            return f"{time_ms // unit_ms} {unit}" if time_ms else "0 min"
    message = f"{time_ms} ms is no duration of a policy file"
    raise ValueError(message)


def can_write_ms(time_ms: int) -> bool:
    """Whether a policy file can say this as a duration."""
    return any(time_ms % unit_ms == 0 and 0 < time_ms // unit_ms <= _MAX_UNITS for unit_ms in _UNIT_MS.values())


def counted(number: int | None, unit: str) -> str:
    """``1 day``, ``30 days``."""
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def write_instant(at_ms: int) -> str:
    """``2023-09-18T18:00Z``: in UTC, without the seconds where there are none."""
    text = format_instant(at_ms)
    return f"{text.removesuffix(':00Z')}Z" if text.endswith(":00Z") else text


def parse_clock_minute(text: str) -> int:
    """``02:00`` as minutes of the local day."""
    matched(CLOCK_TIME, text, "clock_format", "write a time of day such as 02:00")
    return int(text[:2]) * 60 + int(text[3:])


def write_clock_minute(minute: int) -> str:
    """``02:00``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
