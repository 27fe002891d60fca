"""Plan a run: a draft, and the batches of merchants that it is worked in."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pyarrow.compute as pc
from sqlmodel import Session

from sla_service.db.audit import is_logged_since
from sla_service.db.numbering import take_numbers
from sla_service.db.run_batches import save_batches
from sla_service.db.runs import change_state, find_live_run, save_run, subject_of
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.errors import ConflictError, InvalidValueError
from sla_service.domain.periods import Month
from sla_service.formats.nouns import NOUNS
from sla_service.usecases.gather_evidence import contract_counts, periods_per_contract
from sla_service.usecases.policies_in_force import published_policies

OPEN_STATES = ("draft", "calculated", "submitted")
"""States in which a newer calculation of the same month takes a run's place."""
INPUTS = (*(f"import.{noun}" for noun in NOUNS), "policy.publish", "run.decide")
"""What is logged when something changes that a run is calculated from."""
BATCH_MERCHANTS = 20_000
"""Enough that a batch's own work is most of it, few enough that a worker needs well under a gibibyte."""


FIRST_ID, LAST_ID = "", "~"
"""Not after, and not before any id; nor does an id have a blank, so that one with a blank behind it is the next."""


def plan_run(
    session: Session, month: Month, *, now_ms: int, actor: str, batch_merchants: int = BATCH_MERCHANTS
) -> RunRecord:
    """Begin a run of a month as a draft; an earlier one that is not approved yet is superseded.

    Args:
        session: Open; nothing is committed.
        month: The month to close.
        now_ms: The instant; open incidents are cut at it.
        actor: Who calculates.
        batch_merchants: Merchants per batch; the figures do not depend on it.

    Raises:
        ConflictError: The month's run is already approved or issued.
        InvalidValueError: No contract was in force in the month.
    """
    supersede(session, find_live_run(session, str(month)), now_ms=now_ms, actor=actor)
    run = new_run(session, month, now_ms=now_ms, actor=actor)
    batches = plan_batches(session, run, month, batch_merchants)
    if not batches:
        raise InvalidValueError.of("run_empty", f"no merchant had a contract in {month}; import contracts first")
    save_batches(session, batches)
    return run


def plan_or_resume(
    session: Session, month: Month, *, now_ms: int, actor: str, batch_merchants: int = BATCH_MERCHANTS
) -> RunRecord:
    """The month's draft that was left unfinished, if what it rests on has not changed since; otherwise a new one.

    Args:
        session: Open; nothing is committed.
        month: The month to close.
        now_ms: The instant of a new draft.
        actor: Who calculates; somebody else's draft is not taken over, for it would carry the other's name.
        batch_merchants: Of a new draft.

    Raises:
        ConflictError: The month's run is already approved or issued.
        InvalidValueError: No contract was in force in the month.
    """
    left = find_live_run(session, str(month))
    if left is not None and left.created_by == actor and is_unfinished(session, left):
        return left
    return plan_run(session, month, now_ms=now_ms, actor=actor, batch_merchants=batch_merchants)


def is_unfinished(session: Session, run: RunRecord) -> bool:
    """Whether a run is a draft that can still be worked as it was planned: no evidence and no rule has come since."""
    same_zones = run.tzdb_version == importlib.metadata.version("tzdata")
    changed = is_logged_since(session, subject_of(run), "run.plan", INPUTS)
    return run.state == "draft" and same_zones and changed is False


def new_run(session: Session, month: Month, *, now_ms: int, actor: str, **more: Any) -> RunRecord:  # noqa: ANN401
    """A draft with a number of its own; ``more`` are further columns."""
    run = RunRecord(
        run_id=take_numbers(session, "runs", 1),
        period=str(month),
        state="draft",
        version=1,
        digest="",
        tzdb_version=importlib.metadata.version("tzdata"),
        created_at_ms=now_ms,
        created_by=actor,
        **more,
    )
    save_run(session, run, now_ms=now_ms, actor=actor)
    return run


def plan_batches(
    session: Session, run: RunRecord, month: Month, batch_merchants: int = BATCH_MERCHANTS
) -> list[RunBatchRecord]:
    """Merchants with a contract in order of their ids; a credit's number is its contract's place among all.

    The ranges leave no gap: a merchant who gets a first contract later would be nobody's, and nobody would notice.
    """
    policies = published_policies(session)
    counts = contract_counts(session, month, policies)
    if not counts.num_rows:
        return []
    per_contract, first_credit_no = periods_per_contract(policies, month), 1
    batches: list[RunBatchRecord] = []
    for part in counts.combine_chunks().to_batches(max_chunksize=batch_merchants):
        batches.append(
            RunBatchRecord(
                run_id=run.run_id,
                batch_no=len(batches) + 1,
                kind="merchants",
                first_id=f"{batches[-1].last_id} " if batches else FIRST_ID,
                last_id=part["merchant_id"][-1].as_py(),
                first_credit_no=first_credit_no,
                state="planned",
                attempt=0,
                changed_at_ms=run.created_at_ms,
            )
        )
        first_credit_no += per_contract * pc.sum(part["contracts"]).as_py()
    batches[-1].last_id = LAST_ID
    return batches


def supersede(session: Session, before: RunRecord | None, *, now_ms: int, actor: str) -> None:
    """Set aside the run in whose place a new one is calculated.

    Raises:
        ConflictError: It is approved already, or issued.
    """
    if before is None:
        return
    if before.state not in OPEN_STATES:
        raise ConflictError("run_exists", f"run {before.run_id} for {before.period} is already {before.state}")
    change_state(session, before, to="superseded", now_ms=now_ms, actor=actor)
