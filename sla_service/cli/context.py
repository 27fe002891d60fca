"""What every command needs: settings, the database, the clock, who asks, and where to write."""

from __future__ import annotations

import getpass
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy import Engine
from sqlmodel import Session

from sla_service.config import Settings
from sla_service.db.engine import create_engine, reading, schema_revisions, writing
from sla_service.domain.errors import ConflictError
from sla_service.usecases.progress import Progress as Report
from sla_service.usecases.queue_run import Standing

WIDTH_WHEN_PIPED = 160
"""Columns of a table that no terminal limits."""


@dataclass
class Context:
    """Given to every command by ``app``; the engine is made when it is first wanted."""

    settings: Settings
    secret_key: Callable[[], str]
    clock: Callable[[], int]
    """Now, in milliseconds since 1970."""
    actor: str = field(default_factory=getpass.getuser)
    origin: str = field(default_factory=lambda: f"terminal of {getpass.getuser()} on {platform.node()}")
    """From where they ask, for the audit log: the login name too, which ``--as`` does not change."""
    quiet: bool = False
    work_along: Callable[[Context, int, Report], Standing] | None = None
    """Works on a run with all workers until it is done; without it, this process does everything."""

    @cached_property
    def console(self) -> Console:
        """Standard output; no colour and no bars without a terminal."""
        probe = Console()
        return probe if probe.is_terminal else Console(width=WIDTH_WHEN_PIPED)

    @cached_property
    def engine(self) -> Engine:
        """The database of the settings."""
        return create_engine(self.settings.url)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction for one command."""
        self.require_schema()
        with writing(self.engine, origin=self.origin) as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view."""
        self.require_schema()
        with reading(self.engine) as session:
            yield session

    def require_schema(self) -> None:
        """Refuse to work on tables of another release.

        Raises:
            ConflictError: Says which command mends it.
        """
        at, head = schema_revisions(self.engine)
        if at != head:
            found = f"at {at}, this release needs {head}" if at else "empty"
            raise ConflictError("schema", f"the database is {found}; run `sla db upgrade`")

    @contextmanager
    def progress(self) -> Iterator[Report]:
        """Bars with counts and time left, one per thing that is done; silent without a terminal."""
        columns = (
            TextColumn("{task.description:<22}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        disabled = self.quiet or not self.console.is_terminal
        with Progress(*columns, console=Console(stderr=True), disable=disabled) as bars:
            tasks: dict[str, int] = {}

            def report(what: str, done: int, whole: int) -> None:
                for other, task in tasks.items():
                    if other != what:
                        bars.update(bars.task_ids[task], completed=bars.tasks[task].total or 1)
                if what not in tasks:
                    tasks[what] = len(tasks)
                    bars.add_task(what, total=whole)
                bars.update(bars.task_ids[tasks[what]], completed=done, total=whole)

            yield report
            for task in bars.task_ids:
                bars.update(task, completed=bars.tasks[task].total or 1)


pass_context = click.make_pass_decorator(Context)
