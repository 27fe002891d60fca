"""Everything that is recorded about one merchant: runs, statements, entries, and what the log says of evidence."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, or_, select
from sqlmodel import Session

from sla_service.db.latest import CREDITS
from sla_service.db.tables import metadata

RUNS, STATEMENTS = metadata.tables["runs"], metadata.tables["statements"]
AUDIT, CONTRACTS = metadata.tables["audit_log"], metadata.tables["contracts"]

Row = dict[str, Any]


def issued_statements(session: Session, merchant_id: str) -> list[Row]:
    """A merchant's statements with who issued them, in the order of their issue."""
    columns = [column for column in STATEMENTS.columns if column.name not in {"snapshot", "snapshot_sha256"}]
    query = select(*columns, RUNS.c.issued_by).join_from(STATEMENTS, RUNS, RUNS.c.run_id == STATEMENTS.c.run_id)
    query = query.where(STATEMENTS.c.party_id == merchant_id, STATEMENTS.c.kind == "merchant")
    return _rows(session, query.order_by(STATEMENTS.c.issued_at_ms, STATEMENTS.c.revision, STATEMENTS.c.number))


def issued_credits(session: Session, merchant_id: str) -> list[Row]:
    """A merchant's credits in issued runs with the run's period, kind and issue, in the order of the issue."""
    of_run = (RUNS.c.period, RUNS.c.kind, RUNS.c.revision, RUNS.c.issued_at_ms, RUNS.c.issued_by)
    query = select(*CREDITS.columns, *of_run).join_from(CREDITS, RUNS, RUNS.c.run_id == CREDITS.c.run_id)
    query = query.where(CREDITS.c.merchant_id == merchant_id, RUNS.c.state == "issued")
    return _rows(session, query.order_by(RUNS.c.issued_at_ms, RUNS.c.run_id, CREDITS.c.credit_no))


def logged(session: Session, merchant_id: str) -> list[Row]:
    """Entries of the audit log about evidence of a merchant or of everybody, about policies, and about decisions."""
    of = AUDIT.c
    about = or_(
        of.subject.startswith(f"merchant {merchant_id}: ", autoescape=True),
        of.subject.startswith("decision ", autoescape=True),
        and_(of.action.startswith("row.", autoescape=True), ~of.subject.startswith("merchant ", autoescape=True)),
        of.action.startswith("import.", autoescape=True),
        of.action == "policy.publish",
    )
    return _rows(session, select(*AUDIT.columns).where(about).order_by(of.entry_no))


def policy_names(session: Session, merchant_id: str) -> list[str]:
    """The policies that a merchant's contracts name."""
    query = select(CONTRACTS.c.policy).where(CONTRACTS.c.merchant_id == merchant_id).distinct()
    return sorted(session.connection().execute(query).scalars())


def _rows(session: Session, query: Any) -> list[Row]:  # noqa: ANN401 - a select of some columns
    return [dict(row) for row in session.connection().execute(query).mappings()]
