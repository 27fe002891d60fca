"""Parquet files to columns of a noun: the columns of the CSV file, as text or in types that lose nothing.

Typed cells become the text that a CSV file would hold, a batch of columns at a time, and go through the same parsers:
a value means the same in both, and is refused with the same words. The line of a problem is the number of its row.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sla_service.domain.errors import InvalidValueError, Problem, shown
from sla_service.domain.instants import parse_instant
from sla_service.domain.shares import parse_available_percent, parse_share
from sla_service.formats.cells import parse_count, parse_day, parse_exact_amount, parse_nano
from sla_service.formats.nouns import NOUNS, Column
from sla_service.formats.rows import MAX_ROWS, RowParser, check_headers

MAGIC = b"PAR1"
"""How every Parquet file begins."""
BATCH_ROWS = 50_000
"""Rows that are Python objects at one time."""


def read_parquet(noun_name: str, data: bytes) -> pa.Table:
    """Read a file of a noun.

    Args:
        noun_name: A key of ``NOUNS``.
        data: The file's bytes.

    Returns:
        ``line`` (the number of the row, from 1) and the noun's stored columns; at least one row.

    Raises:
        InvalidValueError: Every bad cell with its row, column, value and reason; or what is wrong with the whole file.
    """
    try:
        return _read(noun_name, pq.ParquetFile(pa.BufferReader(data)))
    except (pa.ArrowException, OSError):
        message = "this Parquet file is damaged: it cannot be read to its end; write it anew"
        raise InvalidValueError.of("file_damaged", message) from None


def _read(noun_name: str, file: pq.ParquetFile) -> pa.Table:
    noun = NOUNS[noun_name]
    schema = file.schema_arrow
    check_headers(noun, schema.names, line=None)
    types = {name: _plain(schema.field(name).type) for name in schema.names}
    problems = [found for column in noun.columns if column.name in types for found in _type(column, types[column.name])]
    if problems:
        raise InvalidValueError(problems)
    if file.metadata.num_rows > MAX_ROWS:
        raise InvalidValueError.of("row_limit", f"split the file: at most {MAX_ROWS:,} rows")
    parser, first = RowParser(noun, schema.names), 1
    for batch in file.iter_batches(batch_size=BATCH_ROWS):
        batch.validate(full=True)  # text that is not UTF-8 is found here, not halfway through a row
        parser.add_columns(first, [_text(cells) for cells in batch.columns])
        first += batch.num_rows
    return parser.table()


def _plain(type_: pa.DataType) -> pa.DataType:
    """The type of the values, however they are kept."""
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def _is_text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))


def _is_number(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_decimal(type_))


_TYPED: dict[Callable[[str], Any], tuple[Callable[[pa.DataType], bool], str]] = {
    parse_instant: (pa.types.is_timestamp, "timestamps with a zone"),
    parse_day: (pa.types.is_date32, "days (date32)"),
    parse_count: (pa.types.is_integer, "integers"),
    parse_share: (_is_number, "decimals"),
    parse_available_percent: (_is_number, "decimals"),
    parse_exact_amount: (_is_number, "decimals"),
    parse_nano: (_is_number, "decimals"),
    str: (_is_number, "decimals"),  # a fee, which is parsed with its currency
}
"""By a column's parser: the types that its cells may have beside text, and their name."""


def _type(column: Column, type_: pa.DataType) -> list[Problem]:
    """What is wrong with the type of a column."""
    if _is_text(type_) or pa.types.is_null(type_):
        return []
    is_typed, name = _TYPED.get(column.parse, (None, None))
    if is_typed is None or not is_typed(type_):
        message = f"write this column as text{f' or as {name}' if name else ''}; nothing is converted"
        return [Problem("column_type", message, column=column.name, value=shown(type_))]
    if pa.types.is_timestamp(type_) and type_.tz is None:
        message = "these times have no zone; write the column as timestamps in UTC"
        return [Problem("offset_required", message, column=column.name, value=shown(type_))]
    return []


def _text(cells: pa.Array) -> list[str]:
    """A column as a CSV file would have it; empty where there is nothing."""
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if pa.types.is_decimal(cells.type):
        return ["" if value is None else _decimal(value) for value in cells.to_pylist()]
    if pa.types.is_timestamp(cells.type):
        known = cells.dictionary_encode()  # slots begin at the same instants for everybody
        cells = _instants(known.dictionary).take(known.indices)
    return [text or "" for text in cells.cast(pa.string()).to_pylist()]


def _decimal(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _instants(cells: pa.Array) -> pa.Array:
    # Without its zone a timestamp is its instant in UTC; so no zone database is asked.
    unit = cells.type.unit
    if unit == "ns":
        # Cut to microseconds, but what is finer than they are stays finer than a millisecond, and so refused.
        nanos = cells.cast(pa.int64())
        micros = pc.divide(nanos, 1_000)
        is_finer = pc.not_equal(pc.multiply(micros, 1_000), nanos)
        cells, unit = pc.if_else(is_finer, pc.bit_wise_or(micros, 1), micros), "us"
    text = pc.strftime(cells.cast(pa.int64()).cast(pa.timestamp(unit)), "%Y-%m-%dT%H:%M:%S")
    return pc.binary_join_element_wise(text, "Z", "")
