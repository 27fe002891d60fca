"""Approve a run as a second person, or reject it."""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.credits import deciders
from sla_service.db.runs import change_state, load_run
from sla_service.db.tables import RunRecord
from sla_service.domain.errors import ConflictError, ForbiddenError

NEXT = {
    "calculated": "it can be approved or rejected",
    "approved": "it can be issued or rejected",
    "issued": "what it says no longer changes",
    "rejected": "calculate the period again",
    "superseded": "look for the newer run of the period",
}
"""What is possible next, for people who asked for something else."""


def approve_run(session: Session, run_id: int, *, digest: str | None, now_ms: int, actor: str) -> RunRecord:
    """Approve what was calculated.

    Args:
        session: Open.
        run_id: The run.
        digest: What the approver saw (``run show`` prints it); None approves what is there now.
        now_ms: The instant.
        actor: The approver; not who calculated it.

    Raises:
        ForbiddenError: Nobody approves their own run, nor a run with a case that they decided.
        ConflictError: It is not waiting for approval, or its figures are not those the approver saw.
    """
    run = load_run(session, run_id)
    if run.state == "approved" and run.approved_by == actor:
        return run
    require_state(run, "calculated")
    if run.created_by.casefold() == actor.casefold():
        raise ForbiddenError("four_eyes", f"{actor} calculated run {run_id}; a second person approves it")
    if actor.casefold() in {name.casefold() for name in deciders(session, run_id)}:
        raise ForbiddenError("four_eyes", f"{actor} decided a case of run {run_id}; a second person approves it")
    if digest is not None and not (digest and run.digest.startswith(digest)):
        raise ConflictError(
            "digest_changed", f"run {run_id} is {run.digest[:12]} now, not {digest[:12]}; review it again"
        )
    change_state(session, run, to="approved", approved_at_ms=now_ms, approved_by=actor)
    return load_run(session, run_id)


def reject_run(session: Session, run_id: int) -> RunRecord:
    """Set a run aside that has not been issued; the period can then be calculated again.

    Raises:
        ConflictError: It is issued, rejected or superseded already.
    """
    run = load_run(session, run_id)
    require_state(run, "calculated", "approved")
    change_state(session, run, to="rejected")
    return load_run(session, run_id)


def require_state(run: RunRecord, *states: str) -> None:
    """Insist on a state.

    Raises:
        ConflictError: The run is in another one; the message says what is possible from there.
    """
    if run.state not in states:
        raise ConflictError("state", f"run {run.run_id} is {run.state}; {NEXT[run.state]}")
