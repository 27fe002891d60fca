"""The ledger beside the statements that it was written from: where they disagree, and what a statement knows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, func, not_, or_, select
from sqlmodel import Session

from sla_service.db.ledger import ENTRIES, STATEMENTS
from sla_service.db.tables import metadata
from sla_service.domain.ledger import EntryKind

_BOOKED = (EntryKind.ISSUED.value, EntryKind.REVERSED.value)


def find_told(session: Session, number: str) -> dict[str, Any] | None:
    """What a statement and its run know of its entry."""
    runs = metadata.tables["runs"]
    of = STATEMENTS.c
    columns = (of.party_id, of.currency, of.total_minor, of.run_id, of.issued_at_ms, of.reason)
    query = select(*columns, runs.c.issued_by, runs.c.approved_by).join_from(STATEMENTS, runs)
    row = session.connection().execute(query.where(of.number == number)).mappings().one_or_none()
    return None if row is None else dict(row)


def list_numbers(session: Session, merchant_id: str) -> list[str]:
    """A merchant's statements."""
    query = select(STATEMENTS.c.number).where(STATEMENTS.c.kind == "merchant", STATEMENTS.c.party_id == merchant_id)
    return sorted(session.connection().execute(query).scalars())


def list_unbooked(session: Session, run_id: int, *, limit: int) -> list[str]:
    """Merchants' statements of a run with money that no entry is about."""
    booked = select(ENTRIES.c.number).where(ENTRIES.c.number == STATEMENTS.c.number, ENTRIES.c.kind.in_(_BOOKED))
    query = select(STATEMENTS.c.number).where(
        STATEMENTS.c.run_id == run_id,
        STATEMENTS.c.kind == "merchant",
        STATEMENTS.c.total_minor != 0,
        not_(booked.exists()),
    )
    return sorted(session.connection().execute(query.limit(limit)).scalars())


def list_disagreeing(session: Session, block: str, *, limit: int) -> list[dict[str, Any]]:
    """Entries of a run's block that say something else than their statements."""
    e, s = ENTRIES.c, STATEMENTS.c
    agrees = and_(
        e.merchant_id == s.party_id,
        e.currency == s.currency,
        e.run_id == s.run_id,
        e.amount_minor == func.abs(s.total_minor),
        or_(
            and_(e.kind == EntryKind.ISSUED.value, s.total_minor > 0),
            and_(e.kind == EntryKind.REVERSED.value, s.total_minor < 0),
        ),
        e.entry_id == e.kind + "/" + e.number,
    )
    columns = (e.entry_id, e.kind, e.merchant_id, e.currency, e.amount_minor, e.number)
    query = select(*columns, s.party_id, s.currency.label("statement_currency"), s.total_minor)
    query = query.select_from(ENTRIES.outerjoin(STATEMENTS, s.number == e.number))
    query = query.where(e.block == block, func.coalesce(not_(agrees), True))
    rows = session.connection().execute(query.limit(limit)).mappings()
    return sorted((dict(row) for row in rows), key=lambda row: str(row["entry_id"]))
