"""Statements written by the thousand are those that are made one by one, byte for byte."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sla_service.db.credits import credits_schema, lines_schema
from sla_service.domain.cycles import periods_ending_in
from sla_service.domain.instants import DAY_MS, MINUTE_MS, to_datetime
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money
from sla_service.domain.parties import Merchant, Partner
from sla_service.domain.periods import Month
from sla_service.domain.policies.credits import Gate
from sla_service.domain.policies.downtime import Qualify
from sla_service.domain.policies.indicators import Events, Metric, ScoredEvents, SlotMean
from sla_service.domain.stated_terms import Before
from sla_service.domain.statements import (
    MerchantLine,
    Recipient,
    Statement,
    StatementKind,
    snapshot_sha256,
    statement_from_json,
    statement_to_json,
)
from sla_service.usecases.state_credits import state_credit
from sla_service.usecases.write_statements import (
    QUESTIONS_DAYS,
    Issue,
    merchant_statements,
    message_id,
    partner_statements,
)
from tests.bench.stating import Batch, demo_batch
from tests.builders import a_policy
from tests.formats.credit_samples import OUTAGES, SHANGHAI, THREE_OUTAGES, requests, stored_by
from tests.policy_strategies import policies
from tests.usecases.the_month import ISSUER, NOW_MS

ISSUE = Issue(1, "2023-09", 1, NOW_MS, ISSUER, {})
LATE_MS = NOW_MS + DAY_MS * 2 // 3
"""The 2nd of October in Europe, the 3rd in China."""
PART = (("09-06T10:00", "09-06T10:12", "333333"), ("09-19T02:00", "09-19T05:40", "999999"))


def a_merchant(merchant_id: str, name: str = "Lumen & Loom", time_zone: str = SHANGHAI) -> Merchant:
    email = f"{merchant_id}@store.example"
    return Merchant(merchant_id, name, email, "zh_CN", time_zone, "CN", "USD", "asia", date(2020, 1, 1))


def a_batch(policy, *cases) -> Batch:
    """Credits under one policy: merchant, what it suffered, and columns that are otherwise."""
    credits, lines, incidents = [], [], {}
    for number, (merchant_id, outages, known, columns) in enumerate(cases, 1):
        stored, behind, told = stored_by(policy, outages, **known)
        own = {"run_id": 1, "credit_no": number, "merchant_id": merchant_id, "policy_digest": policy.digest}
        row = dict.fromkeys(credits_schema().names) | stored | own | {"before_minor": 0, "before_service_ms": 0}
        row |= columns
        row |= {"service_ms": row["service_ms"] or 0}
        stated = {"stated_minor": row["amount_minor"], "stated_service_ms": row["service_ms"]}
        credits.append({**row, **stated, **columns})
        lines += [
            {
                **line,
                "run_id": 1,
                "credit_no": number,
                "line_no": place,
                "incident_id": f"{number}-{line['incident_id']}",
            }
            for place, line in enumerate(behind, 1)
        ]
        incidents |= {
            f"{number}-{one}": replace(incident, incident_id=f"{number}-{one}") for one, incident in told.items()
        }
    return Batch(
        pa.Table.from_pylist(credits, credits_schema()),
        pa.Table.from_pylist(lines, lines_schema()),
        {row["merchant_id"]: a_merchant(row["merchant_id"]) for row in credits},
        {policy.digest: policy},
        incidents,
    )


def written(batch: Batch, issue: Issue = ISSUE, first_number: int = 1):
    return merchant_statements(
        issue,
        batch.credits,
        batch.lines,
        merchants=batch.merchants,
        policies=batch.policies,
        incidents=batch.incidents,
        first_number=first_number,
    )


def one_by_one(batch: Batch, issue: Issue = ISSUE, first_number: int = 1) -> list[Statement]:
    """The slow, obvious way."""
    behind = {no: list(of) for no, of in groupby(batch.lines.to_pylist(), lambda line: line["credit_no"])}
    of_merchant = defaultdict(list)
    for row in batch.credits.to_pylist():
        of_merchant[row["merchant_id"], row["currency"]].append(row)
    return [
        replace(
            _blank(StatementKind.MERCHANT, f"SCM-2023-09-{number:07d}", batch.merchants[key[0]], issue),
            credits=tuple(
                state_credit(
                    row,
                    behind.get(row["credit_no"], []),
                    policy=batch.policies[row["policy_digest"]],
                    incidents=batch.incidents,
                    issued_on=to_datetime(issue.issued_at_ms, batch.merchants[key[0]].time_zone).date(),
                    issuer=issue.issuer.name,
                )
                for row in rows
            ),
            corrects=issue.corrects.get(key, ""),
        )
        for number, (key, rows) in enumerate(of_merchant.items(), first_number)
    ]


def _blank(kind, number, party, issue) -> Statement:
    issued = to_datetime(issue.issued_at_ms, party.time_zone).date()
    party_id = party.merchant_id if kind is StatementKind.MERCHANT else party.partner_id
    return Statement(
        kind=kind,
        number=number,
        run_id=issue.run_id,
        period=issue.period,
        issued_on=issued.isoformat(),
        issued_at_ms=issue.issued_at_ms,
        questions_until=(issued + timedelta(days=QUESTIONS_DAYS)).isoformat(),
        issuer=issue.issuer,
        recipient=Recipient(party_id, party.name, party.email, party.locale, party.time_zone),
    )


def assert_same(batch: Batch, issue: Issue = ISSUE) -> list[Statement]:
    """Both ways give the same bytes, and these are read as the same statements."""
    expected = one_by_one(batch, issue)
    found = written(batch, issue).statements.to_pylist()
    for row, statement in zip(found, expected, strict=True):
        assert row["snapshot"] == statement_to_json(statement)
        assert row["snapshot_sha256"] == snapshot_sha256(row["snapshot"])
        assert statement_from_json(row["snapshot"]) == statement
    return expected


PLAIN = replace(a_policy(), digest="plain")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(policies(), st.booleans())
def test_whatever_the_policy_the_bytes_are_the_same(policy, is_whole):
    policy = replace(policy, digest="a" * 64)
    if not is_whole:
        # These leave few credits to state.
        policy = replace(policy, qualify=Qualify(), gate=Gate.NONE, claim=None, minimums=(), denominator_ms=None)
    known = {}
    if isinstance(policy.indicator, SlotMean | Events | ScoredEvents):
        known["measured"] = requests(120_000, 4_321)
    elif isinstance(policy.indicator, Metric):
        known["measured"] = Measurement(0, 43_200 * MINUTE_MS, figure=policy.target or Fraction(300))
    assume(bool(periods_ending_in(policy.period, Month(2023, 9), SHANGHAI)))
    credited = {"outcome": "credited"}
    cases = [
        ("m-1", OUTAGES, known, credited),
        ("m-2", THREE_OUTAGES, known, credited),
        ("m-3", PART, {**known, "fee": Money("JPY", 31_999)}, credited),
        ("m-4", OUTAGES, known, credited),
        ("m-5", OUTAGES, {**known, "fee": Money("USD", 77_777)}, {**credited, "excluded_ppm_ms": 5}),
        ("m-6", OUTAGES, known, {"outcome": "credited", "decided_by": "ann", "reason": "as agreed", "rate": None}),
    ]
    assert_same(a_batch(policy, *cases))


def test_under_every_policy_of_the_book_merchants_and_partners_have_the_same_bytes(engine):
    batch = demo_batch(engine, merchants=100)
    statements = assert_same(batch)
    assert_same_for_partners(statements, batch, PARTNERS, partner_of)
    assert len(statements) > 80
    assert len({credit.policy for one in statements for credit in one.credits}) > 4


def test_names_with_signs_of_formats_and_of_json_are_kept():
    policy = replace(PLAIN, title='100 % "sure" {0} %s', contract="§ 7 \\ é\n")
    batch = a_batch(policy, ("m-1", OUTAGES, {}, {}), ("m-2", OUTAGES, {}, {}))
    batch.merchants["m-1"] = a_merchant("m-1", '50 % off "wool" \\ 小熊茶舍 %d')
    (title,) = {credit.policy_title for one in assert_same(batch) for credit in one.credits}
    assert title == '100 % "sure" {0} %s'


def test_a_merchant_has_a_statement_per_currency_in_order_of_its_credits():
    yen = {"fee": Money("JPY", 30_000)}
    cases = [("m-2", OUTAGES, {}, {}), ("m-2", OUTAGES, yen, {}), ("m-2", OUTAGES, {}, {}), ("m-1", OUTAGES, {}, {})]
    found = written(a_batch(PLAIN, *cases), first_number=7)
    named = list(zip(*(found.owed[name].to_pylist() for name in found.owed.column_names), strict=True))
    assert named == [
        ("SCM-2023-09-0000007", "m-2", "USD", 16_000),
        ("SCM-2023-09-0000008", "m-2", "JPY", 3_000),
        ("SCM-2023-09-0000009", "m-1", "USD", 8_000),
    ]
    assert list(zip(*(column.to_pylist() for column in found.statement_credits.columns), strict=True)) == [
        (1, 1, named[0][0]),
        (1, 3, named[0][0]),
        (1, 2, named[1][0]),
        (1, 4, named[2][0]),
    ]


def test_each_statement_has_a_message_whose_id_follows_from_number_and_address():
    found = written(a_batch(PLAIN, ("m-1", OUTAGES, {}, {})))
    (row,) = found.outbox.to_pylist()
    number = "SCM-2023-09-0000001"
    assert row == {
        "number": number,
        "recipient": "m-1@store.example",
        "message_id": message_id(number, "m-1@store.example", ISSUER.contact_email),
        "state": "pending",
        "attempts": 0,
        "last_error": None,
        "updated_at_ms": NOW_MS,
    }
    assert row["message_id"].startswith("<scm-2023-09-0000001.")
    assert row["message_id"].endswith("@northlight.example>")


def test_the_day_of_the_issue_is_the_recipient_s():
    batch = a_batch(PLAIN, ("m-1", OUTAGES, {}, {}), ("m-2", OUTAGES, {}, {}))
    batch.merchants["m-2"] = a_merchant("m-2", time_zone="America/Chicago")
    days = [one.issued_on for one in assert_same(batch, replace(ISSUE, issued_at_ms=LATE_MS))]
    assert days == ["2023-10-03", "2023-10-02"]


def test_a_batch_without_credits_has_no_rows():
    batch = a_batch(PLAIN, ("m-1", OUTAGES, {}, {}))
    found = written(replace(batch, credits=batch.credits.slice(0, 0), lines=batch.lines.slice(0, 0)))
    assert [table.num_rows for table in found] == [0, 0, 0, 0]


CORRECTION = {"before_minor": 5_000, "before_service_ms": 0, "stated_minor": 3_000, "stated_service_ms": 0}


def test_a_correction_states_what_was_credited_before_and_the_difference():
    first_time = dict.fromkeys(CORRECTION, 0) | {"stated_minor": 8_000}
    taken_back = {**CORRECTION, "before_minor": 9_000, "stated_minor": -1_000}
    met = {"amount_minor": 0, "outcome": "met", "tier": None, "rate": None, "stated_minor": -5_000}
    cases = [("m-1", CORRECTION), ("m-2", first_time), ("m-3", taken_back), ("m-4", CORRECTION | met)]
    batch = a_batch(PLAIN, *((who, OUTAGES, {}, columns) for who, columns in cases))
    number = "SCM-2023-09-0000001"
    issue = replace(
        ISSUE, run_id=2, revision=2, corrects={("m-1", "USD"): number, ("m-3", "USD"): "SCM-2023-09-0000002"}
    )
    statements = assert_same(batch, issue)
    assert [one.corrects for one in statements] == [number, "", "SCM-2023-09-0000002", ""]
    assert [one.totals[0].minor for one in statements] == [3_000, 8_000, -1_000, -5_000]
    assert written(batch, issue).owed["total_minor"].to_pylist() == [3_000, 8_000, -1_000, -5_000]
    (credit,) = statements[0].credits
    assert credit.before == Before(5_000, 3_000)
    assert credit.amount.minor == 8_000


def partner_lines(statements: list[Statement], batch: Batch, partner_of) -> pa.Table:
    """What the database joins of merchants' statements and credits."""
    stored = {row["credit_no"]: row for row in batch.credits.to_pylist()}
    rows = []
    for one in statements:
        for credit in one.credits:
            row = stored[int(credit.credit_id.partition("-")[2])]
            rows.append(
                {
                    "partner_id": partner_of(one.recipient.party_id),
                    "merchant_id": one.recipient.party_id,
                    "party_name": one.recipient.name,
                    "number": one.number,
                    **{name: row[name] for name in ("service", "policy_digest", "availability", "target", "currency")},
                    "stated_minor": row["stated_minor"],
                    "stated_service_ms": row["stated_service_ms"],
                }
            )
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["partner_id"]))


