"""CSV that a spreadsheet cannot be made to run: text cells neutralised, numbers left numbers, a control row last."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sla_service.domain.money import Money

# What begins a formula: the four signs, their full-width and small forms, which East Asian spreadsheets take for
# the same, and the control characters that some programs drop from a cell's beginning.
_RISKY = tuple("=+-@\t\r\n＝＋－＠﹢﹣﹦﹫")
# Blanks of any script and marks that nobody sees: a program that trims cells would uncover what comes after them.
_UNCOVERED = re.compile(r"\A[\s\u200b-\u200f\u2060\ufeff]*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
CHUNK_ROWS = 2_000


def safe_text(text: str) -> str:
    """Text as a cell: what a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers."""
    if _NUMBER.fullmatch(text):
        return text
    bare = _UNCOVERED.sub("", text, count=1)
    return f"'{text}" if text.startswith(_RISKY) or bare.startswith(_RISKY) else text


def csv_chunks(columns: Sequence[str], rows: Iterable[Mapping[str, object]], sums: Sums) -> Iterator[bytes]:
    """The file in chunks: header, rows in the order given, control row.

    Args:
        columns: In order.
        rows: Values by column; None is an empty cell.
        sums: Is told of every row by whoever makes the rows; its figures are the control row.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for count, row in enumerate(rows, start=1):
        writer.writerow(_cells(columns, row))
        if count % CHUNK_ROWS == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    writer.writerow(sums.control_row())
    yield buffer.getvalue().encode()


def csv_bytes(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> bytes:
    """A whole file without a control row, for programs that take every row for data."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(_cells(columns, row) for row in rows)
    return buffer.getvalue().encode()


def _cells(columns: Sequence[str], row: Mapping[str, object]) -> list[str]:
    return ["" if row[name] is None else safe_text(str(row[name])) for name in columns]


class Sums:
    """The control row: how many rows, and the sum per currency."""

    def __init__(self) -> None:
        self.rows = 0
        self._counted: dict[str, tuple[int, int]] = {}

    def count(self) -> None:
        """Count a row without an amount."""
        self.rows += 1

    def add(self, money: Money) -> None:
        """Count a row with its amount."""
        self.rows += 1
        rows, minor = self._counted.get(money.currency, (0, 0))
        self._counted[money.currency] = (rows + 1, minor + money.minor)

    def merge(self, other: Sums) -> None:
        """Count what another counted."""
        self.rows += other.rows
        for currency, (rows, minor) in other._counted.items():
            before = self._counted.get(currency, (0, 0))
            self._counted[currency] = (before[0] + rows, before[1] + minor)

    @property
    def totals(self) -> list[Money]:
        """Per currency, in order of the code."""
        return [Money(currency, minor) for currency, (_rows, minor) in sorted(self._counted.items())]

    @property
    def counts(self) -> dict[str, int]:
        """Rows with an amount per currency, in order of the code."""
        return {currency: rows for currency, (rows, _minor) in sorted(self._counted.items())}

    def control_row(self) -> list[str]:
        """As many cells as it needs: the number of rows, then a sum per currency."""
        return [f"# rows {self.rows}", *(f"{money.currency} {money.amount}" for money in self.totals)]
