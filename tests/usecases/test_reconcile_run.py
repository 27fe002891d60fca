"""Reconciliation on both databases: what agrees, and every kind of corruption found and named."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from sla_service.config import Settings
from sla_service.db import guards
from sla_service.db.engine import reading, writing
from sla_service.domain.errors import ConflictError, InvalidValueError
from sla_service.usecases.export_run import export_terms
from sla_service.usecases.match_ledger import match_ledger
from sla_service.usecases.reconcile_run import reconcile_run
from sla_service.usecases.record_export import MadeExport, record_export
from tests.usecases.stated_runs import CORRECTION, ISSUED_MS, issue, world
from tests.usecases.test_export_run import made, rows

TERMS = export_terms(Settings())
FIRST, SECOND = "SCM-2023-09-0000001", "SCM-2023-09-0000003"


@pytest.fixture
def both(engine):
    """Run 1 closes a month, run 2 corrects it."""
    world(engine)
    issue(engine)
    issue(engine, CORRECTION, run_id=2, revision=2, first_number=100)
    return engine


def reconcile(engine, run_id=1):
    with reading(engine) as session:
        return reconcile_run(session, run_id, TERMS)


def corrupt(engine, *statements):
    """What somebody with the database's password could do."""
    with engine.begin() as connection:
        guards.remove(connection)
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))
        guards.install(connection)


@pytest.mark.parametrize("run_id", [1, 2])
def test_a_run_as_it_was_issued_agrees_from_every_side(both, run_id):
    found = reconcile(both, run_id)
    assert found.agrees
    assert found.differences == []
    sums = {one.source: {} for one in found.witnesses}
    for one in found.witnesses:
        sums[one.source][one.currency] = one.sum.minor
    assert list(sums) == ["credits", "statements", "ledger", "messages", "register", "journal"]
    expected = {1: {"JPY": 3000, "KWD": 10_000, "USD": 5190}, 2: {"JPY": -3000, "KWD": 2500, "USD": 2800}}[run_id]
    assert all(one == expected for one in sums.values())


