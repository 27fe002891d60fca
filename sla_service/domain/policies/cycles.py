"""Stage 6: the period over which availability is promised, and what it is divided by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class CalendarMonths:
    """Calendar months: one, or a quarter, half or year of them that begins in ``first_month``."""

    months: int = 1
    first_month: int = 1
    """1 for the calendar's own quarters and years; 2 for a fiscal year that begins in February."""


@dataclass(frozen=True, slots=True)
class BillingMonth:
    """From a day of the month to the day before it in the next; the last day of a month that has no such day."""

    day: int


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from one day of the week, Monday 0."""

    starts: int = 0


@dataclass(frozen=True, slots=True)
class RollingDays:
    """So many days up to the end of the month."""

    days: int


@dataclass(frozen=True, slots=True)
class EachIncident:
    """Every outage by itself, in the month in which it ends; availability is that of the month."""


@dataclass(frozen=True, slots=True)
class EachHour:
    """Every clock hour of the month by itself; availability is that of the month."""


@dataclass(frozen=True, slots=True)
class EachDay:
    """Every local day of the month by itself; availability is that of the month."""


Period = CalendarMonths | BillingMonth | Week | RollingDays | EachIncident | EachHour | EachDay


def is_fiscal(period: Period) -> bool:
    """Whether quarters and years are counted from another month than January."""
    return isinstance(period, CalendarMonths) and period.months > 1 and period.first_month != 1


class PartPeriod(StrEnum):
    """What happens where the contract is in force for a part of the period only."""

    OWN_CYCLE = "own_cycle"
    """The part is a short period of its own."""
    FULL_PERIOD = "full_period"
    """It is measured as if the contract had run all the time."""
    UNUSED_AS_UP = "unused_as_up"
    """The whole period is the denominator; time outside the contract counts as up."""
    NO_CYCLE = "no_cycle"
    """A part is no period: nothing is promised for it."""
