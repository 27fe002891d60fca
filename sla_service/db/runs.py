"""Credit runs: their state changes by compare-and-set, never by read-then-write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from sla_service.db.audit import record_change
from sla_service.db.tables import RunRecord
from sla_service.domain.errors import ConflictError, NotFoundError

SERIALIZATION_FAILURE = "40001"
"""PostgreSQL's word for a lost race under REPEATABLE READ, where the other side has not committed yet."""
ENDED_STATES = ("rejected", "superseded")
"""Runs that no longer count."""


def load_run(session: Session, run_id: int) -> RunRecord:
    """One run.

    Raises:
        NotFoundError: There is no such run.
    """
    record = session.get(RunRecord, run_id)
    if record is None:
        raise NotFoundError(f"there is no run {run_id}; `sla run list` shows all")
    return record


def find_live_run(session: Session, period: str, revision: int = 1) -> RunRecord | None:
    """The run of a period that counts, on its way or issued; there is at most one for each revision."""
    query = select(RunRecord).where(RunRecord.period == period, RunRecord.revision == revision)
    return session.exec(query.where(col(RunRecord.state).not_in(ENDED_STATES))).one_or_none()


def find_issuing(session: Session) -> int | None:
    """A run that is being issued just now."""
    return session.exec(select(RunRecord.run_id).where(RunRecord.state == "issuing")).first()


def list_issued_runs(session: Session, period: str) -> list[RunRecord]:
    """What was issued for a period: its close and the corrections after it, in order."""
    query = select(RunRecord).where(RunRecord.period == period, RunRecord.state == "issued")
    return list(session.exec(query.order_by(col(RunRecord.revision))))


def list_runs(session: Session) -> list[RunRecord]:
    """All runs, the newest first."""
    return list(session.exec(select(RunRecord).order_by(col(RunRecord.run_id).desc())))


def save_run(session: Session, record: RunRecord, *, now_ms: int, actor: str) -> None:
    """Add a run."""
    session.add(record)
    session.flush()
    after = {"state": record.state, "period": record.period, "kind": record.kind, "revision": record.revision}
    subject = subject_of(record)
    record_change(session, action="run.plan", subject=subject, now_ms=now_ms, actor=actor, after=after)


def keep_incidents(session: Session, run_id: int, incidents: str) -> None:
    """Keep the incidents that a run's statements tell of."""
    change = update(RunRecord).where(col(RunRecord.run_id) == run_id).values(incidents=incidents)
    session.connection().execute(change)


def subject_of(run: RunRecord) -> str:
    """What the audit log calls a run."""
    return f"run {run.run_id}"


def change_state(
    session: Session,
    run: RunRecord,
    *,
    to: str,
    now_ms: int,
    actor: str,
    action: str = "",
    note: Mapping[str, Any] | None = None,
    **stamps: Any,  # noqa: ANN401 - column values
) -> None:
    """Move a run on, if it is still as it was read, and log who did.

    Args:
        session: Open.
        run: As read: its state, version and digest are compared.
        to: The new state.
        now_ms: When.
        actor: Who.
        action: What the audit log calls it; after the new state if nothing is given.
        note: What the audit log says besides, and no column does.
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
    run_id, subject = run.run_id, subject_of(run)
    before = {name: getattr(run, name) for name in ("state", "version", "digest", *stamps)}
    after = {"state": to, "version": run.version + 1, "digest": run.digest, **stamps, **(note or {})}
    change = update(RunRecord).where(*same).values(state=to, version=run.version + 1, **stamps)
    try:
        result: Any = session.connection().execute(change)
        changed = result.rowcount == 1
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != SERIALIZATION_FAILURE:
            raise
        changed = False
    if not changed:
        raise ConflictError("state", f"run {run_id} was changed by somebody else just now; look at it again")
    action = action or f"run.{to}"
    record_change(session, action=action, subject=subject, now_ms=now_ms, actor=actor, before=before, after=after)
    session.expire_all()
