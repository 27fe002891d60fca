"""The ledger: entries written in bulk and never changed; balances are sums over them, kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, Select, Table, func, select
from sqlmodel import Session

from sla_service.db.bulk import copy_in, iter_arrow, schema_of
from sla_service.db.ordering import by_code_point
from sla_service.db.tables import metadata
from sla_service.domain.balances import OwedStatement
from sla_service.domain.ledger import Account, EntryKind

ENTRIES: Table = metadata.tables["ledger_entries"]
STATEMENTS: Table = metadata.tables["statements"]
ASKED = 500
"""Names in one question to the database; more are asked in turn."""


def ledger_schema() -> pa.Schema:
    """The columns of the ledger."""
    return schema_of(ENTRIES)


def save_entries(session: Session, entries: pa.Table) -> None:
    """Append entries; columns as in ``tables``."""
    copy_in(session, ENTRIES, entries)


def iter_entries(session: Session, block: str | None = None) -> Iterator[pa.RecordBatch]:
    """All entries, or those of a block, in order of block and name by code point, some ten thousand at a time."""
    order = (by_code_point(session, ENTRIES.c.block), by_code_point(session, ENTRIES.c.entry_id))
    query = select(ENTRIES).order_by(*order)
    yield from iter_arrow(session, query if block is None else query.where(ENTRIES.c.block == block))


def count_entries(session: Session) -> int:
    """How many there are."""
    return int(session.connection().execute(select(func.count()).select_from(ENTRIES)).scalar_one())


def list_merchant_entries(session: Session, merchant_id: str) -> list[dict[str, Any]]:
    """A merchant's entries in the order in which they were recorded, with the period of their statements."""
    query = select(*ENTRIES.columns, STATEMENTS.c.period).join_from(ENTRIES, STATEMENTS)
    rows = session.connection().execute(query.where(ENTRIES.c.merchant_id == merchant_id)).mappings()
    order = list(EntryKind)
    # At the same moment a credit comes before what became of it.
    return sorted(map(dict, rows), key=lambda row: (row["recorded_at_ms"], order.index(row["kind"]), row["entry_id"]))


def sum_entries(
    session: Session, *, run_id: int | None = None, merchant_id: str | None = None, until: str | None = None
) -> list[dict[str, Any]]:
    """Sums by currency and kind: of everything, or of what a run wrote, of a merchant, effective up to a day.

    Returns:
        currency, kind, entries, amount_minor; in order of currency and kind.
    """
    by = (ENTRIES.c.currency, ENTRIES.c.kind)
    sums = (func.count().label("entries"), func.sum(ENTRIES.c.amount_minor).label("amount_minor"))
    query = select(*by, *sums).group_by(*by)
    if run_id is not None:
        query = query.where(ENTRIES.c.run_id == run_id)
    if merchant_id is not None:
        query = query.where(ENTRIES.c.merchant_id == merchant_id)
    if until is not None:
        query = query.where(ENTRIES.c.effective_on <= until)
    rows = session.connection().execute(query).mappings()
    found = [{**row, "amount_minor": int(row["amount_minor"])} for row in rows]
    return sorted(found, key=lambda row: (row["currency"], row["kind"]))


def sum_accounts(session: Session, *, until: str | None = None) -> list[dict[str, Any]]:
    """Debits and credits of each account: currency, account, debit_minor, credit_minor; effective up to a day."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for side in ("debit", "credit"):
        account = ENTRIES.c[f"account_{side}"]
        query = select(ENTRIES.c.currency, account, func.sum(ENTRIES.c.amount_minor))
        query = query if until is None else query.where(ENTRIES.c.effective_on <= until)
        for currency, name, minor in session.connection().execute(query.group_by(ENTRIES.c.currency, account)):
            zero = {"currency": currency, "account": name, "debit_minor": 0, "credit_minor": 0}
            found.setdefault((currency, name), zero)[f"{side}_minor"] = int(minor)
    order = list(Account)
    return sorted(found.values(), key=lambda one: (one["currency"], order.index(one["account"])))


def find_references(session: Session, references: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Entries that were applied under some references, by reference."""
    ids = [f"{EntryKind.APPLIED.value}/{reference}" for reference in references]
    rows = _in_turn(session, select(ENTRIES), ENTRIES.c.entry_id, ids)
    return {row["reference"]: row for row in rows}


def load_owed(session: Session, merchant_ids: Sequence[str] | None = None) -> list[OwedStatement]:
    """Statements with an entry, of some merchants or of all, with the sums of what the ledger says of each."""
    by = (ENTRIES.c.number, ENTRIES.c.merchant_id, ENTRIES.c.currency, STATEMENTS.c.corrects, ENTRIES.c.kind)
    query = select(*by, func.sum(ENTRIES.c.amount_minor).label("minor")).join_from(ENTRIES, STATEMENTS).group_by(*by)
    if merchant_ids is None:
        rows: Iterable[Any] = session.connection().execute(query).mappings()
    else:
        rows = _in_turn(session, query, ENTRIES.c.merchant_id, merchant_ids)
    found: dict[str, OwedStatement] = {}
    for row in rows:
        one = OwedStatement(row["number"], row["merchant_id"], row["currency"], row["corrects"])
        found.setdefault(row["number"], one).balance.add(row["kind"], int(row["minor"]))
    return list(found.values())


def find_statements(session: Session, numbers: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Merchants' statements by number: merchant_id, currency, issued_at_ms."""
    columns = (STATEMENTS.c.number, STATEMENTS.c.party_id, STATEMENTS.c.currency, STATEMENTS.c.issued_at_ms)
    query = select(*columns).where(STATEMENTS.c.kind == "merchant")
    return {row["number"]: row for row in _in_turn(session, query, STATEMENTS.c.number, list(numbers))}


def iter_snapshots(session: Session, numbers: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Number and snapshot of some statements."""
    query = select(STATEMENTS.c.number, STATEMENTS.c.snapshot)
    for row in _in_turn(session, query, STATEMENTS.c.number, numbers):
        yield row["number"], row["snapshot"]


def _in_turn(
    session: Session, query: Select[Any], column: Column[Any], values: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for start in range(0, len(values), ASKED):
        asked = query.where(column.in_(values[start : start + ASKED]))
        yield from (dict(row) for row in session.connection().execute(asked).mappings())


def sum_blocks(session: Session, run_id: int) -> dict[str, tuple[str, str, int]]:
    """First and last entry by code point, and number of entries, of each block that a run wrote."""
    name = by_code_point(session, ENTRIES.c.entry_id)
    query = select(ENTRIES.c.block, func.min(name), func.max(name), func.count()).group_by(ENTRIES.c.block)
    rows = session.connection().execute(query.where(ENTRIES.c.run_id == run_id))
    return {block: (first, last, count) for block, first, last, count in rows}