def assert_same_for_partners(statements, batch, partners, partner_of) -> None:
    lines = partner_lines(statements, batch, partner_of)
    found = partner_statements(ISSUE, lines, partners=partners, policies=batch.policies, first_number=3)
    expected = []
    for number, partner_id in enumerate(sorted(set(lines["partner_id"].to_pylist())), 3):
        blank = _blank(StatementKind.PARTNER, f"SCP-2023-09-{number:07d}", partners[partner_id], ISSUE)
        of = [one for one in statements if partner_of(one.recipient.party_id) == partner_id]
        told = tuple(_told(one, credit) for one in of for credit in one.credits)
        expected.append(statement_to_json(replace(blank, merchants=told)))
    assert found.statements["snapshot"].to_pylist() == expected
    assert found.statements["party_id"].to_pylist() == sorted(set(lines["partner_id"].to_pylist()))
    assert found.statement_credits.num_rows == 0
    assert found.outbox.num_rows == len(expected)


def _told(one: Statement, credit) -> MerchantLine:
    return MerchantLine(
        merchant_id=one.recipient.party_id,
        name=one.recipient.name,
        statement_number=one.number,
        service=credit.service,
        availability="" if credit.measured.metric else str(credit.measurement.availability),
        target="" if credit.measured.metric else credit.target,
        amount=credit.stated,
        service_ms=credit.stated_service_ms,
    )


PARTNERS = {
    name: Partner(name, f"{name} 100 % Partners", f"{name}@agency.example", "en", zone, "EUR")
    for name, zone in (("P1", "Europe/Berlin"), ("P2", SHANGHAI))
}


def partner_of(merchant_id: str) -> str:
    return f"P{1 + int(merchant_id[-1]) % 2}"


@pytest.mark.parametrize(
    ("policy", "columns"),
    [
        pytest.param(PLAIN, {"service_ms": 3 * DAY_MS, "amount_minor": 0}, id="service time"),
        pytest.param(replace(PLAIN, target=None, gate=Gate.NONE), {}, id="nothing promised"),
        pytest.param(replace(PLAIN, indicator=Metric("latency")), {"steps": '{"figure":"411"}'}, id="a metric"),
    ],
)
def test_a_partner_s_line_says_no_more_than_there_is(policy, columns):
    known = {"measured": Measurement(0, 43_200 * MINUTE_MS, figure=Fraction(411))} if policy.is_metric else {}
    batch = a_batch(policy, ("m-1", OUTAGES, known, columns), ("m-2", OUTAGES, known, columns))
    assert_same_for_partners(one_by_one(batch), batch, PARTNERS, partner_of)
