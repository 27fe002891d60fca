"""Windows of local time that come again: which days, from when to when, and by whose clocks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """A day of the week by its place in the month, such as the second Tuesday."""

    nth: int
    """1 to 4; −1 for the last one, be it the fourth or the fifth."""
    weekday: int
    """Monday 0."""


StartDay = int | NthWeekday
"""A day on which a window starts: every Sunday (6), or one of them."""


@dataclass(frozen=True, slots=True)
class YearDays:
    """Days that come again every year, both ends included; over the new year where the last is before the first."""

    first_month: int
    first_day: int
    last_month: int
    last_day: int


@dataclass(frozen=True, slots=True)
class LocalWindow:
    """A window of local time that comes again; it belongs to the day on which it starts.

    It follows the clocks of the zone: from two to five in the morning is two hours where the clock skips one.
    """

    starts_minute: int
    """Minutes of the local day; an end not after it is on the next day."""
    ends_minute: int
    time_zone: str
    days: tuple[StartDay, ...] = ()
    """Days of the week, Monday 0, or single ones of a month; empty for every day."""
    never: tuple[YearDays, ...] = ()
    """Days of the year on which none starts."""
