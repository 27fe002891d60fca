"""Windows of local time that come again, through every change of the clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sla_service.domain.instants import load_zone, to_datetime, to_ms
from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.policies.downtime import RecurringRule
from sla_service.domain.policies.local_windows import LocalWindow, NthWeekday, StartDay, YearDays
from sla_service.domain.windows import Window

MINUTES_OF_DAY = 24 * 60
LAST = -1


def recurring_windows(rule: RecurringRule | LocalWindow, within: Window, zone: str) -> list[Window]:
    """The rule's windows that touch a stretch of time, in order.

    From two to five where the clock jumps from two to three is the two hours that there are; where it goes back, four.

    Args:
        rule: Days and local times; an end not after the start is on the next day.
        within: The stretch.
        zone: The merchant's, for rules that follow it.
    """
    name = zone if rule.time_zone == MERCHANT_ZONE else rule.time_zone
    day = to_datetime(within.start_ms, name).date() - timedelta(days=1)
    last = to_datetime(within.end_ms, name).date()
    found = []
    while day <= last:
        if _starts_on(rule, day):
            over = MINUTES_OF_DAY if rule.ends_minute <= rule.starts_minute else 0
            start, end = _at(day, rule.starts_minute, name), _at(day, rule.ends_minute + over, name)
            # Both ends may fall into the hour that a clock skips.
            if start < end and (window := Window(start, end)).overlap(within):
                found.append(window)
        day += timedelta(days=1)
    return found


def windows_of(rules: Sequence[LocalWindow], within: Window, zone: str) -> list[Window]:
    """The time in any of several recurring windows, as windows that lie apart, in order."""
    found: list[Window] = []
    for window in sorted(one for rule in rules for one in recurring_windows(rule, within, zone)):
        if found and window.start_ms <= found[-1].end_ms:
            found[-1] = Window(found[-1].start_ms, max(found[-1].end_ms, window.end_ms))
        else:
            found.append(window)
    return found


def _starts_on(rule: RecurringRule | LocalWindow, day: date) -> bool:
    is_day = not rule.days or any(_is(one, day) for one in rule.days)
    return is_day and not any(_lies_in(day, days) for days in rule.never)


def _is(one: StartDay, day: date) -> bool:
    """Whether a day is one of those that a rule names."""
    if not isinstance(one, NthWeekday):
        return day.weekday() == one
    if day.weekday() != one.weekday:
        return False
    return (day + timedelta(days=7)).month != day.month if one.nth == LAST else (day.day - 1) // 7 + 1 == one.nth


def _lies_in(day: date, days: YearDays) -> bool:
    at, first, last = (day.month, day.day), (days.first_month, days.first_day), (days.last_month, days.last_day)
    return first <= at <= last if first <= last else at >= first or at <= last


def _at(day: date, minute: int, zone: str) -> int:
    """The instant of a local time; one that the clock skips is where it jumps to, one that comes twice the first."""
    ahead, minute = divmod(minute, MINUTES_OF_DAY)
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=load_zone(zone))
    local += timedelta(days=ahead)
    instant = to_ms(local)
    shown = to_datetime(instant, zone)
    skipped = (shown.hour, shown.minute) != (local.hour, local.minute)
    # Python reads a skipped time with the offset before the jump, which lands as far after it: go back to the jump.
    return _jump(instant, zone) if skipped else instant


def _jump(after_ms: int, zone: str) -> int:
    """The instant of the change of clocks just before: where local time has leapt."""
    step = 60_000
    offset = to_datetime(after_ms, zone).utcoffset()
    at_ms = after_ms // step * step
    while to_datetime(at_ms - step, zone).utcoffset() == offset:
        at_ms -= step
    return at_ms
