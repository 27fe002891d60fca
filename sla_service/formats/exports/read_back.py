"""Exports read back from their bytes: what a finance system would take out of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from sla_service.domain.money import Money

Booked = tuple[str, str, Money]
"""Number of the statement, merchant, and what is given, or taken back."""


def read_rows(chunks: Iterable[bytes]) -> Iterator[dict[str, str]]:
    """Rows of a file that comes in chunks, without its control row, by column."""
    reader = csv.reader(_lines(chunks), strict=True)
    header = next(reader)
    for row in reader:
        if len(row) == len(header) and not row[0].startswith("# rows "):
            yield dict(zip(header, row, strict=True))


def read_register(chunks: Iterable[bytes]) -> Iterator[Booked]:
    """What each row of a register states, those without an amount left out."""
    for row in read_rows(chunks):
        money = Money.parse(row["amount"], row["currency"])
        if money.minor or row["service_days"]:
            yield row["statement_number"], row["merchant_id"], money


def read_journal(chunks: Iterable[bytes], owed: str) -> Iterator[Booked]:
    """What each credit of a journal books; accrual and reversal cancel each other.

    Args:
        chunks: Of the file.
        owed: The account that is credited with what is given, and debited with what is taken back.
    """
    for row in read_rows(chunks):
        if row["external_id"].endswith("/credit"):
            money = Money.parse(row["amount"], row["currency"])
            sign = 1 if row["account_credit"].removeprefix("'") == owed else -1
            merchant_id = row["external_id"].split("/")[1]
            yield row["statement_number"], merchant_id, Money(money.currency, sign * money.minor)


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines of a file in chunks; a chunk may end within one."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\r\n")
        yield from (line.decode() + "\r\n" for line in whole)
    if rest:
        yield rest.decode()
