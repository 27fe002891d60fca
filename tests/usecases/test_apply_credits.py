"""What billing applied is booked whole or not at all, once, and never beyond what is owed."""

from __future__ import annotations

import json
import threading

import pytest

from sla_service.db.audit import list_audit
from sla_service.db.engine import reading, writing
from sla_service.db.ledger import list_merchant_entries, load_owed, sum_accounts, sum_entries
from sla_service.domain.balances import balances_of
from sla_service.domain.errors import InvalidValueError
from sla_service.usecases.apply_credits import apply_credits
from tests.usecases.the_ledger import HEADER, LATER_MS, Stated, a_number, a_use, apply, issue

ONE, TWO, THREE = (a_number(n) for n in (1, 2, 3))


@pytest.fixture
def booked(engine):
    """m1 is owed USD 100.00 and JPY 3,000, m2 USD 50.00."""
    issue(engine, [Stated("m1", 10_000), Stated("m1", 3_000, currency="JPY"), Stated("m2", 5_000)])
    return engine


def owed(engine, merchant_id):
    with reading(engine) as session:
        return {one.currency: one.owed.amount for one in balances_of(list_merchant_entries(session, merchant_id))}


def refused(engine, *lines, **changed):
    with pytest.raises(InvalidValueError) as caught:
        apply(engine, *lines, **changed)
    return [(one.line, one.column, one.rule, one.value) for one in caught.value.problems]


def test_a_use_lowers_what_is_owed_and_says_when_it_counted_and_when_it_was_recorded(booked):
    done = apply(booked, a_use("INV-7", ONE, "29.90"))
    assert (done.rows, done.added, list(map(str, done.sums))) == (1, 1, ["USD 29.90"])
    assert owed(booked, "m1") == {"USD": "70.10", "JPY": "3000"}
    with reading(booked) as session:
        entry = list_merchant_entries(session, "m1")[-1]
    assert entry["entry_id"] == "applied/INV-7"
    assert (entry["account_debit"], entry["account_credit"]) == ("owed", "applied")
    assert (entry["effective_on"], entry["recorded_at_ms"]) == ("2023-11-15", LATER_MS)
    assert (entry["recorded_by"], entry["reference"]) == ("cleo", "INV-7")


def test_debits_are_credits_in_every_currency(booked):
    apply(
        booked, a_use("a", ONE, "1.00"), a_use("b", TWO, "100", currency="JPY"), a_use("c", THREE, "2", merchant="m2")
    )
    with reading(booked) as session:
        accounts = sum_accounts(session)
        sums = {(row["currency"], row["kind"]): row["amount_minor"] for row in sum_entries(session)}
    for currency in ("USD", "JPY"):
        mine = [one for one in accounts if one["currency"] == currency]
        assert sum(one["debit_minor"] for one in mine) == sum(one["credit_minor"] for one in mine)
    assert sums == {
        ("JPY", "applied"): 100,
        ("JPY", "issued"): 3_000,
        ("USD", "applied"): 300,
        ("USD", "issued"): 15_000,
    }


def test_the_same_file_again_changes_nothing(booked):
    line = a_use("INV-7", ONE, "29.90")
    apply(booked, line)
    again = apply(booked, line)
    assert (again.added, again.unchanged, again.head) == (0, 1, None)
    more = apply(booked, line, a_use("INV-8", ONE, "0.10"))
    assert (more.added, more.unchanged) == (1, 1)
    assert owed(booked, "m1")["USD"] == "70.00"


def test_a_reference_twice_in_a_file_counts_once_if_it_says_the_same(booked):
    assert apply(booked, a_use("INV-7", ONE, "29.90"), a_use("INV-7", ONE, "29.90")).added == 1
    assert owed(booked, "m1")["USD"] == "70.10"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (a_use("r", "SCM-2023-09-0000099", "1.00"), ("statement_number", "statement_unknown", "SCM-2023-09-0000099")),
        (a_use("r", "SCP-2023-09-0000001", "1.00"), ("statement_number", "number_format", "SCP-2023-09-0000001")),
        (a_use("r", ONE, "1.00", merchant="m2"), ("merchant_id", "merchant_mismatch", "m2")),
        (a_use("r", ONE, "1.00", currency="EUR"), ("currency", "currency_mismatch", "EUR")),
        (a_use("r", ONE, "1.00", currency="usd"), ("currency", "currency_case", "usd")),
        (a_use("r", ONE, "100.01"), ("amount", "more_than_owed", "100.01")),
        (a_use("r", ONE, "0.00"), ("amount", "amount_range", "0.00")),
        (a_use("r", ONE, "-1.00"), ("amount", "amount_range", "-1.00")),
        (a_use("r", ONE, "1.001"), ("amount", "minor_units", "1.001")),
        (a_use("r", ONE, "1E3"), ("amount", "number_format", "1E3")),
        (a_use("r", ONE, "1.00", on="2023-09-30"), ("applied_on", "day_before_issue", "2023-09-30")),
        (a_use("r", ONE, "1.00", on="2023-12-24"), ("applied_on", "day_future", "2023-12-24")),
        (a_use("r", ONE, "1.00", on="15.11.2023"), ("applied_on", "date_format", "15.11.2023")),
        (a_use("r r", ONE, "1.00"), ("reference", "id_format", "r r")),
        (a_use("", ONE, "1.00"), ("reference", "required", None)),
        (a_use("r", "", "1.00"), ("statement_number", "required", None)),
        (f"r,{ONE},2023-09-m1-USD-r1,m1,1.00,USD,2023-11-15\n", ("statement_number", "required", ONE)),
        ("r,,2023-09-m1-USD-r7,m1,1.00,USD,2023-11-15\n", ("external_id", "external_id_unknown", "2023-09-m1-USD-r7")),
        ("r,,our credit,m1,1.00,USD,2023-11-15\n", ("external_id", "external_id_format", "our credit")),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_a_line_that_cannot_be_booked_is_named_and_nothing_of_the_file_is_booked(booked, line, expected):
    assert refused(booked, a_use("good", ONE, "1.00"), line) == [(3, *expected)]
    assert owed(booked, "m1")["USD"] == "100.00"


