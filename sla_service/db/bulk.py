"""Arrow in and out: rows by the hundred thousand, without an object per row.

Out goes over ADBC, on a connection of its own that is pinned to what the session sees. In goes over the session's own
connection, so that a bulk write is part of its transaction and rolls back with it; see docs/decisions/0004.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import adbc_driver_postgresql.dbapi
import adbc_driver_sqlite.dbapi
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlalchemy import Select, Table, Text, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

BATCH_ROWS = 50_000
"""Rows that are Python objects at one time on their way into SQLite."""
_NULL_TEXT = "\x01"
"""Stands for a null text while SQLite's rows travel: the driver takes a column's type from the values it meets first,
and text cells never hold control characters."""


def copy_in(session: Session, table: Table, rows: pa.Table) -> None:
    """Append Arrow rows to a table, within the session's transaction.

    Args:
        session: Open; flushed before.
        table: The target; constraints are checked by the database.
        rows: Columns by name; any subset of the table's columns.
    """
    session.flush()
    names = rows.column_names
    driver: Any = session.connection().connection.driver_connection
    quoted = ", ".join(f'"{name}"' for name in names)
    if session.get_bind().dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        statement = f'INSERT INTO "{table.name}" ({quoted}) VALUES ({marks})'  # noqa: S608 - names are our tables'
        for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
            driver.executemany(statement, zip(*(column.to_pylist() for column in batch.columns), strict=True))
        return
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({quoted}) FROM STDIN (FORMAT csv)') as copy:
        for batch in rows.to_batches(max_chunksize=BATCH_ROWS):
            # Strings are quoted and nulls are empty: just what COPY's csv format tells apart.
            buffer = io.BytesIO()
            pyarrow.csv.write_csv(batch, buffer, pyarrow.csv.WriteOptions(include_header=False))
            copy.write(buffer.getvalue())


def read_arrow(session: Session, query: Select[Any]) -> pa.Table:
    """The result of a query as one Arrow table: 64-bit integers and strings.

    Reads what was committed when the session's transaction began, not the session's own uncommitted writes.
    """
    batches = list(iter_arrow(session, query))
    return pa.Table.from_batches(batches, schema=_schema(query))


def iter_arrow(session: Session, query: Select[Any]) -> Iterator[pa.RecordBatch]:
    """The same, batch by batch, in the order of the query."""
    schema = _schema(query)
    with _reader(session) as (cursor, dialect):
        if dialect == "sqlite":
            cursor.execute(_literal(_with_text_nulls(query), sqlite.dialect))
        else:
            cursor.execute(_literal(query, postgresql.dialect))
        for batch in cursor.fetch_record_batch():
            yield _cast(batch, schema)


@contextmanager
def _reader(session: Session) -> Iterator[tuple[Any, str]]:
    bind = session.get_bind()
    url = bind.engine.url
    if url.get_backend_name() == "sqlite":
        with adbc_driver_sqlite.dbapi.connect(str(url.database)) as connection, connection.cursor() as cursor:
            yield cursor, "sqlite"
        return
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    snapshot = session.connection().exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
    with adbc_driver_postgresql.dbapi.connect(plain) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        yield cursor, "postgresql"


def _literal(query: Select[Any], dialect: Any) -> str:  # noqa: ANN401 - SQLAlchemy's dialects are not annotated
    return str(query.compile(dialect=dialect(), compile_kwargs={"literal_binds": True}))


def _with_text_nulls(query: Select[Any]) -> Select[Any]:
    columns = [
        func.coalesce(c, _NULL_TEXT).label(c.name) if isinstance(c.type, Text) else c for c in query.selected_columns
    ]
    return query.with_only_columns(*columns, maintain_column_froms=True)


def _schema(query: Select[Any]) -> pa.Schema:
    return pa.schema(
        [(c.name, pa.string() if isinstance(c.type, Text) else pa.int64()) for c in query.selected_columns],
    )


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = []
    for name, type_ in zip(schema.names, schema.types, strict=True):
        array = batch.column(name).cast(type_)
        if type_ == pa.string():
            array = pc.if_else(pc.equal(array, _NULL_TEXT), pa.scalar(None, pa.string()), array)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
