"""Submit a run, approve it as a second person, or reject it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from sla_service.db.runs import change_state, load_run
from sla_service.db.tables import RunRecord
from sla_service.domain.bounds import Bounds
from sla_service.domain.errors import ChangedError, ConflictError, ForbiddenError, InvalidValueError
from sla_service.domain.instants import format_instant
from sla_service.domain.statements import Issuer
from sla_service.usecases.bind_run import binding_json, binding_of, changes, inputs_calculated
from sla_service.usecases.check_bounds import bounds_exceeded
from sla_service.usecases.four_eyes import require_other_person

NEXT = {
    "draft": "it is being calculated; calculate the month again to go on with it",
    "calculated": "it can be submitted or rejected",
    "submitted": "it can be approved by a second person, or rejected",
    "approved": "it can be issued or rejected",
    "issuing": "issue it again to go on where it stopped",
    "issued": "what it says no longer changes; later evidence becomes a correction",
    "rejected": "calculate the period again",
    "superseded": "look for the newer run of the period",
}
"""What is possible next, for people who asked for something else."""
CLEARED: dict[str, Any] = {
    "binding": None,
    "submitted_at_ms": None,
    "submitted_by": None,
    "first_approved_at_ms": None,
    "first_approved_by": None,
    "approved_at_ms": None,
    "approved_by": None,
    "approval_reason": None,
}
"""What a run loses when it goes back to be looked at again."""


CALCULATED = ("inputs", "tzdb")
"""Components that hang on what was calculated, and not on what is done with it."""


@dataclass(frozen=True, slots=True)
class Caution:
    """What holds an approval up, and why it is given all the same."""

    bounds: Bounds = field(default_factory=Bounds)
    reason: str = ""


USUAL_CAUTION = Caution()
"""The bounds of an installation that has set none."""


def submit_run(session: Session, run_id: int, *, issuer: Issuer, now_ms: int, actor: str) -> RunRecord:
    """Hand a calculated run over for approval: from here on every change of what it rests on is noticed.

    Raises:
        ConflictError: It is not calculated, or on its way already.
        ChangedError: What it was calculated from has changed since; calculate again.
    """
    run = load_run(session, run_id)
    require_state(run, "calculated")
    binding = binding_of(session, run, issuer)
    found = changes({"inputs": inputs_calculated(session, run), "tzdb": run.tzdb_version}, binding, among=CALCULATED)
    if found:
        named = "; ".join(found)
        message = f"since run {run_id} was calculated, this changed: {named}. Calculate the month again"
        raise ChangedError(found, message)
    change_state(
        session, run, to="submitted", now_ms=now_ms, actor=actor,
        submitted_at_ms=now_ms, submitted_by=actor, binding=binding_json(binding),
    )  # fmt: skip
    return load_run(session, run_id)


def approve_run(
    session: Session,
    run_id: int,
    *,
    digest: str | None,
    issuer: Issuer,
    now_ms: int,
    actor: str,
    caution: Caution = USUAL_CAUTION,
) -> RunRecord:
    """Approve what was submitted.

    A run beyond the safety bounds is not approved by the first who says yes: they are recorded, and it stays submitted
    until another one gives a reason.

    Args:
        session: Open.
        run_id: The run.
        digest: What the approver saw (``run show`` prints it); None approves what is there now.
        issuer: Who issues, as the settings say now.
        now_ms: The instant.
        actor: The approver; nobody who had a hand in the run.
        caution: The bounds, and why it is approved beyond them.

    Raises:
        ForbiddenError: They calculated or submitted it, edited what it rests on, decided one of its cases, or were the
            first of its two approvers.
        InvalidValueError: It is beyond the bounds, and the second approver gave no reason.
        ConflictError: It is not waiting for approval, or its figures are not those the approver saw.
        ChangedError: Something that it rests on is not what was submitted.
    """
    run = load_run(session, run_id)
    if run.state == "approved" and run.approved_by == actor:
        return run
    require_state(run, "submitted")
    require_other_person(session, run, actor)
    if digest is not None and not (digest and run.digest.startswith(digest)):
        raise ConflictError(
            "digest_changed", f"run {run_id} is {run.digest[:12]} now, not {digest[:12]}; review it again"
        )
    found = changes_since(session, run, issuer)
    if found:
        raise changed_error(run_id, found)
    beyond = bounds_exceeded(session, run, caution.bounds)
    if beyond and run.first_approved_by is None:
        return _approve_first(session, run, beyond, now_ms=now_ms, actor=actor)
    stamps: dict[str, Any] = {"approved_at_ms": now_ms, "approved_by": actor}
    if beyond:
        _require_another(run, actor, caution)
        stamps["approval_reason"] = caution.reason.strip()
    elif run.first_approved_by is not None:
        # Somebody has widened the bounds since: one approver is enough, even the one who was the first.
        stamps |= {"first_approved_at_ms": None, "first_approved_by": None}
    note = {"beyond": beyond, "first_approved_by": run.first_approved_by} if beyond else None
    change_state(session, run, to="approved", now_ms=now_ms, actor=actor, note=note, **stamps)
    return load_run(session, run_id)


def _approve_first(session: Session, run: RunRecord, beyond: list[str], *, now_ms: int, actor: str) -> RunRecord:
    """One of two has said yes."""
    run_id = run.run_id
    change_state(
        session, run, to="submitted", now_ms=now_ms, actor=actor, action="run.first_approval", note={"beyond": beyond},
        first_approved_at_ms=now_ms, first_approved_by=actor,
    )  # fmt: skip
    return load_run(session, run_id)


def _require_another(run: RunRecord, actor: str, caution: Caution) -> None:
    if run.first_approved_by is not None and run.first_approved_by.casefold() == actor.casefold():
        message = (
            f"{actor} was the first to approve run {run.run_id}, at {format_instant(run.first_approved_at_ms or 0)}; "
            f"it is beyond a safety bound, so another person is the second"
        )
        raise ForbiddenError("four_eyes", message)
    if not caution.reason.strip():
        message = f"run {run.run_id} is beyond a safety bound: the second approver says why it is right all the same"
        raise InvalidValueError.of("reason_missing", message)


def changes_since(session: Session, run: RunRecord, issuer: Issuer) -> list[str]:
    """What a run rests on and is not as it was submitted, by name; empty if all of it is."""
    return changes(json.loads(run.binding or "{}"), binding_of(session, run, issuer))


def changed_error(run_id: int, found: list[str]) -> ChangedError:
    """The refusal that names what changed."""
    named = "; ".join(found)
    message = (
        f"since run {run_id} was submitted, this changed: {named}. It needs a new review: calculate the month again"
    )
    return ChangedError(found, message)


def withdraw_approval(session: Session, run_id: int, found: list[str], *, now_ms: int, actor: str) -> None:
    """Send a run back to be looked at again, because of what changed."""
    run = load_run(session, run_id)
    reason = f"changed since it was submitted: {'; '.join(found)}"
    change_state(session, run, to="calculated", now_ms=now_ms, actor=actor, **{**CLEARED, "approval_reason": reason})


def reject_run(session: Session, run_id: int, *, reason: str, now_ms: int, actor: str) -> RunRecord:
    """Set a run aside that has not been issued; the period can then be calculated again.

    Raises:
        ConflictError: It is being issued, issued, rejected or superseded already.
        InvalidValueError: No reason.
    """
    run = load_run(session, run_id)
    require_state(run, "draft", "calculated", "submitted", "approved")
    if not reason.strip():
        raise InvalidValueError.of("reason_missing", "say why: the reason is kept with the run")
    change_state(
        session, run, to="rejected", now_ms=now_ms, actor=actor,
        rejected_at_ms=now_ms, rejected_by=actor, rejected_reason=reason.strip(),
    )  # fmt: skip
    return load_run(session, run_id)


def require_state(run: RunRecord, *states: str) -> None:
    """Insist on a state.

    Raises:
        ConflictError: The run is in another one; the message says what is possible from there.
    """
    if run.state not in states:
        raise ConflictError("state", f"run {run.run_id} is {run.state}; {NEXT[run.state]}")
