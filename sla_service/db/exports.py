"""Digests of exports: the first one is kept, and is what every later one must be."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from sla_service.db.tables import ExportRecord
from sla_service.domain.errors import ConflictError


def find_export(session: Session, run_id: int, kind: str, options: str) -> ExportRecord | None:
    """The digest of an export, if one was made before."""
    return session.get(ExportRecord, (run_id, kind, options))


def list_exports(session: Session, run_id: int) -> list[ExportRecord]:
    """A run's exports by kind and options."""
    query = select(ExportRecord).where(ExportRecord.run_id == run_id)
    return list(session.exec(query.order_by(col(ExportRecord.kind), col(ExportRecord.options))))


def save_export(session: Session, record: ExportRecord) -> None:
    """Keep the digest of a first export.

    Raises:
        ConflictError: Somebody else made the same export at the same time.
    """
    session.add(record)
    try:
        session.flush()
    except IntegrityError:
        message = f"somebody else exported {record.kind} of run {record.run_id} just now; export it again"
        raise ConflictError("export_race", message) from None
