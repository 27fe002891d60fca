"""Stage 10: until when a credit can be claimed."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sla_service.domain.instants import to_datetime
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies.payment import Claim, ClaimFrom, ClaimUnit
from sla_service.domain.windows import Window

BusinessDay = Callable[[date], bool]
"""Whether a day is a business day where the contract's holidays are kept."""


@dataclass(frozen=True, slots=True)
class ClaimDays:
    """The days on which a credit can be claimed, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        """Whether a claim on this day is in time."""
        return self.first <= day <= self.last


def claim_days(
    claim: Claim,
    measurement: Measurement,
    period: Window,
    zone: str,
    *,
    aware_at_ms: int | None = None,
    is_business_day: BusinessDay,
) -> ClaimDays:
    """When a credit can be claimed.

    Args:
        claim: The policy's term.
        measurement: For the outages; where they are not known, the period's end counts.
        period: What was measured.
        zone: Whose days count.
        aware_at_ms: When the customer became aware of the outage, if that is known.
        is_business_day: Weekends and public holidays are for the caller to know.
    """
    day = to_datetime(_since_ms(claim, measurement, period, aware_at_ms), zone).date()
    return ClaimDays(day + timedelta(days=claim.not_before_days), _deadline(claim, day, is_business_day))


def _since_ms(claim: Claim, measurement: Measurement, period: Window, aware_at_ms: int | None) -> int:
    last = max(measurement.outages, key=lambda outage: outage.end_ms, default=None)
    if claim.since is ClaimFrom.AWARENESS and aware_at_ms is not None:
        return aware_at_ms
    if claim.since is ClaimFrom.PERIOD_END or last is None:
        # The period's last day, not the one after it.
        return period.end_ms - 1
    return last.end_ms if claim.since is ClaimFrom.INCIDENT_END else last.start_ms


def _deadline(claim: Claim, day: date, is_business_day: BusinessDay) -> date:
    if claim.unit is ClaimUnit.DAYS:
        return day + timedelta(days=claim.within)
    if claim.unit is ClaimUnit.MONTHS and claim.since is ClaimFrom.PERIOD_END:
        # Two months after the end of February end with April, not on the 28th.
        return _months_after(day + timedelta(days=1), claim.within) - timedelta(days=1)
    if claim.unit is ClaimUnit.MONTHS:
        return _months_after(day, claim.within)
    left = claim.within
    while left:
        day += timedelta(days=1)
        left -= is_business_day(day)
    return day


def _months_after(day: date, months: int) -> date:
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, index + 1, min(day.day, calendar.monthrange(year, index + 1)[1]))
