"""Engines, sessions and the schema's version, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, inspect, make_url
from sqlmodel import Session

from sla_service.db import guards, job_queue

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")
"""Settings of PostgreSQL without which what was committed can be lost."""
BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another on SQLite before it gives up; a run of 100,000 merchants is stored in less."""


def create_engine(url: str) -> Engine:
    """An engine with the settings that durability and integrity need, set on every connection.

    SQLite: write-ahead log, full fsync, foreign keys on, and every transaction begins immediate, so that two writers
    queue instead of failing halfway. PostgreSQL (psycopg 3): repeatable read, so that one transaction sees one state.
    """
    # The older name of the scheme is still what some hosts put into the environment.
    parsed = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sqlalchemy.create_engine(parsed, isolation_level="REPEATABLE READ", pool_pre_ping=True)
        event.listen(engine, "connect", _check_postgres)
        return engine
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(parsed)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401 - sqlite3's, through the pool
    # Transactions are begun by _begin_sqlite alone; the driver must not begin its own.
    connection.isolation_level = None
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": BUSY_TIMEOUT_MS}
    for pragma, value in wanted.items():
        connection.execute(f"PRAGMA {pragma} = {value}")
        found = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
        if found != value:
            message = f"SQLite refused PRAGMA {pragma} = {value} (it says {found}); is the disk a network share?"
            raise RuntimeError(message)


def _check_postgres(connection: Any, _record: Any) -> None:  # noqa: ANN401 - psycopg's, through the pool
    """Insist on what durability needs: an issued credit that a power cut takes back would be paid and unknown."""
    with connection.cursor() as cursor:
        for setting in DURABLE:
            found = cursor.execute(f"SHOW {setting}").fetchone()[0]
            if found == "off":
                message = f"PostgreSQL runs with {setting} = off; set it to on: credits must survive a power cut"
                raise RuntimeError(message)
    connection.rollback()


def _begin_sqlite(connection: sqlalchemy.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("sla_schema_change", False):
        # SQLite's own way to change a table that others point to: without foreign keys, which are checked at the end.
        connection.exec_driver_sql("PRAGMA foreign_keys = 0")
    read_only = options.get("sla_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine, origin: str = "") -> Iterator[Session]:
    """One transaction: committed on return, rolled back whole on any exception.

    Args:
        engine: The database.
        origin: From where the change comes, for the audit log: a machine, an address.
    """
    with Session(engine, info={"origin": origin}) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One consistent view of the database that blocks nobody; always rolled back."""
    with Session(engine.execution_options(sla_read_only=True)) as session:
        yield session


def _alembic(connection: sqlalchemy.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _changing_schema(engine: Engine) -> Iterator[sqlalchemy.Connection]:
    """One transaction for the migrations, without the guards, and on SQLite without foreign keys until it ends."""
    with engine.execution_options(sla_schema_change=True).connect() as connection:
        try:
            with connection.begin():
                if inspect(connection).has_table("runs"):
                    guards.remove(connection)
                yield connection
                _check_foreign_keys(connection)
        finally:
            if engine.dialect.name == "sqlite":
                driver: Any = connection.connection.driver_connection
                driver.execute("PRAGMA foreign_keys = 1")


def _check_foreign_keys(connection: sqlalchemy.Connection) -> None:
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if lost:
            message = f"{len(lost)} rows would point at nothing, such as {tuple(lost[0])}; nothing was changed"
            raise RuntimeError(message)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to a revision: by the migrations, the only way a table of ours is ever made.

    The newest comes with the guards and, on PostgreSQL, with the job queue's own tables.
    """
    with _changing_schema(engine) as connection:
        command.upgrade(_alembic(connection), revision)
        if revision == "head":
            guards.install(connection)
            job_queue.install(connection)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to a revision; what waits in the job queue is forgotten."""
    with _changing_schema(engine) as connection:
        job_queue.remove(connection)
        command.downgrade(_alembic(connection), revision)


def schema_revisions(engine: Engine) -> tuple[str | None, str | None]:
    """The revision that the database is at, and the one that this release needs."""
    with engine.execution_options(sla_read_only=True).connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return at, ScriptDirectory.from_config(_alembic()).get_current_head()


def has_queue(engine: Engine) -> bool:
    """Whether runs are worked through the job queue, by any number of processes."""
    return engine.dialect.name == "postgresql"


def is_queue_current(engine: Engine) -> bool:
    """Whether the job queue, where there is one, is what the installed library works with."""
    with engine.execution_options(sla_read_only=True).connect() as connection:
        return not has_queue(engine) or job_queue.is_current(connection)
