"""A file of a noun, in whichever of the two forms it comes."""

from __future__ import annotations

import pyarrow as pa

from sla_service.domain.errors import InvalidValueError
from sla_service.formats import parquet_rows
from sla_service.formats.csv_rows import read_csv
from sla_service.formats.parquet_rows import read_parquet

PARQUET_ENDINGS = (".parquet", ".pq")


def read_file(noun_name: str, data: bytes, *, name: str) -> pa.Table:
    """Read a CSV or Parquet file: what it is, its first bytes say; a name that says otherwise is refused.

    Args:
        noun_name: A key of ``NOUNS``.
        data: The file's bytes.
        name: The file's name.

    Returns:
        ``line`` (a row's line of the CSV file, the header being 1; or its number in the Parquet file, from 1) and the
        noun's stored columns; at least one row.

    Raises:
        InvalidValueError: Every bad row with its column, value and reason; or what is wrong with the whole file.
    """
    if data.startswith(parquet_rows.MAGIC):
        return read_parquet(noun_name, data)
    if name.lower().endswith(PARQUET_ENDINGS):
        raise InvalidValueError.of("file_type", "this is no Parquet file, though its name says so")
    return read_csv(noun_name, data)
