"""What was credited earlier, as far as each kind of cap looks back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from sla_service.domain.cycles import calendar_around, contract_year_around
from sla_service.domain.facts import Facts
from sla_service.domain.instants import to_datetime
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies import Policy
from sla_service.domain.policies.cycles import CalendarMonths
from sla_service.domain.policies.payment import CapPer
from sla_service.usecases.contract_periods import Subject

YEAR_MONTHS = 12
QUARTER_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier credit of the same merchant and service."""

    month: str
    """The month with which its period was due."""
    last_day: date
    """Of its period, in the contract's zone."""
    minor: int
    service_ms: int


def earlier_of(row: Mapping[str, Any], zone: str) -> Earlier:
    """An issued credit, from its row."""
    last_day = to_datetime(row["period_end_ms"] - 1, zone).date()
    return Earlier(row["month"], last_day, row["amount_minor"], row["service_ms"])


def looks_back(policy: Policy) -> list[CapPer]:
    """Over what the policy's caps hold, as far as that is more than the period, an outage or a unit; in order."""
    return sorted({cap.per for cap in policy.caps if cap.per.looks_back})


def with_earlier(policy: Policy, facts: Facts, earlier: Iterable[Earlier], subject: Subject, month: Month) -> Facts:
    """The facts with what was credited earlier: in issued months, or for weeks before this one in the same run."""
    known = list(earlier)
    credited, served = dict(facts.credited_before), dict(facts.served_before)
    for per in looks_back(policy):
        inside = [one for one in known if _is_within(per, one, policy, subject, month)]
        credited[per] = credited.get(per, Fraction(0)) + sum(one.minor for one in inside)
        served[per] = served.get(per, Fraction(0)) + sum(one.service_ms for one in inside)
    return replace(facts, credited_before=tuple(credited.items()), served_before=tuple(served.items()))


def _is_within(per: CapPer, one: Earlier, policy: Policy, subject: Subject, month: Month) -> bool:
    if per is CapPer.CONTRACT_YEAR:
        return one.last_day >= _anniversary(subject)
    return one.month >= _first_month(per, policy, subject.contract.starts_on, month)


def _first_month(per: CapPer, policy: Policy, starts_on: date, month: Month) -> str:
    match per:
        case CapPer.YEAR:
            return str(_began(month, policy, YEAR_MONTHS))
        case CapPer.QUARTER:
            return str(_began(month, policy, QUARTER_MONTHS))
        case CapPer.TERM:
            return f"{starts_on:%Y-%m}"
        case CapPer.ROLLING_12_MONTHS:
            # The eleven months before this one, and this one.
            return str(Month(month.year - (month.month < YEAR_MONTHS), month.month % YEAR_MONTHS + 1))
        case _:
            return str(month)


def _began(month: Month, policy: Policy, months: int) -> Month:
    """The first month of the quarter or year in which a month lies: the calendar's, or those of the policy's period."""
    first_month = policy.period.first_month if isinstance(policy.period, CalendarMonths) else 1
    start_ms = calendar_around(midnight_ms(month.first_day, "UTC"), "UTC", months, first_month).start_ms
    return Month.at(start_ms, "UTC")


def _anniversary(subject: Subject) -> date:
    """The first day of the contract's year in which the period ends."""
    starts_on = subject.contract.starts_on
    if subject.window is None:
        return starts_on
    year = contract_year_around(subject.window.end_ms - 1, subject.time_zone, starts_on)
    return to_datetime(year.start_ms, subject.time_zone).date()
