"""Rules that choose or make windows of their own: by each merchant's days, and told by the kind that they name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.incidents import Incident
from sla_service.domain.instants import HOUR_MS, parse_instant
from sla_service.domain.parties import Contract
from sla_service.domain.periods import Month
from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.policies.downtime import ExclusionRule, RecurringRule
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.measure.columns import EXCLUSIONS
from sla_service.usecases.announced import require_calendars
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.example_evidence import IMPACTS_READ
from sla_service.usecases.gather_evidence import Gathered
from sla_service.usecases.measure_merchant import measure_gathered
from tests.builders import a_policy, money

RULES = (
    ExclusionRule(ExclusionKind.MAINTENANCE, notice_business_days=5),
    RecurringRule(4 * 60, 5 * 60, MERCHANT_ZONE),
)
ANNOUNCED, STARTS = parse_instant("2023-09-11T22:30Z"), parse_instant("2023-09-18T12:00Z")
"""Monday to Monday in UTC; in Berlin it was announced on Tuesday."""


def measured(zone: str, starts_ms: int):
    """An hour of outage of one merchant, all of which is maintenance that was announced once."""
    policy = replace(a_policy(exclude=RULES), time_zone=MERCHANT_ZONE)
    month = Month(2023, 9)
    contract = Contract("M1", policy.service, policy.policy, money("100.00 USD"), date(2023, 1, 1))
    subject = Subject(contract, "asia", None, zone, month.window(zone), policy, period=month.window(zone))
    gathered = Gathered(month, [subject], [policy], as_of_ms=month.window("UTC").end_ms)
    gathered.incidents = [Incident("I1", "Outage", policy.service, "network", starts_ms, "status", "s-1")]
    hit = {"merchant_id": "M1", "service": policy.service, "start_ms": starts_ms, "end_ms": starts_ms + HOUR_MS}
    impact = hit | {"incident_id": "I1", "unit": "", "share_ppm": SHARE_FULL_PPM}
    upkeep = hit | {"merchant_id": None, "kind": "maintenance", "notice_ms": starts_ms - ANNOUNCED}
    gathered.impacts = pa.Table.from_pylist([impact], schema=IMPACTS_READ)
    gathered.exclusions = pa.Table.from_pylist([upkeep, upkeep | {"notice_ms": None}], schema=EXCLUSIONS)
    (found,) = measure_gathered(gathered)
    return [(line["status"], line["reason"]) for line in found.lines]


@pytest.mark.parametrize(
    ("zone", "starts", "lines"),
    [
        pytest.param("UTC", STARTS, [("excluded", "maintenance")], id="on the fifth business day"),
        pytest.param("Europe/Berlin", STARTS, [("counted", None)], id="on the fourth, where it was announced later"),
        pytest.param("UTC", STARTS - 32 * HOUR_MS, [("excluded", "recurring")], id="on Sunday, but at four"),
        pytest.param("UTC", STARTS - 24 * HOUR_MS, [("counted", None)], id="on Sunday"),
    ],
)
def test_what_a_rule_leaves_out_is_told_by_the_kind_that_it_names(zone, starts, lines):
    assert measured(zone, starts) == lines


def test_a_country_whose_holidays_nobody_knows_is_refused():
    rule = replace(RULES[0], holidays="XX")
    with pytest.raises(InvalidValueError) as caught:
        require_calendars(a_policy(exclude=(rule,)))
    (problem,) = caught.value.problems
    assert (problem.rule, problem.path, problem.value) == ("country_unknown", "exclude.holidays", "XX")
    require_calendars(a_policy(exclude=RULES))
