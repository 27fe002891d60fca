"""The ledger from the command line, as finance uses it."""

# ruff: noqa: S608 - the values in the statements are ours
from __future__ import annotations

import json
import sqlite3

import pytest

from sla_service.db.engine import create_engine
from tests.usecases.the_ledger import HEADER, Stated, a_number, a_use, issue

ONE = a_number(1)


@pytest.fixture
def ledger(sla, tmp_path):
    """``sla`` over a ledger: m1 is owed USD 1,100.00 and JPY 3,000, m2 USD 50.00."""
    sla("db", "upgrade")
    engine = create_engine(f"sqlite:///{tmp_path / 'home' / 'sla.db'}")
    issue(engine, [Stated("m1", 110_000), Stated("m1", 3_000, currency="JPY"), Stated("m2", 5_000)])
    engine.dispose()
    return sla


@pytest.fixture
def used(tmp_path):
    """Write a file of uses, a line each."""

    def write(*lines):
        path = tmp_path / "used.csv"
        path.write_text(HEADER + "".join(lines), encoding="utf-8")
        return path

    return write


def touch(tmp_path, *statements):
    with sqlite3.connect(tmp_path / "home" / "sla.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_uses_are_booked_and_said_with_their_sums(ledger, used):
    file = used(a_use("INV-7", ONE, "1000.00", on="2023-10-02"), a_use("INV-8", a_number(2), "500", currency="JPY",
                on="2023-10-02"))  # fmt: skip
    result = ledger("ledger", "apply", file, as_="cleo")
    assert result.output == "Booked 2 uses from used.csv: JPY 500, USD 1,000.00.\n"
    again = json.loads(ledger("ledger", "apply", file, "--json").output)
    assert again == {"rows": 2, "booked": 0, "unchanged": 2, "sums": {}}


def test_a_bad_file_names_line_column_and_rule_with_exit_code_3(ledger, used):
    result = ledger("ledger", "apply", used(a_use("INV-7", ONE, "5000.00", on="2023-10-02")))
    assert result.exit_code == 3
    assert f"line 2, column amount: only USD 1100.00 is still owed on {ONE} (found '5000.00')" in result.output


def test_a_merchant_s_account_has_both_times_and_a_running_balance(ledger, used):
    ledger("ledger", "apply", used(a_use("INV-7", ONE, "100.00", on="2023-10-01")), as_="cleo")
    output = ledger("ledger", "show", "--merchant", "m1").output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert f"2023-10-02 2023-10-02 01:00 issued {ONE} ben 1,100.00 1,100.00" in lines
    assert f"2023-10-01 2023-10-02 01:00 applied {ONE} INV-7 cleo -100.00 1,000.00" in lines
    assert "USD: issued 1,100.00 − applied 100.00 = owed 1,000.00" in lines
    assert "JPY: issued 3,000 = owed 3,000" in lines
    told = json.loads(ledger("ledger", "show", "--merchant", "m1", "--json").output)
    assert [one["owed"] for one in told["balances"]] == ["3000", "1000.00"]
    assert len(told["entries"]) == 3


def test_a_merchant_without_entries_and_one_that_does_not_exist(ledger, tmp_path):
    columns = (
        "name, email, locale, time_zone, country, currency, region, partner_id, billing_ref, active_from, active_to"
    )
    touch(tmp_path, f"INSERT INTO merchants SELECT 'm9', {columns} FROM merchants WHERE merchant_id = 'm1'")
    assert "Nothing was booked for m9" in ledger("ledger", "show", "--merchant", "m9").output
    assert ledger("ledger", "show", "--merchant", "nobody").exit_code == 4


def test_balances_are_per_currency_and_their_control_sums_are_nought(ledger, used):
    ledger("ledger", "apply", used(a_use("INV-7", ONE, "100.00", on="2023-10-01")))
    lines = [" ".join(line.split()) for line in ledger("ledger", "balances").output.splitlines()]
    assert "USD 3 1,150.00 100.00 0.00 0.00 1,050.00" in lines
    assert "USD control sum 1,250.00 1,250.00 0.00" in lines
    assert "JPY control sum 3,000 3,000 0" in lines
    assert "Nothing was effective by 2023-09-30" in ledger("ledger", "balances", "--on", "2023-09-30").output


def test_expiry_writes_off_once_and_not_early(ledger):
    assert ledger("ledger", "expire", "--until", "2023-10-01").output == (
        "Nothing that is still owed expired up to 2023-10-01.\n"
    )
    assert ledger("ledger", "expire", "--until", "2024-10-02").exit_code == 3


def test_verifying_an_intact_ledger_keeps_its_heads(ledger, used, tmp_path):
    first = ledger("ledger", "verify")
    assert first.exit_code == 0
    assert "no heads in it" in first.output
    assert "Intact" in first.output
    kept = (tmp_path / "home" / "ledger.checkpoint").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["chain"] for line in kept] == ["ledger"]
    ledger("ledger", "apply", used(a_use("INV-7", ONE, "100.00", on="2023-10-01")))
    assert "2 heads compared" in ledger("ledger", "verify").output
    again = ledger("ledger", "verify")
    assert "3 heads compared" in again.output
    assert "Audit log: 1 entry in 1 block;" in again.output
    assert "3 heads compared" in ledger("ledger", "verify").output


