"""R11: whatever the database's owner touches in ledger, audit log or chains is found, and named."""

from __future__ import annotations

import random

import pytest

from sla_service.db.audit import record_change, seal_audit
from sla_service.db.chain import find_head
from sla_service.db.engine import reading, writing
from sla_service.db.tables import metadata
from sla_service.domain.chain import Checkpoint
from sla_service.usecases.verify_chains import verify_chains
from tests.reliability.figures import SEED, of_form, record
from tests.reliability.tampering import TABLES, as_owner, attacks
from tests.usecases.the_ledger import ISSUED_MS, Stated, a_number, a_use, apply, issue

pytestmark = pytest.mark.reliability

ROUNDS = of_form(1, 5)
"""Random rows that each attack is tried on."""
ORDER = {
    "runs": "ORDER BY run_id",
    "statements": "ORDER BY number",
    "ledger_entries": "ORDER BY entry_id",
    "chain_blocks": "ORDER BY chain, block_no",
    "audit_log": "ORDER BY entry_no",
}
COLUMNS = {table: [column.name for column in metadata.tables[table].columns] for table in TABLES}


def a_year(engine):
    """Three runs in batches, a correction that takes back, uses, and an audit log sealed four times; the kept heads."""
    kept = []
    issue(engine, [Stated(f"m{n:02d}", 1_000 + 7 * n) for n in range(14)])
    kept.append(head_of(engine, "ledger"))
    for run_id, period in ((2, "2023-10"), (3, "2023-11")):
        stated = [Stated(f"m{n:02d}", 900 + n, f"SCM-{period}-{run_id * 100 + n:07d}", period=period) for n in range(9)]
        issue(engine, stated, run_id=run_id, merchants=False)
        log(engine, run_id)
        kept += [head_of(engine, "ledger"), head_of(engine, "audit")]
    taken = [Stated("m03", -200, a_number(901), corrects=a_number(4), revision=2)]
    issue(engine, taken, run_id=4, merchants=False)
    apply(engine, *(a_use(f"INV-{n}", a_number(n + 1), f"{n + 1}.25", merchant=f"m{n:02d}") for n in range(5)))
    log(engine, 4)
    apply(engine, a_use("INV-last", a_number(9), "3.00", merchant="m08"))
    log(engine, 5)
    return [*kept, head_of(engine, "ledger"), head_of(engine, "audit")]


def log(engine, run_id):
    """Some changes, sealed."""
    for state, actor in (("calculated", "ann"), ("approved", "ben"), ("issued", "ben")):
        with writing(engine, origin="a test") as session:
            before, after = {"state": "draft"}, {"state": state}
            said = {"before": before, "after": after, "now_ms": ISSUED_MS, "actor": actor}
            record_change(session, action="run.change", subject=f"run {run_id}", **said)
    with writing(engine) as session:
        seal_audit(session, now_ms=ISSUED_MS)


def head_of(engine, chain):
    with reading(engine) as session:
        head = find_head(session, chain)
    return Checkpoint(head.chain, head.block_no, head.sha256, ISSUED_MS)


def verify(engine, kept=()):
    with reading(engine) as session:
        return verify_chains(session, kept)


def measure(engine, *, rounds=ROUNDS, seed=SEED):
    """Try every attack on random rows, each on the ledger as it was. The figures of R11, and what they are made of."""
    kept = a_year(engine)
    clean = verify(engine, kept)
    assert clean.is_intact, clean.findings
    with as_owner(engine) as owner:
        saved = {table: owner.rows(table, ORDER[table]) for table in ORDER}
    dice, tried = random.Random(seed), []  # noqa: S311 - which rows are touched is no secret
    for attack in attacks(COLUMNS):
        for _ in range(rounds):
            with as_owner(engine) as owner:
                named = attack.do(owner, dice)
            tried.append((attack, named, verify(engine, kept).findings))
            with as_owner(engine) as owner:
                owner.restore(saved)
    assert verify(engine, kept).is_intact
    return tried


