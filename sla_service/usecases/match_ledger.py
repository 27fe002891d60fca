"""Take a file back from the ledger or the bank, and lay it beside a run's statements."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.runs import load_run
from sla_service.db.stated import iter_names_by_contract
from sla_service.domain.ledger_match import LedgerMatch, OurStatement, TheirRow, match_rows
from sla_service.domain.money import Money
from sla_service.formats.exports.names import credit_key, document_key
from sla_service.formats.ledger_rows import read_ledger
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.export_rows import with_neighbours

Row = dict[str, Any]


def match_ledger(session: Session, run_id: int, data: bytes) -> LedgerMatch:
    """Compare a file with what a run states.

    Args:
        session: Open; only read.
        run_id: An issued run.
        data: The file: external_id or number, amount, currency, date.

    Raises:
        InvalidValueError: The file cannot be read; every bad line is named.
        ConflictError: The run is not issued.
    """
    theirs = read_ledger(data)
    record = load_run(session, run_id)
    require_state(record, "issued")
    return match_rows(_theirs(theirs), _ours(session, record.model_dump()))


def _theirs(table: pa.Table) -> Iterator[TheirRow]:
    for row in rows_of(table):
        money = Money(row["currency"], row["amount_minor"])
        yield TheirRow(row["line"], row["external_id"] or row["number"], money, row["date"])


def _ours(session: Session, run: Row) -> Iterator[OurStatement]:
    named = with_neighbours(iter_names_by_contract(session, run["run_id"]))
    for merchant_id, group in groupby(named, key=lambda one: one[0]["merchant_id"]):
        stated = [(row, is_only) for row, is_only in group if row["stated_minor"]]
        stated.sort(key=lambda one: (one[0]["number"], one[0]["credit_no"]))
        for number, of_one in groupby(stated, key=lambda one: one[0]["number"]):
            credits = {
                credit_key(row, run, is_only=is_only): Money(row["currency"], row["stated_minor"])
                for row, is_only in of_one
            }
            currency = next(iter(credits.values())).currency
            total = Money(currency, sum(money.minor for money in credits.values()))
            yield OurStatement(number, document_key(merchant_id, currency, run), merchant_id, total, credits)