def test_what_was_touched_is_named_with_exit_code_9(ledger, tmp_path):
    touch(tmp_path, f"UPDATE ledger_entries SET amount_minor = 1 WHERE number = '{ONE}'")
    result = ledger("ledger", "verify")
    assert result.exit_code == 9
    assert f"entry issued/{ONE}" in result.output
    assert "column amount_minor was 1100.00 and is now 0.01" in result.output
    told = json.loads(ledger("ledger", "verify", "--json").output)
    assert told["intact"] is False
    assert {"entry_changed", "guard_missing"} == {one["rule"] for one in told["findings"]}
    assert "are back" in ledger("db", "upgrade").output
    told = json.loads(ledger("ledger", "verify", "--json").output)
    assert {one["rule"] for one in told["findings"]} == {"entry_changed"}


def test_heads_kept_elsewhere_show_a_chain_that_was_cut(ledger, used, tmp_path):
    ledger("ledger", "apply", used(a_use("INV-7", ONE, "100.00", on="2023-10-01")))
    (tmp_path / "home" / "ledger.checkpoint").rename(tmp_path / "elsewhere")
    touch(tmp_path, "DELETE FROM chain_blocks WHERE block LIKE 'applied/%'",
          "DELETE FROM ledger_entries WHERE kind = 'applied'")  # fmt: skip
    ledger("db", "upgrade")
    assert ledger("ledger", "verify").exit_code == 0
    found = ledger("ledger", "verify", "--checkpoint", tmp_path / "elsewhere")
    assert found.exit_code == 9
    assert "the tail was cut off" in found.output


def test_the_checkpoint_file_is_where_the_settings_say(ledger, tmp_path):
    ledger("ledger", "verify", checkpoint_file=str(tmp_path / "other" / "heads"))
    assert (tmp_path / "other" / "heads").exists()


def test_the_audit_log_says_who_did_what_from_where(ledger, used):
    ledger("ledger", "apply", used(a_use("INV-7", ONE, "100.00", on="2023-10-01")), as_="cleo")
    output = ledger("audit", "list", "--actor", "cleo").output
    for words in ("2023-10-02 01:00", "cleo", "terminal of", "ledger.apply", "sums: USD 100.00", "file: used.csv"):
        assert words in output
    assert "Nothing of the kind" in ledger("audit", "list", "--since", "2023-10-03").output
    (entry,) = json.loads(ledger("audit", "list", "--subject", "ledger", "--json").output)
    assert entry["after"]["booked"] == 1
