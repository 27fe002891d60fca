"""The file in which a billing system or a bank says which credits it used: a row per use."""

from __future__ import annotations

import re

import pyarrow as pa

from sla_service.domain.credit_names import parse_credit_name
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money
from sla_service.formats import cells
from sla_service.formats.csv_rows import read_rows
from sla_service.formats.nouns import Column, Noun
from sla_service.formats.row_checks import at_column

_NUMBER = re.compile(r"SCM-[0-9]{4}-[0-9]{2}-[0-9]{7,12}", re.ASCII)


def parse_number(text: str) -> str:
    """A merchant's statement."""
    if _NUMBER.fullmatch(text) is None:
        raise InvalidValueError.of("number_format", "write a merchant's statement, such as SCM-2023-09-0000001")
    return text


def parse_external_id(text: str) -> str:
    """A credit or a statement as our exports call it."""
    parse_credit_name(text)
    return text


def _row(
    reference: str,
    number: str | None,
    external_id: str | None,
    merchant_id: str,
    amount: str,
    currency: str,
    applied_on: str,
) -> tuple[str | int | None, ...]:
    """One name of the credit, and an amount in its currency."""
    if (number is None) == (external_id is None):
        message = "name the credit once: by its statement_number, or by the external_id of an export"
        raise at_column(InvalidValueError.of("required", message), "statement_number", number)
    try:
        money = Money.parse(amount, currency)
        if money.minor <= 0:
            raise InvalidValueError.of("amount_range", "an amount that was applied is more than 0")
    except InvalidValueError as error:
        raise at_column(error, "amount", amount) from None
    return reference, number, external_id, merchant_id, money.minor, currency, applied_on


APPLIED = Noun(
    "applied",
    (
        Column("reference", cells.parse_id),
        Column("statement_number", parse_number, required=False),
        Column("external_id", parse_external_id, required=False),
        Column("merchant_id", cells.parse_id),
        Column("amount", str),
        Column("currency", cells.parse_currency),
        Column("applied_on", cells.parse_day),
    ),
    pa.schema(
        [
            *((name, pa.string()) for name in ("reference", "number", "external_id", "merchant_id")),
            ("amount_minor", pa.int64()),
            *((name, pa.string()) for name in ("currency", "applied_on")),
        ],
    ),
    _row,
)


def read_applied(data: bytes) -> pa.Table:
    """Read a CSV file of uses.

    Returns:
        ``line`` (the header being 1), reference, number or external_id, merchant_id, amount_minor, currency and
        applied_on; at least one row.

    Raises:
        InvalidValueError: Every bad line with its column, value and reason; or what is wrong with the whole file.
    """
    return read_rows(APPLIED, data)
