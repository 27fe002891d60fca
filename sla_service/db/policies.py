"""Published policies: immutable rows of (policy, version) with the file as it was published."""

from __future__ import annotations

from sqlmodel import Session, col, select

from sla_service.db.tables import PolicyRecord


def list_policies(session: Session) -> list[PolicyRecord]:
    """Every version, by name and number."""
    records = session.exec(select(PolicyRecord)).all()
    return sorted(records, key=lambda record: (record.policy, record.version))


def list_versions(session: Session, policy: str) -> list[PolicyRecord]:
    """The versions of one policy, oldest first."""
    query = select(PolicyRecord).where(PolicyRecord.policy == policy).order_by(col(PolicyRecord.version))
    return list(session.exec(query))


def save_policy(session: Session, record: PolicyRecord) -> None:
    """Add a version."""
    session.add(record)
    session.flush()
