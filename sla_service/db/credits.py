"""Credits and their lines: written as columns, read as columns or, for one merchant, as records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Table, and_, false, func, literal, or_, select
from sqlmodel import Session, col
from sqlmodel import select as select_records

from sla_service.db.bulk import copy_in, read_arrow, schema_of
from sla_service.db.latest import KEY, latest_runs
from sla_service.db.ordering import by_code_point
from sla_service.db.tables import CreditLineRecord, CreditRecord, RunRecord, StatementCreditRecord, metadata

CREDITS: Table = metadata.tables["credits"]
CREDIT_LINES: Table = metadata.tables["credit_lines"]


def save_credits(session: Session, credits: pa.Table, lines: pa.Table) -> None:
    """Store a run's credits and lines; columns as in ``tables``."""
    copy_in(session, CREDITS, credits)
    copy_in(session, CREDIT_LINES, lines)


def credits_schema() -> pa.Schema:
    """The columns of the credits table."""
    return schema_of(CREDITS)


def lines_schema() -> pa.Schema:
    """The columns of the lines table."""
    return schema_of(CREDIT_LINES)


KEPT_NUMBERS = 10**12
"""Credits of contracts that are gone are numbered from here, times the revision that had them last: never a number that
another credit has, and always the same one, however a run is cut into batches."""

Numbers = tuple[int, int]
"""A range of credit numbers, both ends in it."""


def load_credits(session: Session, run_id: int, numbers: Numbers | None = None) -> pa.Table:
    """A run's credits in order of their numbers; those of a batch, if its range is given."""
    query = select(CREDITS).where(CREDITS.c.run_id == run_id)
    if numbers is not None:
        query = query.where(CREDITS.c.credit_no.between(*numbers))
    return read_arrow(session, query.order_by(CREDITS.c.credit_no))


def load_gone(session: Session, run_id: int, ids: tuple[str, str | None]) -> pa.Table:
    """A correction's credits of contracts that are gone, in order of their numbers.

    Args:
        session: Open.
        run_id: The correction.
        ids: The first merchant's id by code point, and the one before which merchants end; None for no end.
    """
    first_id, end_id = ids
    merchant = by_code_point(session, CREDITS.c.merchant_id)
    query = select(CREDITS).where(CREDITS.c.run_id == run_id, CREDITS.c.credit_no > KEPT_NUMBERS)
    query = query.where(merchant >= literal(first_id))
    if end_id is not None:
        query = query.where(merchant < literal(end_id))
    return read_arrow(session, query.order_by(CREDITS.c.credit_no))


def load_lines(session: Session, run_id: int, numbers: Numbers | None = None) -> pa.Table:
    """A run's lines in order of credit and line; those of a batch, if its range is given."""
    query = select(CREDIT_LINES).where(CREDIT_LINES.c.run_id == run_id)
    if numbers is not None:
        query = query.where(CREDIT_LINES.c.credit_no.between(*numbers))
    return read_arrow(session, query.order_by(CREDIT_LINES.c.credit_no, CREDIT_LINES.c.line_no))


def totals_of_run(session: Session, run_id: int) -> dict[str, list[int]]:
    """What a run states, by currency: how many credits, minor units, milliseconds of service."""
    sums = (func.count(), func.sum(CREDITS.c.stated_minor), func.sum(CREDITS.c.stated_service_ms))
    query = select(CREDITS.c.currency, *sums).where(CREDITS.c.run_id == run_id, is_stated())
    rows = session.connection().execute(query.group_by(CREDITS.c.currency))
    return {row[0]: [int(value) for value in row[1:]] for row in sorted(map(tuple, rows))}


def credited_totals(session: Session, run_id: int) -> dict[str, int]:
    """What a run credits in all, by currency, whether it was stated before or not."""
    query = select(CREDITS.c.currency, func.sum(CREDITS.c.amount_minor))
    query = query.where(CREDITS.c.run_id == run_id, CREDITS.c.amount_minor != 0).group_by(CREDITS.c.currency)
    return {currency: int(minor) for currency, minor in session.connection().execute(query)}


def merchants_above(
    session: Session, run_id: int, limits: Mapping[str, int], *, at_most: int
) -> tuple[list[tuple[str, str, int]], int]:
    """Merchants to whom a run states more than a limit of their currency, the most first.

    Returns:
        Merchant, currency and minor units of the first ``at_most``, and how many there are in all.
    """
    total = func.sum(CREDITS.c.stated_minor)
    above = or_(false(), *(and_(CREDITS.c.currency == c, func.abs(total) > limit) for c, limit in limits.items()))
    keys = (CREDITS.c.merchant_id, CREDITS.c.currency)
    query = select(*keys, total.label("total_minor")).where(CREDITS.c.run_id == run_id, is_stated())
    found = query.group_by(*keys).having(above).subquery()
    count = session.connection().execute(select(func.count()).select_from(found)).scalar_one()
    order = (func.abs(found.c.total_minor).desc(), by_code_point(session, found.c.merchant_id), found.c.currency)
    rows = session.connection().execute(select(found).order_by(*order).limit(at_most))
    return [(row[0], row[1], int(row[2])) for row in rows], int(count)


