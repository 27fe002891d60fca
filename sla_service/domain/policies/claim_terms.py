"""Claims that nobody can make in time, as far as the terms alone show them."""

from __future__ import annotations

from sla_service.domain.policies.payment import Claim, ClaimFrom, ClaimUnit

MONTH_DAYS = 31  # the longest
DAY_HOURS = 24
WEEK_DAYS, WEEK_BUSINESS_DAYS = 7, 5


def why_impossible(claim: Claim) -> str:
    """Why the first day to claim may be after the last; empty where no term says so."""
    if claim.not_before_since in {None, claim.since}:
        return "the deadline is before the first day to claim" if _ends_before(claim) else ""
    if claim.not_before_since is ClaimFrom.PERIOD_END and _days(claim) < MONTH_DAYS:
        return "nobody can claim for an outage early in the period: its deadline is before the first day to claim"
    return ""


def _ends_before(claim: Claim) -> bool:
    """Whether a deadline ends before the first day, both counted from one day."""
    if claim.unit is ClaimUnit.BUSINESS_DAYS:
        # How long business days are depends on a year's holidays.
        return claim.not_before_unit is ClaimUnit.BUSINESS_DAYS and claim.within < claim.not_before_days
    return _days(claim) < claim.not_before_days


def _days(claim: Claim) -> int:
    """The most days that a deadline gives, holidays aside."""
    match claim.unit:
        case ClaimUnit.MONTHS:
            return claim.within * MONTH_DAYS
        case ClaimUnit.HOURS:
            return -(-claim.within // DAY_HOURS)
        case ClaimUnit.BUSINESS_DAYS:
            return claim.within * WEEK_DAYS // WEEK_BUSINESS_DAYS
        case _:
            return claim.within
