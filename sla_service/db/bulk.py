"""Arrow in and out: rows by the hundred thousand, without an object per row.

From PostgreSQL rows come over ADBC, on a connection of its own that is pinned to what the session sees. From SQLite
they come over the session's own connection: ADBC's driver brings a second SQLite library, and two of them in one
process on one file drop each other's locks. Into both they go over the session's own connection, so that a bulk write
is part of its transaction and rolls back with it. See docs/decisions/0004.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from sqlalchemy import Select, Table, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from sla_service.db.adbc import Columns, columns_of

BATCH_ROWS = 50_000
"""Rows that are Python objects at one time on their way into SQLite."""
_SHARED = "columns"
READ_ROWS = 10_000
"""Rows that are Python objects at one time on their way out of columns."""


def schema_of(table: Table) -> pa.Schema:
    """The columns of a table: 64-bit integers and strings."""
    return pa.schema([(c.name, pa.string() if c.type.python_type is str else pa.int64()) for c in table.columns])


def table_of(rows: Iterable[Sequence[object]], schema: pa.Schema) -> pa.Table:
    """Rows of values, each in order of the schema, as columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table([pa.array(c, t) for c, t in zip(columns, schema.types, strict=True)], schema=schema)


def rows_of(table: pa.Table) -> Iterator[dict[str, Any]]:
    """Columns as mappings, a batch of them in memory at a time."""
    for batch in table.to_batches(max_chunksize=READ_ROWS):
        yield from batch.to_pylist()


def numbered(rows: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Number the distinct rows in the order in which they first appear; nulls are equal.

    Returns:
        Each row's number, and of each number the index of the first row that has it.
    """
    numbers = pa.repeat(pa.scalar(0, pa.int64()), rows.num_rows)
    for column in rows.columns:
        codes = column.combine_chunks().dictionary_encode(null_encoding="encode")
        both = pc.add(pc.multiply(numbers, max(1, len(codes.dictionary))), codes.indices.cast(pa.int64()))
        # Numbered again after each column: a product of all of them could be too large.
        numbers = both.dictionary_encode().indices.cast(pa.int64())
    places = pa.table({"number": numbers, "place": pa.array(range(rows.num_rows), pa.int64())})
    firsts = places.group_by("number").aggregate([("place", "min")]).sort_by("number")
    return numbers, firsts["place_min"].combine_chunks()


def fingerprint(tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """A SHA-256 of the rows of each table.

    Equal for the same rows, however often and in whichever process; different as soon as one cell differs, a null from
    an empty string too. Columns are integers and strings.
    """
    return {name: _sha256(table) for name, table in tables.items()}


def _sha256(table: pa.Table) -> str:
    names = sorted(table.column_names)
    digest = hashlib.sha256(repr((table.num_rows, names)).encode())
    if table.num_rows and names:
        types = {name: table.schema.field(name).type for name in names}
        known = pa.schema([(name, pa.string() if pa.types.is_null(type_) else type_) for name, type_ in types.items()])
        # Sorted by everything: rows that come in any order are then the same.
        rows = table.select(names).cast(known).sort_by([(name, "ascending") for name in names])
        for column in rows.columns:
            _add(digest, column.combine_chunks())
    return digest.hexdigest()


def _add(digest: Any, column: pa.Array) -> None:  # noqa: ANN401 - hashlib's
    """Which values are known, how long each is if it is a string, and the values themselves, of a null a fixed one."""
    _add_numbers(digest, pc.is_valid(column).cast(pa.int8()), 1)
    if not pa.types.is_string(column.type):
        _add_numbers(digest, column.cast(pa.int64()).fill_null(0), 8)
        return
    values = column.fill_null("")
    _add_numbers(digest, pc.binary_length(values), 4)
    _, offsets, data = values.buffers()
    ends = pa.Array.from_buffers(pa.int32(), len(values) + 1, [None, offsets], offset=values.offset)
    if data is not None:
        digest.update(data.slice(ends[0].as_py(), ends[-1].as_py() - ends[0].as_py()))


def _add_numbers(digest: Any, column: pa.Array, width_bytes: int) -> None:  # noqa: ANN401
    digest.update(column.buffers()[1].slice(column.offset * width_bytes, len(column) * width_bytes))


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
            copy.write(csv_bytes(batch))


def csv_bytes(rows: pa.RecordBatch) -> bytes:
    """Rows without a header; strings are quoted and nulls are empty: just what COPY's csv format tells apart."""
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(rows, buffer, pyarrow.csv.WriteOptions(include_header=False))
    return buffer.getvalue()


def read_arrow(session: Session, query: Select[Any]) -> pa.Table:
    """The result of a query as one Arrow table: 64-bit integers and strings.

    Reads what was committed when the session's transaction began, not the session's own uncommitted writes.
    """
    batches = list(iter_arrow(session, query))
    return pa.Table.from_batches(batches, schema=_schema(query))


def iter_arrow(session: Session, query: Select[Any]) -> Iterator[pa.RecordBatch]:
    """The same, batch by batch, in the order of the query."""
    session.flush()
    schema = _schema(query)
    if session.get_bind().dialect.name == "sqlite":
        yield from _from_sqlite(session, query, schema)
        return
    with _columns(session) as columns:
        for batch in columns.read(_literal(query, postgresql.dialect)):
            yield batch.cast(schema)


def _from_sqlite(session: Session, query: Select[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    driver: Any = session.connection().connection.driver_connection
    cursor = driver.execute(_literal(query, sqlite.dialect))
    while rows := cursor.fetchmany(BATCH_ROWS):
        columns = zip(*rows, strict=True)
        arrays = [pa.array(values, type_) for values, type_ in zip(columns, schema.types, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


@contextmanager
def reading_on_one_connection(session: Session) -> Iterator[None]:
    """Inside, everything that is read as Arrow comes over one connection, instead of one for each query.

    What was written in the meantime is not seen, the session's own writes neither.
    """
    if session.get_bind().dialect.name == "sqlite" or _SHARED in session.info:
        yield
        return
    with columns_of(session) as columns:
        session.info[_SHARED] = columns
        try:
            yield
        finally:
            del session.info[_SHARED]


@contextmanager
def _columns(session: Session) -> Iterator[Columns]:
    """The connection that the session shares, or one for this time."""
    if _SHARED in session.info:
        yield session.info[_SHARED]
        return
    with columns_of(session) as columns:
        yield columns


def _literal(query: Select[Any], dialect: Any) -> str:  # noqa: ANN401 - SQLAlchemy's dialects are not annotated
    return str(query.compile(dialect=dialect(), compile_kwargs={"literal_binds": True}))


def _schema(query: Select[Any]) -> pa.Schema:
    return pa.schema(
        [(c.name, pa.string() if isinstance(c.type, Text) else pa.int64()) for c in query.selected_columns],
    )
