"""Stage 4: whether something was announced enough business days before it began."""

from __future__ import annotations

from datetime import timedelta

from sla_service.domain.claims import BusinessDay
from sla_service.domain.instants import to_datetime


def is_announced_in_time(
    announced_at_ms: int, starts_at_ms: int, zone: str, days: int, is_business_day: BusinessDay
) -> bool:
    """Whether the last of so many business days after the announcement is no later than the day of the start.

    Days are counted as for claims: the day of the announcement is not, whatever the hour; that of the start is.

    Args:
        announced_at_ms: When it was announced.
        starts_at_ms: When it begins.
        zone: Whose days count.
        days: How many, at least 1.
        is_business_day: Weekends and public holidays are for the caller to know.
    """
    day = to_datetime(announced_at_ms, zone).date()
    last = to_datetime(starts_at_ms, zone).date()
    left = days
    while left and day < last:
        day += timedelta(days=1)
        left -= is_business_day(day)
    return not left
