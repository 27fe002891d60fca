"""What earlier periods do to a month that is calculated: rights and credits that look back, through the database."""

from __future__ import annotations

import pytest

from sla_service.db.credits import load_credits
from sla_service.db.engine import reading, writing
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.failures import NOT_DUE
from sla_service.domain.instants import parse_instant
from sla_service.domain.periods import Month
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.policies import check_policy, publish_policy
from tests.runs import submit_and_approve
from tests.usecases.the_month import ISSUER

NOW_MS = parse_instant("2023-10-02T01:00:00Z")
AUGUST, SEPTEMBER = Month(2023, 8), Month(2023, 9)
POLICY = """
policy: {name}
version: 1
effective: {{from: 2023-01-01}}
service: {name}
indicator: {{kind: windows, curve: step}}
target: 99.9%
credit: {{below: 99.9%, pay: 10%}}
"""
MONTH = "period: {kind: month, time_zone: UTC}\n"
TERMS = {
    "rounded": MONTH
    + "quantise: {kind: availability, to: 0.01%, round: nearest}\nchronic: {missed: 2, of: 2, then: terminate}\n",
    "uncredited": MONTH
    + "exclude: {kind: maintenance, effect: not_credited}\nchronic: {missed: 2, of: 2, then: terminate}\n",
    "running": MONTH + "due_after: {missed: 2, of: 2}\n",
    "weekly": "period: {kind: week, time_zone: UTC}\ndue_after: {missed: 2, of: 2}\n",
}
MERCHANTS = ("kept", "missed")


def rows_of_impact():
    def impact(merchant, service, start, end):
        return f"INC-{service},{merchant},{service},{start},{end},1\n"

    for merchant, august_end in (("kept", "10:01"), ("missed", "12:00")):
        yield impact(merchant, "running", "2023-08-10T10:00Z", f"2023-08-10T{august_end}Z")
        yield impact(merchant, "running", "2023-09-10T10:00Z", "2023-09-10T12:00Z")
        # 46.4 of 44,640 minutes are 99.896 %, which is rounded to 99.90 %.
        end = "10:46:24" if merchant == "kept" else "10:50:00"
        yield impact(merchant, "rounded", "2023-08-10T10:00Z", f"2023-08-10T{end}Z")
        yield impact(merchant, "rounded", "2023-09-10T10:00Z", "2023-09-10T12:00Z")
        # Two hours each, those of the one who kept it in maintenance that is not credited.
        day = "05" if merchant == "kept" else "06"
        yield impact(merchant, "uncredited", f"2023-08-{day}T10:00Z", f"2023-08-{day}T12:00Z")
        yield impact(merchant, "uncredited", "2023-09-10T10:00Z", "2023-09-10T12:00Z")
        weeks = ("06", "20") if merchant == "kept" else ("06", "13")
        for day in weeks:
            yield impact(merchant, "weekly", f"2023-09-{day}T10:00Z", f"2023-09-{day}T12:00Z")


FILES = {
    "merchants": "merchant_id,name,email,locale,time_zone,country,currency,region,partner_id,billing_ref,active_from,"
    "active_to\n" + "".join(f"{m},{m},{m}@store.example,en,UTC,CN,USD,asia,,,2023-08-01,\n" for m in MERCHANTS),
    "contracts": "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
    + "".join(f"{m},{name},{name},300.00,USD,2023-08-01,\n" for m in MERCHANTS for name in TERMS),
    "incidents": "incident_id,title,service,cause,started_at,ended_at,source,source_ref\n"
    + "".join(f"INC-{n},Down,{n},a switch,2023-08-01T00:00Z,2023-08-01T00:01Z,alerts,a/{n}\n" for n in TERMS),
    "impacts": "incident_id,merchant_id,service,started_at,ended_at,share\n" + "".join(rows_of_impact()),
    "exclusions": "exclusion_id,kind,service,region,merchant_id,started_at,ended_at,announced_at,reason\n"
    "X1,maintenance,uncredited,,,2023-08-05T10:00Z,2023-08-05T12:00Z,2023-08-01T00:00Z,Upgrade\n",
}


