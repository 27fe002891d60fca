"""Plan a correction: an issued month is calculated again, and what it comes to now is compared with what was issued."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session

from sla_service.db.run_batches import save_batches
from sla_service.db.runs import SERIALIZATION_FAILURE, find_live_run, list_issued_runs
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.errors import ConflictError
from sla_service.domain.periods import Month
from sla_service.usecases.plan_run import BATCH_MERCHANTS, new_run, plan_batches, supersede

LAST_ID = "\U0010ffff"
"""Not before any id."""


def plan_correction(
    session: Session,
    month: Month,
    *,
    now_ms: int,
    actor: str,
    reason: str = "",
    batch_merchants: int = BATCH_MERCHANTS,
) -> RunRecord:
    """Begin a correction of an issued month as a draft; an earlier one that is not approved yet is superseded.

    Args:
        session: Open; nothing is committed.
        month: The month; its evidence is read as it is now.
        now_ms: The instant.
        actor: Who calculates.
        reason: Why, if somebody says so; kept with the run.
        batch_merchants: Merchants per batch; the figures do not depend on it.

    Raises:
        ConflictError: The month is not issued yet; another correction of it is approved and not issued, or a void is
            on its way; or somebody else began one just now.
    """
    revision = next_revision(session, month)
    other = find_live_run(session, str(month), revision)
    if other is not None and other.voids is not None:
        raise under_way(other)
    supersede(session, other, now_ms=now_ms, actor=actor)
    run = begin(session, month, revision, now_ms=now_ms, actor=actor, reason=reason.strip() or None)
    batches = plan_batches(session, run, month, batch_merchants)
    # Where nobody has a contract any more, everybody who was credited is still looked at.
    save_batches(session, batches or [_everybody(run)])
    return run


def begin(session: Session, month: Month, revision: int, *, now_ms: int, actor: str, **more: str | None) -> RunRecord:
    """A draft of the next revision.

    Raises:
        ConflictError: Somebody else has begun it just now.
    """
    try:
        return new_run(session, month, now_ms=now_ms, actor=actor, kind="correction", revision=revision, **more)
    except (IntegrityError, OperationalError) as error:
        if isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", "") != SERIALIZATION_FAILURE:
            raise
        message = f"somebody else began a correction of {month} just now; look at it with `sla run list`"
        raise ConflictError("run_exists", message) from error


def next_revision(session: Session, month: Month) -> int:
    """The revision that a month's next correction has.

    Raises:
        ConflictError: The month was not issued: until then it is calculated again, not corrected.
    """
    issued = list_issued_runs(session, str(month))
    if not issued:
        live = find_live_run(session, str(month))
        now = f"its run {live.run_id} is {live.state}" if live else "it has no run"
        message = f"{month} is not issued yet ({now}): close it first, with `sla run calculate --period {month}`"
        raise ConflictError("not_issued", message)
    return issued[-1].revision + 1


def under_way(run: RunRecord) -> ConflictError:
    """The refusal where another change of an issued month has to be finished first."""
    what = f"voids {run.voids}" if run.voids else "corrects the month"
    message = f"run {run.run_id} {what} and is {run.state}: issue it first, or reject it"
    return ConflictError("correction_under_way", message)


def _everybody(run: RunRecord) -> RunBatchRecord:
    return RunBatchRecord(
        run_id=run.run_id,
        batch_no=1,
        kind="merchants",
        first_id="",
        last_id=LAST_ID,
        first_credit_no=1,
        state="planned",
        attempt=0,
        changed_at_ms=run.created_at_ms,
    )
