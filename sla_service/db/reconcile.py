"""Where a run's credits, statements, ledger entries and messages disagree: sums per currency, and each by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import CTE, Select, Subquery, and_, case, func, or_, select
from sqlmodel import Session

from sla_service.db.latest import CREDITS
from sla_service.db.stated import STATES_SOMETHING
from sla_service.db.tables import metadata

STATED = metadata.tables["statement_credits"]
STATEMENTS = metadata.tables["statements"]
ENTRIES = metadata.tables["ledger_entries"]
OUTBOX = metadata.tables["outbox"]
MOST = 1_000
"""Differences of one sort that are named; beyond, somebody must look at the sort and not at its members."""

ISSUED_MINOR = case((ENTRIES.c.kind == "issued", ENTRIES.c.amount_minor), else_=-ENTRIES.c.amount_minor)
"""What an entry of an issue adds to what is owed."""

Row = dict[str, Any]


def _of_merchants(run_id: int) -> Any:  # noqa: ANN401 - a condition
    return and_(STATEMENTS.c.run_id == run_id, STATEMENTS.c.kind == "merchant")


def _of_issue(run_id: int) -> Any:  # noqa: ANN401 - a condition
    return and_(ENTRIES.c.run_id == run_id, ENTRIES.c.kind.in_(("issued", "reversed")))


def sum_sources(session: Session, run_id: int) -> dict[str, dict[str, tuple[int, int]]]:
    """Count and sum in minor units per currency of credits, statements, ledger entries and messages."""
    messages = STATEMENTS.join(OUTBOX, OUTBOX.c.number == STATEMENTS.c.number)
    total = STATEMENTS.c.total_minor
    queries = {
        "credits": _summed(CREDITS, CREDITS.c.currency, CREDITS.c.stated_minor).where(
            CREDITS.c.run_id == run_id, STATES_SOMETHING
        ),
        "statements": _summed(STATEMENTS, STATEMENTS.c.currency, total).where(_of_merchants(run_id)),
        "ledger": _summed(ENTRIES, ENTRIES.c.currency, ISSUED_MINOR).where(_of_issue(run_id)),
        "messages": _summed(messages, STATEMENTS.c.currency, total).where(_of_merchants(run_id)),
    }
    found = {name: session.connection().execute(query) for name, query in queries.items()}
    return {name: {currency: (count, int(minor)) for currency, count, minor in rows} for name, rows in found.items()}


def _summed(source: Any, currency: Any, minor: Any) -> Select[Any]:  # noqa: ANN401 - a table or join, and columns of it
    return select(currency, func.count(), func.coalesce(func.sum(minor), 0)).select_from(source).group_by(currency)


def credits_without_statement(session: Session, run_id: int) -> list[Row]:
    """Credits that state something and are on no statement, or the other way round."""
    joined = CREDITS.outerjoin(
        STATED, and_(STATED.c.run_id == CREDITS.c.run_id, STATED.c.credit_no == CREDITS.c.credit_no)
    )
    lost = and_(STATES_SOMETHING, STATED.c.number.is_(None))
    empty = and_(~STATES_SOMETHING, STATED.c.number.is_not(None))
    columns = (
        STATED.c.number,
        CREDITS.c.credit_no,
        CREDITS.c.merchant_id,
        CREDITS.c.currency,
        CREDITS.c.stated_minor.label("here"),
    )
    query = select(*columns).select_from(joined).where(CREDITS.c.run_id == run_id, or_(lost, empty))
    return _found(session, query.order_by(CREDITS.c.credit_no))


def statements_unlike_credits(session: Session, run_id: int) -> list[Row]:
    """Statements whose totals are not the sums of their credits, or that state somebody else's."""
    of = and_(STATED.c.run_id == CREDITS.c.run_id, STATED.c.credit_no == CREDITS.c.credit_no)
    strange = case(
        (or_(CREDITS.c.merchant_id != STATEMENTS.c.party_id, CREDITS.c.currency != STATEMENTS.c.currency), 1), else_=0
    )
    sums = (
        select(
            STATED.c.number,
            func.sum(CREDITS.c.stated_minor).label("minor"),
            func.sum(CREDITS.c.stated_service_ms).label("service_ms"),
            func.sum(strange).label("strange"),
        )
        .select_from(STATED.join(CREDITS, of).join(STATEMENTS, STATEMENTS.c.number == STATED.c.number))
        .where(STATED.c.run_id == run_id)
        .group_by(STATED.c.number)
        .subquery()
    )
    minor, service_ms = func.coalesce(sums.c.minor, 0), func.coalesce(sums.c.service_ms, 0)
    differs = or_(
        STATEMENTS.c.total_minor != minor,
        STATEMENTS.c.total_service_ms != service_ms,
        func.coalesce(sums.c.strange, 0) > 0,
    )
    return _found(session, _against(sums, minor, run_id).where(differs))


