"""What a run states, page by page: its credits with the statements that state them, and the lines behind them.

A run may have a million credits; in memory are those of one page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Join, Select, and_, or_, select, tuple_
from sqlmodel import Session

from sla_service.db.bulk import iter_arrow, read_arrow, rows_of
from sla_service.db.credits import CREDIT_LINES
from sla_service.db.latest import CREDITS
from sla_service.db.tables import metadata

PAGE = 5_000
"""Credits in memory at one time."""

_STATED = metadata.tables["statement_credits"]
_STATEMENTS = metadata.tables["statements"]
_OUTBOX = metadata.tables["outbox"]

STATES_SOMETHING = or_(CREDITS.c.stated_minor != 0, CREDITS.c.stated_service_ms != 0)
_STATEMENT = (
    _STATEMENTS.c.number,
    _STATEMENTS.c.snapshot_sha256,
    _STATEMENTS.c.corrects,
    _STATEMENTS.c.is_void,
    _STATEMENTS.c.party_name,
    _STATEMENTS.c.billing_ref,
)
_DOCUMENT = ("credit_no", "merchant_id", "service", "period_start_ms", "time_zone", "currency", "stated_minor")
"""What a document shows of a credit."""
_CONTRACT_PERIOD = ("merchant_id", "service", "contract_starts_on", "period_start_ms")
_NAMES = ("credit_no", *_CONTRACT_PERIOD, "time_zone", "total_ms", "currency", "stated_minor")
"""What a credit's name in ledgers is made of, and what it states; ``total_ms`` is null of a contract that is gone."""


def iter_credit_pages(
    session: Session, run_id: int, where: ColumnElement[bool] | None = None
) -> Iterator[list[dict[str, Any]]]:
    """A run's credits in order of their numbers, each with its statement, and the merchant's account on that."""
    query = select(*CREDITS.c, *_STATEMENT).select_from(_with_statement()).where(CREDITS.c.run_id == run_id)
    yield from _pages(session, query if where is None else query.where(where))


def iter_name_pages(session: Session, run_id: int) -> Iterator[list[dict[str, Any]]]:
    """All of a run's credits in order of their numbers, with no more than names, amounts and statements."""
    query = _named().where(CREDITS.c.run_id == run_id)
    yield from _pages(session, query)


def iter_names_by_contract(session: Session, run_id: int) -> Iterator[dict[str, Any]]:
    """The same, but those of a merchant together, and of those the ones of a contract: in the database's own order.

    What corrections state of contracts that are gone has numbers of its own, far from the merchant's others.
    """
    key = [CREDITS.c[name] for name in _CONTRACT_PERIOD]
    query = _named().where(CREDITS.c.run_id == run_id).order_by(*key).limit(PAGE)
    page = query
    while rows := list(rows_of(read_arrow(session, page))):
        yield from rows
        if len(rows) < PAGE:
            return
        page = query.where(tuple_(*key) > tuple_(*(rows[-1][name] for name in _CONTRACT_PERIOD)))


def iter_document_pages(session: Session, run_id: int) -> Iterator[list[dict[str, Any]]]:
    """The credits that state an amount, in order of their statements, with what a document of theirs shows.

    A page has whole statements. The address and the account are those of the issue.
    """
    of = _STATEMENTS.c
    numbers = select(of.number).where(of.run_id == run_id, of.kind == "merchant").order_by(of.number).limit(PAGE)
    last = ""
    while found := list(session.connection().execute(numbers.where(of.number > last)).scalars()):
        last = found[-1]
        query = _documents().where(CREDITS.c.run_id == run_id, of.run_id == run_id, of.kind == "merchant")
        query = query.where(of.number.between(found[0], last)).order_by(of.number, CREDITS.c.credit_no)
        yield list(rows_of(read_arrow(session, query)))


def _documents() -> Select[Any]:
    recipients = (
        select(_OUTBOX.c.recipient)
        .where(_OUTBOX.c.number == _STATEMENTS.c.number)
        .order_by(_OUTBOX.c.recipient)
        .limit(1)
        .scalar_subquery()
        .label("email")
    )
    joined = _STATEMENTS.join(_STATED, _STATED.c.number == _STATEMENTS.c.number).join(CREDITS, _same_credit(_STATED))
    columns = (*(CREDITS.c[name] for name in _DOCUMENT), *_STATEMENT, recipients)
    return select(*columns).select_from(joined).where(CREDITS.c.stated_minor != 0)


def _named() -> Select[Any]:
    columns = (*(CREDITS.c[name] for name in _NAMES), _STATED.c.number, _STATEMENTS.c.corrects, _STATEMENTS.c.is_void)
    return select(*columns).select_from(_with_statement())


def _with_statement() -> Join:
    credits = CREDITS.outerjoin(_STATED, _same_credit(_STATED))
    return credits.outerjoin(_STATEMENTS, _STATEMENTS.c.number == _STATED.c.number)


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
