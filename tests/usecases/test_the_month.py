"""The whole pipeline as one walk: evidence in, credits, approval, issue, documents, exports; on both databases."""

from __future__ import annotations

import csv
import io
from fractions import Fraction

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from sla_service.db import guards
from sla_service.db.credits import load_credits, load_lines
from sla_service.db.engine import reading, writing
from sla_service.db.statements import list_statements, load_statement
from sla_service.db.tables import OutboxRecord, StatementRecord, metadata
from sla_service.domain.assessment import Measurement
from sla_service.domain.errors import ConflictError, ForbiddenError, InvalidValueError, NotFoundError
from sla_service.domain.money import totals
from sla_service.domain.shares import format_floored
from sla_service.domain.statements import snapshot_sha256, statement_from_json, statement_to_json
from sla_service.usecases.calculate_run import calculate_run
from sla_service.usecases.decide_run import approve_run, reject_run, submit_run
from sla_service.usecases.export_run import export_run
from sla_service.usecases.issue_run import issue_run
from tests.runs import submit_and_approve
from tests.usecases.the_month import ISSUER, NOW_MS, SEPTEMBER, amounts, calculate, close, load

ACCOUNTS = ("4910", "2310")


def issue_and_fail(engine, run_id):
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
        raise ConflictError("power", "power cut")


def credits_of(engine, run_id):
    with reading(engine) as session:
        return {row["merchant_id"]: row for row in load_credits(session, run_id).to_pylist()}


def export(engine, run_id, kind):
    with reading(engine) as session:
        return b"".join(export_run(session, run_id, kind, accounts=ACCOUNTS))


def rows_of(data):
    *rows, control = csv.reader(io.StringIO(data.decode()))
    header = rows.pop(0)
    return [dict(zip(header, row, strict=True)) for row in rows], control


WORKED = {
    "full-outage": ("99.4907%", 2990),
    "linear": ("99.3530%", 2990),
    "step": ("99.2939%", 2990),
    "any-impact": ("98.6805%", 7475),
    "reported-window": ("98.5416%", 7475),
    "yen": ("99.2939%", 3000),
    "dinar": ("99.2939%", 10_000),
}


def test_the_worked_table_holds_through_the_database(engine):
    load(engine)
    found = credits_of(engine, calculate(engine))
    for merchant, (availability, minor) in WORKED.items():
        measured = Measurement(found[merchant]["bad_ppm_ms"], found[merchant]["total_ms"])
        assert (format_floored(measured.availability), found[merchant]["amount_minor"]) == (availability, minor)
    assert Measurement(found["step"]["bad_ppm_ms"], found["step"]["total_ms"]).availability == Fraction(8579, 8640)


def test_two_overlapping_incidents_of_half_count_half_and_maintenance_does_not_count(engine):
    load(engine)
    run_id = calculate(engine)
    half = credits_of(engine, run_id)["half"]
    # 10:00 to 13:00 at 50 %, of which 12:30 to 13:00 is maintenance; measured over the eleven days of the contract.
    assert Measurement(half["bad_ppm_ms"], half["total_ms"]).bad_ms == 75 * 60_000
    assert half["excluded_ppm_ms"] == 15 * 60_000 * 1_000_000
    assert half["total_ms"] == 11 * 86_400_000
    with reading(engine) as session:
        lines = [row for row in load_lines(session, run_id).to_pylist() if row["credit_no"] == half["credit_no"]]
    assert [(line["status"], line["reason"]) for line in lines] == [
        ("counted", None),
        ("counted", None),
        ("excluded", "maintenance"),
    ]
    assert sum(line["counted_ppm_ms"] for line in lines) == half["bad_ppm_ms"]


def test_cases_without_an_answer_are_parked_with_the_reason_and_the_rest_goes_on(engine):
    load(engine)
    found = credits_of(engine, calculate(engine))
    assert (found["holed"]["outcome"], found["lost"]["outcome"], found["twice"]["outcome"]) == (
        "undefined",
        "parked",
        "parked",
    )
    assert "no row of the credit table" in found["holed"]["reason"]
    assert "never-published" in found["lost"]["reason"]
    assert "end the first one" in found["twice"]["reason"]
    assert found["step"]["amount_minor"] == 2990


