"""Book what matched of a ledger's file as applied: the matched rows, as the file of uses that the ledger takes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.ledger_match import LedgerMatch, Matched
from sla_service.formats.exports.csv_table import csv_bytes
from sla_service.usecases.apply_credits import Applied, apply_credits

COLUMNS = ("reference", "statement_number", "merchant_id", "amount", "currency", "applied_on")
REFERENCE_CHARACTERS = 40
"""Of a digest: more than enough that two names have two, few enough for a reference."""


def apply_matched(session: Session, found: LedgerMatch, *, name: str, now_ms: int, actor: str) -> Applied:
    """Book the matched rows of a file; those that were booked before change nothing.

    Args:
        session: Open, with nothing done in it yet; nothing is committed.
        found: What matched.
        name: The file's name, for the audit log.
        now_ms: The instant.
        actor: Who books.

    Raises:
        InvalidValueError: Every row that cannot be booked, with its line in the ledger's file: more than is still
            owed, say. Nothing was booked.
    """
    uses = uses_of(found)
    if not uses:
        return Applied(0, 0, [], None)
    try:
        return apply_credits(session, file_of_uses(uses), name=name, now_ms=now_ms, actor=actor)
    except InvalidValueError as error:
        raise InvalidValueError(
            (replace(one, line=_line_of(uses, one.line)) for one in error.problems), total=error.total
        ) from None


def _line_of(uses: Sequence[Matched], line: int | None) -> int | None:
    """Where a use stands in the ledger's file; here the header is line 1."""
    return None if line is None else uses[line - 2].row.line


def uses_of(found: LedgerMatch) -> list[Matched]:
    """What of the matched rows was given; what was taken back is no use of a credit."""
    return [one for one in found.matched if one.row.amount.minor > 0]


def file_of_uses(uses: Sequence[Matched]) -> bytes:
    """The uses as a file that the ledger imports: a row each, in the same order."""
    rows = (
        {
            "reference": reference_of(one),
            "statement_number": one.number,
            "merchant_id": one.merchant_id,
            "amount": one.row.amount.amount,
            "currency": one.row.amount.currency,
            "applied_on": one.row.day,
        }
        for one in uses
    )
    return csv_bytes(COLUMNS, rows)


def reference_of(one: Matched) -> str:
    """The name of the use: derived from what matched, so that the same file again is the same use.

    A credit is matched whole, once; so its own name is enough, and the day is left to be compared.
    """
    digest = hashlib.sha256(one.row.name.removesuffix("/credit").encode()).hexdigest()
    return f"reconciled-{digest[:REFERENCE_CHARACTERS]}"