def issue(engine, month: Month):
    """Calculate as ann, approve as ben, issue; the rows."""
    with writing(engine) as session:
        run_id = calculate_run(session, month, now_ms=NOW_MS, actor="ann").run_id
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    with reading(engine) as session:
        return load_credits(session, run_id).to_pylist()


@pytest.fixture
def months(sqlite_engine):
    """August and September, by merchant and service, each in the order of periods."""
    with writing(sqlite_engine) as session:
        for name, terms in TERMS.items():
            publish_policy(session, POLICY.format(name=name) + terms, now_ms=NOW_MS, actor="ann")
    for noun, text in FILES.items():
        with writing(sqlite_engine) as session:
            import_file(session, noun, text.encode(), name=noun, now_ms=NOW_MS, actor="ann")
    rows = [*issue(sqlite_engine, AUGUST), *issue(sqlite_engine, SEPTEMBER)]

    def of(merchant: str, service: str):
        found = [row for row in rows if (row["merchant_id"], row["service"]) == (merchant, service)]
        return sorted(found, key=lambda row: row["period_end_ms"])

    return of


@pytest.mark.parametrize("service", ["rounded", "uncredited"])
def test_a_month_that_was_kept_as_it_was_decided_is_no_miss_later(months, service):
    august, september = months("kept", service)
    assert (august["outcome"], september["outcome"]) == ("met", "credited")
    assert september["rights"] is None, "measured, August was below the target"
    assert [row["rights"] for row in months("missed", service)] == [None, "terminate"]


def test_a_credit_waits_for_the_second_miss(months):
    august, september = months("missed", "running")
    assert (august["outcome"], august["reason"], august["amount_minor"]) == ("nothing_owed", NOT_DUE, 0)
    assert (september["outcome"], september["amount_minor"]) == ("credited", 3_000)
    august, september = months("kept", "running")
    assert (august["outcome"], september["outcome"]) == ("met", "nothing_owed")


def test_weeks_of_one_month_look_back_at_each_other(months):
    def missed(merchant):
        return [row["outcome"] for row in months(merchant, "weekly") if row["outcome"] != "met"]

    assert missed("missed") == ["nothing_owed", "credited"]
    assert missed("kept") == ["nothing_owed", "nothing_owed"], "a week was kept in between"


TWO_RIGHTS = """
policy: rights
version: 1
effective: {{from: 2023-01-01}}
service: circuit
period: {{kind: month, time_zone: UTC}}
indicator: {{kind: windows, curve: step}}
target: 99.9%
credit: {{below: 99.9%, pay: 10%}}
chronic: [{{missed: 1, of: 1, then: leave}}, {{missed: 1, of: 1, then: an audit}}]
examples:
  - name: an hour
    fee: 100.00 USD
    period: 2023-09
    impact: {{from: 2023-09-10T10:00Z, to: 2023-09-10T11:00Z}}
    expect: {{right: {rights}}}
"""


@pytest.mark.parametrize(
    ("rights", "difference"),
    [
        ("[leave, an audit]", None),
        ("[an audit, leave]", None),
        ("leave", "rights expected `leave`, found `leave` and `an audit`"),
        ("'leave, an audit'", "rights expected `leave, an audit`, found `leave` and `an audit`"),
        (
            "[leave, an audit, money]",
            "rights expected `leave` and `an audit` and `money`, found `leave` and `an audit`",
        ),
        ("none", "rights expected `none`, found `leave` and `an audit`"),
    ],
)
def test_an_example_names_all_rights_that_arise_and_no_other(rights, difference):
    (result,) = check_policy(TWO_RIGHTS.format(rights=rights)).examples
    assert result.differences == (() if difference is None else (difference,))


def test_a_calendar_that_is_not_known_is_refused_with_the_file():
    text = TWO_RIGHTS.format(rights="[leave, an audit]") + "claim: {within: 5 business days, holidays: DE-XX}\n"
    with pytest.raises(InvalidValueError, match=r"claim\.holidays: .* write one of: DE-BB, .* \(found 'DE-XX'\)"):
        check_policy(text)
