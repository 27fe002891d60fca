"""Exports and reconciliation as a finance person types and reads them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import resource

import pytest
from sqlalchemy import text

from sla_service.db import guards
from sla_service.db.engine import create_engine, upgrade, writing
from sla_service.usecases.export_run import KINDS
from tests.usecases.stated_runs import CORRECTION, START_MS, Stated, issue, world


@pytest.fixture
def closed(tmp_path):
    """The home's database, with a closed month."""
    engine = create_engine(f"sqlite:///{tmp_path / 'home' / 'sla.db'}")
    upgrade(engine)
    world(engine)
    issue(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def database(tmp_path):
    """The home's database, with a closed month and its correction, which takes some of it back."""
    engine = create_engine(f"sqlite:///{tmp_path / 'home' / 'sla.db'}")
    upgrade(engine)
    world(engine)
    issue(engine)
    issue(engine, CORRECTION, run_id=2, revision=2, first_number=100)
    yield engine
    engine.dispose()


def corrupt(engine, statement):
    with engine.begin() as connection:
        guards.remove(connection)
        connection.execute(text(statement))
        guards.install(connection)


def test_an_export_says_rows_bytes_and_digest_and_whether_it_was_the_first(sla, database, tmp_path):
    first = sla("export", "register", "--run", 1, "-o", tmp_path / "r.csv")
    data = (tmp_path / "r.csv").read_bytes()
    assert f"7 rows, {len(data):,} bytes, sha256 {hashlib.sha256(data).hexdigest()} (recorded)" in first.output
    second = sla("export", "register", "--run", 1, "-o", tmp_path / "r.csv")
    assert "(the same as recorded)" in second.output
    assert (tmp_path / "r.csv").read_bytes() == data


def test_without_a_file_it_goes_to_standard_output_and_its_digest_is_recorded_too(sla, database, tmp_path):
    said = sla("export", "lines", "--run", 1).stdout_bytes
    sla("export", "lines", "--run", 1, "-o", tmp_path / "lines.csv")
    assert said == (tmp_path / "lines.csv").read_bytes()
    (kept,) = json.loads(sla("export", "list", "--run", 1, "--json").output)
    assert kept["sha256"] == hashlib.sha256(said).hexdigest()


def test_into_a_folder_it_has_a_name_of_its_own(sla, database, tmp_path):
    sla("export", "journal", "--run", 2, "-o", f"{tmp_path}/out/")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["journal-2023-09-run-2.csv"]


def test_all_kinds_go_into_one_folder_with_the_control_files(sla, database, tmp_path):
    said = sla("export", "all", "--run", 2, "-o", tmp_path / "out").output
    assert [line.split()[0] for line in said.splitlines() if line.split()[:1] and line.split()[0] in KINDS] == [*KINDS]
    names = sorted(path.name.replace("-2023-09-run-2", "") for path in (tmp_path / "out").iterdir())
    assert names == [
        *("journal.csv", "lines.csv"),
        *("netsuite-0001-CreditMemo.csv", "netsuite-0001-CreditMemoApply.csv", "netsuite-0001-CreditMemoItems.csv"),
        *("netsuite-0001-Invoice.csv", "netsuite-0001-InvoiceItems.csv", "netsuite-control.csv"),
        *("quickbooks-0001-CreditMemos.csv", "quickbooks-0001-Invoices.csv", "quickbooks-control.csv"),
        *("register.csv", "xero-0001-CreditNotes.csv", "xero-0001-Invoices.csv", "xero-control.csv"),
    ]
    for control in (tmp_path / "out").glob("*-control.csv"):
        for row in csv.DictReader(io.StringIO(control.read_text(encoding="utf-8"))):
            assert hashlib.sha256((tmp_path / "out" / row["file"]).read_bytes()).hexdigest() == row["sha256"]


def test_the_list_shows_what_was_recorded_for_whom_and_under_which_settings(sla, database, tmp_path):
    assert "was not exported yet" in sla("export", "list", "--run", 1).output
    sla("export", "netsuite", "--run", 1, "-o", tmp_path / "out", as_="fin")
    sla("export", "netsuite", "--run", 1, "-o", tmp_path / "out", as_="fin", ledger_item="SLA")
    said = sla("export", "list", "--run", 1).output
    assert said.count("fin") == 2
    assert "item=Service credit" in said
    assert "item=SLA" in said
    assert sla("export", "list", "--run", 99).exit_code == 4


def test_an_export_that_differs_is_refused_with_both_digests_and_leaves_the_old_file(sla, database, tmp_path):
    path = tmp_path / "r.csv"
    sla("export", "register", "--run", 1, "-o", path)
    before = path.read_bytes()
    with database.begin() as connection:
        guards.remove(connection)
        connection.execute(text("UPDATE statements SET billing_ref = 'OTHER' WHERE party_id = 'M1'"))
        guards.install(connection)
    refused = sla("export", "register", "--run", 1, "-o", path)
    assert refused.exit_code == 5
    assert hashlib.sha256(before).hexdigest() in refused.output
    assert "Nothing was written" in refused.output
    assert path.read_bytes() == before
    assert sla("export", "register", "--run", 1).stdout_bytes == b""
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".export")] == []
    assert sla("export", "register", "--run", 2, "-o", tmp_path / "other.csv").exit_code == 0