def policies_of_run(session: Session, run_id: int) -> dict[str, str]:
    """The policies that a run assesses by: name and version to digest."""
    columns = (CREDITS.c.policy, CREDITS.c.policy_version, CREDITS.c.policy_digest)
    query = select(*columns).where(CREDITS.c.run_id == run_id, CREDITS.c.policy_digest.is_not(None)).distinct()
    return dict(sorted((f"{name} v{version}", sha256) for name, version, sha256 in session.connection().execute(query)))


def incidents_of_run(session: Session, run_id: int) -> set[str]:
    """The ids of the incidents behind a run's credits."""
    query = select(CREDIT_LINES.c.incident_id).where(CREDIT_LINES.c.run_id == run_id).distinct()
    return set(session.connection().execute(query).scalars())


def stated_partners(session: Session, run_id: int) -> list[str]:
    """The partners with a merchant for whom a run states something, by id."""
    query = select(CREDITS.c.partner_id).where(
        CREDITS.c.run_id == run_id, is_stated(), CREDITS.c.partner_id.is_not(None)
    )
    return sorted(session.connection().execute(query.distinct()).scalars())


def is_stated() -> ColumnElement[bool]:
    """Whether a credit has a statement: money or service time that the run states."""
    return (CREDITS.c.stated_minor != 0) | (CREDITS.c.stated_service_ms != 0)


def summarise(session: Session, run_id: int) -> list[dict[str, Any]]:
    """Counts and sums of a run by outcome, service, policy and currency."""
    by = (CREDITS.c.outcome, CREDITS.c.service, CREDITS.c.policy, CREDITS.c.policy_version, CREDITS.c.currency)
    sums = (
        func.count().label("credits"),
        func.count(CREDITS.c.merchant_id.distinct()).label("merchants"),
        func.sum(CREDITS.c.amount_minor).label("amount_minor"),
        func.sum(CREDITS.c.service_ms).label("service_ms"),
    )
    rows = session.connection().execute(select(*by, *sums).where(CREDITS.c.run_id == run_id).group_by(*by)).mappings()
    found = [{**row, "amount_minor": int(row["amount_minor"]), "service_ms": int(row["service_ms"])} for row in rows]
    return sorted(found, key=lambda row: tuple(str(row[column.name]) for column in by))


def deciders(session: Session, run_id: int) -> list[str]:
    """Who decided a case of a run."""
    query = select(CREDITS.c.decided_by).where(CREDITS.c.run_id == run_id, CREDITS.c.decided_by.is_not(None))
    return sorted(session.connection().execute(query.distinct()).scalars())


def list_parked(session: Session, run_id: int) -> list[CreditRecord]:
    """Cases that wait for a person, in order of their numbers."""
    query = select_records(CreditRecord).where(
        CreditRecord.run_id == run_id,
        col(CreditRecord.outcome).in_(["parked", "undefined"]),
    )
    return list(session.exec(query.order_by(col(CreditRecord.credit_no))))


def list_merchant_credits(session: Session, merchant_id: str) -> list[tuple[CreditRecord, RunRecord, str | None]]:
    """A merchant's credits of issued months as they stand now, newest period first.

    Returns:
        Each credit once, from the last run that says something of it, with that run and the number of the newest
        statement that states it, if any.
    """
    query = (
        select_records(CreditRecord, RunRecord, StatementCreditRecord.number)
        .join(RunRecord, col(RunRecord.run_id) == col(CreditRecord.run_id))
        .join(
            StatementCreditRecord,
            (col(StatementCreditRecord.run_id) == col(CreditRecord.run_id))
            & (col(StatementCreditRecord.credit_no) == col(CreditRecord.credit_no)),
            isouter=True,
        )
        .where(CreditRecord.merchant_id == merchant_id, RunRecord.state == "issued")
    )
    every = list(session.exec(query.order_by(col(RunRecord.period), col(RunRecord.revision))))
    numbers = {_key(credit): number for credit, _, number in every if number}
    runs = latest_runs(session)
    voided = {_key(credit): run.run_id for credit, run, _ in every if run.run_id in runs.voids}
    found = [
        (credit, run, numbers.get(_key(credit)))
        for credit, run, _ in every
        if run.run_id == voided.get(_key(credit), run.run_id) and run.run_id in {*runs.whole, *runs.voids}
    ]
    return sorted(found, key=lambda row: (row[1].period, -row[0].credit_no), reverse=True)


def _key(credit: CreditRecord) -> tuple[Any, ...]:
    return tuple(getattr(credit, name) for name in KEY)


def list_run_credits(
    session: Session,
    run_id: int,
    *,
    merchant_id: str | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[CreditRecord]:
    """A page of a run's credits by number, of one merchant if given."""
    query = select_records(CreditRecord).where(CreditRecord.run_id == run_id, CreditRecord.credit_no > after)
    if merchant_id is not None:
        query = query.where(CreditRecord.merchant_id == merchant_id)
    return list(session.exec(query.order_by(col(CreditRecord.credit_no)).limit(limit)))


def find_credit(session: Session, run_id: int, credit_no: int) -> CreditRecord | None:
    """One credit of a run, if there is such a number."""
    return session.get(CreditRecord, (run_id, credit_no))


def list_lines(session: Session, run_id: int, credit_no: int) -> list[CreditLineRecord]:
    """The lines of one credit, in order."""
    query = select_records(CreditLineRecord).where(
        CreditLineRecord.run_id == run_id,
        CreditLineRecord.credit_no == credit_no,
    )
    return list(session.exec(query.order_by(col(CreditLineRecord.line_no))))
