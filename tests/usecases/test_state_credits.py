"""Credits of the wider policy language on their way out: issued, drawn, exported, each the same figures."""

from __future__ import annotations

import csv
import io

import pytest

from sla_service.db.engine import reading, writing
from sla_service.db.statements import list_statements, load_statement
from sla_service.domain.errors import ForbiddenError
from sla_service.domain.instants import DAY_MS
from sla_service.domain.money import Money
from sla_service.domain.statements import statement_from_json
from sla_service.formats.statement_pdf import render_statement
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.decide_credit import decide_credit
from sla_service.usecases.decide_run import reject_run
from sla_service.usecases.export_run import export_run
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.issue_run import issue_run
from sla_service.usecases.policies import publish_policy
from tests.runs import submit_and_approve
from tests.usecases.the_month import ISSUER, MERCHANTS, NOW_MS, PARTNERS, SEPTEMBER

HEAD = """
policy: {name}
version: 1
effective: {{from: 2023-01-01}}
service: {service}
"""
MONTH = "period: {kind: month, time_zone: Asia/Shanghai}\n"
WINDOWS = "indicator: {kind: windows, curve: step}\n"
TERMS = {
    "blocks": MONTH
    + WINDOWS
    + "target: 99.95%\ncredit: {kind: blocks, block: 30 min, pay: 5%, count: part, per: outage}\n",
    "days": MONTH + WINDOWS + "target: 99.95%\ncredit: [{below: 99.95%, pay: 3 d}]\nsettle: {form: term_extension}\n",
    "weeks": "period: {kind: week, time_zone: Asia/Shanghai}\n"
    + WINDOWS
    + "target: 99.95%\ncredit: [{below: 99.95%, pay: 10%}]\n",
    "both": MONTH
    + WINDOWS
    + "target: 99.95%\ncredit: {kind: manual, why: the parties agree}\nchronic: {missed: 1, of: 1, then: terminate}\n",
    "requests": MONTH + "indicator: {kind: events}\ntarget: 99.9%\ncredit: [{below: 99.9%, pay: 10%}]\n",
    "slots": MONTH
    + "indicator: {kind: slots, slot: 5 min, bad_when: {figure: error_rate, above: 10%}}\n"
    + "credit: {kind: hits, span: day, pay: 1 d}\n",
    "latency": MONTH
    + "indicator: {kind: metric, name: latency, unit: ms}\n"
    + "target: 200\ncredit: [{above: 200, up_to: 500, pay: 10%}]\n",
}
SERVICES = {"requests": "api", "slots": "search", "latency": "checkout"}
INCIDENTS = """incident_id,title,service,region,cause,upstream,started_at,ended_at,source,source_ref
I1,Platform outage,storefront,,network,,2023-09-05T10:00+08:00,2023-09-05T10:45+08:00,status,s-1
I2,Platform outage,storefront,,network,,2023-09-19T02:00+08:00,2023-09-19T05:40+08:00,status,s-2
"""
TIMELINE = """incident_id,at,share_available,text,source
I1,2023-09-05T10:00+08:00,0,Down,
I1,2023-09-05T10:45+08:00,100,Up,
I2,2023-09-19T02:00+08:00,0,Down,
I2,2023-09-19T05:40+08:00,100,Up,
"""
USAGE = "merchant_id,service,started_at,ended_at,requests,failed,value\n" + "".join(
    f"{name},{SERVICES[name]},2023-09-19T{hour:02d}:00+08:00,2023-09-19T{hour:02d}:{minutes}+08:00,{figures}\n"
    for name, minutes, figures in (
        ("requests", "30", "1000,5,"),
        ("slots", "05", "100,20,"),
        ("latency", "30", ",,411.5"),
    )
    for hour in (2, 3)
)
ACCOUNTS = ("4910", "2310")


def merchants():
    head, *_ = MERCHANTS.partition("\n")
    row = "{0},Store {0},{0}@store.example,en,Asia/Shanghai,CN,USD,asia,P1,,2020-01-01,\n"
    return head + "\n" + "".join(row.format(name) for name in TERMS)


def contracts():
    head = "merchant_id,service,policy,monthly_fee,currency,starts_on,ends_on\n"
    return head + "".join(f"{name},{service_of(name)},by-{name},800.00,USD,2020-01-01,\n" for name in TERMS)


def service_of(name):
    return SERVICES.get(name, "storefront")


@pytest.fixture
def issued(engine):
    """A month in which every merchant has a credit of another kind."""
    with writing(engine) as session:
        for name, terms in TERMS.items():
            document = HEAD.format(name=f"by-{name}", service=service_of(name)) + terms
            publish_policy(session, document, now_ms=NOW_MS, actor="ann")
    files = {
        "partners": PARTNERS,
        "merchants": merchants(),
        "contracts": contracts(),
        "incidents": INCIDENTS,
        "timeline": TIMELINE,
        "usage": USAGE,
    }
    for noun, text in files.items():
        with writing(engine) as session:
            import_file(session, noun, text.encode(), name=f"{noun}.csv", now_ms=NOW_MS, actor="ann")
    first = calculate(engine)
    number = next(row["credit_no"] for row in credits_of(engine, first) if row["merchant_id"] == "both")
    with writing(engine) as session:
        amount = Money("USD", 12_345)
        decide_credit(session, first, number, amount, reason="as agreed", now_ms=NOW_MS, actor="ben")
        reject_run(session, first, reason="wrong", now_ms=NOW_MS, actor="cleo")
    run_id = calculate(engine)
    with pytest.raises(ForbiddenError, match="Ben decided a case"), writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="Ben")
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="cat")
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="cat")
    return run_id


