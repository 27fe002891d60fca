"""The outbox: what must be mailed, written with the issue; each attempt is a state that survives a crash."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlalchemy import update
from sqlmodel import Session, col, func, select

from sla_service.db.bulk import copy_in
from sla_service.db.tables import OutboxRecord, StatementRecord, metadata


def save_outbox(session: Session, rows: pa.Table) -> None:
    """Write messages to send; columns as in ``tables``."""
    copy_in(session, metadata.tables["outbox"], rows)


def list_due(session: Session, run_id: int, states: tuple[str, ...]) -> list[OutboxRecord]:
    """A run's messages in some states, by statement number."""
    query = (
        select(OutboxRecord)
        .join(StatementRecord, col(StatementRecord.number) == col(OutboxRecord.number))
        .where(StatementRecord.run_id == run_id, col(OutboxRecord.state).in_(states))
        .order_by(col(OutboxRecord.number), col(OutboxRecord.recipient))
    )
    return list(session.exec(query))


def change_outbox(session: Session, row: OutboxRecord, *, to: str, now_ms: int, **columns: Any) -> bool:  # noqa: ANN401
    """Move a message on by compare-and-set; False if another sender was faster."""
    same = (
        col(OutboxRecord.number) == row.number,
        col(OutboxRecord.recipient) == row.recipient,
        col(OutboxRecord.state) == row.state,
        col(OutboxRecord.attempts) == row.attempts,
    )
    change = update(OutboxRecord).where(*same).values(state=to, updated_at_ms=now_ms, **columns)
    result: Any = session.connection().execute(change)
    return bool(result.rowcount == 1)


def count_by_state(session: Session, run_id: int) -> dict[str, int]:
    """How many of a run's messages are in each state."""
    query = (
        select(OutboxRecord.state, func.count())
        .join(StatementRecord, col(StatementRecord.number) == col(OutboxRecord.number))
        .where(StatementRecord.run_id == run_id)
        .group_by(col(OutboxRecord.state))
    )
    return dict(sorted((state, count) for state, count in session.exec(query)))
