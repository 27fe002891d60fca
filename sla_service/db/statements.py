"""Issued statements: snapshots and documents, written once and never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, func, select

from sla_service.db.bulk import copy_in, table_of
from sla_service.db.tables import StatementCreditRecord, StatementDocumentRecord, StatementRecord, metadata
from sla_service.domain.errors import NotFoundError

PAGE = 200
"""Snapshots in memory at one time."""


def save_statements(session: Session, statements: pa.Table, credits: pa.Table) -> None:
    """Store a run's statements and which credit each one states; columns as in ``tables``."""
    copy_in(session, metadata.tables["statements"], statements)
    copy_in(session, metadata.tables["statement_credits"], credits)


def load_statement(session: Session, number: str) -> StatementRecord:
    """One statement by number.

    Raises:
        NotFoundError: There is no such statement.
    """
    record = session.get(StatementRecord, number)
    if record is None:
        raise NotFoundError(f"there is no statement {number}")
    return record


def find_void(session: Session, number: str) -> str | None:
    """The number of the statement that voids another one."""
    query = select(StatementRecord.number).where(StatementRecord.corrects == number, StatementRecord.is_void == 1)
    return session.exec(query).one_or_none()


def list_following(session: Session, number: str) -> list[StatementRecord]:
    """The statements that correct or void another one, in the order of their issue."""
    query = select(StatementRecord).where(StatementRecord.corrects == number)
    return list(session.exec(query.order_by(col(StatementRecord.revision))))


def stated_credits(session: Session, number: str) -> list[dict[str, Any]]:
    """The credits that a merchant's statement states, in order of their numbers."""
    credits, states = metadata.tables["credits"], metadata.tables["statement_credits"]
    same = (states.c.run_id == credits.c.run_id) & (states.c.credit_no == credits.c.credit_no)
    query = select_columns(credits).join_from(credits, states, same).where(states.c.number == number)
    return [dict(row) for row in session.connection().execute(query.order_by(credits.c.credit_no)).mappings()]


def find_document(session: Session, number: str) -> StatementDocumentRecord | None:
    """A statement's stored document, if it was rendered."""
    return session.get(StatementDocumentRecord, number)


def save_document(session: Session, record: StatementDocumentRecord) -> None:
    """Store a document, or why there is none."""
    session.add(record)
    session.flush()


def list_statements(session: Session, run_id: int, kind: str | None = None) -> list[tuple[Any, ...]]:
    """Number, kind, party, currency and digest of a run's statements, by number."""
    columns = (
        StatementRecord.number,
        StatementRecord.kind,
        StatementRecord.party_id,
        StatementRecord.currency,
        StatementRecord.snapshot_sha256,
    )
    query = select(*columns).where(StatementRecord.run_id == run_id)  # type: ignore[call-overload]
    if kind is not None:
        query = query.where(StatementRecord.kind == kind)
    return sorted(tuple(row) for row in session.exec(query))


def list_party_statements(session: Session, kind: str, party_id: str) -> list[StatementRecord]:
    """The statements of one merchant or partner, newest period first."""
    query = select(StatementRecord).where(StatementRecord.kind == kind, StatementRecord.party_id == party_id)
    return sorted(session.exec(query), key=lambda record: (record.period, record.number), reverse=True)


def list_month_statements(session: Session, kind: str, party_id: str, period: str) -> list[StatementRecord]:
    """The statements of one merchant or partner for one month, in the order of their issue."""
    query = select(StatementRecord).where(
        StatementRecord.kind == kind, StatementRecord.party_id == party_id, StatementRecord.period == period
    )
    return list(session.exec(query.order_by(col(StatementRecord.revision), col(StatementRecord.number))))


def unrendered_page(session: Session, run_id: int) -> tuple[Sequence[StatementRecord], int, int]:
    """The next statements of a run without a document, by number; how many have one; and how many there are."""
    rendered = select(StatementDocumentRecord.number)
    count = select(func.count()).select_from(StatementRecord).where(StatementRecord.run_id == run_id)
    missing = col(StatementRecord.number).not_in(rendered)
    query = select(StatementRecord).where(StatementRecord.run_id == run_id, missing)
    page = session.exec(query.order_by(col(StatementRecord.number)).limit(PAGE)).all()
    whole = session.exec(count).one()
    return page, whole - session.exec(count.where(missing)).one(), whole


def list_parked_documents(session: Session, run_id: int) -> list[tuple[str, str]]:
    """Number and reason of a run's statements that could not be rendered."""
    query = (
        select(StatementDocumentRecord)
        .join(StatementRecord, col(StatementRecord.number) == col(StatementDocumentRecord.number))
        .where(StatementRecord.run_id == run_id, col(StatementDocumentRecord.pdf).is_(None))
        .order_by(col(StatementDocumentRecord.number))
    )
    return [(record.number, record.parked_reason or "") for record in session.exec(query)]


def forget_parked(session: Session, run_id: int) -> int:
    """Delete the reasons for which a run's statements have no document; a document itself is never deleted."""
    numbers = [number for number, _ in list_parked_documents(session, run_id)]
    for number in numbers:
        session.delete(session.get_one(StatementDocumentRecord, number))
    session.flush()
    return len(numbers)


def iter_documents(session: Session, run_id: int) -> Iterator[tuple[StatementRecord, StatementDocumentRecord]]:
    """A run's statements with their documents, by number."""
    query = (
        select(StatementRecord, StatementDocumentRecord)
        .join(StatementDocumentRecord, col(StatementDocumentRecord.number) == col(StatementRecord.number))
        .where(StatementRecord.run_id == run_id)
        .order_by(col(StatementRecord.number))
        .execution_options(yield_per=PAGE)
    )
    yield from session.exec(query)


def load_stated_of_partners(session: Session, run_id: int, partners: Sequence[str]) -> pa.Table:
    """What a run's statements say for the merchants of some partners, for the partners' own statements.

    Args:
        session: Open; reads its own writes too.
        run_id: The run.
        partners: Their ids.

    Returns:
        partner_id, merchant_id, party_name, number, service, policy_digest, availability, target, currency,
        stated_minor, stated_service_ms; in order of partner, statement and credit.
    """
    credits, statements = metadata.tables["credits"], metadata.tables["statements"]
    states = metadata.tables["statement_credits"]
    names = ("service", "policy_digest", "availability", "target", "currency", "stated_minor", "stated_service_ms")
    query = select_columns(
        credits.c.credit_no,
        credits.c.partner_id, credits.c.merchant_id, statements.c.party_name, statements.c.number,
        *(credits.c[name] for name in names),
    )  # fmt: skip
    query = query.join_from(
        credits, states, (states.c.run_id == credits.c.run_id) & (states.c.credit_no == credits.c.credit_no)
    ).join(statements, statements.c.number == states.c.number)
    query = query.where(credits.c.run_id == run_id, credits.c.partner_id.in_(partners))
    rows = session.connection().execute(query.order_by(credits.c.credit_no))
    types = [
        (column.name, pa.string() if column.type.python_type is str else pa.int64())
        for column in query.selected_columns
    ]
    found = table_of([tuple(row) for row in rows], pa.schema(types))
    return found.sort_by([(name, "ascending") for name in ("partner_id", "number", "credit_no")])


def statement_numbers(session: Session, run_id: int) -> dict[int, str]:
    """Credit number to statement number, for a run."""
    query = select(StatementCreditRecord).where(StatementCreditRecord.run_id == run_id)
    return {record.credit_no: record.number for record in session.exec(query)}