def calculate(engine):
    with writing(engine) as session:
        return calculate_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann").run_id


def credits_of(engine, run_id):
    from sla_service.db.credits import load_credits

    with reading(engine) as session:
        return load_credits(session, run_id).to_pylist()


def statements(engine, run_id, kind="merchant"):
    with reading(engine) as session:
        numbers = [number for number, *_ in list_statements(session, run_id, kind)]
        found = [statement_from_json(load_statement(session, number).snapshot) for number in numbers]
    return {statement.recipient.party_id: statement for statement in found}


def export(engine, run_id, kind):
    with reading(engine) as session:
        *rows, _ = csv.reader(io.StringIO(b"".join(export_run(session, run_id, kind, accounts=ACCOUNTS)).decode()))
    header = rows.pop(0)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_every_kind_of_credit_is_issued_and_drawn(engine, issued, tmp_path):
    found = statements(engine, issued)
    assert {name: statement.totals[0].minor for name, statement in found.items()} == {
        # 45 and 220 minutes: 2 and 8 blocks begun.
        "blocks": 40_000,
        "days": 0,
        "weeks": 16_000,
        "both": 12_345,
        "requests": 8_000,
        "slots": 2_667,
        "latency": 8_000,
    }
    for statement in found.values():
        assert render_statement(statement, fonts_dir=tmp_path).startswith(b"%PDF")
    (partner,) = statements(engine, issued, "partner").values()
    assert sum(line.amount.minor for line in partner.merchants) == 87_012
    assert [line.service_ms for line in partner.merchants if line.service_ms] == [3 * DAY_MS]


def test_the_functions_are_stated_with_the_figures_that_were_computed(engine, issued):
    found = statements(engine, issued)
    (blocks,) = found["blocks"].credits
    (term,) = blocks.paid.terms
    assert (term.kind, term.count, term.amount, blocks.paid.is_listed) == ("blocks", "10", "40000", True)
    (days,) = found["days"].credits
    assert (days.service_ms, days.paid.terms[0].time_ms) == (3 * DAY_MS, str(3 * DAY_MS))
    (slots,) = found["slots"].credits
    assert (slots.paid.terms[0].count, slots.target, slots.measured.indicator) == ("1", "", "slots")
    assert [line.incident_id for line in slots.lines] == ["usage:search"] * len(slots.lines)
    assert [week.measured.period for week in found["weeks"].credits] == ["week", "week"]


def test_a_decision_is_stated_with_name_and_reason(engine, issued):
    (credit,) = statements(engine, issued)["both"].credits
    assert (credit.decision.by, credit.decision.reason) == ("ben", "as agreed")
    assert credit.decision.on_behalf_of == ISSUER.name
    assert credit.rights == ("terminate",)


def test_the_register_says_what_each_kind_of_credit_has(engine, issued):
    rows = {row["merchant_id"]: row for row in export(engine, issued, "register")}
    said = ("tier", "rate", "target", "base_amount", "amount", "service_days", "rights", "decided_by", "indicator")
    assert {name: tuple(row[column] for column in said) for name, row in rows.items()} == {
        "blocks": ("", "", "99.95%", "800.00", "400.00", "", "", "", "windows"),
        "days": ("1", "", "99.95%", "800.00", "0.00", "3", "", "", "windows"),
        "weeks": ("1", "10%", "99.95%", "800.00", "80.00", "", "", "", "windows"),
        "both": ("", "", "99.95%", "800.00", "123.45", "", "terminate", "ben", "windows"),
        "requests": ("1", "10%", "99.9%", "800.00", "80.00", "", "", "", "events"),
        "slots": ("", "", "", "800.00", "26.67", "", "", "", "slots"),
        "latency": ("1", "10%", "200", "800.00", "80.00", "", "", "", "metric"),
    }
    requests = rows["requests"]
    assert (requests["requests"], requests["bad_requests"], requests["bad_minutes"]) == ("2000", "10", "")
    assert (rows["latency"]["availability"], rows["latency"]["availability_exact"]) == ("", "")
    assert rows["weeks"]["period_starts_at"] == "2023-09-17T16:00:00Z"


def test_the_journal_has_money_only_and_each_entry_a_name_of_its_own(engine, issued):
    rows = export(engine, issued, "journal")
    names = [row["external_id"] for row in rows]
    assert len(set(names)) == len(names)
    assert not any("/days/" in name for name in names)
    assert [name for name in names if "/weeks/" in name and name.endswith("/credit")] == [
        "2023-09/weeks/storefront/2020-01-01/2023-09-04/credit",
        "2023-09/weeks/storefront/2020-01-01/2023-09-18/credit",
    ]
    assert "2023-09/blocks/storefront/2020-01-01/credit" in names


def test_the_lines_have_what_was_measured_from_requests(engine, issued):
    rows = export(engine, issued, "lines")
    assert {row["incident_id"] for row in rows if row["merchant_id"] == "slots"} == {"usage:search"}
    assert {row["incident_id"] for row in rows if row["merchant_id"] == "days"} == {"I1", "I2"}
