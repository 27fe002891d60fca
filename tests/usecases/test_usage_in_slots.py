"""Rows of usage become slots of the clock: what is in one is summed, what fits in none is said."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, parse_instant
from sla_service.domain.policies.examples import ExampleUsage
from sla_service.domain.windows import Window
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.policy_examples import run_example

START = parse_instant("2023-09-01T00:00Z")
MONTH_MS = 30 * DAY_MS
SLOT_MS = 5 * MINUTE_MS

TERMS = """
policy: api-mean
version: 1
effective: {{from: 2023-01-01}}
service: api
subject: {subject}
period: {{kind: {period}, time_zone: UTC}}
indicator: {indicator}
{more}
target: 99.9%
credit: {{below: 99.9%, pay: 10%}}
examples:
  - name: it
    fee: 100.00 USD
    period: 2023-09
    {evidence}
    expect: {{credit: 0.00 USD}}
"""
MEAN = "{kind: slot_mean, slot: 5 min}"
RATE = "{kind: slots, slot: 5 min, bad_when: {figure: error_rate, above: 5%}}"


def found(indicator=MEAN, usage=(), *, subject="merchant", period="month", more="", evidence=""):
    """The result of one example: of rows as values, or of evidence as it is written."""
    if subject != "merchant":
        evidence += "\n    units: [east, west, north]"
    text = TERMS.format(indicator=indicator, subject=subject, period=period, more=more, evidence=evidence.strip())
    policy = parse_policy(text)
    (example,) = policy.examples
    if usage:
        example = replace(example, usage=tuple(usage))
    return run_example(policy, example)


def exact(result):
    """The availability that the example shows, floored to four digits of a per cent."""
    return result.found_availability


def floored(ratio: Fraction) -> str:
    return f"{ratio * 10**6 // 1 / 10**4:.4f}%" if ratio >= 0 else str(ratio)


@st.composite
def rows(draw):
    """Rows inside slots of five minutes of one hour, of any length and unit; with the same start as often as not."""
    minute = draw(st.integers(0, 59))
    length = draw(st.integers(1, 5 - minute % 5))
    requests = draw(st.integers(0, 50))
    at = START + 9 * DAY_MS + minute * MINUTE_MS
    return ExampleUsage(
        Window(at, at + length * MINUTE_MS),
        requests,
        draw(st.integers(0, requests)),
        unit=draw(st.sampled_from(["", "east", "west"])),
    )


def rates(usage, unit=None):
    """Slot by slot failed ÷ requests, both added up; the obvious way."""
    requests, failed = defaultdict(int), defaultdict(int)
    for row in usage:
        if unit is None or row.unit in {"", unit}:
            slot = row.window.start_ms // SLOT_MS
            requests[slot] += row.requests
            failed[slot] += row.failed
    return [Fraction(failed[slot], count) if count else Fraction(0) for slot, count in requests.items()]


few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@few
@given(st.lists(rows(), min_size=1, max_size=12))
def test_the_rows_of_one_slot_are_one_slot_of_the_mean(usage):
    slots = MONTH_MS // SLOT_MS
    assert exact(found(MEAN, usage)) == floored(1 - sum(rates(usage)) / slots)


@few
@given(st.lists(rows(), min_size=1, max_size=12))
def test_a_slot_is_bad_by_the_rate_of_its_sums(usage):
    bad = sum(rate > Fraction(1, 20) for rate in rates(usage))
    assert exact(found(RATE, usage)) == floored(1 - Fraction(bad * SLOT_MS, MONTH_MS))


@few
@given(st.lists(rows(), min_size=1, max_size=12))
def test_a_pool_divides_by_all_its_units_whoever_has_rows(usage):
    bad = sum(rate for unit in ("east", "west", "north") for rate in rates(usage, unit))
    assert exact(found(MEAN, usage, subject="pool")) == floored(1 - bad / (3 * (MONTH_MS // SLOT_MS)))


@few
@given(st.lists(rows(), min_size=1, max_size=12), st.integers(0, 70), st.integers(1, 70))
def test_slots_that_leave_the_period_leave_it_with_and_without_rows(usage, after, lasts):
    start = START + 9 * DAY_MS + after * MINUTE_MS
    end = start + lasts * MINUTE_MS
    gone = [slot for slot in range(MONTH_MS // SLOT_MS) if start <= START + slot * SLOT_MS < end]
    kept = [row for row in usage if (row.window.start_ms - START) // SLOT_MS not in gone]
    written = (
        f"excluded: {{kind: customer, from: 2023-09-10T{after // 60:02d}:{after % 60:02d}Z, "
        f"to: 2023-09-10T{(after + lasts) // 60:02d}:{(after + lasts) % 60:02d}Z}}"
    )
    result = found(MEAN, usage, more="exclude: {kind: customer, effect: not_measured}", evidence=written)
    if not kept:
        assert exact(result) == "100.0000%"
    else:
        assert exact(result) == floored(1 - sum(rates(kept)) / (MONTH_MS // SLOT_MS - len(gone)))


def a_row(start: str, end: str, **counts) -> ExampleUsage:
    values = {"requests": 10, "failed": 10, **counts}
    return ExampleUsage(Window(parse_instant(start), parse_instant(end)), **values)


@pytest.mark.parametrize("indicator", [MEAN, RATE], ids=["mean", "slots"])
@pytest.mark.parametrize("subject", ["merchant", "unit", "pool"])
@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (
            "10:00",
            "12:00",
            ("usage rows of 2 h are longer than the slots of 5 min of policy api-mean", "at most 5 min"),
        ),
        (
            "10:03",
            "10:06",
            ("from 2023-09-10T10:03:00Z to 2023-09-10T10:06:00Z lies in more than one slot", "same slot"),
        ),
    ],
    ids=["longer than the slot", "across an edge"],
)
def test_a_row_that_fits_no_slot_is_said_and_not_dropped(indicator, subject, start, end, said):
    usage = [
        a_row(f"2023-09-10T{start}Z", f"2023-09-10T{end}Z", unit="" if subject == "merchant" else "east"),
        a_row("2023-09-11T10:00Z", "2023-09-11T10:05Z"),
    ]
    (reason,) = found(indicator, usage, subject=subject).differences
    assert all(part in reason for part in said)


@pytest.mark.parametrize(
    ("indicator", "row"),
    [
        pytest.param(MEAN, {"requests": 0, "failed": 0}, id="without requests"),
        pytest.param(MEAN, {"requests": None, "failed": None, "value": Fraction(3)}, id="a value that nobody asks for"),
        pytest.param(RATE, {"requests": None, "failed": None, "users": 7, "users_affected": 1}, id="users"),
    ],
)
def test_a_long_row_with_nothing_to_attribute_is_in_nobodys_way(indicator, row):
    usage = [
        a_row("2023-09-10T10:03Z", "2023-09-12T10:00Z", **row),
        a_row("2023-09-11T10:00Z", "2023-09-11T10:05Z"),
    ]
    assert exact(found(indicator, usage)) == floored(1 - Fraction(SLOT_MS, MONTH_MS))


def test_rows_before_the_period_are_in_nobodys_way_either():
    usage = [a_row("2023-08-31T10:00Z", "2023-08-31T12:00Z"), a_row("2023-09-11T10:00Z", "2023-09-11T10:05Z")]
    assert exact(found(MEAN, usage)) == floored(1 - Fraction(SLOT_MS, MONTH_MS))


def test_nothing_known_is_not_a_hundred_per_cent_and_outages_alone_are_if_the_policy_says_so():
    (reason,) = found(RATE).differences
    assert "neither usage nor outages" in reason
    assert exact(found(RATE, [a_row("2023-09-01T00:00Z", "2023-10-01T00:00Z", requests=0, failed=0)])) == "100.0000%"
    outages = RATE.replace("}}", "}, evidence: outages}")
    assert exact(found(outages)) == "100.0000%"
    hit = found(outages, evidence="impact: {from: 2023-09-10T10:00Z, to: 2023-09-10T11:00Z}")
    assert exact(hit) == floored(1 - Fraction(HOUR_MS, MONTH_MS))


def test_an_outage_of_the_month_before_does_not_make_a_quiet_month_known():
    (reason,) = found(RATE, evidence="impact: {from: 2023-08-31T22:00Z, to: 2023-08-31T23:00Z}").differences
    assert "neither usage nor outages" in reason


def test_usage_is_not_looked_at_where_outages_are_the_evidence():
    outages = RATE.replace("}}", "}, evidence: outages}")
    assert exact(found(outages, [a_row("2023-09-10T10:00Z", "2023-09-10T12:00Z")])) == "100.0000%"


def test_days_of_a_slot_are_the_days_of_the_zone_also_where_clocks_change():
    text = TERMS.format(
        indicator="{kind: slots, slot: 1 d, bad_when: {figure: error_rate, above: 5%}}",
        subject="merchant",
        period="month",
        more="",
        evidence="usage: {from: 2023-10-28T22:00Z, to: 2023-10-29T23:00Z, every: 1 h, requests: 1, failed: 1}",
    ).replace("UTC", "Europe/Berlin")
    policy = parse_policy(text.replace("period: 2023-09", "period: 2023-10"))
    assert exact(run_example(policy, policy.examples[0])) == floored(1 - Fraction(25, 31 * 24 + 1))


@pytest.mark.parametrize(
    ("per", "rows", "bad_slots"),
    [
        pytest.param("slot", [(3, 3), (2, 2)], 1, id="two rows of a slot have enough together"),
        pytest.param("slot", [(3, 3)], 0, id="one has not"),
        pytest.param("period", [(3, 3), (2, 2)], 1, id="a period has enough"),
        pytest.param("period", [(4, 4)], 0, id="a period has not"),
    ],
)
def test_few_requests_are_counted_after_summing(per, rows, bad_slots):
    usage = [
        a_row(f"2023-09-10T10:0{n}Z", f"2023-09-10T10:0{n + 1}Z", requests=requests, failed=failed)
        for n, (requests, failed) in enumerate(rows)
    ]
    indicator = MEAN.replace("}", f", minimum_requests: {{count: 5, per: {per}}}}}")
    assert exact(found(indicator, usage)) == floored(1 - Fraction(bad_slots * SLOT_MS, MONTH_MS))


def test_a_day_of_few_requests_is_good_however_busy_the_month_is():
    indicator = RATE.replace("}}", "}, minimum_requests: {count: 100}}")
    usage = [
        a_row("2023-09-10T10:00Z", "2023-09-10T10:05Z", requests=99, failed=99),
        a_row("2023-09-11T10:00Z", "2023-09-11T10:05Z", requests=100, failed=100),
    ]
    result = found(indicator, usage, period="day")
    assert exact(result) == floored(1 - Fraction(SLOT_MS, MONTH_MS))
    # One day of thirty, a tenth of whose fee is due.
    assert result.found_credit == "USD 0.33"


@pytest.mark.parametrize(("part", "lost"), [("own_cycle", Fraction(0)), ("full_period", Fraction(1, 2))])
def test_requests_before_the_contract_count_where_the_whole_period_does(part, lost):
    usage = [
        a_row("2023-09-10T10:00Z", "2023-09-10T10:05Z", requests=10, failed=10),
        a_row("2023-09-20T10:00Z", "2023-09-20T10:05Z", requests=10, failed=0),
    ]
    result = found("{kind: events}", usage, period=f"month, part: {part}", evidence="active: {from: 2023-09-16}")
    assert exact(result) == floored(1 - lost)


def test_a_row_that_began_long_before_the_period_is_said_too():
    usage = [a_row("2023-07-01T00:00Z", "2023-09-20T00:00Z"), a_row("2023-09-11T10:00Z", "2023-09-11T10:05Z")]
    (reason,) = found(MEAN, usage).differences
    assert "usage rows of 81 d are longer than the slots of 5 min" in reason
