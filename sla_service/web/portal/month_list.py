"""The months that a merchant can look at: every settled one, and the latest that are not settled yet."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from sla_service.db.credits import list_merchant_credits
from sla_service.db.parties import list_contracts
from sla_service.db.tables import CreditRecord
from sla_service.domain.assessment import Measurement, Outcome
from sla_service.domain.money import Money
from sla_service.domain.parties import Merchant
from sla_service.domain.periods import Month
from sla_service.domain.shares import format_floored_between
from sla_service.formats.texts.conventions import Conventions, conventions_for
from sla_service.web.portal.words import term

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
    rows = [_settled(ways, credit, run.period, number) for credit, run, number in issued]
    first = min((contract.starts_on for contract in list_contracts(session, merchant.merchant_id)), default=None)
    periods, month = {row.period for row in rows}, current
    for _ in range(UNSETTLED_MONTHS):
        month = month.previous
        if first is not None and month.next.first_day.isoformat() > first and str(month) not in periods:
            rows.append(MonthRow(str(month), ways.month(str(month)), "", "", "", "", None, is_settled=False))
    return sorted(rows, key=lambda row: row.period, reverse=True)


def _settled(ways: Conventions, credit: CreditRecord, period: str, number: str | None) -> MonthRow:
    availability = promised = ""
    if credit.target is not None and credit.bad_ppm_ms is not None and credit.total_ms:
        measured, target = Measurement(credit.bad_ppm_ms, credit.total_ms).availability, Fraction(credit.target)
        availability = ways.percent(format_floored_between(measured, target))
        promised = term(ways, target)
    return MonthRow(
        period=period,
        month=ways.month(period),
        service=credit.service,
        availability=availability or "not measured",
        promised=promised,
        credit=_credit(ways, credit),
        statement_number=number,
        is_settled=True,
    )


def _credit(ways: Conventions, credit: CreditRecord) -> str:
    if credit.outcome == Outcome.CREDITED:
        return ways.money(Money(credit.currency, credit.amount_minor))
    return "with a person" if credit.outcome in {Outcome.UNDEFINED, "parked"} else "none"
