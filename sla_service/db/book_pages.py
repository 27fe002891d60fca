"""The books page by page: statements with everything that must agree with them, and documents; memory is a page's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlmodel import Session

from sla_service.db.tables import metadata

PAGE = {"merchant": 500, "partner": 20}
"""Statements in memory at one time; a partner's has thousands of lines."""
PAGE_DOCUMENTS = 50
CREDITS, STATES, STATEMENTS, OUTBOX, ENTRIES, DOCUMENTS, COUNTERS, AUDIT = (
    metadata.tables[name]
    for name in (
        "credits", "statement_credits", "statements", "outbox", "ledger_entries", "statement_documents", "counters",
        "audit_log",
    )
)  # fmt: skip
_AMOUNTS = ("amount_minor", "service_ms", "stated_minor", "stated_service_ms")

Row = Any
"""SQLAlchemy's, with columns as attributes."""
Rows = dict[str, list[Row]]


@dataclass(slots=True)
class Page:
    """Some statements, and by their numbers what belongs to them."""

    statements: Sequence[Row]
    credits: Rows = field(default_factory=dict)
    messages: Rows = field(default_factory=dict)
    entries: Rows = field(default_factory=dict)
    under_partners: Rows = field(default_factory=dict)
    """By the partner's id: what the run's statements for its merchants say."""


def iter_pages(session: Session, run_id: int, kind: str) -> Iterator[Page]:
    """The statements of a run, of merchants or of partners, in order of their numbers."""
    query = select(STATEMENTS).where(STATEMENTS.c.run_id == run_id, STATEMENTS.c.kind == kind)
    query = query.order_by(STATEMENTS.c.number).execution_options(yield_per=PAGE[kind])
    for rows in session.connection().execute(query).partitions():
        numbers = [row.number for row in rows]
        page = Page(rows)
        states = STATES.join(
            CREDITS, (CREDITS.c.run_id == STATES.c.run_id) & (CREDITS.c.credit_no == STATES.c.credit_no)
        )
        columns = (STATES.c.number, CREDITS.c.credit_no, CREDITS.c.currency, *(CREDITS.c[name] for name in _AMOUNTS))
        page.credits = _by(session, select(*columns).select_from(states).where(STATES.c.number.in_(numbers)))
        page.messages = _by(
            session,
            select(OUTBOX.c.number, OUTBOX.c.recipient, OUTBOX.c.message_id).where(OUTBOX.c.number.in_(numbers)),
        )
        page.entries = _by(
            session, select(ENTRIES.c.number, *(c for c in ENTRIES.c if c.name != "number")).where(_grants(numbers))
        )
        if kind == "partner":
            page.under_partners = _under(session, run_id, [row.party_id for row in rows])
        yield page


def _grants(numbers: Sequence[str]) -> ColumnElement[bool]:
    return ENTRIES.c.number.in_(numbers) & ENTRIES.c.kind.in_(("issued", "reversed"))


def _under(session: Session, run_id: int, partners: Sequence[str]) -> Rows:
    columns = (
        CREDITS.c.partner_id, CREDITS.c.merchant_id, STATES.c.number, CREDITS.c.service, CREDITS.c.currency,
        CREDITS.c.stated_minor, CREDITS.c.stated_service_ms,
    )  # fmt: skip
    joined = CREDITS.join(STATES, (CREDITS.c.run_id == STATES.c.run_id) & (CREDITS.c.credit_no == STATES.c.credit_no))
    query = select(*columns).select_from(joined)
    return _by(session, query.where(CREDITS.c.run_id == run_id, CREDITS.c.partner_id.in_(partners)))


def _by(session: Session, query: Select[Any]) -> Rows:
    """Rows by their first column."""
    found: Rows = defaultdict(list)
    for row in session.connection().execute(query):
        found[row[0]].append(row)
    return found


def iter_document_digests(session: Session, run_id: int) -> Iterator[Row]:
    """Number, bytes and stored digest of a run's documents."""
    query = select(DOCUMENTS.c.number, DOCUMENTS.c.pdf, DOCUMENTS.c.pdf_sha256).join_from(DOCUMENTS, STATEMENTS)
    query = query.where(STATEMENTS.c.run_id == run_id, DOCUMENTS.c.pdf.is_not(None))
    yield from session.connection().execute(query.execution_options(yield_per=PAGE_DOCUMENTS))


def unstated(session: Session, run_id: int, numbers: tuple[int, int]) -> list[int]:
    """Credits of a range that state something and are on no statement."""
    something = (CREDITS.c.stated_minor != 0) | (CREDITS.c.stated_service_ms != 0)
    on_none = ~select(STATES.c.number).where(STATES.c.run_id == CREDITS.c.run_id, _same_number()).exists()
    query = select(CREDITS.c.credit_no).where(
        CREDITS.c.run_id == run_id, CREDITS.c.credit_no.between(*numbers), something, on_none
    )
    return list(session.connection().execute(query.order_by(CREDITS.c.credit_no)).scalars())


def _same_number() -> ColumnElement[bool]:
    return STATES.c.credit_no == CREDITS.c.credit_no


def stated_early(session: Session, run_id: int, numbers: tuple[int, int]) -> list[str]:
    """Statements that have a credit of a range."""
    query = select(STATES.c.number).where(STATES.c.run_id == run_id, STATES.c.credit_no.between(*numbers))
    return sorted(session.connection().execute(query.distinct()).scalars())


def count_credits(session: Session, run_id: int, numbers: tuple[int, int] | None = None) -> int:
    """How many credits a run has, or a range of them."""
    query = select(func.count()).select_from(CREDITS).where(CREDITS.c.run_id == run_id)
    if numbers is not None:
        query = query.where(CREDITS.c.credit_no.between(*numbers))
    return int(session.connection().execute(query).scalar_one())


def credit_keys(session: Session, run_id: int, numbers: tuple[int, int]) -> list[tuple[str, str, str, int | None]]:
    """Merchant, service, contract's first day and period's start of the credits in a range."""
    names = ("merchant_id", "service", "contract_starts_on", "period_start_ms")
    query = select(*(CREDITS.c[name] for name in names)).where(
        CREDITS.c.run_id == run_id, CREDITS.c.credit_no.between(*numbers)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.connection().execute(query)]


def next_number(session: Session, series: str) -> int:
    """The number that a series would give next."""
    query = select(COUNTERS.c.next_number).where(COUNTERS.c.series == series)
    return session.connection().execute(query).scalar_one_or_none() or 1


def last_words(session: Session, subject: str, actions: Sequence[str]) -> tuple[str, str | None] | None:
    """The last of some actions that the audit log has of a subject, with what it was after; None if there is none."""
    query = select(AUDIT.c.action, AUDIT.c.after).where(AUDIT.c.subject == subject, AUDIT.c.action.in_(actions))
    row = session.connection().execute(query.order_by(AUDIT.c.entry_no.desc()).limit(1)).one_or_none()
    return None if row is None else (row[0], row[1])