def statements_unlike_ledger(session: Session, run_id: int) -> list[Row]:
    """Statements whose entries of the issue are not their totals."""
    sums = (
        select(ENTRIES.c.number, func.sum(ISSUED_MINOR).label("minor"))
        .where(_of_issue(run_id))
        .group_by(ENTRIES.c.number)
        .subquery()
    )
    minor = func.coalesce(sums.c.minor, 0)
    return _found(session, _against(sums, minor, run_id).where(STATEMENTS.c.total_minor != minor))


def entries_without_statement(session: Session, run_id: int) -> list[Row]:
    """Entries of the issue that belong to no statement of the run, or name another merchant or currency."""
    joined = ENTRIES.outerjoin(STATEMENTS, and_(STATEMENTS.c.number == ENTRIES.c.number, _of_merchants(run_id)))
    differs = or_(
        STATEMENTS.c.number.is_(None),
        STATEMENTS.c.party_id != ENTRIES.c.merchant_id,
        STATEMENTS.c.currency != ENTRIES.c.currency,
    )
    columns = (
        ENTRIES.c.number,
        ENTRIES.c.merchant_id,
        ENTRIES.c.currency,
        func.coalesce(STATEMENTS.c.total_minor, 0).label("here"),
        ISSUED_MINOR.label("there"),
    )
    query = select(*columns).select_from(joined).where(_of_issue(run_id), differs)
    return _found(session, query.order_by(ENTRIES.c.entry_id))


def statements_without_message(session: Session, run_id: int) -> list[Row]:
    """Statements, the partners' included, that have not exactly one message; ``there`` is how many."""
    joined = STATEMENTS.outerjoin(OUTBOX, OUTBOX.c.number == STATEMENTS.c.number)
    own = (STATEMENTS.c.number, STATEMENTS.c.party_id, STATEMENTS.c.currency, STATEMENTS.c.total_minor)
    count = func.count(OUTBOX.c.number)
    query = (
        select(own[0], own[1].label("merchant_id"), own[2], own[3].label("here"), count.label("there"))
        .select_from(joined)
        .where(STATEMENTS.c.run_id == run_id)
        .group_by(*own)
        .having(count != 1)
    )
    return _found(session, query.order_by(STATEMENTS.c.number))


def _against(sums: Subquery | CTE, minor: Any, run_id: int) -> Select[Any]:  # noqa: ANN401 - a column
    """Merchants' statements of a run beside sums by number: ``here`` is the statement's total, ``there`` the sum."""
    columns = (
        STATEMENTS.c.number,
        STATEMENTS.c.party_id.label("merchant_id"),
        STATEMENTS.c.currency,
        STATEMENTS.c.total_minor.label("here"),
        minor.label("there"),
    )
    joined = STATEMENTS.outerjoin(sums, sums.c.number == STATEMENTS.c.number)
    return select(*columns).select_from(joined).where(_of_merchants(run_id)).order_by(STATEMENTS.c.number)


def _found(session: Session, query: Select[Any]) -> list[Row]:
    rows = session.connection().execute(query.limit(MOST)).mappings()
    amounts = ("here", "there")
    return [{name: int(value) if name in amounts else value for name, value in row.items()} for row in rows]


def totals_of(session: Session, numbers: Sequence[str]) -> dict[str, tuple[str, str, int]]:
    """Merchant, currency and total of some merchants' statements, by number."""
    columns = (STATEMENTS.c.number, STATEMENTS.c.party_id, STATEMENTS.c.currency, STATEMENTS.c.total_minor)
    query = select(*columns).where(STATEMENTS.c.number.in_(numbers), STATEMENTS.c.kind == "merchant")
    rows = session.connection().execute(query)
    return {number: (merchant_id, currency, minor) for number, merchant_id, currency, minor in rows}


def iter_snapshots(session: Session, run_id: int, page: int = 200) -> Iterator[Row]:
    """A run's statements with their snapshots, merchants' and partners', by number; a page in memory at one time."""
    of = STATEMENTS.c
    columns = (of.number, of.kind, of.party_id, of.currency, of.total_minor, of.snapshot, of.snapshot_sha256)
    last = ""
    while True:
        query = select(*columns).where(of.run_id == run_id, of.number > last).order_by(of.number).limit(page)
        rows = [dict(row) for row in session.connection().execute(query).mappings()]
        yield from rows
        if len(rows) < page:
            return
        last = rows[-1]["number"]


def sum_partners(session: Session, run_id: int) -> dict[tuple[str, str], int]:
    """What a run states for the merchants of each partner, per currency."""
    by = (CREDITS.c.partner_id, CREDITS.c.currency)
    query = (
        select(*by, func.sum(CREDITS.c.stated_minor))
        .where(CREDITS.c.run_id == run_id, CREDITS.c.partner_id.is_not(None), STATES_SOMETHING)
        .group_by(*by)
    )
    return {(partner, currency): int(minor) for partner, currency, minor in session.connection().execute(query)}
