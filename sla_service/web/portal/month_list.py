"""The months that a merchant can look at: every settled one, and the latest that are not settled yet."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from sla_service.db.credits import list_merchant_credits
from sla_service.db.parties import list_contracts
from sla_service.db.tables import CreditRecord
from sla_service.domain.assessment import Outcome
from sla_service.domain.money import Money
from sla_service.domain.parties import Merchant
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.shares import format_floored, format_floored_between
from sla_service.formats.texts.conventions import Conventions, conventions_for
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.read_availability import issued_measurement
from sla_service.web.portal.figures import edge, term, worth

UNSETTLED_MONTHS = 3
"""A month is settled within weeks of its end; older ones without a result had none."""


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One service in one month."""

    period: str
    month: str
    service: str
    availability: str
    """Empty where the month is not settled."""
    promised: str
    credit: str
    statement_number: str | None
    is_settled: bool


def list_months(session: Session, merchant: Merchant, current: Month) -> list[MonthRow]:
    """The newest first; the current month is left to its own page."""
    ways = conventions_for(merchant.locale, merchant.time_zone, "en")
    issued = list_merchant_credits(session, merchant.merchant_id)
    policies = {policy.digest: policy for policy in published_policies(session)} if issued else {}
    rows = [
        _settled(ways, credit, policies.get(credit.policy_digest or ""), run.period, number)
        for credit, run, number in issued
    ]
    first = min((contract.starts_on for contract in list_contracts(session, merchant.merchant_id)), default=None)
    periods, month = {row.period for row in rows}, current
    for _ in range(UNSETTLED_MONTHS):
        month = month.previous
        if first is not None and month.next.first_day.isoformat() > first and str(month) not in periods:
            rows.append(MonthRow(str(month), ways.month(str(month)), "", "", "", "", None, is_settled=False))
    return sorted(rows, key=lambda row: row.period, reverse=True)


def _settled(
    ways: Conventions, credit: CreditRecord, policy: Policy | None, period: str, number: str | None
) -> MonthRow:
    availability, promised = _figures(ways, credit, policy)
    return MonthRow(
        period=period,
        month=ways.month(period),
        service=credit.service,
        availability=availability,
        promised=promised,
        credit=_credit(ways, credit),
        statement_number=number,
        is_settled=True,
    )


def _figures(ways: Conventions, credit: CreditRecord, policy: Policy | None) -> tuple[str, str]:
    """What was measured, and what was promised."""
    measurement = issued_measurement(credit, policy)
    target = None if credit.target is None else Fraction(credit.target)
    if policy is not None and policy.is_metric:
        promised = "none" if target is None else edge(ways, policy, target)
        return "" if measurement is None else edge(ways, policy, measurement.decisive), promised
    if measurement is None:
        return "not measured", ""
    if target is None:
        return ways.percent(format_floored(measurement.availability)), "none"
    return ways.percent(format_floored_between(measurement.availability, target)), term(ways, target)


def _credit(ways: Conventions, credit: CreditRecord) -> str:
    minor, service_ms = credit.before_minor + credit.stated_minor, credit.before_service_ms + credit.stated_service_ms
    if minor or service_ms:
        return worth(ways, Money(credit.currency, minor), service_ms)
    if credit.outcome == Outcome.UNCLAIMED:
        return "not claimed"
    return "with a person" if credit.outcome in {Outcome.UNDEFINED, "parked"} else "none"
