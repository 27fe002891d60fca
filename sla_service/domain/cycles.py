"""The periods of a policy as windows: which of them end in a month, and which one begins on a day."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from fractions import Fraction

from sla_service.domain.instants import to_datetime
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies.cycles import BillingMonth, CalendarMonths, Period, RollingDays, Week
from sla_service.domain.windows import Window


def periods_ending_in(period: Period, month: Month, zone: str) -> list[Window]:
    """The periods that are due with a month: those that end in it, or with it.

    Args:
        period: How the policy cuts time.
        month: The month that is closed.
        zone: Whose midnights bound the periods.

    Returns:
        Whole periods in order of time; a quarter gives none in its first two months, weeks up to five. Incidents, hours
        and days are parts of the month, which is their period.
    """
    return [_window(first, end, zone) for first, end in _days(period, month)]


def period_around(period: Period, month: Month, zone: str) -> Window:
    """The period that is running at the end of a month: the one that contains its last day."""
    last = month.next.first_day - timedelta(days=1)
    for ahead in range(13):
        for first, end in _days(period, _later(month, ahead)):
            if first <= last < end:
                return _window(first, end, zone)
    return month.window(zone)


def period_of(period: Period, first_day: date, zone: str) -> Window:
    """The period that begins on a day; for calendar months, the one that ends with the day's month."""
    if isinstance(period, Week):
        return _window(first_day, first_day + timedelta(days=7), zone)
    if isinstance(period, BillingMonth):
        return _window(first_day, _cycle_day(Month(first_day.year, first_day.month).next, period.day), zone)
    found = periods_ending_in(period, Month(first_day.year, first_day.month), zone)
    return found[0] if found else Month(first_day.year, first_day.month).window(zone)


def period_at(period: Period, at_ms: int, zone: str) -> Window:
    """The whole period in which an instant lies; of those that overlap, the one that ends first."""
    month = Month.at(at_ms, zone)
    for ahead in range(13):
        for found in periods_ending_in(period, _later(month, ahead), zone):
            if found.start_ms <= at_ms < found.end_ms:
                return found
    return month.window(zone)


def calendar_around(at_ms: int, zone: str, months: int, first_month: int = 1) -> Window:
    """The stretch of so many calendar months, counted from a month of the year, in which an instant lies."""
    month = Month.at(at_ms, zone)
    first = _later(month, -((month.month - first_month) % months))
    return _window(first.first_day, _later(first, months).first_day, zone)


def week_around(at_ms: int, zone: str, starts: int = 0) -> Window:
    """The seven local days from a day of the week on, Monday 0, in which an instant lies."""
    day = to_datetime(at_ms, zone).date()
    first = day - timedelta(days=(day.weekday() - starts) % 7)
    return _window(first, first + timedelta(days=7), zone)


def contract_year_around(at_ms: int, zone: str, starts_on: date) -> Window:
    """The year of a contract in which an instant lies: from its first day, or an anniversary, to the next one.

    A contract of 29 February has its anniversary on the 28th where there is no 29th.
    """
    day = to_datetime(at_ms, zone).date()
    year = day.year - (day < _anniversary(starts_on, day.year))
    return _window(_anniversary(starts_on, year), _anniversary(starts_on, year + 1), zone)


def _anniversary(day: date, year: int) -> date:
    return _cycle_day(Month(year, day.month), day.day)


def months_in(period: Period) -> Fraction:
    """How many monthly fees a period has: three in a quarter, 7 × 12 ÷ 365 in a week."""
    match period:
        case CalendarMonths(months=months):
            return Fraction(months)
        case Week():
            return Fraction(7 * 12, 365)
        case RollingDays(days=days):
            return Fraction(days * 12, 365)
        case _:
            return Fraction(1)


def _days(period: Period, month: Month) -> list[tuple[date, date]]:
    """First and end day of the periods that end in the month; the end is excluded, at most the next month's first."""
    first, end = month.first_day, month.next.first_day
    match period:
        case CalendarMonths(months=months, first_month=first_month):
            if (month.month - first_month + 1) % months:
                return []
            return [(_later(month, 1 - months).first_day, end)]
        case RollingDays(days=days):
            return [(end - timedelta(days=days), end)]
        case BillingMonth(day=day):
            # A cycle that ends on the last midnight of a month belongs to that month.
            ends = [(_cycle_day(m.previous, day), _cycle_day(m, day)) for m in (month, month.next)]
            return [(start, stop) for start, stop in ends if first < stop <= end]
        case Week(starts=starts):
            stop = first + timedelta(days=1)
            stop += timedelta(days=(starts - stop.weekday()) % 7)
            return [
                (stop + timedelta(days=7 * n - 7), stop + timedelta(days=7 * n))
                for n in range(6)
                if stop + timedelta(days=7 * n) <= end
            ]
        case _:
            return [(first, end)]


def _cycle_day(month: Month, day: int) -> date:
    return month.first_day.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


def _later(month: Month, months: int) -> Month:
    year, index = divmod(month.year * 12 + month.month - 1 + months, 12)
    return Month(year, index + 1)


def _window(first: date, end: date, zone: str) -> Window:
    return Window(midnight_ms(first, zone), midnight_ms(end, zone))
