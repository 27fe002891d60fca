"""Jobs of workers that were lost: killed, cut off, or paused so long that nobody waits for them."""

from __future__ import annotations

from contextlib import suppress

from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status

from sla_service.worker.tasks import Say

QUEUE = "rescue"
"""Every worker listens to it, also one that works for one run alone."""
CHECKS_PER_LEASE = 3
"""A worker gives a sign of life, and looks for lost ones, three times before it counts as lost: one may be late."""
LOOK_FIRST = 10
"""Priority: a lost batch is put back before another is begun."""
END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE application_name = %(name)s AND datname = current_database() AND usename = current_user
"""


def add_rescue(app: App, lost_s: int, say: Say) -> None:
    """Have the app's workers look for lost ones.

    The look is a periodic job, as the library advises: each round is done once, by whichever worker is free.
    """

    async def rescue(timestamp: int) -> None:  # noqa: ARG001 - the library tells each periodic task its time
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=lost_s):
            await _give_to_others(app, job, say)

    every_s = max(1, lost_s // CHECKS_PER_LEASE)
    task = app.task(name="rescue", queue=QUEUE, queueing_lock=QUEUE, priority=LOOK_FIRST)(rescue)
    app.periodic(cron=f"* * * * * */{min(every_s, 59)}")(task)


async def _give_to_others(app: App, job: Job, say: Say) -> None:
    """Put a new job in the place of a lost worker's.

    Not the same one again: should the worker wake up and report on it, nobody listens. The worker may still hold rows
    that the next one writes, so its database session is ended first.
    """
    if job.lock is not None:
        await app.connector.execute_query_all_async(END_SESSIONS, name=job.lock)
        say(f"The worker that had {job.lock} is lost; it goes to another.")
        again = app.configure_task(
            job.task_name, queue=job.queue, lock=job.lock, queueing_lock=job.lock, task_kwargs=job.task_kwargs
        )
        # Another look may have found it too.
        with suppress(AlreadyEnqueued):
            await again.defer_async()
    # It may have ended by itself in the meantime, or another look was first.
    with suppress(ConnectorException):
        await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)
