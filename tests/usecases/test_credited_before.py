"""What caps that look back see: which earlier credits lie in the same month, quarter, year, contract year or term."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from sla_service.domain.facts import Facts
from sla_service.domain.instants import DAY_MS
from sla_service.domain.parties import Contract
from sla_service.domain.periods import Month, midnight_ms
from sla_service.domain.policies.cycles import BillingMonth, CalendarMonths, RollingDays, Week
from sla_service.domain.policies.payment import Cap, CapPer, ChargeMonth
from sla_service.domain.windows import Window
from sla_service.usecases.contract_facts import charge_months
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.credited_before import Earlier, with_earlier
from tests.builders import a_policy, money

FEE = money("100.00 USD")
FISCAL = CalendarMonths(3, 2)


def a_subject(starts_on: str, last_day: str) -> Subject:
    end_ms = midnight_ms(date.fromisoformat(last_day), "UTC") + DAY_MS
    contract = Contract("M1", "storefront", "storefront-plus", FEE, date.fromisoformat(starts_on))
    return Subject(contract, "asia", None, "UTC", Window(end_ms - 7 * DAY_MS, end_ms))


def seen(per: CapPer, *earlier: str, now: str, starts_on: str = "2020-01-01", period=None) -> list[str]:
    """The last days of those of the earlier periods that a cap sees, in the period that ends on ``now``."""
    policy = a_policy(caps=(Cap(Fraction(1), per=per),), period=period or CalendarMonths())
    found = []
    for day in earlier:
        one = Earlier(day[:7], date.fromisoformat(day), 100, 7)
        facts = with_earlier(policy, Facts(FEE), [one], a_subject(starts_on, now), Month.parse(now[:7]))
        assert dict(facts.served_before)[per] == (7 if dict(facts.credited_before)[per] else 0)
        if dict(facts.credited_before)[per]:
            found.append(day)
    return found


@pytest.mark.parametrize(
    ("per", "period", "earlier", "now", "expected"),
    [
        pytest.param(CapPer.MONTH, Week(), ["2023-08-27", "2023-09-03"], "2023-09-10", ["2023-09-03"], id="a month"),
        pytest.param(
            CapPer.QUARTER, None, ["2023-06-30", "2023-07-31"], "2023-09-30", ["2023-07-31"], id="a calendar quarter"
        ),
        pytest.param(
            CapPer.QUARTER, FISCAL, ["2023-07-31", "2023-10-31"], "2023-10-31", ["2023-10-31"], id="a fiscal quarter"
        ),
        pytest.param(CapPer.YEAR, None, ["2022-12-31", "2023-01-31"], "2023-09-30", ["2023-01-31"], id="a year"),
        pytest.param(
            CapPer.YEAR, FISCAL, ["2023-01-31", "2023-04-30"], "2024-01-31", ["2023-04-30"], id="a fiscal year's end"
        ),
        pytest.param(
            CapPer.YEAR, FISCAL, ["2024-01-31"], "2024-04-30", [], id="a fiscal year begins in February"
        ),
        pytest.param(
            CapPer.ROLLING_12_MONTHS, None, ["2022-09-30", "2022-10-31"], "2023-09-30", ["2022-10-31"], id="12 months"
        ),
        pytest.param(CapPer.TERM, None, ["2019-12-31", "2020-01-31"], "2023-09-30", ["2020-01-31"], id="the term"),
    ],
)  # fmt: skip
def test_what_lies_in_the_same_stretch_is_seen(per, period, earlier, now, expected):
    assert seen(per, *earlier, now=now, period=period) == expected


@pytest.mark.parametrize(
    ("starts_on", "earlier", "now", "expected"),
    [
        pytest.param("2022-03-01", ["2023-02-28", "2023-03-31"], "2023-09-30", ["2023-03-31"], id="from a first"),
        pytest.param(
            "2022-03-15", ["2023-02-28", "2023-03-14"], "2023-03-31", [], id="the period in which it begins is of it"
        ),
        pytest.param(
            "2022-03-15", ["2022-03-31", "2023-02-28"], "2023-03-14", ["2022-03-31", "2023-02-28"],
            id="a billing month that ends the day before is of the old one",
        ),
        pytest.param("2024-02-29", ["2025-02-27", "2025-02-28"], "2025-03-31", ["2025-02-28"], id="from a leap day"),
        pytest.param("2024-02-29", ["2025-02-14"], "2025-02-28", [], id="whose year ends on the 27th"),
    ],
)  # fmt: skip
def test_a_year_of_the_contract_begins_on_its_first_day(starts_on, earlier, now, expected):
    assert seen(CapPer.CONTRACT_YEAR, *earlier, now=now, starts_on=starts_on, period=BillingMonth(15)) == expected


def test_what_was_credited_in_issued_months_and_in_the_same_run_adds_up():
    policy = a_policy(caps=(Cap(Fraction(1), per=CapPer.YEAR),), period=Week())
    one = Earlier("2023-09", date(2023, 9, 3), 100, 0)
    subject, facts = a_subject("2020-01-01", "2023-09-10"), Facts(FEE)
    for _ in range(2):
        facts = with_earlier(policy, facts, [one], subject, Month(2023, 9))
    assert facts.credited_before == ((CapPer.YEAR, Fraction(200)),)


@pytest.mark.parametrize(
    ("period", "months"),
    [
        (CalendarMonths(), 1), (CalendarMonths(3), 3), (CalendarMonths(12, 2), 12), (Week(), 1), (RollingDays(30), 1),
        (RollingDays(60), 2), (RollingDays(90), 3), (BillingMonth(15), 1),
    ],
    ids=str,
)  # fmt: skip
def test_a_period_has_the_charges_of_its_months_and_of_as_many_before(period, months):
    found = charge_months(a_policy(period=period), Month(2023, 9))
    this = [month for month, which in found.items() if which is ChargeMonth.THIS]
    assert (this[0], len(this)) == ("2023-09", months)
    assert list(found.values()).count(ChargeMonth.PREVIOUS) == months
    assert found["2023-10"] is ChargeMonth.NEXT
