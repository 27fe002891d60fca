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
from sqlalchemy import Engine, event, make_url
from sqlmodel import Session

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
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
        return sqlalchemy.create_engine(parsed, isolation_level="REPEATABLE READ", pool_pre_ping=True)
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


def _begin_sqlite(connection: sqlalchemy.Connection) -> None:
    read_only = connection.get_execution_options().get("sla_read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction: committed on return, rolled back whole on any exception."""
    with Session(engine) as session, session.begin():
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


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to a revision: by the migrations, the only way a table is ever made."""
    with engine.begin() as connection:
        command.upgrade(_alembic(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to a revision."""
    with engine.begin() as connection:
        command.downgrade(_alembic(connection), revision)


def schema_revisions(engine: Engine) -> tuple[str | None, str | None]:
    """The revision that the database is at, and the one that this release needs."""
    with engine.execution_options(sla_read_only=True).connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    return at, ScriptDirectory.from_config(_alembic()).get_current_head()
