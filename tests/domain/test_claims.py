"""Until when a credit can be claimed: calendar days, business days, months, from whichever instant."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from sla_service.domain.claims import claim_days
from sla_service.domain.instants import parse_instant
from sla_service.domain.measurement import Measurement, Outage
from sla_service.domain.periods import Month
from sla_service.domain.policies.payment import Claim, ClaimFrom, ClaimUnit
from sla_service.usecases.business_days import business_days

APRIL = Month(2026, 4).window("UTC")
DOWN = Measurement(
    1,
    1,
    (
        Outage(parse_instant("2026-04-03T00:00Z"), parse_instant("2026-04-03T01:00Z"), Fraction(1)),
        Outage(parse_instant("2026-04-29T22:00Z"), parse_instant("2026-04-30T02:00Z"), Fraction(1)),
    ),
)


@pytest.mark.parametrize(
    ("claim", "country", "last"),
    [
        pytest.param(Claim(30), "", "2026-05-30", id="thirty days after the last day of the period"),
        pytest.param(Claim(2, ClaimUnit.MONTHS), "", "2026-06-30", id="two months after it"),
        pytest.param(Claim(30, since=ClaimFrom.INCIDENT_START), "", "2026-05-29", id="after the last outage began"),
        pytest.param(Claim(30, since=ClaimFrom.INCIDENT_END), "", "2026-05-30", id="after the last outage ended"),
        pytest.param(Claim(5, ClaimUnit.BUSINESS_DAYS), "", "2026-05-07", id="five business days, weekends apart"),
        pytest.param(
            Claim(5, ClaimUnit.BUSINESS_DAYS),
            "CN",
            "2026-05-11",
            id="five business days around the first of May in China",
        ),
        pytest.param(Claim(5, ClaimUnit.BUSINESS_DAYS), "DE", "2026-05-08", id="and in Germany"),
        pytest.param(Claim(30, since=ClaimFrom.AWARENESS), "", "2026-06-09", id="after the customer became aware"),
    ],
)
def test_the_last_day_for_a_claim(claim, country, last):
    found = claim_days(
        claim,
        DOWN,
        APRIL,
        "UTC",
        aware_at_ms=parse_instant("2026-05-10T12:00Z"),
        is_business_day=business_days(country),
    )
    assert found.last == date.fromisoformat(last)


def test_months_after_a_period_s_end_end_with_a_month():
    february = Month(2026, 2).window("UTC")
    found = claim_days(Claim(2, ClaimUnit.MONTHS), DOWN, february, "UTC", is_business_day=bool)
    assert found.last == date(2026, 4, 30)


def test_a_day_begins_where_the_contract_s_clocks_say():
    found = claim_days(Claim(1, since=ClaimFrom.INCIDENT_END), DOWN, APRIL, "America/Chicago", is_business_day=bool)
    assert found.last == date(2026, 4, 30), "02:00 in UTC is the evening before in Chicago"


def test_a_claim_may_have_an_earliest_day():
    found = claim_days(Claim(30, not_before_days=5), DOWN, APRIL, "UTC", is_business_day=bool)
    assert date(2026, 5, 4) not in found
    assert date(2026, 5, 5) in found
    assert date(2026, 5, 30) in found
    assert date(2026, 5, 31) not in found


def test_without_an_outage_the_period_s_end_counts():
    found = claim_days(Claim(1, since=ClaimFrom.INCIDENT_END), Measurement(0, 1), APRIL, "UTC", is_business_day=bool)
    assert found.last == date(2026, 5, 1)
