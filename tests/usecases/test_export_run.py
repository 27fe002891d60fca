"""Exports of issued runs on both databases: what a correction states, names, bytes, and digests that are kept."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace

import pytest
from sqlalchemy import text

from sla_service.config import Settings
from sla_service.db import stated
from sla_service.db.engine import create_engine, reading, upgrade, writing
from sla_service.db.exports import list_exports
from sla_service.domain.errors import ConflictError, NotFoundError
from sla_service.usecases.export_run import KINDS, export_run, export_terms, start_export
from sla_service.usecases.record_export import MadeExport, record_export
from tests.usecases.stated_runs import CLOSE, CORRECTION, ISSUED_MS, Stated, issue, world

TERMS = export_terms(Settings())


@pytest.fixture
def both(engine):
    """Run 1 closes a month, run 2 corrects it."""
    world(engine)
    issue(engine)
    issue(engine, CORRECTION, run_id=2, revision=2, first_number=100)
    return engine


def made(engine, run_id, kind, terms=TERMS):
    found: dict[str, bytes] = {}
    with reading(engine) as session:
        for name, chunk in start_export(session, run_id, kind, terms).files:
            found[name] = found.get(name, b"") + chunk
    return found


def rows(engine, run_id, kind):
    (data,) = made(engine, run_id, kind).values()
    header, *found, control = csv.reader(io.StringIO(data.decode(), newline=""))
    return [dict(zip(header, row, strict=True)) for row in found], control


def test_a_closed_month_s_register_has_what_is_credited_and_what_was_missed_without_a_credit(both):
    found, control = rows(both, 1, "register")
    assert [(row["merchant_id"], row["amount"], row["outcome"]) for row in found] == [
        ("M1", "29.90", "credited"),
        ("M1", "10.00", "credited"),
        ("M1", "3000", "credited"),
        ("M2", "10.000", "credited"),
        ("M3", "0.00", "below_minimum"),
        ("M4", "5.00", "credited"),
        ("M4", "7.00", "credited"),
    ]
    assert {(row["revision"], row["corrects"]) for row in found} == {("1", "")}
    assert all(row["owed"] == row["amount"] for row in found)
    assert control == ["# rows 7", "JPY 3000", "KWD 10.000", "USD 51.90"]


def test_a_correction_s_register_has_the_differences_and_whom_they_correct(both):
    found, control = rows(both, 2, "register")
    said = ("merchant_id", "statement_number", "corrects", "amount", "owed", "credited_before", "revision")
    assert [tuple(row[name] for name in said) for row in found] == [
        ("M1", "SCM-2023-09-0000100", "SCM-2023-09-0000001", "-20.00", "9.90", "29.90", "2"),
        ("M1", "SCM-2023-09-0000100", "SCM-2023-09-0000001", "5.00", "15.00", "10.00", "2"),
        ("M2", "SCM-2023-09-0000101", "SCM-2023-09-0000003", "2.500", "12.500", "10.000", "2"),
        ("M5", "SCM-2023-09-0000102", "", "42.00", "42.00", "0.00", "2"),
        ("M5", "SCM-2023-09-0000102", "", "8.00", "8.00", "0.00", "2"),
        ("M1", "SCM-2023-09-0000103", "SCM-2023-09-0000002", "-3000", "0", "3000", "2"),
        ("M4", "SCM-2023-09-0000104", "SCM-2023-09-0000004", "-7.00", "0.00", "7.00", "2"),
    ]
    assert control == ["# rows 7", "JPY -3000", "KWD 2.500", "USD 28.00"]


def test_a_contract_that_is_gone_has_a_row_with_nothing_measured_and_a_name_with_its_day(both):
    found = [row for row in rows(both, 2, "register")[0] if row["service"] == "stall"]
    measured = ("availability", "target", "period_minutes", "bad_minutes", "excluded_minutes", "unmeasured_minutes")
    assert [tuple(row[name] for name in measured) for row in found] == [("", "", "", "", "", "")]
    names = [row["external_id"] for row in rows(both, 2, "journal")[0] if row["currency"] == "JPY"]
    assert names[-1] == "2023-09/M1/stall/2020-01-01/2023-09-01/r2/credit"


def test_lines_stand_behind_what_is_stated_and_nothing_else(both):
    first, second = rows(both, 1, "lines")[0], rows(both, 2, "lines")[0]
    assert [row["merchant_id"] for row in first] == ["M1", "M1", "M1", "M2", "M4", "M4"]
    assert [row["merchant_id"] for row in second] == ["M1", "M1", "M2", "M5", "M5"]
    assert all(row["statement_number"] for row in (*first, *second))


def test_what_is_taken_back_is_booked_the_other_way_round_with_a_positive_amount(both):
    found, _ = rows(both, 2, "journal")
    taken = [row for row in found if "/storefront/" in row["external_id"] and "/M1/" in row["external_id"]]
    debit, owed = TERMS.accounts
    assert [(row["date"], row["account_debit"], row["account_credit"], row["amount"]) for row in taken] == [
        ("2023-09-30", owed, debit, "20.00"),
        ("2023-10-03", debit, owed, "20.00"),
        ("2023-10-03", owed, debit, "20.00"),
    ]
    assert taken[-1]["memo"] == "Correction SCM-2023-09-0000100 of SCM-2023-09-0000001"


def test_accrual_and_reversal_cancel_each_other_and_the_rest_is_what_the_register_has(both):
    for run_id in (1, 2):
        journal, register = rows(both, run_id, "journal")[0], rows(both, run_id, "register")[0]
        balance: dict[tuple[str, str], int] = {}
        for row in journal:
            minor = int(row["amount"].replace(".", ""))
            balance[row["account_credit"], row["currency"]] = balance.get((row["account_credit"], row["currency"]), 0)
            balance[row["account_credit"], row["currency"]] += minor
            balance[row["account_debit"], row["currency"]] = balance.get((row["account_debit"], row["currency"]), 0)
            balance[row["account_debit"], row["currency"]] -= minor
        stated: dict[str, int] = {}
        for row in register:
            stated[row["currency"]] = stated.get(row["currency"], 0) + int(row["amount"].replace(".", ""))
        assert {c: minor for (account, c), minor in balance.items() if account == TERMS.accounts[1]} == stated


def test_service_time_alone_is_in_the_register_and_is_no_money(engine):
    world(engine)
    issue(engine, (Stated("M1", 0, service_ms=3 * 86_400_000), Stated("M2", 100)))
    register, _ = rows(engine, 1, "register")
    assert [(row["merchant_id"], row["amount"], row["service_days"]) for row in register] == [
        ("M1", "0.00", "3"),
        ("M2", "1.00", ""),
    ]
    assert {row["external_id"].split("/")[1] for row in rows(engine, 1, "journal")[0]} == {"M2"}
    assert b"M1" not in b"".join(made(engine, 1, "netsuite").values())


def test_each_credit_has_one_name_in_all_runs_of_its_month_and_revision(engine):
    world(engine)
    issue(engine)
    issue(engine, CORRECTION, run_id=2, revision=2, first_number=100)
    first, second = ([row["external_id"] for row in rows(engine, run_id, "journal")[0]] for run_id in (1, 2))
    assert len({*first, *second}) == len(first) + len(second)
    assert [name for name in first if name.endswith("/credit")] == [
        "2023-09/M1/storefront/2020-01-01/credit",
        "2023-09/M1/search/2020-01-01/credit",
        "2023-09/M1/stall/2020-01-01/credit",
        "2023-09/M2/storefront/2020-01-01/credit",
        "2023-09/M4/storefront/2020-01-01/2023-09-01/credit",
        "2023-09/M4/storefront/2020-01-01/2023-09-08/credit",
    ]
    assert "2023-09/M1/storefront/2020-01-01/r2/credit" in second


def test_a_month_that_was_rejected_and_calculated_again_has_the_same_names(engine, tmp_path):
    world(engine)
    issue(engine, state="rejected")
    issue(engine, run_id=2, first_number=500)
    alone = create_engine(f"sqlite:///{tmp_path / 'alone.db'}")
    upgrade(alone)
    world(alone)
    issue(alone)
    for kind, column in (("journal", "external_id"), ("register", "merchant_id")):
        again, once = rows(engine, 2, kind)[0], rows(alone, 1, kind)[0]
        assert [row[column] for row in again] == [row[column] for row in once]
    memos = [made(engine, 2, "netsuite"), made(alone, 1, "netsuite")]
    ids = [[line.split(b",")[0] for line in next(iter(one.values())).splitlines()] for one in memos]
    assert ids[0] == ids[1]
    alone.dispose()


@pytest.mark.parametrize("kind", KINDS)
def test_both_databases_give_the_same_bytes_whatever_the_pages(sqlite_engine, postgres_engine, monkeypatch, kind):
    for engine in (sqlite_engine, postgres_engine):
        world(engine, names={"M1": "=1+1", "M2": "Zhèjiāng, Ltd", "M4": '"quoted"'})
        issue(engine)
        issue(engine, CORRECTION, run_id=2, revision=2, first_number=100)
    for run_id in (1, 2):
        first = made(sqlite_engine, run_id, kind)
        assert first == made(postgres_engine, run_id, kind)
        for page in (1, 3):
            monkeypatch.setattr(stated, "PAGE", page)
            assert made(sqlite_engine, run_id, kind) == first
            assert made(postgres_engine, run_id, kind) == first
        monkeypatch.undo()


def test_a_document_per_statement_with_a_line_per_credit(both):
    found = made(both, 1, "quickbooks")["quickbooks-2023-09-run-1-0001-CreditMemos.csv"]
    lines = list(csv.DictReader(io.StringIO(found.decode(), newline="")))
    assert [(row["DocNumber"][-1], row["Customer"], row["Amount"], row["Currency"]) for row in lines] == [
        ("1", "B-M1", "29.90", "USD"),
        ("1", "B-M1", "10.00", "USD"),
        ("2", "B-M1", "3000", "JPY"),
        ("3", "M2", "10.000", "KWD"),
        ("4", "B-M4", "5.00", "USD"),
        ("4", "B-M4", "7.00", "USD"),
    ]
    assert [row["Description"].split(",")[0] for row in lines[-2:]] == [
        "Service credit: storefront from 2023-09-01",
        "Service credit: storefront from 2023-09-08",
    ]


def test_an_address_is_the_one_of_the_issue_whatever_the_merchant_s_is_now(both):
    before = made(both, 1, "xero")
    with writing(both) as session:
        session.connection().execute(text("UPDATE merchants SET email = 'new@store.example', name = 'New name'"))
    assert made(both, 1, "xero") == before


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_final_is_not_exported(engine, kind):
    world(engine)
    issue(engine, state="approved")
    with pytest.raises(ConflictError):
        made(engine, 1, kind)
    with pytest.raises(NotFoundError):
        made(engine, 99, kind)


def test_there_is_no_other_kind(both):
    with pytest.raises(NotFoundError), reading(both) as session:
        export_run(session, 1, "sap", accounts=TERMS.accounts)


class TestDigests:
    MADE = MadeExport(1, "register", "", "a" * 64, 100, 7)

    def record(self, engine, made):
        with writing(engine) as session:
            return record_export(session, made, now_ms=ISSUED_MS, actor="fin")

    def test_the_first_is_recorded_and_the_same_again_is_no_other(self, both):
        assert self.record(both, self.MADE) is True
        assert self.record(both, self.MADE) is False
        with reading(both) as session:
            (kept,) = list_exports(session, 1)
        assert (kept.kind, kept.sha256, kept.bytes, kept.rows, kept.made_by) == ("register", "a" * 64, 100, 7, "fin")

    def test_another_is_refused_with_both_digests(self, both):
        self.record(both, self.MADE)
        with pytest.raises(ConflictError) as refused:
            self.record(both, replace(self.MADE, sha256="b" * 64))
        assert "a" * 64 in str(refused.value)
        assert "b" * 64 in str(refused.value)

    def test_other_settings_make_another_export(self, both):
        other = export_terms(Settings(account_debit="9999"))
        assert TERMS.options("journal") != other.options("journal")
        assert TERMS.options("register") == other.options("register") == ""
        self.record(both, replace(self.MADE, kind="journal", options=TERMS.options("journal")))
        self.record(both, replace(self.MADE, kind="journal", options=other.options("journal"), sha256="b" * 64))
        with reading(both) as session:
            assert len(list_exports(session, 1)) == 2

    def test_every_setting_that_changes_a_ledger_s_bytes_is_in_its_options(self, both):
        changed = {
            "ledger_customer": "merchant_id", "ledger_item": "X", "ledger_dates": "DD/MM/YYYY",
            "netsuite_location": "X", "netsuite_apply": "X", "xero_contact": "merchant_id", "xero_account": "X",
            "xero_tax": "X", "xero_sign": "negative", "quickbooks_tax": "X",
        }  # fmt: skip
        for kind in ("netsuite", "xero", "quickbooks"):
            plain = made(both, 1, kind)
            for name, value in changed.items():
                other = export_terms(Settings(**{name: value}))
                assert (made(both, 1, kind, other) != plain) is (other.options(kind) != TERMS.options(kind)), name

    def test_a_recorded_digest_is_the_file_s(self, both):
        (data,) = made(both, 1, "register").values()
        kept = replace(self.MADE, sha256=hashlib.sha256(data).hexdigest())
        self.record(both, kept)
        assert self.record(both, replace(kept)) is False


def test_the_close_s_figures_are_the_ones_this_file_counts_on():
    assert [one.stated for one in CLOSE] == [one.amount for one in CLOSE]
