"""Hours, days, outages and slots are measured as a period is, each with every term, and for no more than they are."""

from __future__ import annotations

import pytest

from sla_service.domain.errors import InvalidValueError
from sla_service.formats.policy_yaml import parse_policy
from sla_service.usecases.policies import check_policy

POLICY = """
policy: by-parts
version: 1
effective: {{from: 2020-01-01}}
service: storefront
{terms}
examples:
  - name: one case
    fee: 720.00 USD
    period: 2023-09
    {evidence}
    expect: {{credit: {credit}}}
"""
HOUR = "period: {kind: hour, time_zone: UTC}"
DAY = "period: {kind: day, time_zone: UTC}"
WINDOWS = "indicator: {kind: windows, curve: step}"
AN_HOUR = "impact: {from: 2023-09-10T10:00Z, to: 2023-09-10T11:00Z}"

CASES = [
    pytest.param(
        (HOUR, WINDOWS, "credit: {kind: multiple, times: 3}"), AN_HOUR, "3.00 USD", id="three times an hour of a dollar"
    ),
    pytest.param(
        (HOUR, WINDOWS, "credit: {kind: multiple, times: 3}", "base: {of: monthly_fee, covers: 30 d}"),
        AN_HOUR,
        "3.00 USD",
        id="the same where the fee is said to cover thirty days",
    ),
    pytest.param(
        (DAY, WINDOWS, "credit: {kind: multiple, times: 3}", "base: {of: monthly_fee, covers: 30 d}"),
        AN_HOUR,
        "3.00 USD",
        id="and where the day is looked at",
    ),
    pytest.param(
        (HOUR, WINDOWS, "target: 95%", "credit: {below: 95%, pay: 100%}"),
        "impact: {from: 2023-09-10T10:00Z, to: 2023-09-10T10:03:18Z}",
        "1.00 USD",
        id="94.5 % of an hour misses 95 %",
    ),
    pytest.param(
        (
            HOUR,
            WINDOWS,
            "quantise: {kind: availability, to: 1%, round: up}",
            "target: 95%",
            "credit: {below: 95%, pay: 100%}",
        ),
        "impact: {from: 2023-09-10T10:00Z, to: 2023-09-10T10:03:18Z}",
        "0.00 USD",
        id="rounded up to 95 % the hour keeps it",
    ),
    pytest.param(
        (
            HOUR,
            WINDOWS,
            "quantise: {kind: total, to: 30 min, round: up}",
            "target: 60%",
            "credit: {below: 60%, pay: 100%}",
        ),
        "impact: {from: 2023-09-10T10:00Z, to: 2023-09-10T10:20Z}",
        "1.00 USD",
        id="downtime of an hour is rounded in the hour",
    ),
    pytest.param(
        (
            HOUR,
            WINDOWS,
            "exclude: {kind: maintenance, effect: not_measured}",
            "target: 60%",
            "credit: {below: 60%, pay: 100%}",
        ),
        """impact: {from: 2023-09-10T10:00Z, to: 2023-09-10T10:15Z}
    excluded: {kind: maintenance, from: 2023-09-10T10:30Z, to: 2023-09-10T11:00Z}""",
        "1.00 USD",
        id="a quarter of an hour is half of the half that is measured",
    ),
    pytest.param(
        (
            "period: {kind: incident, time_zone: UTC}",
            WINDOWS,
            "quantise: {kind: availability, to: 1%, round: up}",
            "target: 100%",
            "credit: {kind: flat, pay: 1%, per: outage}",
        ),
        AN_HOUR,
        "0.00 USD",
        id="an outage's availability is rounded too",
    ),
]


@pytest.mark.parametrize(("terms", "evidence", "credit"), CASES)
def test_a_part_is_measured_as_a_whole_is(terms, evidence, credit):
    found = check_policy(POLICY.format(terms="\n".join(terms), evidence=evidence, credit=credit))
    assert [(one.example.name, one.differences) for one in found.failed] == []


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (
            "target: 200\nindicator: {kind: metric, name: latency, unit: ms}\ncredit: {kind: multiple, times: 3}",
            "a metric has no downtime to multiply",
        ),
        (
            "indicator: {kind: events}\ncredit: {kind: multiple, times: 3}\nsettle: {form: term_extension}",
            "failed requests have no length of time",
        ),
    ],
    ids=["a metric", "requests as days"],
)
def test_what_has_no_length_cannot_be_multiplied(terms, message):
    text = f"""
policy: by-parts
version: 1
effective: {{from: 2020-01-01}}
service: storefront
period: {{kind: month, time_zone: UTC}}
{terms}
"""
    with pytest.raises(InvalidValueError, match=message):
        parse_policy(text)


AT_ONCE_SLOTS = """
policy: slots
version: 1
effective: {{from: 2020-01-01}}
service: storefront
period: {{kind: month, time_zone: UTC}}
indicator: {indicator}
qualify: {{measured: {measured}}}
exclude: {{kind: customer}}
target: 100%
credit: {{below: 100%, pay: 10%}}
examples:
  - name: an hour less two minutes of the customer's own
    fee: 100.00 USD
    period: 2023-09
    {evidence}
    excluded: {{kind: customer, from: 2023-09-10T10:24Z, to: 2023-09-10T10:26Z}}
    expect: {{availability: {up}}}
"""
USED = "usage: {from: 2023-09-10T10:00Z, to: 2023-09-10T11:00Z, every: 5 min, requests: 10, failed: 10}"


@pytest.mark.parametrize("measured", ["before_exclusions", "after_exclusions"])
def test_an_exclusion_takes_its_own_time_out_of_a_slot_and_no_more(measured):
    indicator = "{kind: slots, slot: 5 min, bad_when: {figure: error_rate, above: 5%}}"
    text = AT_ONCE_SLOTS.format(indicator=indicator, measured=measured, evidence=USED, up="21571/21600")
    assert [one.differences for one in check_policy(text).failed] == []


@pytest.mark.parametrize(("share", "up"), [("6%", "21571/21600"), ("5%", "1")])
def test_where_any_condition_is_enough_a_window_needs_to_meet_one_of_them(share, up):
    any_of = "{any: [{figure: error_rate, above: 5%}, {figure: error_rate, above: 90%}]}"
    indicator = f"{{kind: slots, slot: 1 min, evidence: outages, bad_when: {any_of}}}"
    evidence = f"impact: {{from: 2023-09-10T10:00Z, to: 2023-09-10T11:00Z, share: {share}}}"
    text = AT_ONCE_SLOTS.format(indicator=indicator, measured="before_exclusions", evidence=evidence, up=up)
    assert [one.differences for one in check_policy(text).failed] == []


def test_the_past_of_single_units_is_not_known():
    text = """
policy: by-parts
version: 1
effective: {from: 2020-01-01}
service: storefront
subject: unit
period: {kind: month, time_zone: UTC}
indicator: {kind: windows, curve: step}
target: 99.9%
credit: {below: 99.9%, pay: 10%}
due_after: {missed: 2, of: 2}
"""
    with pytest.raises(InvalidValueError, match="the past of single units is not kept"):
        parse_policy(text)
