"""Review a run before it is approved: whatever its size, the database answers with a few dozen rows."""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.review import (
    count_availability,
    count_outcomes,
    count_partners,
    group_parked,
    largest_per_currency,
    sum_by,
)
from sla_service.db.run_changes import compare_runs, find_last_draft
from sla_service.db.runs import list_issued_runs, load_run
from sla_service.db.tables import RunRecord
from sla_service.domain.bounds import Bounds
from sla_service.domain.periods import Month
from sla_service.domain.review import Comparison, Review
from sla_service.usecases.check_bounds import bounds_exceeded
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.odd_credits import odd_credits
from sla_service.usecases.read_parked import silent_incidents

SHOWN_LINES = 5
"""The largest credits of each currency."""
SHOWN_CHANGES = 5
"""Merchants whose credit changed most, of each currency."""
SHOWN_PARTNERS = 5
"""The largest of each currency."""
SHOWN_REASONS = 20


def review_run(session: Session, run_id: int, *, bounds: Bounds) -> Review:
    """What an approver should see of a run.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: It is still being calculated.
    """
    run = load_run(session, run_id)
    require_state(run, "calculated", "submitted", "approved", "issuing", "issued", "rejected", "superseded")
    parked, parked_count = group_parked(session, run_id, at_most=SHOWN_REASONS)
    return Review(
        run_id=run_id,
        period=run.period,
        kind=run.kind,
        state=run.state,
        digest=run.digest,
        created_by=run.created_by,
        created_at_ms=run.created_at_ms,
        outcomes=count_outcomes(session, run_id),
        totals=tuple(sum_by(session, run_id)),
        policies=tuple(sum_by(session, run_id, "policy", "policy_version")),
        services=tuple(sum_by(session, run_id, "service")),
        partners=tuple(sum_by(session, run_id, "partner_id", at_most=SHOWN_PARTNERS)),
        partner_count=count_partners(session, run_id),
        largest=tuple(largest_per_currency(session, run_id, at_most=SHOWN_LINES)),
        oddities=tuple(odd_credits(session, run)),
        availability=tuple(count_availability(session, run_id)),
        beyond=tuple(bounds_exceeded(session, run, bounds)),
        last_month=_last_month(session, run),
        last_draft=_last_draft(session, run),
        parked=tuple(parked),
        parked_count=parked_count,
        silent_incidents=tuple(silent_incidents(session, Month.parse(run.period))),
    )


def _last_month(session: Session, run: RunRecord) -> Comparison | None:
    """Against what was issued for the month before; a correction has no such measure."""
    month = str(Month.parse(run.period).previous)
    before = [one.run_id for one in list_issued_runs(session, month)]
    if run.kind != "close" or not before:
        return None
    return compare_runs(session, before, run.run_id, against=month, at_most=SHOWN_CHANGES)


def _last_draft(session: Session, run: RunRecord) -> Comparison | None:
    draft = find_last_draft(session, run)
    if draft is None:
        return None
    against = f"run {draft.run_id}"
    return compare_runs(session, [draft.run_id], run.run_id, against=against, at_most=SHOWN_CHANGES)
