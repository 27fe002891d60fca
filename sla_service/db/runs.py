"""Credit runs: their state changes by compare-and-set, never by read-then-write."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from sla_service.db.tables import RunRecord
from sla_service.domain.errors import ConflictError, NotFoundError

SERIALIZATION_FAILURE = "40001"
"""PostgreSQL's word for a lost race under REPEATABLE READ, where the other side has not committed yet."""
LIVE_STATES = ("calculated", "approved", "issued")


def load_run(session: Session, run_id: int) -> RunRecord:
    """One run.

    Raises:
        NotFoundError: There is no such run.
    """
    record = session.get(RunRecord, run_id)
    if record is None:
        raise NotFoundError(f"there is no run {run_id}; `sla run list` shows all")
    return record


def find_live_run(session: Session, period: str) -> RunRecord | None:
    """The run of a period that counts: calculated, approved or issued; there is at most one."""
    query = select(RunRecord).where(RunRecord.period == period, col(RunRecord.state).in_(LIVE_STATES))
    return session.exec(query).one_or_none()


def list_runs(session: Session) -> list[RunRecord]:
    """All runs, the newest first."""
    return list(session.exec(select(RunRecord).order_by(col(RunRecord.run_id).desc())))


def save_run(session: Session, record: RunRecord) -> None:
    """Add a run."""
    session.add(record)
    session.flush()


def change_state(session: Session, run: RunRecord, *, to: str, **stamps: Any) -> None:  # noqa: ANN401 - column values
    """Move a run on, if it is still as it was read.

    Args:
        session: Open.
        run: As read: its state, version and digest are compared.
        to: The new state.
        stamps: Columns that go with it, such as ``approved_by``.

    Raises:
        ConflictError: Somebody else changed it in the meantime; nothing was done.
    """
    same = (
        col(RunRecord.run_id) == run.run_id,
        col(RunRecord.state) == run.state,
        col(RunRecord.version) == run.version,
        col(RunRecord.digest) == run.digest,
    )
    change = update(RunRecord).where(*same).values(state=to, version=run.version + 1, **stamps)
    try:
        result: Any = session.connection().execute(change)
        changed = result.rowcount == 1
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != SERIALIZATION_FAILURE:
            raise
        changed = False
    if not changed:
        raise ConflictError("state", f"run {run.run_id} was changed by somebody else just now; look at it again")
    session.expire_all()
