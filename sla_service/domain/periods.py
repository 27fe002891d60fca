"""Periods over which availability is promised: calendar months in a zone.

A month is the time between two local midnights, so that a month with a daylight-saving change has 743 or 745 hours
(or 719, 721 …) and its minutes are counted as they were lived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import load_zone, to_datetime, to_ms
from sla_service.domain.windows import Window

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, not yet in any zone."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not 1 <= self.month <= 12:  # noqa: PLR2004 - months of a year
            raise InvalidValueError.of("period_format", "months go from 1 to 12", value=self.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``YYYY-MM``.

        Raises:
            InvalidValueError: Another form, or a month that does not exist.
        """
        match = _MONTH.fullmatch(text)
        if match is None:
            raise InvalidValueError.of("period_format", "write the month as YYYY-MM, such as 2023-09", value=text)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def at(cls, ms: int, zone: str) -> Month:
        """The month in which an instant falls, in a zone."""
        local = to_datetime(ms, zone)
        return cls(local.year, local.month)

    def __str__(self) -> str:
        """``2023-09``."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def next(self) -> Month:
        """The month after."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> Month:
        """The month before."""
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def window(self, zone: str) -> Window:
        """From local midnight on the first day to local midnight on the next month's first day."""
        return Window(midnight_ms(self.first_day, zone), midnight_ms(self.next.first_day, zone))


@lru_cache(maxsize=16_384)
def midnight_ms(day: date, zone: str) -> int:
    """The instant at which a local day begins.

    Where a zone's clocks jump over midnight the day begins at the jump; where midnight happens twice, at the first.
    """
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=load_zone(zone)))


def days(window: Window, zone: str) -> list[tuple[date, Window]]:
    """The local days that a window touches, each cut to the window, in order."""
    day = to_datetime(window.start_ms, zone).date()
    found: list[tuple[date, Window]] = []
    while (start := midnight_ms(day, zone)) < window.end_ms:
        following = day + timedelta(days=1)
        end = midnight_ms(following, zone)
        # A zone that crossed the date line has a day that never was: Samoa had no 30 December 2011.
        part = Window(start, end).overlap(window) if start < end else None
        if part is not None:
            found.append((day, part))
        day = following
    return found


@lru_cache(maxsize=4_096)
def day_count(window: Window, zone: str) -> int:
    """How many local days a window touches: 31 in a month with a change of the clocks, too."""
    return len(days(window, zone))
