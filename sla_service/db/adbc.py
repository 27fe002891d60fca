"""PostgreSQL's rows as Arrow columns, over a connection of ADBC beside the session's own.

It reads what the session reads: it is pinned to the session's snapshot, so all but the session's own writes is there.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

import pyarrow as pa
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

DATABASES = 4
"""Databases whose types are remembered; a process has one."""


class Columns:
    """A connection that gives the results of queries as columns."""

    def __init__(self, connection: Any, opened: ExitStack) -> None:  # noqa: ANN401 - the driver's
        self.connection, self.opened = connection, opened

    def run(self, statement: str) -> None:
        """Run a statement without a result."""
        with _statement(self.connection, statement) as made:
            made.execute_update()

    def read(self, query: str) -> pa.RecordBatchReader:
        """Start a query; the rows come as they are read."""
        made = self.opened.enter_context(_statement(self.connection, query))
        stream, _ = made.execute_query()
        return pa.RecordBatchReader.from_stream(stream)


@contextmanager
def columns_of(session: Session) -> Iterator[Columns]:
    """A connection of its own that sees what the session sees, except the session's own writes.

    Raises:
        OperationalError: As for the session itself: to everybody else this is the session's database. A link that
            breaks while rows come is an OSError of Arrow's.
    """
    import adbc_driver_manager  # noqa: PLC0415 - a third of a second that SQLite's users need not wait

    plain = session.get_bind().engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    snapshot = session.connection().exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    try:
        with ExitStack() as opened:
            known = _known(plain)
            connection = opened.enter_context(adbc_driver_manager.AdbcConnection(known.database))
            connection.set_autocommit(enabled=False)
            columns = Columns(connection, opened)
            columns.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            columns.run(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            yield columns
    except adbc_driver_manager.Error as error:
        raise OperationalError("read in columns", None, error) from error


class _Known:
    """What the driver has to know of a database: its types. It holds no connection, and asks for ten thousand rows."""

    def __init__(self, url: str) -> None:
        import adbc_driver_postgresql  # noqa: PLC0415 - as above

        self.database = adbc_driver_postgresql.connect(url)
        # Whoever reads holds this object too, so that it is closed after its last connection.
        weakref.finalize(self, self.database.close)


@lru_cache(maxsize=DATABASES)
def _known(url: str) -> _Known:
    return _Known(url)


@contextmanager
def _statement(connection: Any, text: str) -> Iterator[Any]:  # noqa: ANN401 - the driver's
    import adbc_driver_manager  # noqa: PLC0415 - as above

    with adbc_driver_manager.AdbcStatement(connection) as statement:
        statement.set_sql_query(text)
        yield statement
