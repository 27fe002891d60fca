"""What a run states, page by page: its credits with the statements that state them, and the lines behind them.

A run may have a million credits; in memory are those of one page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlmodel import Session

from sla_service.db.bulk import iter_arrow, read_arrow, rows_of
from sla_service.db.credits import CREDIT_LINES
from sla_service.db.latest import CREDITS
from sla_service.db.tables import metadata

PAGE = 5_000
"""Credits in memory at one time."""

_STATED = metadata.tables["statement_credits"]
_STATEMENTS = metadata.tables["statements"]
_MERCHANTS = metadata.tables["merchants"]
_OUTBOX = metadata.tables["outbox"]

STATES_SOMETHING = or_(CREDITS.c.stated_minor != 0, CREDITS.c.stated_service_ms != 0)
_BEHIND = (
    _STATEMENTS.c.number,
    _STATEMENTS.c.snapshot_sha256,
    _STATEMENTS.c.corrects,
    _STATEMENTS.c.party_name,
    _MERCHANTS.c.billing_ref,
)
_DOCUMENT = ("credit_no", "merchant_id", "service", "period_start_ms", "time_zone", "currency", "stated_minor")
"""What a document shows of a credit."""
_NAMES = ("credit_no", "merchant_id", "service", "contract_starts_on", "period_start_ms", "time_zone")
"""What a credit's name in ledgers is made of."""


def iter_credit_pages(
    session: Session, run_id: int, where: ColumnElement[bool] | None = None
) -> Iterator[list[dict[str, Any]]]:
    """A run's credits in order of their numbers, each with number, digest and predecessor of its statement."""
    credits = CREDITS.outerjoin(_STATED, _same_credit(_STATED))
    joined = credits.outerjoin(_STATEMENTS, _STATEMENTS.c.number == _STATED.c.number)
    joined = joined.outerjoin(_MERCHANTS, _MERCHANTS.c.merchant_id == CREDITS.c.merchant_id)
    query = select(*CREDITS.c, *_BEHIND).select_from(joined).where(CREDITS.c.run_id == run_id)
    yield from _pages(session, query if where is None else query.where(where))


def iter_name_pages(session: Session, run_id: int) -> Iterator[list[dict[str, Any]]]:
    """All of a run's credits, with no more than what their names are made of, their amounts and statements."""
    columns = (
        *(CREDITS.c[name] for name in (*_NAMES, "currency", "stated_minor")),
        _STATED.c.number,
        _STATEMENTS.c.corrects,
    )
    joined = CREDITS.outerjoin(_STATED, _same_credit(_STATED))
    query = select(*columns).select_from(joined.outerjoin(_STATEMENTS, _STATEMENTS.c.number == _STATED.c.number))
    yield from _pages(session, query.where(CREDITS.c.run_id == run_id))


def iter_document_pages(session: Session, run_id: int) -> Iterator[list[dict[str, Any]]]:
    """The credits that state an amount, with what a document of theirs shows; the address is the one of the issue."""
    recipients = (
        select(_OUTBOX.c.recipient)
        .where(_OUTBOX.c.number == _STATEMENTS.c.number)
        .order_by(_OUTBOX.c.recipient)
        .limit(1)
        .scalar_subquery()
        .label("email")
    )
    joined = CREDITS.join(_STATED, _same_credit(_STATED))
    joined = joined.join(_STATEMENTS, _STATEMENTS.c.number == _STATED.c.number)
    joined = joined.join(_MERCHANTS, _MERCHANTS.c.merchant_id == CREDITS.c.merchant_id)
    columns = (*(CREDITS.c[name] for name in _DOCUMENT), *_BEHIND, recipients)
    query = select(*columns).select_from(joined).where(CREDITS.c.run_id == run_id, CREDITS.c.stated_minor != 0)
    yield from _pages(session, query)


def _same_credit(table: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a table with the key of credits
    return and_(table.c.run_id == CREDITS.c.run_id, table.c.credit_no == CREDITS.c.credit_no)


def _pages(session: Session, query: Select[Any]) -> Iterator[list[dict[str, Any]]]:
    """Pages by the last number seen: numbers have gaps, and no page is counted through twice."""
    last = -1
    while True:
        page = query.where(CREDITS.c.credit_no > last).order_by(CREDITS.c.credit_no).limit(PAGE)
        rows = list(rows_of(read_arrow(session, page)))
        if rows:
            yield rows
            last = rows[-1]["credit_no"]
        if len(rows) < PAGE:
            return


def iter_lines(
    session: Session, run_id: int, credit_nos: Sequence[int], columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """The lines of a page of credits, in order of credit and line.

    Args:
        session: Open.
        run_id: The run.
        credit_nos: First and last number.
        columns: Of the lines table.
    """
    query = select(*(CREDIT_LINES.c[name] for name in columns)).where(
        CREDIT_LINES.c.run_id == run_id, CREDIT_LINES.c.credit_no.between(credit_nos[0], credit_nos[-1])
    )
    for batch in iter_arrow(session, query.order_by(CREDIT_LINES.c.credit_no, CREDIT_LINES.c.line_no)):
        yield from rows_of(pa.Table.from_batches([batch]))
