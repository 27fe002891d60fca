"""What was imported: the digests that make the same file twice change nothing."""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.tables import ImportRecord


def find_import(session: Session, noun: str, sha256: str) -> ImportRecord | None:
    """The import of these very bytes, if there was one."""
    return session.get(ImportRecord, (noun, sha256))


def save_import(session: Session, record: ImportRecord) -> None:
    """Remember an import."""
    session.add(record)
    session.flush()
