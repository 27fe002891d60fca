"""The batches of a run: ranges of merchants or partners, each worked in one transaction of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from sla_service.db.tables import CreditLineRecord, CreditRecord, RunBatchRecord
from sla_service.domain.errors import ConflictError, NotFoundError


def save_batches(session: Session, batches: Iterable[RunBatchRecord]) -> None:
    """Plan batches."""
    session.add_all(batches)
    session.flush()


def list_batches(session: Session, run_id: int, kind: str | None = None) -> list[RunBatchRecord]:
    """A run's batches by number."""
    query = select(RunBatchRecord).where(RunBatchRecord.run_id == run_id)
    if kind is not None:
        query = query.where(RunBatchRecord.kind == kind)
    return list(session.exec(query.order_by(col(RunBatchRecord.batch_no))))


def load_batch(session: Session, run_id: int, batch_no: int) -> RunBatchRecord:
    """One batch.

    Raises:
        NotFoundError: There is no such batch.
    """
    found = session.get(RunBatchRecord, (run_id, batch_no))
    if found is None:
        raise NotFoundError(f"run {run_id} has no batch {batch_no}")
    return found


def claim_batch(session: Session, batch: RunBatchRecord, *, now_ms: int) -> int:
    """Take a batch, whoever had it before, and return the token that its last write must show.

    Raises:
        ConflictError: Somebody else took or finished it just now.
    """
    attempt = batch.attempt + 1
    _change(session, batch, {"attempt": attempt, "changed_at_ms": now_ms})
    return attempt


def finish_batch(session: Session, batch: RunBatchRecord, *, to: str, now_ms: int, **columns: Any) -> None:  # noqa: ANN401
    """Move a batch on with what was found, if it still belongs to who read it.

    Raises:
        ConflictError: Another worker has taken it over: whatever this one did must be rolled back.
    """
    _change(session, batch, {"state": to, "changed_at_ms": now_ms, **columns})


def _change(session: Session, batch: RunBatchRecord, values: dict[str, Any]) -> None:
    run_id, batch_no = batch.run_id, batch.batch_no
    same = (
        col(RunBatchRecord.run_id) == run_id,
        col(RunBatchRecord.batch_no) == batch_no,
        col(RunBatchRecord.state) == batch.state,
        col(RunBatchRecord.attempt) == batch.attempt,
    )
    result: Any = session.connection().execute(update(RunBatchRecord).where(*same).values(**values))
    if result.rowcount != 1:
        raise ConflictError("batch_taken", f"batch {batch_no} of run {run_id} is in the hands of another worker")
    session.expire(batch)


def forget_figures(session: Session, batch: RunBatchRecord, last_credit_no: int) -> None:
    """Delete what a draft's batch calculated, so that it can be calculated again."""
    for record in (CreditLineRecord, CreditRecord):
        numbers = col(record.credit_no).between(batch.first_credit_no, last_credit_no)
        session.connection().execute(delete(record).where(col(record.run_id) == batch.run_id, numbers))
