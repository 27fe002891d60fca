"""Work a run through in this process, a transaction at a time: whatever dies, the next call goes on from there.

The same steps are given to workers as jobs where there is a queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sla_service.db.chain import lock_chains
from sla_service.db.run_batches import claim_batch, list_batches, load_batch
from sla_service.db.run_stops import forget_stop, stop_run
from sla_service.db.runs import load_run
from sla_service.db.tables import RunBatchRecord
from sla_service.domain.errors import ChangedError, ConflictError, SlaError
from sla_service.usecases.calculate_run import calculate_batch, finish_calculation
from sla_service.usecases.decide_run import withdraw_approval
from sla_service.usecases.issue_run import finish_issue, issue_batch
from sla_service.usecases.progress import Progress, silent
from sla_service.usecases.transactions import Transaction

WORDS = {"draft": "Calculating", "issuing": "Writing statements"}
"""What is done to a run in these states, for people."""
DONE = {"draft": "calculated", "issuing": "issued"}
"""The state of a batch that has been worked, by the state of its run."""


def work_run(transaction: Transaction, run_id: int, *, now: Callable[[], int], progress: Progress = silent) -> None:
    """Work every batch that is left of a draft or of a run that is being issued, and finish it.

    The exception to the rule that a use case never commits: each batch is a transaction of its own. May be called again
    at any time, by whoever wants the run done.

    Raises:
        ConflictError: A batch cannot be worked; the message says why. What was worked before it stays.
    """
    with transaction() as session:
        forget_stop(session, run_id)
    while _state(transaction, run_id) in DONE:
        batch_no = _next_batch(transaction, run_id, progress)
        try:
            if batch_no is None:
                finish(transaction, run_id, now=now)
            else:
                work_batch(transaction, run_id, batch_no, now=now)
        except SlaError as error:
            # Whoever asks later is told as well.
            with transaction() as session:
                stop_run(session, run_id, batch_no, reason=str(error), now_ms=now())
            raise


def _next_batch(transaction: Transaction, run_id: int, progress: Progress) -> int | None:
    with transaction() as session:
        state, batches = load_run(session, run_id).state, list_batches(session, run_id)
        done = sum(batch.state == DONE[state] for batch in batches)
        progress(WORDS[state], done, max(len(batches), 1))
        return next((batch.batch_no for batch in next_batches(batches, DONE[state])), None)


def next_batches(batches: Sequence[RunBatchRecord], done: str) -> list[RunBatchRecord]:
    """Those that are not done and can be: partners' statements repeat what the merchants' say, so they come after."""
    left = [batch for batch in batches if batch.state != done]
    return [batch for batch in left if batch.kind == "merchants"] or left


def work_batch(transaction: Transaction, run_id: int, batch_no: int, *, now: Callable[[], int]) -> None:
    """Take a batch over and work it; nothing, if it is done.

    Raises:
        ConflictError: It cannot be worked, or another worker took it over in the meantime (``batch_taken``).
    """
    with transaction() as session:
        state, batch = load_run(session, run_id).state, load_batch(session, run_id, batch_no)
        if state not in DONE or batch.state == DONE[state]:
            return
        attempt = claim_batch(session, batch, now_ms=now())
    try:
        with transaction() as session:
            work = calculate_batch if state == "draft" else issue_batch
            work(session, run_id, batch_no, attempt=attempt, now_ms=now())
    except Exception as error:
        # Rows that are there already, a session that was ended: whatever it looks like, the other worker is its cause.
        with transaction() as session:
            is_taken = load_batch(session, run_id, batch_no).attempt != attempt
        if is_taken:
            message = f"batch {batch_no} of run {run_id} is in the hands of another worker"
            raise ConflictError("batch_taken", message) from error
        raise


def finish(transaction: Transaction, run_id: int, *, now: Callable[[], int]) -> None:
    """Finish a run whose batches are all worked; nothing, if somebody else did."""
    state = _state(transaction, run_id)
    with transaction() as session:
        if state == "draft":
            finish_calculation(session, run_id, now_ms=now())
        elif state == "issuing":
            lock_chains(session)
            finish_issue(session, run_id, now_ms=now())


def _state(transaction: Transaction, run_id: int) -> str:
    with transaction() as session:
        return load_run(session, run_id).state


@contextmanager
def withdrawing(transaction: Transaction, run_id: int, *, now_ms: int, actor: str) -> Iterator[None]:
    """Take a run's approval back, on record, if it turns out inside that something has changed; then raise on.

    Raises:
        ChangedError: As raised inside.
    """
    try:
        yield
    except ChangedError as error:
        try:
            with transaction() as session:
                withdraw_approval(session, run_id, list(error.changes), now_ms=now_ms, actor=actor)
        except ConflictError:
            # Somebody else has moved the run on; the refusal stands.
            pass
        raise
