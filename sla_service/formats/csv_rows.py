"""CSV files (RFC 4180, UTF-8, header row) to columns of a noun, refused whole with every bad line named."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from sla_service.domain.errors import InvalidValueError, Problem
from sla_service.formats.nouns import NOUNS, Noun
from sla_service.formats.rows import RowParser, check_headers

MAX_CELL_CHARACTERS = 1_000
_SIGNATURES = {b"PK\x03\x04": "a zip or XLSX file", b"%PDF": "a PDF", b"\x1f\x8b": "a gzip file"}
_RECORD = re.compile(r'(?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*[\r\n]*')


def read_csv(noun_name: str, data: bytes) -> pa.Table:
    """Read a file of a noun.

    Args:
        noun_name: A key of ``NOUNS``.
        data: The file's bytes; a byte order mark is tolerated.

    Returns:
        ``line`` (of the file, the header being 1) and the noun's stored columns; at least one row.

    Raises:
        InvalidValueError: Every bad line with its column, value and reason; or what is wrong with the whole file.
    """
    return read_rows(NOUNS[noun_name], data)


def read_rows(noun: Noun, data: bytes) -> pa.Table:
    """The same, for a kind of file that stands for itself."""
    records = _records(_text(data))
    header = next(records, None)
    if header is None:
        raise InvalidValueError.of("file_empty", "the file is empty")
    headers = header[1]
    _check_delimiter(noun, headers)
    check_headers(noun, headers, line=1)
    parser = RowParser(noun, headers)
    for line, cells in records:
        if not any(cells):
            continue  # spreadsheets leave empty rows behind
        if len(cells) != len(headers):
            rule = "row_too_long" if len(cells) > len(headers) else "row_too_short"
            message = f"this row has {len(cells)} cells, the header has {len(headers)}"
            parser.problems.add(Problem(rule, message, line=line))
            continue
        parser.add(line, cells)
    return parser.table()


def _check_delimiter(noun: Noun, headers: Sequence[str]) -> None:
    found = next((mark for mark in ";\t|" if mark in headers[0]), None)
    if len(headers) == 1 and len(noun.columns) > 1 and found:
        raise InvalidValueError.of("delimiter", f"the columns are separated by {found!r}; separate them by commas")


def _text(data: bytes) -> str:
    for signature, name in _SIGNATURES.items():
        if data.startswith(signature):
            raise InvalidValueError.of("file_type", f"this looks like {name}; save it as CSV (UTF-8)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not UTF-8; save the file as CSV UTF-8"
        raise InvalidValueError.of("encoding", message) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InvalidValueError([Problem("nul", "remove the NUL character", line=line)])
    return text


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line it begins on; quoting is checked to the letter."""
    raw: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            raw.append(line)
            yield line

    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader(lines(), strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _csv_problem(str(error), begins) from None
        record = "".join(raw)
        # The csv module takes 2"3 for a cell; a quote that is not doubled inside quotes is a damaged file.
        if '"' in record and _RECORD.fullmatch(record) is None:
            raise InvalidValueError([Problem("quote_stray", 'double a quote inside quotes: ""', line=begins)])
        raw.clear()
        yield begins, cells
        begins = reader.line_num + 1


def _csv_problem(message: str, line: int) -> InvalidValueError:
    if "field larger" in message:
        too_long = f"a cell has more than {MAX_CELL_CHARACTERS:,} characters"
        return InvalidValueError([Problem("field_too_long", too_long, line=line)])
    if "unexpected end" in message:
        return InvalidValueError([Problem("quote_unclosed", "the quote that opens here is never closed", line=line)])
    return InvalidValueError([Problem("quote_stray", 'double a quote inside quotes: ""', line=line)])