@pytest.mark.parametrize("kind", ["register", "netsuite"])
def test_a_merchant_that_moves_to_another_account_changes_no_export_of_an_issued_month(sla, database, tmp_path, kind):
    files = {}
    for account in ("B-M1", "OTHER"):
        with writing(database) as session:
            change = text("UPDATE merchants SET billing_ref = :account WHERE merchant_id = 'M1'")
            session.connection().execute(change, {"account": account})
        out = tmp_path / account
        assert sla("export", kind, "--run", 1, "-o", out, ledger_customer="billing_ref").exit_code == 0
        files[account] = {path.name: path.read_bytes() for path in ([out] if out.is_file() else out.iterdir())}
    assert [*files["B-M1"].values()] == [*files["OTHER"].values()]
    assert any(b"B-M1" in content for content in files["OTHER"].values())


@pytest.mark.parametrize("kind", ["register", "xero"])
def test_a_full_disk_leaves_nothing_half_and_nothing_recorded(sla, database, tmp_path, kind):
    weeks = tuple(Stated("M4", 100 + n, start_ms=START_MS + n * 3_600_000) for n in range(600))
    with database.begin() as connection:
        guards.remove(connection)
        connection.execute(text("UPDATE statements SET period = '2023-08'"))
        connection.execute(text("UPDATE runs SET period = '2023-08'"))
        guards.install(connection)
    issue(database, weeks, run_id=3, first_number=500)
    folder, limits = tmp_path / "out", resource.getrlimit(resource.RLIMIT_FSIZE)
    folder.mkdir()
    # No file may grow beyond this; the database is only read before the export is complete.
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, limits[1]))
    try:
        failed = sla("export", kind, "--run", 3, "-o", f"{folder}/")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert failed.exit_code == 7
    assert "File too large" in failed.output
    assert list(folder.iterdir()) == []
    assert json.loads(sla("export", "list", "--run", 3, "--json").output) == []
    assert sla("export", kind, "--run", 3, "-o", f"{folder}/").exit_code == 0


def test_a_run_that_agrees_is_shown_source_by_source(sla, database, tmp_path):
    sla("export", "all", "--run", 1, "-o", tmp_path / "out")
    said = sla("reconcile", 1)
    assert said.exit_code == 0
    assert "register, lines, journal, netsuite, xero, quickbooks" in said.output
    assert "agree." in said.output
    for source in ("credits", "statements", "ledger", "messages", "register", "journal"):
        rows = [line.split() for line in said.output.splitlines()]
        assert sum(source in row[:2] for row in rows) == 3, source
    shown = json.loads(sla("reconcile", 1, "--json").output)
    assert shown["agrees"] is True
    assert {(one["currency"], one["sum"]) for one in shown["sources"]} == {
        *(("JPY", "3000"), ("KWD", "10.000"), ("USD", "51.90")),
    }


