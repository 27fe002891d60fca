"""Keys that callers choose for calls that create money, with the answer that each one got."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col

from sla_service.db.tables import IdempotencyRecord


def find_call(session: Session, caller: str, key: str) -> IdempotencyRecord | None:
    """What is known of a caller's key."""
    return session.get(IdempotencyRecord, (caller, key))


def save_call(session: Session, record: IdempotencyRecord) -> None:
    """Add a key; the database refuses one that is there."""
    session.add(record)
    session.flush()


def change_call(session: Session, record: IdempotencyRecord, **columns: Any) -> bool:  # noqa: ANN401 - column values
    """Change what is known of a key, if it still is as it was read; False if another call was faster."""
    result: Any = session.connection().execute(update(IdempotencyRecord).where(*_same(record)).values(**columns))
    return bool(result.rowcount == 1)


def forget_call(session: Session, record: IdempotencyRecord) -> None:
    """Delete a key whose call changed nothing, if it still is as it was read."""
    session.connection().execute(delete(IdempotencyRecord).where(*_same(record)))


def _same(record: IdempotencyRecord) -> tuple[Any, ...]:
    return (
        col(IdempotencyRecord.caller) == record.caller,
        col(IdempotencyRecord.key) == record.key,
        col(IdempotencyRecord.state) == record.state,
        col(IdempotencyRecord.updated_at_ms) == record.updated_at_ms,
    )
