"""Plan a run: a draft, and the batches of merchants that it is worked in."""

from __future__ import annotations

import importlib.metadata

from sqlmodel import Session

from sla_service.db.numbering import take_numbers
from sla_service.db.run_batches import save_batches
from sla_service.db.runs import change_state, find_live_run, save_run
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.errors import ConflictError
from sla_service.domain.periods import Month

OPEN_STATES = ("draft", "calculated", "submitted")
"""States in which a newer calculation of the same month takes a run's place."""
LAST_ID = "\U0010ffff"
"""Not before any id."""


def plan_run(session: Session, month: Month, *, now_ms: int, actor: str) -> RunRecord:
    """Begin a run of a month as a draft; an earlier one that is not approved yet is superseded.

    Raises:
        ConflictError: The month's run is already approved or issued.
        InvalidValueError: No contract was in force in the month.
    """
    _supersede(session, month, now_ms=now_ms, actor=actor)
    run = RunRecord(
        run_id=take_numbers(session, "runs", 1),
        period=str(month),
        state="draft",
        version=1,
        digest="",
        tzdb_version=importlib.metadata.version("tzdata"),
        created_at_ms=now_ms,
        created_by=actor,
    )
    save_run(session, run, now_ms=now_ms, actor=actor)
    batch = RunBatchRecord(
        run_id=run.run_id,
        batch_no=1,
        kind="merchants",
        first_id="",
        last_id=LAST_ID,
        first_credit_no=1,
        state="planned",
        attempt=0,
        changed_at_ms=now_ms,
    )
    save_batches(session, [batch])
    return run


def _supersede(session: Session, month: Month, *, now_ms: int, actor: str) -> None:
    before = find_live_run(session, str(month))
    if before is None:
        return
    if before.state not in OPEN_STATES:
        raise ConflictError("run_exists", f"run {before.run_id} for {month} is already {before.state}")
    change_state(session, before, to="superseded", now_ms=now_ms, actor=actor)
