"""The job queue on PostgreSQL: procrastinate's tables in a schema of their own; jobs put there in our transaction.

Its rows are notes about what to do next. What has been done stands in ``run_batches`` alone, so the queue may be
emptied or made anew at any time without losing more than the notes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import Session

from sla_service.domain.errors import ConflictError

SCHEMA = "procrastinate"
"""Not among our tables: migrations and models know nothing of it, and it can be dropped whole."""
WORK_BATCH, ADVANCE = "work_batch", "advance"
"""Names of the tasks; ``worker`` says what they do."""


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """Something to do for a run."""

    run_id: int
    phase: str
    """State of the run in which it is to be done."""
    batch_no: int | None = None
    """None to see what comes next for the whole run."""

    @property
    def task(self) -> str:
        """Name of the task."""
        return ADVANCE if self.batch_no is None else WORK_BATCH

    @property
    def lock(self) -> str:
        """One of a name waits at a time, and one of a name runs."""
        return lock_name(self.run_id, self.phase, self.batch_no)

    @property
    def arguments(self) -> dict[str, Any]:
        """What the task is told."""
        batch = {} if self.batch_no is None else {"batch_no": self.batch_no}
        return {"run_id": self.run_id, "phase": self.phase, **batch}


def lock_name(run_id: int, phase: str, batch_no: int | None) -> str:
    """What a job is called where only one of it may be."""
    return f"{queue_of(run_id)}/{phase}/{'next' if batch_no is None else batch_no}"


def queue_of(run_id: int) -> str:
    """The queue of a run: who only wants that run done listens to it alone."""
    return f"run-{run_id}"


def install(connection: Connection) -> None:
    """Make the queue's tables, or make them anew if they are those of another version of the library.

    Only notes are lost with the old ones: whoever asks for the run again has them written again.
    """
    if connection.dialect.name != "postgresql" or is_current(connection):
        return
    remove(connection)
    connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
    with _on_path(connection) as driver:
        driver.execute(_schema_sql())
    connection.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{_version()}'"))


def remove(connection: Connection) -> None:
    """Drop the queue with all that is in it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))


def is_current(connection: Connection) -> bool:
    """Whether the queue's tables are those that the installed library works with."""
    query = text("SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :name")
    return bool(connection.execute(query, {"name": SCHEMA}).scalar() == _version())


def require_queue(connection: Connection) -> None:
    """Insist on tables that the installed library works with.

    Raises:
        ConflictError: Says which command mends it.
    """
    if not is_current(connection):
        raise ConflictError("queue", "the job queue's tables are missing or of another version; run `sla db upgrade`")


def enqueue(session: Session, jobs: Sequence[QueuedJob]) -> int:
    """Put jobs into the queue with the session's transaction, except those that wait there already.

    One that is being worked is put there again: whether it succeeds is not known yet, and the second finds it done.

    Returns:
        How many were added.
    """
    from procrastinate.exceptions import AlreadyEnqueued  # noqa: PLC0415 - SQLite's users need not wait for it

    waiting = _waiting(session, {job.run_id for job in jobs})
    wanted = [job for job in jobs if job.lock not in waiting]
    if not wanted:
        return 0
    try:
        with session.begin_nested():
            _defer(session, wanted)
    except AlreadyEnqueued:
        # Somebody did the same at the same time: one by one, to leave out what they added.
        if len(wanted) == 1:
            return 0
        return sum(enqueue(session, [job]) for job in wanted)
    return len(wanted)


def _waiting(session: Session, run_ids: set[int]) -> set[str]:
    query = text(
        f"SELECT queueing_lock FROM {SCHEMA}.procrastinate_jobs"  # noqa: S608 - a constant
        " WHERE status = 'todo' AND queue_name = ANY(:queues)"
    )
    return set(session.connection().execute(query, {"queues": [queue_of(one) for one in run_ids]}).scalars())


def _defer(session: Session, jobs: Sequence[QueuedJob]) -> None:
    from procrastinate import SyncPsycopgConnector  # noqa: PLC0415
    from procrastinate.jobs import Job  # noqa: PLC0415
    from procrastinate.manager import JobManager  # noqa: PLC0415

    manager = JobManager(SyncPsycopgConnector())
    with _on_path(session.connection()) as driver:
        given = [
            Job(
                queue=queue_of(job.run_id),
                lock=job.lock,
                queueing_lock=job.lock,
                task_name=job.task,
                task_kwargs=job.arguments,
            )
            for job in jobs
        ]
        manager.batch_defer_jobs(given, connection=driver)


@contextmanager
def _on_path(connection: Connection) -> Iterator[Any]:
    """The driver's connection, in the same transaction, with the queue's schema in the place of ours."""
    before = connection.execute(text("SHOW search_path")).scalar_one()
    connection.execute(text(f"SET LOCAL search_path TO {SCHEMA}"))
    yield connection.connection.driver_connection
    # Not after an error: the transaction is rolled back, and the setting with it.
    connection.execute(text(f"SET LOCAL search_path TO {before}"))


def _schema_sql() -> str:
    from procrastinate.schema import SchemaManager  # noqa: PLC0415

    return SchemaManager.get_schema()


def _version() -> str:
    """Names the tables by what they are made from: a new version of the library need not have new ones."""
    return hashlib.sha256(_schema_sql().encode()).hexdigest()