def test_the_same_evidence_gives_the_same_digest_on_every_database_and_in_any_order_of_rows(
    sqlite_engine,
    postgres_engine,
):
    load(sqlite_engine)
    header, *rows = (
        "incident_id,merchant_id,service,started_at,ended_at,share",
        "INC-2023-09-07,half,storefront,2023-09-25T11:00+08:00,2023-09-25T13:00+08:00,0.5",
        "INC-2023-09-01,half,storefront,2023-09-25T10:00+08:00,2023-09-25T12:00+08:00,0.5",
    )
    load(postgres_engine, impacts="\n".join([header, *rows]))
    digests = set()
    for one in (sqlite_engine, postgres_engine):
        with writing(one) as session:
            digests.add(calculate_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann").digest)
    assert len(digests) == 1


def submit(engine, run_id):
    with writing(engine) as session:
        submit_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ann")


def test_nobody_approves_their_own_run(engine):
    load(engine)
    run_id = calculate(engine)
    submit(engine, run_id)
    with pytest.raises(ForbiddenError, match="a second person"), writing(engine) as session:
        approve_run(session, run_id, digest=None, issuer=ISSUER, now_ms=NOW_MS, actor="ann")


def test_an_approval_binds_to_what_was_seen(engine):
    load(engine)
    run_id = calculate(engine)
    submit(engine, run_id)
    with pytest.raises(ConflictError, match="review it again"), writing(engine) as session:
        approve_run(session, run_id, digest="000000000000", issuer=ISSUER, now_ms=NOW_MS, actor="ben")


def test_a_run_is_issued_only_when_approved_and_only_once(engine):
    load(engine)
    run_id = calculate(engine)
    with pytest.raises(ConflictError, match="is calculated"), writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    with pytest.raises(ConflictError, match="no longer changes"), writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    with pytest.raises(ConflictError, match="already issued"):
        calculate(engine)


def test_figures_changed_behind_the_approval_are_not_issued(engine):
    load(engine)
    run_id = calculate(engine)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        guards.remove(session.connection())
        session.connection().execute(text("UPDATE credits SET amount_minor = 2991 WHERE merchant_id = 'step'"))
    with pytest.raises(ConflictError, match="not those that were approved"), writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    with reading(engine) as session:
        assert list_statements(session, run_id) == []


def test_a_new_calculation_supersedes_the_draft_and_a_rejected_run_makes_room(engine):
    load(engine)
    first = calculate(engine)
    second = calculate(engine)
    with pytest.raises(ConflictError, match="superseded"), writing(engine) as session:
        submit_and_approve(session, first, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        reject_run(session, second, reason="wrong", now_ms=NOW_MS, actor="cleo")
    assert calculate(engine) == second + 1


def test_a_month_that_has_not_ended_is_not_calculated(engine):
    load(engine)
    with pytest.raises(ConflictError, match="has not ended"), writing(engine) as session:
        calculate_run(session, SEPTEMBER, now_ms=NOW_MS - 5 * 86_400_000, actor="ann")


def test_a_month_without_contracts_is_refused(engine):
    with pytest.raises(InvalidValueError, match="no merchant had a contract"), writing(engine) as session:
        calculate_run(session, SEPTEMBER, now_ms=NOW_MS, actor="ann")


def test_a_failed_issue_leaves_nothing_and_gives_its_numbers_back(engine):
    load(engine)
    run_id = calculate(engine)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben")
    with pytest.raises(ConflictError, match="power cut"):
        issue_and_fail(engine, run_id)
    with reading(engine) as session:
        assert list_statements(session, run_id) == []
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    with reading(engine) as session:
        numbers = [row[0] for row in list_statements(session, run_id, "merchant")]
    assert numbers == [f"SCM-2023-09-{i:07d}" for i in range(1, len(numbers) + 1)]


def test_exports_statements_and_database_agree_to_the_cent_per_currency(engine):
    run_id = close(engine)
    from_database = totals_of_database(engine, run_id)
    register, control = rows_of(export(engine, run_id, "register"))
    journal, journal_control = rows_of(export(engine, run_id, "journal"))
    with reading(engine) as session:
        kept = session.connection().execute(
            select(StatementRecord.__table__.c.kind, StatementRecord.__table__.c.snapshot)
        )
        statements = [(kind, statement_from_json(snapshot)) for kind, snapshot in kept]
    for kind in ("merchant", "partner"):
        stated = totals(money for k, statement in statements if k == kind for money in amounts_of(statement))
        assert stated == totals_of_database(engine, run_id, partner_only=kind == "partner")
    assert control == [f"# rows {len(register)}", *(f"{m.currency} {m.amount}" for m in from_database)]
    assert sum(Fraction(row["amount"]) for row in register if row["currency"] == "USD") == Fraction("269.10")
    for kind in ("accrual", "reversal", "credit"):
        entries = [row for row in journal if row["external_id"].endswith(f"/{kind}")]
        assert sum(Fraction(row["amount"]) for row in entries if row["currency"] == "USD") == Fraction("269.10")
    assert journal_control[0] == f"# rows {len(journal)}"
    assert len({row["external_id"] for row in journal}) == len(journal)


def amounts_of(statement):
    return [one.amount for one in (*statement.credits, *statement.merchants)]


def totals_of_database(engine, run_id, *, partner_only=False):
    from sla_service.domain.money import Money

    rows = credits_of(engine, run_id).values()
    return totals(
        Money(row["currency"], row["amount_minor"])
        for row in rows
        if row["outcome"] == "credited" and (row["partner_id"] or not partner_only)
    )


def test_every_statement_is_its_digest_and_names_its_merchant_alone(engine):
    run_id = close(engine)
    with reading(engine) as session:
        for number, kind, party_id, _currency, digest in list_statements(session, run_id):
            snapshot = load_statement(session, number).snapshot
            statement = statement_from_json(snapshot)
            assert snapshot_sha256(snapshot) == digest
            assert statement_to_json(statement) == snapshot
            if kind == "merchant":
                assert {line.incident_id for credit in statement.credits for line in credit.lines}
                assert all(f"Store {other}" not in snapshot for other in WORKED if other != party_id)


def test_the_outbox_is_written_with_the_issue_one_message_per_statement(engine):
    run_id = close(engine)
    with reading(engine) as session:
        statements = list_statements(session, run_id)
        outbox = session.connection().execute(select(OutboxRecord.__table__)).mappings().all()
    assert sorted(row["number"] for row in outbox) == sorted(row[0] for row in statements)
    assert {row["state"] for row in outbox} == {"pending"}
    assert len({row["message_id"] for row in outbox}) == len(outbox)


def test_the_database_itself_refuses_a_second_statement_for_the_same_party_and_period(engine):
    close(engine)
    copy = (
        "INSERT INTO statements SELECT 'SCM-9', kind, run_id, period, party_id, currency, revision, issued_at_ms, "
        "snapshot, snapshot_sha256, party_name, total_minor, total_service_ms, NULL, 0, NULL, NULL "
        "FROM statements WHERE number = 'SCM-2023-09-0000001'"
    )
    with pytest.raises(IntegrityError), writing(engine) as session:
        session.connection().execute(text(copy))


def test_exports_are_the_same_bytes_on_both_databases_and_each_time(sqlite_engine, postgres_engine):
    sqlite_run, postgres_run = close(sqlite_engine), close(postgres_engine)
    for kind in ("register", "lines", "journal"):
        first = export(sqlite_engine, sqlite_run, kind)
        assert first == export(sqlite_engine, sqlite_run, kind)
        assert first == export(postgres_engine, postgres_run, kind)


def test_a_cell_that_looks_like_a_formula_is_neutralised_and_numbers_stay_numbers(engine):
    load(engine)
    with writing(engine) as session:
        merchants = metadata.tables["merchants"]
        session.connection().execute(
            merchants.update().where(merchants.c.merchant_id == "step").values(billing_ref="=1+1")
        )
    run_id = calculate(engine)
    with writing(engine) as session:
        submit_and_approve(session, run_id, now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        issue_run(session, run_id, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
    register, _ = rows_of(export(engine, run_id, "register"))
    step = next(row for row in register if row["merchant_id"] == "step")
    assert step["billing_ref"] == "'=1+1"
    assert step["amount"] == "29.90"


def test_what_is_not_final_is_not_exported(engine):
    load(engine)
    run_id = calculate(engine)
    with pytest.raises(ConflictError):
        export(engine, run_id, "register")
    with pytest.raises(NotFoundError):
        export(engine, 99, "register")


def test_amounts_of_all_cases(engine):
    run_id = close(engine)
    found = amounts(engine, run_id)
    assert {merchant: minor for merchant, (_outcome, minor) in found.items() if minor} == {
        **{merchant: minor for merchant, (_shown, minor) in WORKED.items()},
        "half": 2990,
    }
