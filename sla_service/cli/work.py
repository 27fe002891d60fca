"""Having a run worked: in this process, or through the queue by this one and all workers."""

from __future__ import annotations

import sys

import click
from sqlmodel import Session

from sla_service.cli.context import Context
from sla_service.cli.errors import EXIT_LEFT
from sla_service.db.engine import has_queue
from sla_service.domain.errors import ConflictError
from sla_service.usecases.queue_run import Standing, queue_run, stopped_in_words
from sla_service.usecases.work_run import work_run

NO_WAIT = click.option("--no-wait", is_flag=True, help="PostgreSQL: leave the work to `sla worker` and return at once.")


def uses_queue(context: Context) -> bool:
    """Whether runs are worked through the queue."""
    return context.work_along is not None and has_queue(context.engine)


def require_workers(context: Context) -> None:
    """Refuse to leave work to workers where there cannot be any.

    Raises:
        ConflictError: Says what to do instead.
    """
    if not uses_queue(context):
        message = "on SQLite a run is worked by the command that asks for it; leave --no-wait out, or use PostgreSQL"
        raise ConflictError("no_queue", message)


def hand_over(context: Context, session: Session, run_id: int) -> None:
    """Give a run to the workers, in the transaction that begins it; where there are none, `work` does everything."""
    if uses_queue(context):
        queue_run(session, run_id)


def work(context: Context, run_id: int, *, no_wait: bool) -> bool:
    """Have a run that was handed over worked, and say whether it is done.

    Raises:
        ConflictError: It stopped; the message says where and why.
    """
    if no_wait:
        click.echo(f"Run {run_id} waits for workers; start them with `sla worker`, look with `sla run show {run_id}`.")
        return False
    with context.progress() as progress:
        if context.work_along is None or not has_queue(context.engine):
            work_run(context.writing, run_id, now=context.clock, progress=progress)
            return True
        found = context.work_along(context, run_id, progress)
    if found.stop is not None:
        raise ConflictError("run_stopped", stopped_in_words(run_id, found.stop))
    if found.is_moving:
        click.echo(f"Left: {in_words(found)}. Workers (`sla worker`) go on; look with `sla run show {run_id}`.")
        sys.exit(EXIT_LEFT)
    return True


def in_words(found: Standing) -> str:
    """How far a run is: ``12 of 50 batches are done``."""
    return f"{found.done:,} of {found.batches:,} batches are done"


def print_standing(run_id: int, found: Standing) -> None:
    """How far a run is that is being worked, and why if it is not."""
    if found.stop is not None:
        click.echo(f"Refused: {stopped_in_words(run_id, found.stop)}.".replace("..", "."))
    elif found.is_moving:
        click.echo(f"{in_words(found)[0].upper()}{in_words(found)[1:]}.")


def standing_mapping(found: Standing) -> dict[str, object]:
    """Why a run is not worked on, for scripts; null if nothing stands against it."""
    stopped = None if found.stop is None else {"batch_no": found.stop.batch_no, "reason": found.stop.reason}
    return {"stopped": stopped}
