"""API keys: only digests are stored."""

from __future__ import annotations

from sqlmodel import Session, col, select

from sla_service.db.tables import ApiKeyRecord


def save_api_key(session: Session, record: ApiKeyRecord) -> None:
    """Add or change a key."""
    session.add(record)
    session.flush()


def find_api_key(session: Session, key_id: str) -> ApiKeyRecord | None:
    """A key by its public part."""
    return session.get(ApiKeyRecord, key_id)


def list_api_keys(session: Session) -> list[ApiKeyRecord]:
    """All keys, the newest first."""
    return list(session.exec(select(ApiKeyRecord).order_by(col(ApiKeyRecord.created_at_ms).desc())))
