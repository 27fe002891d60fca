"""Entries: what they may say, and that everything they say is in their digest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_service.domain.balances import Balance, Owed, OwedStatement, balances_of
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.ledger import CONTENT, MOVES, EntryKind, LedgerEntry, digest_entries, digest_entry
from sla_service.domain.money import Money
from tests.builders import money

VALUES = {
    "kind": EntryKind.ISSUED,
    "merchant_id": "m1",
    "amount": Money("USD", 2_990),
    "number": "SCM-2023-09-0000001",
    "effective_on": "2023-10-02",
    "block": "run-1/1",
    "recorded_at_ms": 1_696_208_400_000,
    "recorded_by": "ben",
    "run_id": 1,
}


def an_entry(**changes):
    return LedgerEntry(**{**VALUES, **changes})


USE = {"kind": EntryKind.APPLIED, "reference": "INV-7", "run_id": None}


@pytest.mark.parametrize(
    ("kind", "debit", "credit"),
    [
        ("issued", "granted", "owed"),
        ("applied", "owed", "applied"),
        ("expired", "owed", "expired"),
        ("reversed", "owed", "reversed"),
    ],
)
def test_each_kind_moves_between_two_accounts(kind, debit, credit):
    assert MOVES[kind] == (debit, credit)


@pytest.mark.parametrize(
    ("changes", "entry_id"),
    [
        ({}, "issued/SCM-2023-09-0000001"),
        ({"kind": EntryKind.EXPIRED}, "expired/SCM-2023-09-0000001"),
        ({"kind": EntryKind.REVERSED}, "reversed/SCM-2023-09-0000001"),
        (USE, "applied/INV-7"),
    ],
    ids=["issued", "expired", "reversed", "applied, by its reference"],
)
def test_an_entry_is_named_by_what_happened_once(changes, entry_id):
    assert an_entry(**changes).entry_id == entry_id


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"amount": Money("USD", 0)}, "amount_range"),
        ({"amount": Money("USD", -1)}, "amount_range"),
        ({"reference": "INV-7"}, "reference"),
        ({"kind": EntryKind.APPLIED}, "reference"),
        ({**USE, "reference": "two words"}, "id_format"),
        ({**USE, "reference": "a/b"}, "id_format"),
    ],
)
def test_what_cannot_be_an_entry_is_refused(changes, rule):
    with pytest.raises(InvalidValueError) as caught:
        an_entry(**changes)
    assert caught.value.problems[0].rule == rule


def test_the_digest_of_an_entry_never_changes():
    assert an_entry().sha256 == "d2d3b85f033953c31ebc5febc25b17d0181bed753ad400c48109e948d79f301f"
    assert an_entry(**USE, reason="agreed").sha256 == "efe1f4d37a5cadd4b48e21cf96337c476d0cecf8757fcc2b1d746bd8daa81f7a"


def test_many_digests_are_each_entry_s_own():
    entries = [an_entry(), an_entry(**USE), an_entry(kind=EntryKind.EXPIRED)]
    columns = list(zip(*(entry.content for entry in entries), strict=True))
    assert digest_entries(columns) == [entry.sha256 for entry in entries]


WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
ROWS = st.tuples(
    *(
        (st.none() | WORDS)
        if name in {"reason", "reference"}
        else st.none() | st.integers(1, 10**12)
        if name == "run_id"
        else st.integers(1, 10**12)
        if name.endswith(("_ms", "_minor"))
        else WORDS
        for name in CONTENT
    )
)


@given(ROWS, ROWS)
def test_entries_that_say_different_things_have_different_digests(one, other):
    digests = [digest_entry(row) for row in (one, other)]
    assert (digests[0] == digests[1] != "") == (one == other and digests[0] != "")


@given(ROWS, st.sampled_from(range(len(CONTENT))), WORDS)
def test_a_text_cannot_say_what_two_columns_say(row, at, word):
    joined = list(row)
    joined[at] = f"{word}\x1f{word}"
    assert digest_entry(joined) == ""


class TestBalances:
    def test_owed_is_what_was_issued_less_what_became_of_it(self):
        balance = Balance("USD", {"issued": 10_000, "applied": 2_500, "expired": 500, "reversed": 1_000})
        assert balance.owed == money("60.00 USD")
        assert balance.of(EntryKind.APPLIED) == money("25.00 USD")

    def test_currencies_are_never_added(self):
        rows = [
            {"currency": "USD", "kind": "issued", "amount_minor": 100},
            {"currency": "EUR", "kind": "issued", "amount_minor": 7},
            {"currency": "USD", "kind": "applied", "amount_minor": 30},
        ]
        assert [(one.currency, one.owed_minor) for one in balances_of(rows)] == [("EUR", 7), ("USD", 70)]


def a_statement(number, corrects=None, merchant_id="m1", **kinds):
    one = OwedStatement(number, merchant_id, "USD", corrects)
    for kind, minor in kinds.items():
        one.balance.add(kind, minor)
    return one


@pytest.mark.parametrize(
    ("statements", "left"),
    [
        ([a_statement("A", issued=100)], 100),
        ([a_statement("A", issued=100, applied=30)], 70),
        ([a_statement("A", issued=100), a_statement("B", "A", reversed=40)], 60),
        ([a_statement("A", issued=100), a_statement("B", "A", issued=20), a_statement("C", "B", reversed=50)], 70),
        (
            [a_statement("A", issued=100), a_statement("B", issued=10, applied=10), a_statement("C", "B", reversed=4)],
            96,
        ),
        ([a_statement("A", issued=100), a_statement("B", merchant_id="m2", reversed=40)], 100),
        ([a_statement("A", issued=100, expired=60)], 0),
        ([a_statement("A", issued=100, applied=100), a_statement("B", "A", reversed=40)], 0),
        ([a_statement("A", "A", issued=100)], 100),
    ],
    ids=[
        "untouched",
        "used in part",
        "less what its correction took back",
        "less what the correction of its correction took back",
        "less what the merchant owes back on another",
        "whatever another merchant owes back",
        "nothing once it has expired",
        "nothing if what was used is taken back",
        "a statement that corrects itself is read all the same",
    ],
)
def test_what_is_left_of_a_statement(statements, left):
    assert Owed(statements).left("A") == Money("USD", left)


def test_what_is_taken_is_not_left():
    owed = Owed([a_statement("A", issued=100), a_statement("B", issued=5)])
    owed.take("A", EntryKind.APPLIED, 70)
    assert (owed.left("A").minor, owed.left("B").minor) == (30, 5)
