"""Issue an approved run in batches: numbers, frozen statements, ledger and outbox; each batch all or nothing.

Numbers are taken for the whole run when issuing begins, and dealt out to its batches: whatever dies and whoever goes
on, each statement gets the number that it would have had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from sla_service.config import Settings
from sla_service.db.chain import lock_chains
from sla_service.db.credits import KEPT_NUMBERS, stated_partners
from sla_service.db.numbering import take_numbers
from sla_service.db.parties import hold_recipients
from sla_service.db.run_batches import claim_batch, finish_batch, list_batches, save_batches
from sla_service.db.runs import change_state, load_run
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.errors import ConflictError
from sla_service.domain.statements import (
    Issuer,
)
from sla_service.usecases.book_credits import seal_run
from sla_service.usecases.calculate_run import own_batch
from sla_service.usecases.decide_run import changed_error, changes_since, require_state
from sla_service.usecases.frozen_incidents import freeze_incidents
from sla_service.usecases.issue_batch import BatchIssue
from sla_service.usecases.progress import Progress, silent

LAST_CREDIT_NO = KEPT_NUMBERS
"""Not before any credit."""


def issuer_of(settings: Settings) -> Issuer:
    """Who issues, from the settings."""
    return Issuer(
        settings.issuer_name,
        settings.issuer_address,
        settings.contact_email,
        settings.accent,
        settings.public_url.rstrip("/"),
    )


PARTNERS_PER_BATCH = 20
"""A partner's statement has a line for each of its merchants, thousands perhaps."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What issuing did."""

    run: RunRecord
    merchant_statements: int
    partner_statements: int


def issue_run(
    session: Session,
    run_id: int,
    *,
    issuer: Issuer,
    now_ms: int,
    actor: str,
    progress: Progress = silent,
) -> Issued:
    """Issue every credit of an approved run, in one transaction.

    Raises:
        ConflictError: The run is not approved, or its stored figures are not those that were approved.
        ChangedError: Something that it rests on is not what was approved.
    """
    run = start_issue(session, run_id, issuer=issuer, now_ms=now_ms, actor=actor)
    if run.state == "issued":
        return _issued(session, run_id)
    _issue_batches(session, run_id, now_ms, progress)
    return finish_issue(session, run_id, now_ms=now_ms)


def _issue_batches(session: Session, run_id: int, now_ms: int, progress: Progress = silent) -> None:
    for batch in list_batches(session, run_id):
        attempt = claim_batch(session, batch, now_ms=now_ms)
        issue_batch(session, run_id, batch.batch_no, attempt=attempt, now_ms=now_ms)
        progress("Writing statements", batch.batch_no, batch.batch_no)


def start_issue(session: Session, run_id: int, *, issuer: Issuer, now_ms: int, actor: str) -> RunRecord:
    """Begin to issue: everything is as approved, the numbers are taken, the batches know theirs.

    Raises:
        ConflictError: The run is not approved.
        ChangedError: Something that it rests on is not what was approved; ``withdrawing`` takes the approval back.
    """
    # Until this is committed nothing is used up: a void takes back no more than is still owed.
    lock_chains(session)
    hold_recipients(session)
    run = load_run(session, run_id)
    require_state(run, "approved")
    found = changes_since(session, run, issuer)
    if found:
        raise changed_error(run_id, found)
    freeze_incidents(session, run_id)
    # First the state, then the effects: whoever loses the race for the state has done nothing yet.
    change_state(session, run, to="issuing", now_ms=now_ms, actor=actor, issued_at_ms=now_ms, issued_by=actor)
    batches = list_batches(session, run_id)
    number = take_numbers(session, "statements", sum(batch.statements for batch in batches))
    for batch in batches:
        finish_batch(session, batch, to="calculated", now_ms=now_ms, first_number=number)
        number += batch.statements
    _plan_partners(session, run_id, len(batches), now_ms)
    if run.voids is not None:
        _issue_batches(session, run_id, now_ms)
        finish_issue(session, run_id, now_ms=now_ms)
    return load_run(session, run_id)


def _plan_partners(session: Session, run_id: int, batches: int, now_ms: int) -> None:
    partners = stated_partners(session, run_id)
    first = take_numbers(session, "partner_statements", len(partners))
    ranges = [partners[i : i + PARTNERS_PER_BATCH] for i in range(0, len(partners), PARTNERS_PER_BATCH)]
    planned = []
    for n, ids in enumerate(ranges):
        planned.append(
            RunBatchRecord(
                run_id=run_id,
                batch_no=batches + n + 1,
                kind="partners",
                first_id=ids[0],
                last_id=ids[-1],
                first_credit_no=0,
                state="calculated",
                attempt=0,
                statements=len(ids),
                first_number=first + n * PARTNERS_PER_BATCH,
                changed_at_ms=now_ms,
            )
        )
    save_batches(session, planned)


def issue_batch(session: Session, run_id: int, batch_no: int, *, attempt: int, now_ms: int) -> None:
    """Issue the statements of one batch of merchants or, once all of those are issued, of partners.

    Raises:
        ConflictError: Another worker has taken the batch over, merchants are still missing, or what is stored is not
            what was approved.
    """
    run, batch = load_run(session, run_id), own_batch(session, run_id, batch_no, attempt, "calculated")
    require_state(run, "issuing")
    issuing, booked = BatchIssue(session, run), None
    if batch.kind == "partners":
        issuing.issue_partners(batch)
    else:
        numbers = credit_numbers(list_batches(session, run_id, "merchants"), batch_no)
        booked = issuing.issue_merchants(batch, numbers)
    finish_batch(session, batch, to="issued", now_ms=now_ms, ledger_sha256=booked)


def finish_issue(session: Session, run_id: int, *, now_ms: int) -> Issued:
    """Close an issue whose batches are all issued: from here on nothing of it changes.

    Raises:
        ConflictError: A batch is missing, or somebody else finished it.
    """
    lock_chains(session)
    run, batches = load_run(session, run_id), list_batches(session, run_id)
    require_state(run, "issuing")
    missing = [batch.batch_no for batch in batches if batch.state != "issued"]
    if missing:
        raise ConflictError("batches_missing", f"run {run_id} still has {len(missing)} batches to issue")
    head = seal_run(session, run_id, now_ms=now_ms)
    change_state(
        session, run, to="issued", now_ms=now_ms, actor=run.issued_by or "", ledger_head=head.sha256 if head else None
    )
    return _issued(session, run_id)


def _issued(session: Session, run_id: int) -> Issued:
    batches = list_batches(session, run_id)
    counts = {kind: sum(b.statements for b in batches if b.kind == kind) for kind in ("merchants", "partners")}
    return Issued(load_run(session, run_id), counts["merchants"], counts["partners"])


def credit_numbers(batches: Sequence[RunBatchRecord], batch_no: int) -> tuple[int, int]:
    """First and last number that a batch's credits may have."""
    firsts = [batch.first_credit_no for batch in batches]
    at = [batch.batch_no for batch in batches].index(batch_no)
    return firsts[at], firsts[at + 1] - 1 if at + 1 < len(firsts) else LAST_CREDIT_NO
