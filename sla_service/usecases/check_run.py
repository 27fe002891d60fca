"""Check a run by itself: its state and stamps, who approved it, its batches, and the digests of its figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.audit import is_logged_since
from sla_service.db.book_pages import (
    count_credits,
    credit_keys,
    last_words,
    stated_early,
    unstated,
)
from sla_service.db.credits import deciders, load_credits, load_gone, load_lines
from sla_service.db.run_batches import list_batches
from sla_service.db.runs import subject_of
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.periods import Month
from sla_service.domain.violations import Books
from sla_service.usecases.calculate_run import credits_digest, run_digest
from sla_service.usecases.correct_credits import merchants_of
from sla_service.usecases.gather_evidence import gather_subjects
from sla_service.usecases.issue_run import LAST_CREDIT_NO, credit_numbers

STAMPS = ("submitted", "approved", "issued", "rejected")
FORBIDDEN = {
    "draft": ("submitted", "approved", "issued", "rejected"),
    "calculated": ("submitted", "approved", "issued", "rejected"),
    "submitted": ("approved", "issued", "rejected"),
    "approved": ("issued", "rejected"),
    "issuing": ("rejected",),
    "issued": ("rejected",),
    "rejected": ("issued",),
    "superseded": ("issued", "rejected"),
}
NEEDED = {
    "submitted": ("submitted",),
    "approved": ("submitted", "approved"),
    "issuing": ("submitted", "approved", "issued"),
    "issued": ("submitted", "approved", "issued"),
    "rejected": ("rejected",),
}
CALCULATED = ("calculated", "submitted", "approved", "issuing", "issued")
"""States in which every batch of merchants is calculated."""
GONE = (LAST_CREDIT_NO + 1, 2**62)
"""Numbers of credits whose contracts are gone."""
DUE = ("import.merchants", "import.contracts", "import.units", "policy.publish")
"""What changes which contracts and periods are due; a run from before such a change is not compared with them."""


def check_run(session: Session, run: RunRecord, books: Books) -> None:
    """Note what is wrong with a run, its batches and its credits."""
    batches = list_batches(session, run.run_id)
    # Runs that were issued before there were batches have no binding either; what they state is checked all the same.
    is_old = run.state == "issued" and not batches and run.binding is None
    books.count("runs")
    _check_stamps(run, books, is_old=is_old)
    _check_people(session, run, books)
    _check_log(session, run, books)
    if is_old:
        _check_stated(session, run, (0, LAST_CREDIT_NO), books, is_issued=True)
    elif batches:
        _check_batches(session, run, batches, books)


def _check_stamps(run: RunRecord, books: Books, *, is_old: bool) -> None:
    subject = subject_of(run)
    has = {name: getattr(run, f"{name}_at_ms") is not None for name in STAMPS}
    has_who = {name: getattr(run, f"{name}_by") is not None for name in STAMPS}
    for name in STAMPS:
        if has[name] != has_who[name]:
            books.note("run_state", subject, f"of {name} it has a time without a name, or a name without a time")
        if has[name] and name in FORBIDDEN[run.state]:
            books.note("run_state", subject, f"it is {run.state}, and has a time of {name}")
        is_needed = name in NEEDED.get(run.state, ()) and not (is_old and name == "submitted")
        if is_needed and not has[name]:
            books.note("run_state", subject, f"it is {run.state}, and has no time of {name}")
    if run.state in (*CALCULATED, "draft") and (run.digest == "") != (run.state == "draft"):
        books.note("run_state", subject, f"it is {run.state}, and its digest is {run.digest[:12] or 'empty'}")
    if "submitted" in NEEDED.get(run.state, ()) and run.binding is None and not is_old:
        books.note("run_state", subject, f"it is {run.state}, and nothing says what its approval is for")
    times = [run.created_at_ms, *(getattr(run, f"{name}_at_ms") for name in ("submitted", "approved", "issued"))]
    known = [time for time in times if time is not None]
    if known != sorted(known):
        books.note("run_state", subject, "its times are not in order: calculated, submitted, approved, issued")


def _check_people(session: Session, run: RunRecord, books: Books) -> None:
    first, approved = run.first_approved_by, run.approved_by
    approvers = [name.casefold() for name in (first, approved) if name is not None]
    own = {run.created_by.casefold(), *(name.casefold() for name in deciders(session, run.run_id))}
    for name in approvers:
        if name in own:
            books.note("four_eyes", subject_of(run), f"{name} approved it, and calculated it or decided a case of it")
    if len(approvers) > len(set(approvers)):
        books.note("four_eyes", subject_of(run), f"{approvers[0]} approved it twice")


def _check_log(session: Session, run: RunRecord, books: Books) -> None:
    actions = ("run.plan", "run.first_approval", *(f"run.{state}" for state in FORBIDDEN))
    found = last_words(session, subject_of(run), actions)
    if found is None:
        # Runs from before there was a log are ended; one that is on its way was logged.
        if run.state not in ("issued", "rejected", "superseded"):
            books.note("run_log", subject_of(run), f"it is {run.state}, and the audit log knows nothing of it")
        return
    state, version = ("draft", 1) if found[0] == "run.plan" else _after(found[1])
    if (state, version) != (run.state, run.version):
        message = f"it is {run.state} (version {run.version}); the audit log says {state} (version {version})"
        books.note("run_log", subject_of(run), message)


def _after(after: str | None) -> tuple[str, int]:
    said = json.loads(after or "{}")
    return said.get("state", ""), said.get("version", 0)


def _check_batches(session: Session, run: RunRecord, batches: Sequence[RunBatchRecord], books: Books) -> None:
    merchants = [batch for batch in batches if batch.kind == "merchants"]
    _check_ranges(run, merchants, books)
    for batch in batches:
        _check_batch_state(run, batch, books)
    counted = 0
    for batch in merchants:
        numbers = credit_numbers(merchants, batch.batch_no)
        counted += _check_batch(session, run, batch, numbers, merchants_of(merchants, batch.batch_no), books)
        _check_due(session, run, batch, numbers, books)
        _check_stated(session, run, numbers, books, is_issued=batch.state == "issued")
    if run.state == "issued":
        _check_stated(session, run, GONE, books, is_issued=True)
    whole = count_credits(session, run.run_id)
    if whole != counted:
        books.note("batch_count", subject_of(run), f"it has {whole} credits, and its batches {counted}")
    # What was superseded or rejected half way has no digest.
    if run.digest and run.digest != run_digest(merchants):
        books.note("run_digest", subject_of(run), f"its digest is {run.digest[:12]}, its batches say otherwise")


def _check_ranges(run: RunRecord, merchants: Sequence[RunBatchRecord], books: Books) -> None:
    for before, after in pairwise(merchants):
        if before.last_id >= after.first_id or before.first_credit_no >= after.first_credit_no:
            message = f"its batches {before.batch_no} and {after.batch_no} overlap"
            books.note("batch_state", subject_of(run), message)
    if any(batch.last_id < batch.first_id for batch in merchants):
        books.note("batch_state", subject_of(run), "a batch of it ends before it begins")


def _check_batch_state(run: RunRecord, batch: RunBatchRecord, books: Books) -> None:
    allowed = {"draft": ("planned", "calculated"), "issuing": ("calculated", "issued"), "issued": ("issued",)}
    ended = ("planned", "calculated")
    states = allowed.get(run.state, ("calculated",) if run.state in CALCULATED else ended)
    subject = f"batch {batch.batch_no} of run {run.run_id}"
    if batch.state not in states:
        books.note("batch_state", subject, f"it is {batch.state}, and the run is {run.state}")
    if (batch.first_number is not None) != (run.state in ("issuing", "issued")):
        books.note("batch_state", subject, f"the run is {run.state}, and its first number is {batch.first_number}")


def _check_batch(
    session: Session,
    run: RunRecord,
    batch: RunBatchRecord,
    numbers: tuple[int, int],
    ids: tuple[str, str | None],
    books: Books,
) -> int:
    """Compare the stored figures with the batch's digest; how many credits there are."""
    subject = f"batch {batch.batch_no} of run {run.run_id}"
    credits, lines = load_credits(session, run.run_id, numbers), load_lines(session, run.run_id, numbers)
    found = count_credits(session, run.run_id, numbers)
    if run.kind == "correction":
        gone = load_gone(session, run.run_id, ids)
        credits, found = pa.concat_tables([credits, gone]), found + int(gone.num_rows)
    counted = batch.credits if batch.state != "planned" else 0
    if found != counted:
        books.note("batch_count", subject, f"it has {found} credits, and counted {counted}")
    if batch.state != "planned" and credits_digest(credits, lines) != batch.figures_sha256:
        books.note("batch_figures", subject, f"its figures are not those of {str(batch.figures_sha256)[:12]}")
    books.count("lines", lines.num_rows)
    books.count("credits", found)
    return found


