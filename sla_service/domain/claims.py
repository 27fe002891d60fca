"""Stage 10: until when a credit can be claimed."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sla_service.domain.instants import HOUR_MS, format_instant, to_datetime
from sla_service.domain.measurement import Outage
from sla_service.domain.policies.payment import Claim, ClaimFrom, ClaimUnit, DayOfYear
from sla_service.domain.windows import Window

BusinessDay = Callable[[date], bool]
"""Whether a day is a business day where the contract's holidays are kept."""


@dataclass(frozen=True, slots=True)
class ClaimDays:
    """The days on which a credit can be claimed, both included, and on the last one until when."""

    first: date
    last: date
    until_ms: int | None = None
    """The last instant, included, where the deadline is in hours."""

    def __contains__(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first <= day <= self.last

    def has(self, at_ms: int, zone: str) -> bool:
        """Whether a claim at this instant is in time."""
        return to_datetime(at_ms, zone).date() in self and (self.until_ms is None or at_ms <= self.until_ms)

    @property
    def until(self) -> str:
        """The last day as an ISO date; the last instant where the deadline is in hours."""
        return self.last.isoformat() if self.until_ms is None else format_instant(self.until_ms)


def claim_days(
    claim: Claim,
    outages: Sequence[Outage],
    period: Window,
    zone: str,
    *,
    aware_at_ms: int | None = None,
    is_business_day: BusinessDay,
) -> ClaimDays:
    """When a credit can be claimed.

    Args:
        claim: The policy's term.
        outages: Those that are credited; where there is none, the period's end counts.
        period: What was measured.
        zone: Whose days count.
        aware_at_ms: When the customer became aware of the outage, if that is known.
        is_business_day: Weekends and public holidays are for the caller to know.
    """

    def is_open(day: date) -> bool:
        return DayOfYear(day.month, day.day) not in claim.closed and is_business_day(day)

    def since_ms(since: ClaimFrom) -> int | None:
        return _since_ms(since, outages, aware_at_ms)

    def day_0(at_ms: int | None) -> date:
        # The period's last day, not the one after it.
        return to_datetime(period.end_ms - 1 if at_ms is None else at_ms, zone).date()

    start_ms = since_ms(claim.since)
    first_ms = start_ms if claim.not_before_since is None else since_ms(claim.not_before_since)
    first = _days_after(day_0(first_ms), claim.not_before_days, claim.not_before_unit, is_open)
    if claim.unit is ClaimUnit.HOURS:
        until_ms = (period.end_ms if start_ms is None else start_ms) + claim.within * HOUR_MS
        return ClaimDays(first, to_datetime(until_ms, zone).date(), until_ms)
    return ClaimDays(first, _deadline(claim, day_0(start_ms), is_open))


def _since_ms(since: ClaimFrom, outages: Sequence[Outage], aware_at_ms: int | None) -> int | None:
    """The instant that is counted from; None for the period's end."""
    # Whole: what was cut at the period's edge neither began nor ended there.
    last = max((outage.whole for outage in outages), key=lambda outage: outage.end_ms, default=None)
    if since is ClaimFrom.AWARENESS and aware_at_ms is not None:
        return aware_at_ms
    if since is ClaimFrom.PERIOD_END or last is None:
        return None
    return last.end_ms if since is ClaimFrom.INCIDENT_END else last.start_ms


def _deadline(claim: Claim, day: date, is_open: BusinessDay) -> date:
    if claim.unit is ClaimUnit.MONTHS and claim.since is ClaimFrom.PERIOD_END:
        # Two months after the end of February end with April, not on the 28th.
        return _months_after(day + timedelta(days=1), claim.within) - timedelta(days=1)
    if claim.unit is ClaimUnit.MONTHS:
        return _months_after(day, claim.within)
    return _days_after(day, claim.within, claim.unit, is_open)


def _days_after(day: date, left: int, unit: ClaimUnit, is_open: BusinessDay) -> date:
    if unit is not ClaimUnit.BUSINESS_DAYS:
        return day + timedelta(days=left)
    while left:
        day += timedelta(days=1)
        left -= is_open(day)
    return day


def _months_after(day: date, months: int) -> date:
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, index + 1, min(day.day, calendar.monthrange(year, index + 1)[1]))