CORRUPTIONS = {
    "a credit's amount": (
        "UPDATE credits SET stated_minor = 2991 WHERE run_id = 1 AND credit_no = 2",
        {("statement", FIRST), ("register", FIRST), ("journal", FIRST), ("snapshot", "SCP-2023-09-0000001")},
    ),
    "a credit that lost its statement": (
        "DELETE FROM statement_credits WHERE run_id = 1 AND credit_no = 8",
        {("credit", ""), ("statement", SECOND), ("register", ""), ("journal", "")},
    ),
    "a statement of a credit that states nothing": (
        "INSERT INTO statement_credits (run_id, credit_no, number) VALUES (1, 10, 'SCM-2023-09-0000001')",
        {("credit", FIRST), ("statement", FIRST)},
    ),
    "a credit on somebody else's statement": (
        "UPDATE statement_credits SET number = 'SCM-2023-09-0000001' WHERE run_id = 1 AND credit_no = 12",
        {("statement", FIRST), ("statement", "SCM-2023-09-0000004"), ("register", FIRST), ("journal", FIRST),
         ("register", "SCM-2023-09-0000004"), ("journal", "SCM-2023-09-0000004")},
    ),
    "a statement's total": (
        "UPDATE statements SET total_minor = total_minor + 1 WHERE number = 'SCM-2023-09-0000003'",
        {("statement", SECOND), ("ledger", SECOND), ("snapshot", SECOND), ("register", SECOND), ("journal", SECOND)},
    ),
    "a statement's service time": (
        "UPDATE statements SET total_service_ms = 5 WHERE number = 'SCM-2023-09-0000003'", {("statement", SECOND)}
    ),
    "a frozen statement": (
        "UPDATE statements SET snapshot = replace(snapshot, '10000', '10001') WHERE number = 'SCM-2023-09-0000003'",
        {("snapshot", SECOND)},
    ),
    "a ledger entry's amount": (
        "UPDATE ledger_entries SET amount_minor = 1 WHERE number = 'SCM-2023-09-0000001'", {("ledger", FIRST)}
    ),
    "a ledger entry that is gone": (
        "DELETE FROM ledger_entries WHERE number = 'SCM-2023-09-0000001'", {("ledger", FIRST)}
    ),
    "a ledger entry for another merchant": (
        "UPDATE ledger_entries SET merchant_id = 'M5' WHERE number = 'SCM-2023-09-0000001'", {("entry", FIRST)}
    ),
    "a ledger entry twice": (
        "INSERT INTO ledger_entries SELECT 'issued/again', block, merchant_id, currency, kind, account_debit, "
        "account_credit, amount_minor, number, run_id, effective_on, recorded_at_ms, recorded_by, reason, reference, "
        "sha256 FROM ledger_entries WHERE number = 'SCM-2023-09-0000001'",
        {("ledger", FIRST)},
    ),
    "a message that is gone": ("DELETE FROM outbox WHERE number = 'SCM-2023-09-0000001'", {("message", FIRST)}),
    "a message twice": (
        "INSERT INTO outbox SELECT number, 'x@store.example', '<again>', state, attempts, last_error, updated_at_ms "
        "FROM outbox WHERE number = 'SCM-2023-09-0000001'",
        {("message", FIRST)},
    ),
    "a partner's message that is gone": (
        "DELETE FROM outbox WHERE number = 'SCP-2023-09-0000001'", {("message", "SCP-2023-09-0000001")}
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "expected"), CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_a_corruption_is_found_and_named(both, change, expected):
    corrupt(both, change)
    found = reconcile(both)
    assert not found.agrees
    assert {(one.rule, one.number) for one in found.differences} == expected
    assert reconcile(both, 2).agrees


def test_a_difference_names_the_merchant_and_both_amounts(both):
    corrupt(both, "UPDATE ledger_entries SET amount_minor = 1 WHERE number = 'SCM-2023-09-0000001'")
    (found,) = reconcile(both).differences
    assert (found.merchant_id, str(found.here), str(found.there)) == ("M1", "USD 39.90", "USD 0.01")


def record(engine, kind, options=None, *, changed=False):
    import hashlib

    files = made(engine, 1, kind)
    sha256 = "f" * 64 if changed else hashlib.sha256(list(files.values())[-1]).hexdigest()
    one = MadeExport(1, kind, TERMS.options(kind) if options is None else options, sha256, 1, 1)
    with writing(engine) as session:
        record_export(session, one, now_ms=ISSUED_MS, actor="fin")


def test_recorded_exports_are_made_again_and_must_be_the_same(both):
    for kind in ("register", "lines", "netsuite", "quickbooks"):
        record(both, kind)
    record(both, "xero", changed=True)
    record(both, "journal", "debit=1; credit=2")
    found = reconcile(both)
    assert found.exports == ["register", "lines", "netsuite", "xero", "quickbooks"]
    assert found.unproven == ["journal (debit=1; credit=2)"]
    (changed,) = found.differences
    assert changed.rule == "export_changed"
    assert "f" * 64 in changed.what


def test_a_run_that_is_not_issued_has_nothing_to_reconcile(engine):
    world(engine)
    issue(engine, state="approved")
    with pytest.raises(ConflictError):
        reconcile(engine)


HEAD = "external_id,amount,currency,date\n"
CREDITS = (
    HEAD
    + "2023-09/M1/storefront/2020-01-01/credit,29.90,USD,2023-10-05\n"
    + "2023-09/M1/search/2020-01-01,10.00,USD,2023-10-05\n"
    + "2023-09/M1/search/2020-01-01/accrual,10.00,USD,2023-09-30\n"
    + "2023-09-M1-JPY-r1,3000,JPY,2023-10-05\n"
    + "2023-09-M2-KWD-r1,4.000,KWD,2023-10-05\n"
    + "2023-09-M2-KWD-r1-p2,6.000,KWD,2023-10-05\n"
    + "2023-09/M4/storefront/2020-01-01/2023-09-01/credit,5.00,USD,2023-10-05\n"
    + "2023-09/M4/storefront/2020-01-01/2023-09-08/credit,7.00,USD,2023-10-05\n"
)
NUMBERS = (
    "number,amount,currency,date\n"
    "SCM-2023-09-0000001,39.90,USD,2023-10-05\n"
    "SCM-2023-09-0000002,3000,JPY,2023-10-05\n"
    "SCM-2023-09-0000003,10.000,KWD,2023-10-05\n"
    "SCM-2023-09-0000004,12.00,USD,2023-10-05\n"
)


def match(engine, data, run_id=1):
    with reading(engine) as session:
        return match_ledger(session, run_id, data.encode())


@pytest.mark.parametrize(("data", "count"), [(CREDITS, 7), (NUMBERS, 4)], ids=["by external id", "by number"])
def test_a_file_that_has_everything_once_agrees(both, data, count):
    found = match(both, data)
    assert found.differences == []
    assert len(found.matched) == count
    assert found.cancelled == data.count("accrual")


def test_a_correction_is_matched_with_what_it_takes_back(both):
    found = match(
        both,
        "number,amount,currency,date\nSCM-2023-09-0000100,-15.00,USD,2023-10-05\n"
        "SCM-2023-09-0000101,2.500,KWD,2023-10-05\nSCM-2023-09-0000102,50.00,USD,2023-10-05\n"
        "SCM-2023-09-0000103,-3000,JPY,2023-10-05\nSCM-2023-09-0000104,-7.00,USD,2023-10-05\n",
        2,
    )
    assert found.differences == []
    names = [row["external_id"] for row in rows(both, 2, "journal")[0] if row["external_id"].endswith("/credit")]
    assert {one.number for one in match(both, HEAD + f"{names[-2]},-3000,JPY,2023-10-05\n", 2).differences} == {
        *("SCM-2023-09-0000100", "SCM-2023-09-0000101", "SCM-2023-09-0000102", "SCM-2023-09-0000104"),
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("10.00,USD,2023-10-05", "11.00,USD,2023-10-05"), ("different", FIRST, "USD 10.00", "USD 11.00")),
        (("3000,JPY", "30.00,USD"), ("different", "SCM-2023-09-0000002", "JPY 3000", "USD 30.00")),
        (("2023-09-M1-JPY-r1", "2023-09-M9-JPY-r1"), ("missing_there", "SCM-2023-09-0000002", "JPY 3000", "None")),
        (("2023-09-M2-KWD-r1-p2,6", "2023-09-M2-KWD-r1,6"), ("double", SECOND, "None", "KWD 6.000")),
        (("2020-01-01/2023-09-08", "2020-01-01/2023-09-15"),
         ("missing_there", "SCM-2023-09-0000004", "USD 7.00", "None")),
    ],
    ids=["another amount", "another currency", "not in the file", "the same name twice", "one of two credits"],
)  # fmt: skip
def test_a_difference_is_named_with_its_line(both, change, expected):
    assert change[0] in CREDITS
    found = match(both, CREDITS.replace(*change))
    assert expected in {(one.rule, one.number, str(one.here), str(one.there)) for one in found.differences}


