"""``sla worker``: one worker in this process, or several in processes of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

from sla_service.db.engine import create_engine
from sla_service.worker.loop import EXIT_INTERRUPTED, Loop, stop_on_signals
from sla_service.worker.tasks import Bench, Say

SPAWN = multiprocessing.get_context("spawn")
"""Not fork: the libraries that measure have threads of their own, which a fork would lose."""
REPLACE_AFTER_S = 2.0
"""Before a process that ended by itself gets a successor: if the cause is still there, it must not spin."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a worker needs to begin; it can be handed to another process."""

    url: str
    name: str
    lost_s: int
    clock: Callable[[], int]
    say: Say
    checkpoint: Path
    """Where the chains' heads are kept outside of the database."""


def serve_jobs(post: Post, concurrency: int) -> None:
    """Work until told to stop: a batch at a time, because measuring keeps a core busy; several in as many processes."""
    if concurrency == 1:
        serve_here(post)
    else:
        Crew(post, concurrency).run()


def serve_here(post: Post, *, interactive: bool = True) -> None:
    """One worker in this process."""
    engine = create_engine(post.url)
    try:
        bench = Bench(engine, post.clock, post.name, post.say, post.checkpoint)
        asyncio.run(_serve(Loop(bench, post.lost_s), interactive=interactive))
    finally:
        engine.dispose()
    post.say(f"Worker {post.name} has stopped.")


async def _serve(loop: Loop, *, interactive: bool) -> None:
    stop_on_signals(loop, loop.bench.say, interactive=interactive)
    loop.bench.say(f"Worker {loop.bench.name} (process {os.getpid()}) waits for batches of runs.")
    await loop.run()


def _serve_as_child(post: Post) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        # Should the parent be killed, nobody would tell its children to stop.
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    serve_here(post, interactive=False)


def _end_with(parent: int) -> None:
    wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)


@dataclass
class Crew:
    """Several workers in processes of their own, ended together."""

    post: Post
    size: int
    is_stopping: bool = False
    _processes: dict[str, SpawnProcess] = field(default_factory=dict, init=False)

    def run(self) -> None:
        """Work until told to stop; a process that ends by itself gets a successor."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for n in range(self.size):
            self._begin(f"{self.post.name}-{n + 1}")
        while self._processes:
            wait([process.sentinel for process in self._processes.values()], timeout=REPLACE_AFTER_S)
            for name, process in list(self._processes.items()):
                if not process.is_alive():
                    self._ended(name, process)

    def _begin(self, name: str) -> None:
        process = SPAWN.Process(target=_serve_as_child, args=(replace(self.post, name=name),), name=name)
        process.start()
        self._processes[name] = process

    def _ended(self, name: str, process: SpawnProcess) -> None:
        process.join()
        del self._processes[name]
        if not self.is_stopping:
            self.post.say(f"Worker {name} ended by itself ({_how(process.exitcode)}); another takes its place.")
            threading.Event().wait(REPLACE_AFTER_S)
        if not self.is_stopping:
            self._begin(name)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        """Pass it on; a second Ctrl-C ends them at once."""
        if self.is_stopping and number == signal.SIGINT:
            for process in self._processes.values():
                process.kill()
            os._exit(EXIT_INTERRUPTED)
        self.is_stopping = True
        for process in self._processes.values():
            process.terminate()


def _how(exit_code: int | None) -> str:
    return f"exit code {exit_code}" if exit_code is None or exit_code >= 0 else f"signal {-exit_code}"
