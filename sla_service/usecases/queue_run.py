"""A run on its way through the job queue: what to do next, where it stands, and why it stopped.

``work_run`` says what is done; this says who is told to do it. The batches say what has been done, so whatever is in
the queue twice, late or not at all changes no figure.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from sla_service.db.job_queue import QueuedJob, enqueue, require_queue
from sla_service.db.run_batches import list_batches, load_batch
from sla_service.db.run_stops import find_stop, forget_stop
from sla_service.db.runs import load_run
from sla_service.db.tables import RunStopRecord
from sla_service.usecases.work_run import DONE, next_batches


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is."""

    state: str
    done: int
    batches: int
    stop: RunStopRecord | None

    @property
    def is_moving(self) -> bool:
        """Whether there is something to do that nothing stands against."""
        return self.state in DONE and self.stop is None


def standing(session: Session, run_id: int) -> Standing:
    """How far a run is, whoever works on it."""
    run, batches, stop = load_run(session, run_id), list_batches(session, run_id), find_stop(session, run_id)
    done = sum(batch.state == DONE.get(run.state, batch.state) for batch in batches)
    if stop is not None:
        session.expunge(stop)
    return Standing(run.state, done, len(batches), stop)


def queue_run(session: Session, run_id: int) -> None:
    """Give a draft, or a run that is being issued, to the workers; one that stopped goes on.

    Raises:
        ConflictError: The queue's tables are not those of this release.
    """
    require_queue(session.connection())
    forget_stop(session, run_id)
    enqueue(session, [QueuedJob(run_id, load_run(session, run_id).state)])


def queue_batches(session: Session, run_id: int) -> int:
    """Put the batches that can be worked now into the queue, and return how many those are: 0 if all are done."""
    state = load_run(session, run_id).state
    left = next_batches(list_batches(session, run_id), DONE[state])
    enqueue(session, [QueuedJob(run_id, state, batch.batch_no) for batch in left])
    return len(left)


def queue_next(session: Session, run_id: int, batch_no: int) -> None:
    """After a batch: if it was the last of its kind, have somebody look what comes next."""
    run, batch = load_run(session, run_id), load_batch(session, run_id, batch_no)
    if run.state not in DONE:
        return
    kin = list_batches(session, run_id, batch.kind)
    if all(one.state == DONE[run.state] for one in kin):
        enqueue(session, [QueuedJob(run_id, run.state)])


def stopped_in_words(run_id: int, stop: RunStopRecord) -> str:
    """Why, for people."""
    where = f" at batch {stop.batch_no}" if stop.batch_no else ""
    return f"run {run_id} stopped{where}: {stop.reason}"