def test_a_difference_is_named_with_exit_code_9(sla, database):
    corrupt(database, "UPDATE ledger_entries SET amount_minor = 1 WHERE number = 'SCM-2023-09-0000001'")
    said = sla("reconcile", 1)
    assert said.exit_code == 9, said.output
    for words in ("SCM-2023-09-0000001", "M1", "USD 39.90", "USD 0.01", "−39.89", "Differences: 1"):
        assert words in said.output
    assert "agree." not in said.output
    (one,) = json.loads(sla("reconcile", 1, "--json").output)["differences"]
    assert (one["rule"], one["merchant_id"], one["there"]) == ("ledger", "M1", "USD 0.01")


def test_a_file_from_the_ledger_is_laid_beside_the_run(sla, database, tmp_path):
    path = tmp_path / "bank.csv"
    head = "number,amount,currency,date\n"
    good = (
        "SCM-2023-09-0000001,39.90,USD,2023-10-05\nSCM-2023-09-0000002,3000,JPY,2023-10-05\n"
        "SCM-2023-09-0000003,10.000,KWD,2023-10-05\nSCM-2023-09-0000004,12.00,USD,2023-10-05\n"
    )
    path.write_text(head + good, encoding="utf-8")
    said = sla("reconcile", 1, "--ledger", path)
    assert said.exit_code == 0
    assert "Every credit is there once" in said.output
    path.write_text(head + good.replace("39.90", "39.91") + "X-1,1.00,USD,2023-10-05\n", encoding="utf-8")
    said = sla("reconcile", 1, "--ledger", path)
    assert said.exit_code == 9, said.output
    assert "different amounts" in said.output
    assert "X-1 is no credit of this run" in said.output
    counts = json.loads(sla("reconcile", 1, "--ledger", path, "--json").output)["counts"]
    assert counts == {"matched": 3, "missing_there": 0, "missing_here": 1, "different": 1, "double": 0}
    path.write_text("nummer,betrag\n1,2\n", encoding="utf-8")
    refused = sla("reconcile", 1, "--ledger", path)
    assert refused.exit_code == 3
    assert "column nummer" in refused.output


def test_applying_needs_a_file(sla, database):
    said = sla("reconcile", 1, "--apply")
    assert said.exit_code == 2
    assert "--ledger FILE" in said.output


def test_what_matches_is_booked_as_applied_once(sla, closed, tmp_path):
    path = tmp_path / "bank.csv"
    path.write_text(
        "external_id,amount,currency,date\n"
        "2023-09/M1/stall/2020-01-01/credit,3000,JPY,2023-10-03\n"
        "2023-09/M1/search/2020-01-01/credit,10.01,USD,2023-10-03\n"
        "2023-09-M2-KWD-r1,10.000,KWD,2023-10-03\n",
        encoding="utf-8",
    )
    said = sla("reconcile", 1, "--ledger", path, "--apply")
    assert said.exit_code == 9, said.output
    assert "Booked as applied: 2 (JPY 3,000, KWD 10.000)." in said.output
    assert "2 were booked before" in sla("reconcile", 1, "--ledger", path, "--apply").output
    shown = json.loads(sla("ledger", "show", "--merchant", "M1", "--json").output)["entries"]
    assert [one["kind"] for one in shown].count("applied") == 1
    assert sla("reconcile", 1).exit_code == 0


def test_what_was_applied_otherwise_before_is_refused_with_its_line_in_the_file(sla, closed, tmp_path):
    head = "number,amount,currency,date\n"
    path = tmp_path / "bank.csv"
    path.write_text(head + "SCM-2023-09-0000002,3000,JPY,2023-10-03\n", encoding="utf-8")
    assert "Booked as applied: 1" in sla("reconcile", 1, "--ledger", path, "--apply").output
    path.write_text("external_id,amount,currency,date\n\n2023-09-M1-JPY-r1,3000,JPY,2023-10-03\n", encoding="utf-8")
    refused = sla("reconcile", 1, "--ledger", path, "--apply")
    assert refused.exit_code == 3
    assert "line 3" in refused.output
    assert "nothing was changed" in refused.output
