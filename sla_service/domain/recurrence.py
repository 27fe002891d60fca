"""Windows of local time that come again, through every change of the clocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sla_service.domain.instants import load_zone, to_datetime, to_ms
from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.policies.downtime import RecurringRule
from sla_service.domain.windows import Window

MINUTES_OF_DAY = 24 * 60


def recurring_windows(rule: RecurringRule, within: Window, zone: str) -> list[Window]:
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
        if not rule.days or day.weekday() in rule.days:
            over = MINUTES_OF_DAY if rule.ends_minute <= rule.starts_minute else 0
            start, end = _at(day, rule.starts_minute, name), _at(day, rule.ends_minute + over, name)
            # Both ends may fall into the hour that a clock skips.
            if start < end and (window := Window(start, end)).overlap(within):
                found.append(window)
        day += timedelta(days=1)
    return found


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