def _check_due(session: Session, run: RunRecord, batch: RunBatchRecord, numbers: tuple[int, int], books: Books) -> None:
    """Compare the credits with the contracts and periods that are due, if those are as the run found them."""
    # A void has only the credits of its statement; and what came later is for a correction to find.
    if run.state not in CALCULATED or run.voids is not None:
        return
    if is_logged_since(session, subject_of(run), "run.plan", DUE) is not False:
        return
    among = (batch.first_id, batch.last_id)
    gathered = gather_subjects(session, Month.parse(run.period), as_of_ms=run.created_at_ms, among=among)
    due = Counter(
        (
            subject.contract.merchant_id,
            subject.contract.service,
            subject.contract.starts_on.isoformat(),
            subject.window.start_ms if subject.policy and subject.window else None,
        )
        for subject in gathered.subjects
    )
    found = Counter(credit_keys(session, run.run_id, numbers))
    for key in (due - found) | (found - due):
        merchant_id, service, starts_on, _ = key
        message = (
            f"its contract of {starts_on} has {found[key]} credits of run {run.run_id} for a period, not {due[key]}"
        )
        books.note("credit_due", f"{service} of {merchant_id}", message)


def _check_stated(session: Session, run: RunRecord, numbers: tuple[int, int], books: Books, *, is_issued: bool) -> None:
    """Of an issued batch, what states something is on a statement; of another one, nothing is."""
    if not is_issued:
        for number in stated_early(session, run.run_id, numbers):
            books.note("statement_early", f"statement {number}", "the batch that it belongs to is not issued")
        return
    for credit_no in unstated(session, run.run_id, numbers):
        message = "it is issued and states something, and is on no statement"
        books.note("credit_unstated", f"credit {run.run_id}-{credit_no}", message)