def test_a_statement_and_its_credits_are_a_double(both):
    data = CREDITS.replace(HEAD, "external_id,number,amount,currency,date\n")
    data = "".join(
        line if n == 0 else line.replace(",", ",,", 1) for n, line in enumerate(data.splitlines(keepends=True))
    )
    found = match(both, data + f",{FIRST},39.90,USD,2023-10-05\n")
    assert [(one.rule, one.number, str(one.there)) for one in found.differences] == [
        ("double", FIRST, "USD 29.90"),
        ("double", FIRST, "USD 10.00"),
    ]


def test_what_is_not_ours_is_missing_here(both):
    found = match(both, NUMBERS + "SCM-2024-01-0000009,1.00,USD,2023-10-05\n")
    assert [(one.rule, one.number) for one in found.differences] == [("missing_here", "SCM-2024-01-0000009")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("id,amount,currency,date\nx,1.00,USD,2023-10-05\n", "column id: there is no such column"),
        ("number,amount,currency,date,memo\nx,1.00,USD,2023-10-05,m\n", "column memo: there is no such column"),
        ("number,amount,currency\nx,1.00,USD\n", "column date: add this column"),
        ("amount,currency,date\n1.00,USD,2023-10-05\n", "name the credit once"),
        ('number,amount,currency,date\nx,"1,000.00",USD,2023-10-05\n', "line 2, column amount"),
        ("number,amount,currency,date\nx,1.00,USD,5.10.2023\n", "line 2, column date"),
        ("number,amount,currency,date\nx,1.00,US,2023-10-05\n", "line 2, column currency"),
        ("number,amount,currency,date\n", "no row under it"),
        ("", "empty"),
    ],
)
def test_a_file_that_is_not_exactly_so_is_refused_with_the_place(both, data, words):
    with pytest.raises(InvalidValueError) as refused:
        match(both, data)
    assert words in str(refused.value)
