"""Why a run is not worked on: kept where whoever asked for it looks, on whichever machine it happened."""

from __future__ import annotations

from sqlalchemy import delete
from sqlmodel import Session, col

from sla_service.db.tables import RunStopRecord


def find_stop(session: Session, run_id: int) -> RunStopRecord | None:
    """Why a run is stopped; None if it is not."""
    return session.get(RunStopRecord, run_id)


def stop_run(session: Session, run_id: int, batch_no: int | None, *, reason: str, now_ms: int) -> None:
    """Have no more of a run worked until somebody asks for it again, and keep why.

    The first reason stays; others of the same moment are its like.
    """
    if find_stop(session, run_id) is None:
        origin = session.info.get("origin", "")
        session.add(
            RunStopRecord(run_id=run_id, batch_no=batch_no, reason=reason, stopped_at_ms=now_ms, stopped_by=origin)
        )
        session.flush()


def forget_stop(session: Session, run_id: int) -> None:
    """Let a run be worked on again."""
    session.connection().execute(delete(RunStopRecord).where(col(RunStopRecord.run_id) == run_id))
    session.expire_all()
