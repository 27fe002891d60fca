"""Why a run is not worked on: kept where whoever asked for it looks, on whichever machine it happened."""

from __future__ import annotations

from sqlalchemy import delete
from sqlmodel import Session, col

from sla_service.db.tables import RunStopRecord


def find_stop(session: Session, run_id: int) -> RunStopRecord | None:
    """Why a run is stopped; None if it is not."""
    return session.get(RunStopRecord, run_id)


def save_stop(session: Session, stop: RunStopRecord) -> None:
    """Stop a run; the first reason stays, others of the same moment are its like."""
    if find_stop(session, stop.run_id) is None:
        session.add(stop)
        session.flush()


def forget_stop(session: Session, run_id: int) -> None:
    """Let a run be worked on again."""
    session.connection().execute(delete(RunStopRecord).where(col(RunStopRecord.run_id) == run_id))
    session.expire_all()