def figures_of(tried):
    """What R11 asks for."""
    columns = [is_named(named, findings) for _, named, findings in tried if named]
    return {
        "attacks": len(tried),
        "found": sum(bool(findings) for *_, findings in tried),
        "only thanks to the kept heads": sum(only_outside(findings) for *_, findings in tried),
        "columns changed": len(columns),
        "columns named": sum(columns),
    }


def only_outside(findings):
    """Whether nothing inside the database shows it."""
    return bool(findings) and {one.rule for one in findings} <= {"tail_cut", "rewritten"}


def is_named(named, findings):
    """Whether a finding names the entry and the column."""
    entry, column = named.split("|")
    return any(entry in one.subject and column in one.message for one in findings)


def test_every_change_is_found_and_only_what_is_wholly_consistent_needs_the_kept_heads(engine):
    tried = measure(engine)
    assert [(attack.name, attack.covers) for attack, _, findings in tried if not findings] == []
    assert {attack.name for attack, _, findings in tried if only_outside(findings)} == {
        "cut the tail of ledger",
        "cut the tail of audit",
        "rewrite ledger from one change on",
        "rewrite audit from one change on",
    }
    assert [attack.name for attack, named, findings in tried if named and not is_named(named, findings)] == []
    record("R11", {f"on {engine.dialect.name}": figures_of(tried)}, seed=SEED)


@pytest.fixture
def year(engine):
    return engine, a_year(engine)


def findings(engine, kept=()):
    return [(one.rule, one.subject, one.message) for one in verify(engine, kept).findings]


def test_what_was_changed_is_named_with_what_it_said(year):
    engine, kept = year
    with as_owner(engine) as owner:
        row = next(row for row in owner.rows("ledger_entries") if row["entry_id"] == f"issued/{a_number(3)}")
        owner.change("ledger_entries", row, amount_minor=99_900)
    assert findings(engine, kept) == [
        ("entry_changed", f"entry issued/{a_number(3)}", "column amount_minor was 10.14 and is now 999.00")
    ]


def test_several_columns_at_once_are_named_too(year):
    engine, _kept = year
    with as_owner(engine) as owner:
        row = next(row for row in owner.rows("ledger_entries") if row["entry_id"] == f"issued/{a_number(3)}")
        owner.change("ledger_entries", row, amount_minor=99_900, merchant_id="m01", recorded_by="eve")
    ((rule, _, message),) = findings(engine)
    assert rule == "entry_changed"
    assert message == (
        "column merchant_id was m02 and is now m01; column amount_minor was 10.14 and is now 999.00; "
        "column recorded_by was ben and is now eve"
    )


def test_a_deleted_entry_is_named_by_its_statement(year):
    engine, _kept = year
    with as_owner(engine) as owner:
        row = next(row for row in owner.rows("ledger_entries") if row["entry_id"] == f"issued/{a_number(3)}")
        owner.delete("ledger_entries", row)
    assert findings(engine) == [
        ("entries_deleted", "ledger block 1 (run-1/1)", "entries were deleted: there are 3 entries, sealed were 4"),
        ("entry_missing", f"statement {a_number(3)}", "it has no entry in the ledger, though it states money"),
    ]


def test_guards_that_were_taken_away_are_named(year):
    engine, _kept = year
    from sla_service.db import guards

    with engine.begin() as connection:
        guards.remove(connection)
    assert {rule for rule, *_ in findings(engine)} == {"guard_missing"}


def test_entries_that_wait_for_their_seal_are_none_to_worry_about_while_their_run_is_issued(engine):
    from tests.usecases.the_ledger import a_merchant, a_run, issue_batch, rows_into

    stated = [Stated("m1", 1_000, a_number(1))]
    with writing(engine) as session:
        rows_into(session, "merchants", [a_merchant("m1")])
        rows_into(session, "runs", [a_run(1, stated, ISSUED_MS)])
        issue_batch(session, 1, 1, stated, ISSUED_MS)
    verified = verify(engine)
    assert (verified.is_intact, verified.unsealed["ledger"]) == (True, 1)
    with as_owner(engine) as owner:
        from sqlalchemy import text

        owner.connection.execute(text("UPDATE runs SET state = 'issued'"))
    assert [rule for rule, *_ in findings(engine)] == ["entries_unsealed"]
