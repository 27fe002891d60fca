"""A run's statements become entries, and its batches the blocks of a chain, in their order."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from sla_service.db.chain import find_head, iter_blocks
from sla_service.db.engine import reading, writing
from sla_service.db.ledger import iter_entries, sum_entries
from sla_service.domain.errors import ConflictError
from sla_service.domain.ledger import CONTENT, EntryKind, LedgerEntry
from sla_service.domain.money import Money
from sla_service.usecases.book_credits import entries_for_statements, seal_run
from sla_service.usecases.verify_chains import verify_chains
from tests.usecases.the_ledger import ISSUED_MS, Stated, a_number, issue, to_book


def booked(*statements):
    return entries_for_statements(to_book(list(statements), 1, 1, ISSUED_MS))


def test_an_entry_says_what_its_statement_says():
    (row,) = booked(Stated("m1", 2_990, a_number(1))).entries.to_pylist()
    entry = LedgerEntry(
        EntryKind.ISSUED, "m1", Money("USD", 2_990), a_number(1), "2023-10-02", "run-1/1", ISSUED_MS, "ben", run_id=1
    )
    assert tuple(row[name] for name in CONTENT) == entry.content
    assert row["sha256"] == entry.sha256


def test_what_is_taken_back_is_reversed_and_what_is_no_money_has_no_entry():
    rows = booked(Stated("m1", -400, a_number(2)), Stated("m2", 0, a_number(3)), Stated("m3", 7, a_number(1)))
    assert [
        (r["entry_id"], r["amount_minor"], r["account_debit"], r["account_credit"]) for r in rows.entries.to_pylist()
    ] == [
        (f"issued/{a_number(1)}", 7, "granted", "owed"),
        (f"reversed/{a_number(2)}", 400, "owed", "reversed"),
    ]


def test_a_block_does_not_depend_on_the_order_of_its_statements():
    statements = [Stated(f"m{n}", n, a_number(n)) for n in range(1, 9)]
    assert booked(*statements).entries_sha256 == booked(*reversed(statements)).entries_sha256


def test_a_batch_without_money_has_nothing_to_seal():
    empty = booked(Stated("m1", 0, a_number(1)))
    assert (empty.entries.num_rows, empty.entries_sha256) == (0, None)


def test_a_run_is_a_block_per_batch_in_order_of_the_batches(engine):
    head = issue(engine, [Stated(f"m{n}", n) for n in range(1, 25)], batch_size=2)
    with reading(engine) as session:
        blocks = list(iter_blocks(session, "ledger"))
        assert [block.block for block in blocks] == [f"run-1/{n}" for n in range(1, 13)]
        assert find_head(session, "ledger") == head
        assert sum(batch.num_rows for batch in iter_entries(session, "run-1/11")) == 2
        assert sum_entries(session, run_id=1)[0]["amount_minor"] == sum(range(1, 25))
        assert verify_chains(session).findings == []


def test_a_run_that_moves_no_money_leaves_the_head_where_it_was(engine):
    head = issue(engine, [Stated("m1", 5)])
    stated = [Stated("m1", 0, a_number(2, "2023-10"), period="2023-10")]
    assert issue(engine, stated, run_id=2, merchants=False) == head


def test_a_batch_whose_entries_are_not_there_is_not_sealed(engine):
    issue(engine, [Stated("m1", 5)])
    with writing(engine) as session:
        session.connection().execute(
            text(
                "INSERT INTO run_batches (run_id, batch_no, kind, first_id, last_id, first_credit_no, state, attempt,"
                " ledger_sha256, changed_at_ms) VALUES (1, 2, 'merchants', 'a', 'b', 1, 'issued', 1, 'x', 1)"
            )
        )
    with pytest.raises(ConflictError, match="run-1/2"), writing(engine) as session:
        seal_run(session, 1, now_ms=ISSUED_MS)