def test_every_bad_line_is_named_at_once(booked):
    found = refused(booked, a_use("a", ONE, "1000"), a_use("b", THREE, "1.00"), a_use("c", ONE, "1.00", currency="EUR"))
    assert [(line, column) for line, column, *_ in found] == [(2, "amount"), (3, "merchant_id"), (4, "currency")]


def test_a_known_reference_with_other_content_is_refused_with_what_is_there(booked):
    apply(booked, a_use("INV-7", ONE, "29.90"))
    with pytest.raises(InvalidValueError, match=r"INV-7 is in the ledger \(applied/[0-9a-f]{16}\) with 29.90"):
        apply(booked, a_use("INV-7", ONE, "30.00"))
    assert refused(booked, a_use("INV-7", ONE, "29.90", on="2023-11-16")) == [
        (2, "applied_on", "exists_with_different", "2023-11-16")
    ]
    assert refused(booked, a_use("new", ONE, "1.00"), a_use("new", ONE, "2.00")) == [
        (3, "amount", "exists_with_different", "2.00")
    ]


def test_the_lines_of_a_file_share_what_is_left(booked):
    lines = [a_use(f"r{n}", ONE, "40.00") for n in range(3)]
    with pytest.raises(InvalidValueError, match=f"only USD 20.00 is still owed on {ONE}"):
        apply(booked, *lines)
    assert apply(booked, *lines[:2]).added == 2
    assert refused(booked, lines[2]) == [(2, "amount", "more_than_owed", "40.00")]


def test_what_a_correction_took_back_is_not_applied(booked):
    issue(
        booked,
        [Stated("m1", -4_000, number=a_number(9), corrects=ONE, revision=2)],
        run_id=2,
        merchants=False,
    )
    assert owed(booked, "m1")["USD"] == "60.00"
    assert refused(booked, a_use("r", ONE, "60.01")) == [(2, "amount", "more_than_owed", "60.01")]
    assert apply(booked, a_use("r", ONE, "60.00")).added == 1
    assert owed(booked, "m1")["USD"] == "0.00"


def test_a_statement_goes_by_the_name_that_exports_give_it(booked):
    assert apply(booked, "r,,2023-09-m1-JPY-r1,m1,1000,JPY,2023-11-15\n").added == 1
    assert owed(booked, "m1")["JPY"] == "2000"


def test_what_was_booked_is_in_the_audit_log_with_its_sums(booked):
    apply(booked, a_use("INV-7", ONE, "29.90"))
    with reading(booked) as session:
        (entry,) = list_audit(session, actor="cleo", limit=10)
        after = json.loads(entry.after)
    assert (entry.action, after["file"], after["booked"], after["sums"]) == (
        "ledger.apply",
        "used.csv",
        1,
        ["USD 29.90"],
    )


def test_files_at_the_same_moment_cannot_apply_more_than_is_owed(booked):
    """Each is good alone; together they are not."""
    outcomes, ready = [], threading.Barrier(6)

    def one(n):
        ready.wait()
        data = (HEADER + a_use(f"r{n}", ONE, "30.00")).encode()
        try:
            with writing(booked) as session:
                apply_credits(session, data, name="used.csv", now_ms=LATER_MS, actor="cleo")
            outcomes.append("booked")
        except InvalidValueError:
            outcomes.append("refused")

    threads = [threading.Thread(target=one, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["booked"] * 3 + ["refused"] * 3
    with reading(booked) as session:
        assert {one.number: one.balance.owed_minor for one in load_owed(session, ["m1"])}[ONE] == 1_000
