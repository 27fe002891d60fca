"""One worker in one process: it takes a job at a time until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from procrastinate import App, JobContext
from procrastinate.app import WorkerOptions
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from sla_service.worker.rescue import CHECKS_PER_LEASE, add_rescue
from sla_service.worker.tasks import MACHINE, MAX_WAIT_S, Bench, Say, app_of, first_line

POLL_S = 2.0
"""New jobs are announced; those that wait for a lock or a time are not, so the queue is looked at as well."""
EXIT_INTERRUPTED = 130
"""What a shell reports for a command that Ctrl-C ended."""


@dataclass
class Loop:
    """A worker's life: it registers, works, and registers again after the database was away."""

    bench: Bench
    lost_s: int
    queues: list[str] | None = None
    """None for all runs."""
    is_stopping: bool = False
    _running: asyncio.Task[None] | None = field(default=None, init=False)

    async def run(self) -> None:
        """Work until ``stop``."""
        failures = 0
        while not self.is_stopping:
            try:
                await self._once()
                failures = 0
            except MACHINE as error:
                failures += 1
                wait_s = min(2**failures, MAX_WAIT_S)
                self.bench.say(f"Not in touch with the queue: {first_line(error)}; again in {wait_s} s.")
                await self._pause(wait_s)

    async def _once(self) -> None:
        app = app_of(self.bench)
        add_rescue(app, self.lost_s, self.bench.say)
        async with app.open_async():
            if self.is_stopping:
                return
            self._running = asyncio.create_task(self._worker(app))
            try:
                await self._running
            except asyncio.CancelledError:
                # Told to stop, or to register anew; the batch in hand is finished by now.
                pass
            finally:
                self._running = None

    async def _worker(self, app: App) -> None:
        options: WorkerOptions = {
            "name": self.bench.name,
            "concurrency": 1,
            "fetch_job_polling_interval": POLL_S,
            # What was done stands in the batches, and why a run stopped beside it: the queue has only what is to do.
            "delete_jobs": "always",
            "install_signal_handlers": False,
            "update_heartbeat_interval": self.lost_s / CHECKS_PER_LEASE,
            "stalled_worker_timeout": self.lost_s,
            "worker_middleware": [self._watch_report],
        }
        if self.queues is not None:
            options["queues"] = self.queues
        await app.run_worker_async(**options)

    async def _watch_report(
        self, call_next: Callable[[], Awaitable[Any]], _context: JobContext, _worker: Worker
    ) -> object:
        """See to it that a job whose end could not be reported is not kept by a worker that looks alive."""
        task = asyncio.current_task()
        if task is not None:
            task.add_done_callback(self._reported)
        return await call_next()

    def _reported(self, task: asyncio.Task[Any]) -> None:
        if task.cancelled() or not isinstance(task.exception(), ConnectorException):
            return
        self.bench.say("The end of a job could not be reported; this worker registers anew.")
        self._cancel()

    def stop(self) -> None:
        """Finish the batch in hand, and end."""
        if not self.is_stopping:
            self.is_stopping = True
            self._cancel()

    def _cancel(self) -> None:
        # The library takes a cancelled worker as asked to finish; twice would tear it off its batch.
        if self._running is not None and not self._running.cancelling():
            self._running.cancel()

    async def _pause(self, seconds: float) -> None:
        self._running = asyncio.create_task(asyncio.sleep(seconds))
        try:
            await self._running
        except asyncio.CancelledError:
            pass
        finally:
            self._running = None


def stop_on_signals(loop: Loop, say: Say, *, interactive: bool) -> None:
    """Finish the batch in hand on SIGTERM and, in a terminal, on Ctrl-C; a second Ctrl-C leaves at once."""

    def interrupt() -> None:
        if loop.is_stopping:
            # The transaction is rolled back with the connection; others take the batch over.
            os._exit(EXIT_INTERRUPTED)
        say("Stopping after the batch in hand; press Ctrl-C again to leave it to others at once.")
        loop.stop()

    def terminate() -> None:
        if not loop.is_stopping:
            say("Stopping after the batch in hand.")
        loop.stop()

    running = asyncio.get_running_loop()
    running.add_signal_handler(signal.SIGTERM, terminate)
    if interactive:
        running.add_signal_handler(signal.SIGINT, interrupt)
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
