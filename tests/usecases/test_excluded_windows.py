"""Exclusions as they are measured: within local windows, and allowances of each contract's own years."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.incidents import Incident, TimelinePoint
from sla_service.domain.instants import HOUR_MS, parse_instant
from sla_service.domain.money import Money
from sla_service.domain.parties import Contract
from sla_service.domain.periods import Month
from sla_service.domain.policies import MERCHANT_ZONE
from sla_service.domain.policies.downtime import Allowance, AllowancePer, ExclusionRule, RecurringRule
from sla_service.domain.policies.local_windows import LocalWindow
from sla_service.measure.columns import EXCLUSIONS
from sla_service.usecases.contract_periods import Subject
from sla_service.usecases.gather_evidence import Gathered
from sla_service.usecases.measure_merchant import measure_gathered
from tests.builders import a_policy

SEPTEMBER = Month(2023, 9)


def at(text: str) -> int:
    return parse_instant(f"2023-{text}:00Z")


def outage(start: str, end: str) -> Incident:
    """Everything was down for everyone."""
    points = (TimelinePoint(at(start), 0), TimelinePoint(at(end), 1_000_000))
    return Incident(start, "down", "storefront", "", at(start), "", "", ended_at_ms=at(end), timeline=points)


def upkeep(start: str, end: str, **more) -> dict:
    whole = {"kind": "maintenance", "service": "storefront", "start_ms": at(start), "end_ms": at(end)}
    return dict.fromkeys(EXCLUSIONS.names) | whole | more


def measured(policy, outages, *, exclusions=(), merchants=({},)):
    """Bad hours of each merchant, and the reasons in its lines."""
    subjects = []
    for number, merchant in enumerate(merchants):
        starts_on, zone = merchant.get("starts_on", date(2020, 1, 1)), merchant.get("zone", "UTC")
        contract = Contract(f"M{number}", "storefront", policy.policy, Money("USD", 100), starts_on)
        window = SEPTEMBER.window(policy.zone_for(zone))
        subjects.append(Subject(contract, "cn-east", None, zone, window, policy, period=window))
    gathered = Gathered(SEPTEMBER, subjects, [policy], as_of_ms=at("10-02T00"))
    gathered.incidents = [outage(*one) for one in outages]
    gathered.exclusions = pa.Table.from_pylist(list(exclusions), schema=EXCLUSIONS)
    found = measure_gathered(gathered)
    return [(one.measurement.bad_ms / HOUR_MS, {line["reason"] for line in one.lines}) for one in found]


def test_each_contract_has_years_and_an_allowance_of_its_own():
    # What hits everyone is measured once for all; what the allowance leaves of it is each contract's own.
    allowance = Allowance(2 * HOUR_MS, AllowancePer.CONTRACT_YEAR)
    policy = a_policy(exclude=(ExclusionRule(ExclusionKind.MAINTENANCE, allowance=allowance),))
    nights = [("09-10T00", "09-10T02"), ("09-20T00", "09-20T02")]
    found = measured(
        policy,
        nights,
        exclusions=[upkeep(*night) for night in nights],
        merchants=[{"starts_on": date(2022, 9, 15)}, {"starts_on": date(2022, 8, 1)}, {"starts_on": date(2021, 9, 15)}],
    )
    assert [bad for bad, _ in found] == [0, 2, 0]


SUNDAY_NIGHTS = LocalWindow(0, 360, "UTC", (6,))


@pytest.mark.parametrize(
    ("within", "bad", "reasons"),
    [
        pytest.param((), 0, {"maintenance"}, id="all of it"),
        pytest.param((SUNDAY_NIGHTS,), 2, {"maintenance", None}, id="only until six on Sunday"),
        pytest.param(
            (SUNDAY_NIGHTS, LocalWindow(420, 480, "UTC")), 1, {"maintenance", None}, id="and between seven and eight"
        ),
        pytest.param((LocalWindow(0, 1440, "UTC", (5,)),), 8, {None}, id="but not on a Saturday"),
    ],
)
def test_a_window_is_left_out_as_far_as_it_lies_in_the_agreed_hours(within, bad, reasons):
    rule = ExclusionRule(ExclusionKind.MAINTENANCE, within=within)
    found = measured(a_policy(exclude=(rule,)), [("09-10T00", "09-10T08")], exclusions=[upkeep("09-10T00", "09-10T08")])
    assert found == [(bad, reasons)]


def test_agreed_hours_keep_whom_a_window_is_for_and_since_when_it_was_known():
    rule = ExclusionRule(ExclusionKind.MAINTENANCE, 48 * HOUR_MS, within=(SUNDAY_NIGHTS,))
    windows = [
        upkeep("09-10T00", "09-10T01", merchant_id="M1", notice_ms=48 * HOUR_MS),
        # From Saturday evening, announced 48 hours before midnight: too late for its own start.
        upkeep("09-09T22", "09-10T02", notice_ms=46 * HOUR_MS),
        upkeep("09-10T02", "09-10T03", region="eu-west", notice_ms=48 * HOUR_MS),
        upkeep("09-10T03", "09-10T04", service="database", notice_ms=48 * HOUR_MS),
    ]
    outages = [("09-10T00", "09-10T06")]
    found = measured(a_policy(exclude=(rule,)), outages, exclusions=windows, merchants=[{}, {}])
    assert [bad for bad, _ in found] == [6, 5]


def test_agreed_hours_follow_each_merchant_s_clocks():
    rule = ExclusionRule(ExclusionKind.MAINTENANCE, within=(LocalWindow(120, 300, MERCHANT_ZONE),))
    whole = ("09-10T00", "09-10T12")
    merchants = [{"zone": "UTC"}, {"zone": "America/Chicago"}, {"zone": "Asia/Shanghai"}]
    policy = a_policy(time_zone="UTC", exclude=(rule,))
    found = measured(policy, [whole], exclusions=[upkeep(*whole)], merchants=merchants)
    # In Shanghai 02:00 to 05:00 is over by midnight in UTC.
    assert [bad for bad, _ in found] == [9, 9, 12]


def test_two_rules_for_a_kind_look_at_its_windows_each_for_itself():
    rules = (
        ExclusionRule(ExclusionKind.MAINTENANCE, within=(SUNDAY_NIGHTS,)),
        ExclusionRule(ExclusionKind.MAINTENANCE, 72 * HOUR_MS),
    )
    windows = [upkeep("09-10T05", "09-10T07"), upkeep("09-11T05", "09-11T07", notice_ms=72 * HOUR_MS)]
    outages = [("09-10T05", "09-10T07"), ("09-11T05", "09-11T07")]
    assert measured(a_policy(exclude=rules), outages, exclusions=windows) == [(1, {None, "maintenance"})]


def test_a_recurring_window_is_called_that_in_the_lines():
    policy = a_policy(exclude=(RecurringRule(120, 300, "UTC"),))
    assert measured(policy, [("09-10T02", "09-10T04")]) == [(0, {"recurring"})]
