"""The tasks of the job queue, and what their failures mean."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import adbc_driver_manager
import psycopg
from procrastinate import App, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy
from psycopg import AsyncConnection
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlmodel import Session

from sla_service.db.engine import writing
from sla_service.db.job_queue import ADVANCE, SCHEMA, WORK_BATCH, lock_name
from sla_service.db.run_stops import stop_run
from sla_service.domain.errors import ConflictError, SlaError
from sla_service.usecases.keep_heads import keep_issued
from sla_service.usecases.queue_run import queue_batches, queue_next, standing
from sla_service.usecases.transactions import Transaction
from sla_service.usecases.work_run import DONE, finish, work_batch

MACHINE = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    adbc_driver_manager.Error,
    ConnectorException,
    OSError,
    MemoryError,
)
"""Failures of a machine or of the way to it, lost races for a row among them: the same again may succeed."""
MAX_TRIES = 10
"""Of one job, for failures of a machine: with the waits below, a database that restarts or fails over is waited for."""
MAX_WAIT_S = 60
"""Between two tries: after 2 s, 4 s, 8 s …, so that the ten take about seven minutes."""
POOL_CONNECTIONS = 3
"""For the queue itself: fetching, a heartbeat and a finished job at the same time."""

Say = Callable[[str], None]
"""Where a worker writes what it does, a line at a time."""
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker works with."""

    engine: Engine
    clock: Callable[[], int]
    name: str
    say: Say
    checkpoint: Path
    """Where the chains' heads are kept outside of the database."""

    @property
    def actor(self) -> str:
        """Who works, for the records."""
        return f"worker {self.name}"


class AgainLater(BaseRetryStrategy):
    """Try again after a wait that doubles; the tasks themselves decide what is worth it."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When."""
        wait_s = min(2 ** (job.attempts + 1), MAX_WAIT_S)
        return RetryDecision(retry_in={"seconds": wait_s}) if isinstance(exception, MACHINE) else None


def app_of(bench: Bench) -> App:
    """The queue's app over the bench's database, with our tasks; it is to be opened."""
    dsn = bench.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    app = App(connector=PsycopgConnector(conninfo=dsn, min_size=1, max_size=POOL_CONNECTIONS, configure=_configure))
    tasks = Tasks(bench)
    app.task(name=WORK_BATCH, retry=AgainLater(), pass_context=True)(tasks.work_batch)
    app.task(name=ADVANCE, retry=AgainLater(), pass_context=True)(tasks.advance)
    return app


async def _configure(connection: AsyncConnection) -> None:
    await connection.execute(f"SET search_path TO {SCHEMA}")
    await connection.commit()


class Tasks:
    """What is done for a run, and what is said about it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    def work_batch(self, context: JobContext, *, run_id: int, phase: str, batch_no: int) -> None:
        """Work one batch; nothing, if it is done. After the last of its kind, somebody looks what comes next."""
        with self._failures(context, run_id, batch_no):
            transaction = self._transaction(lock_name(run_id, phase, batch_no))
            if not self._is_wanted(transaction, run_id, phase):
                return
            begun_ms = self.bench.clock()
            work_batch(transaction, run_id, batch_no, now=self.bench.clock)
            took_s = (self.bench.clock() - begun_ms) / 1000
            self.bench.say(f"Run {run_id}, batch {batch_no}: {DONE[phase]} in {took_s:.1f} s.")
            with transaction() as session:
                queue_next(session, run_id, batch_no)

    def advance(self, context: JobContext, *, run_id: int, phase: str) -> None:
        """Put the batches that can be worked now into the queue or, if all are done, finish the run."""
        with self._failures(context, run_id, None):
            transaction = self._transaction(lock_name(run_id, phase, None))
            if not self._is_wanted(transaction, run_id, phase):
                return
            with transaction() as session:
                left = queue_batches(session, run_id)
            if not left:
                self._finish(transaction, run_id, phase)

    def _finish(self, transaction: Transaction, run_id: int, phase: str) -> None:
        try:
            finish(transaction, run_id, now=self.bench.clock)
        except ConflictError:
            if self._is_wanted(transaction, run_id, phase):
                raise
            # Somebody else finished it at the same time.
            return
        if phase == "issuing":
            keep_issued(transaction, self.bench.checkpoint, run_id, now_ms=self.bench.clock())
        self.bench.say(f"Run {run_id} is {DONE[phase]}.")

    def _is_wanted(self, transaction: Transaction, run_id: int, phase: str) -> bool:
        """Whether the run still waits for this: a job may come late, or twice, or after somebody stopped the run."""
        with transaction() as session:
            found = standing(session, run_id)
        return found.is_moving and found.state == phase

    def _transaction(self, name: str) -> Transaction:
        """Transactions that carry the job's name: whoever takes the job over ends the session that still has it."""

        @contextmanager
        def named() -> Iterator[Session]:
            with writing(self.bench.engine, origin=self.bench.actor) as session:
                # SET reads nothing, so that a lock may still be what the transaction begins with.
                session.connection().exec_driver_sql(f"SET LOCAL application_name = '{name}'")
                yield session

        return named

    @contextmanager
    def _failures(self, context: JobContext, run_id: int, batch_no: int | None) -> Iterator[None]:
        """Who must act: another worker has it already, a person, the machine by itself, or we.

        Raises:
            Exception: One of ``MACHINE``, for the queue to try again.
        """
        where = f"Run {run_id}, batch {batch_no}" if batch_no else f"Run {run_id}"
        try:
            yield
        except SlaError as error:
            if isinstance(error, ConflictError) and error.rule == "batch_taken":
                self.bench.say(f"{where}: another worker took it over; what was done here is rolled back.")
                return
            self._stop(run_id, batch_no, str(error))
        except MACHINE as error:
            if context.job.attempts + 1 >= MAX_TRIES:
                self._stop(run_id, batch_no, f"tried {MAX_TRIES} times; {first_line(error)}")
                return
            self.bench.say(f"{where}: {first_line(error)}; it is tried again.")
            raise
        except Exception as error:
            # A defect of ours: the same again would fail again.
            LOG.exception("%s failed", where)
            self._stop(run_id, batch_no, f"{type(error).__name__}: {first_line(error)} ({self.bench.actor} logged it)")

    def _stop(self, run_id: int, batch_no: int | None, reason: str) -> None:
        with writing(self.bench.engine, origin=self.bench.actor) as session:
            stop_run(session, run_id, batch_no, reason=reason, now_ms=self.bench.clock())
        where = f" at batch {batch_no}" if batch_no else ""
        self.bench.say(f"Run {run_id} stopped{where}: {reason}")


def first_line(error: BaseException) -> str:
    """What an error says, without the statement that SQLAlchemy adds."""
    said = error.orig if isinstance(error, DBAPIError) else error.__cause__ or error
    return (str(said).strip() or type(said).__name__).splitlines()[0]
