"""Work along with a run that somebody waits for, and tell how far it is, whoever does the work."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sla_service.db.engine import reading
from sla_service.db.job_queue import queue_of
from sla_service.usecases.progress import Progress
from sla_service.usecases.queue_run import Standing, standing
from sla_service.usecases.work_run import WORDS
from sla_service.worker.loop import Loop, stop_on_signals
from sla_service.worker.rescue import QUEUE
from sla_service.worker.tasks import Bench, Say

LOOK_S = 0.5
"""Between two looks at how far the run is; a look is one short query."""


@dataclass(frozen=True, slots=True)
class Follow:
    """Somebody waits for a run."""

    bench: Bench
    run_id: int
    lost_s: int
    progress: Progress
    say: Say

    def run(self) -> Standing:
        """Work along until the run is done, is stopped, or Ctrl-C leaves it to the workers."""
        return asyncio.run(self._run())

    async def _run(self) -> Standing:
        loop = Loop(self.bench, self.lost_s, queues=[queue_of(self.run_id), QUEUE])
        stop_on_signals(loop, self.say, interactive=True)
        working = asyncio.create_task(loop.run())
        looking = asyncio.create_task(self._look(loop))
        try:
            await working
        finally:
            looking.cancel()
            await asyncio.wait([looking])
        if not looking.cancelled():
            # The database went away: whoever waits is told so.
            looking.result()
        return await asyncio.to_thread(self._standing)

    async def _look(self, loop: Loop) -> None:
        try:
            while (found := await asyncio.to_thread(self._standing)).is_moving:
                self.progress(WORDS[found.state], found.done, max(found.batches, 1))
                await asyncio.sleep(LOOK_S)
        finally:
            loop.stop()

    def _standing(self) -> Standing:
        with reading(self.bench.engine) as session:
            return standing(session, self.run_id)
