"""The file in which a ledger or a bank says what it has: a row per credit, or per statement."""

from __future__ import annotations

import pyarrow as pa

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money
from sla_service.formats import cells
from sla_service.formats.csv_rows import read_rows
from sla_service.formats.nouns import Column, Noun
from sla_service.formats.row_checks import at_column

MAX_NAME_CHARACTERS = 300
"""An external id has a month, two ids of 64 characters, a service of 63 and two days."""


def parse_name(text: str) -> str:
    """A number or an external id, as an export has it; whether it is ours, is seen later."""
    if len(text) > MAX_NAME_CHARACTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise InvalidValueError.of("id_format", "write it as the export has it, without blanks")
    return text


def _row(external_id: str | None, number: str | None, amount: str, currency: str, day: str) -> tuple[object, ...]:
    """One name, and an amount in its currency; negative where it was taken back."""
    if (number is None) == (external_id is None):
        message = "name the credit once: by its external_id, or by the number of its statement"
        raise at_column(InvalidValueError.of("required", message), "external_id", external_id)
    try:
        money = Money.parse(amount, currency)
    except InvalidValueError as error:
        raise at_column(error, "amount", amount) from None
    return external_id, number, money.minor, currency, day


LEDGER = Noun(
    "ledger",
    (
        Column("external_id", parse_name, required=False),
        Column("number", parse_name, required=False),
        Column("amount", str),
        Column("currency", cells.parse_currency),
        Column("date", cells.parse_day),
    ),
    pa.schema(
        [
            *((name, pa.string()) for name in ("external_id", "number")),
            ("amount_minor", pa.int64()),
            *((name, pa.string()) for name in ("currency", "date")),
        ],
    ),
    _row,
)


def read_ledger(data: bytes) -> pa.Table:
    """Read a CSV file from the ledger or the bank.

    Returns:
        ``line`` (the header being 1), external_id or number, amount_minor, currency and date; at least one row.

    Raises:
        InvalidValueError: Every bad line with its column, value and reason; or what is wrong with the whole file, such
            as columns that are not these.
    """
    return read_rows(LEDGER, data)
