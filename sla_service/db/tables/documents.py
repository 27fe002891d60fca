"""Statements, their documents, and the mail that must go out."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy import PrimaryKeyConstraint as Key
from sqlmodel import Field

from sla_service.db.tables.columns import STRICT, Record, big, empty, optional_text, text, zero


class StatementRecord(Record, table=True):
    __tablename__ = "statements"
    __table_args__ = (
        Key("number"),
        # The effect that must not happen twice, whatever races: one statement per party, period, currency, revision.
        UniqueConstraint("kind", "party_id", "period", "currency", "revision"),
        ForeignKeyConstraint(["run_id"], ["runs.run_id"]),
        ForeignKeyConstraint(["corrects"], ["statements.number"]),
        CheckConstraint("kind IN ('merchant', 'partner')", name="kind"),
        CheckConstraint(
            "is_void IN (0, 1) AND (is_void = 0 OR (reason IS NOT NULL AND corrects IS NOT NULL))", name="void"
        ),
        Index(None, "run_id"),
        Index(None, "corrects"),
        STRICT,
    )

    number: str = text()
    kind: str = text()
    run_id: int = big()
    period: str = text()
    party_id: str = text()
    currency: str = text()
    revision: int = big()
    issued_at_ms: int = big()
    snapshot: str = text()
    snapshot_sha256: str = text()
    party_name: str = empty()
    total_minor: int = zero()
    total_service_ms: int = zero()
    corrects: str | None = optional_text()
    is_void: int = zero()
    reason: str | None = optional_text()
    billing_ref: str | None = optional_text()


class StatementCreditRecord(Record, table=True):
    __tablename__ = "statement_credits"
    __table_args__ = (
        Key("run_id", "credit_no"),
        ForeignKeyConstraint(["run_id", "credit_no"], ["credits.run_id", "credits.credit_no"]),
        ForeignKeyConstraint(["number"], ["statements.number"]),
        Index(None, "number"),
        STRICT,
    )

    run_id: int = big()
    credit_no: int = big()
    number: str = text()


class StatementDocumentRecord(Record, table=True):
    __tablename__ = "statement_documents"
    __table_args__ = (
        Key("number"),
        ForeignKeyConstraint(["number"], ["statements.number"]),
        CheckConstraint("(pdf IS NULL) = (pdf_sha256 IS NULL)", name="digest"),
        CheckConstraint("(pdf IS NULL) = (parked_reason IS NOT NULL)", name="parked"),
        STRICT,
    )

    number: str = text()
    pdf: bytes | None = Field(default=None, sa_type=LargeBinary)
    pdf_sha256: str | None = optional_text()
    parked_reason: str | None = optional_text()


class OutboxRecord(Record, table=True):
    __tablename__ = "outbox"
    __table_args__ = (
        Key("number", "recipient"),
        UniqueConstraint("message_id"),
        ForeignKeyConstraint(["number"], ["statements.number"]),
        CheckConstraint("state IN ('pending', 'sending', 'accepted', 'refused', 'uncertain')", name="state"),
        Index(None, "state"),
        STRICT,
    )

    number: str = text()
    recipient: str = text()
    message_id: str = text()
    state: str = text()
    attempts: int = big()
    last_error: str | None = optional_text()
    updated_at_ms: int = big()
