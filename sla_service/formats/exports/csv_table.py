"""CSV that a spreadsheet cannot be made to run: text cells neutralised, numbers left numbers, a control row last."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sla_service.domain.money import Money

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
CHUNK_ROWS = 2_000


def safe_text(text: str) -> str:
    """Text as a cell: what a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers."""
    return f"'{text}" if text.startswith(_RISKY) and _NUMBER.fullmatch(text) is None else text


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
        writer.writerow(["" if row[name] is None else safe_text(str(row[name])) for name in columns])
        if count % CHUNK_ROWS == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    writer.writerow([f"# rows {sums.rows}", *(f"{money.currency} {money.amount}" for money in sums.totals)])
    yield buffer.getvalue().encode()


class Sums:
    """The control row: how many rows, and the sum per currency."""

    def __init__(self) -> None:
        self.rows = 0
        self._minor: dict[str, int] = {}

    def count(self) -> None:
        """Count a row without an amount."""
        self.rows += 1

    def add(self, money: Money) -> None:
        """Count a row with its amount."""
        self.rows += 1
        self._minor[money.currency] = self._minor.get(money.currency, 0) + money.minor

    @property
    def totals(self) -> list[Money]:
        """Per currency, in order of the code."""
        return [Money(currency, minor) for currency, minor in sorted(self._minor.items())]
