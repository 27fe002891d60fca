"""What is owed and what became of it; the chains that show tampering; who did what."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Identity, Index
from sqlalchemy import PrimaryKeyConstraint as Key
from sqlmodel import Field

from sla_service.db.tables.columns import BIG, STRICT, Record, big, empty, optional_big, optional_text, text

ACCOUNTS = "'granted', 'owed', 'applied', 'expired', 'reversed'"


class LedgerEntryRecord(Record, table=True):
    __tablename__ = "ledger_entries"
    __table_args__ = (
        Key("entry_id"),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        ForeignKeyConstraint(["number"], ["statements.number"]),
        ForeignKeyConstraint(["run_id"], ["runs.run_id"]),
        CheckConstraint("kind IN ('issued', 'applied', 'expired', 'reversed')", name="kind"),
        CheckConstraint(f"account_debit IN ({ACCOUNTS}) AND account_credit IN ({ACCOUNTS})", name="accounts"),
        CheckConstraint("account_debit <> account_credit", name="move"),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index(None, "merchant_id"),
        Index(None, "number"),
        Index(None, "block"),
        STRICT,
    )

    entry_id: str = text()
    block: str = text()
    merchant_id: str = text()
    currency: str = text()
    kind: str = text()
    account_debit: str = text()
    account_credit: str = text()
    amount_minor: int = big()
    number: str = text()
    run_id: int | None = optional_big()
    effective_on: str = text()
    recorded_at_ms: int = big()
    recorded_by: str = text()
    reason: str | None = optional_text()
    reference: str | None = optional_text()
    sha256: str = text()


class ChainBlockRecord(Record, table=True):
    __tablename__ = "chain_blocks"
    __table_args__ = (
        Key("chain", "block_no"),
        CheckConstraint("chain IN ('ledger', 'audit')", name="chain"),
        CheckConstraint("block_no > 0 AND entries > 0", name="positive"),
        Index(None, "chain", "block", unique=True),
        STRICT,
    )

    chain: str = text()
    block_no: int = big()
    block: str = text()
    first_entry: str = text()
    last_entry: str = text()
    entries: int = big()
    entries_sha256: str = text()
    previous_sha256: str = text()
    sha256: str = text()
    sealed_at_ms: int = big()


class AuditRecord(Record, table=True):
    __tablename__ = "audit_log"
    __table_args__ = (Key("entry_no"), Index(None, "subject"), STRICT)

    entry_no: int | None = Field(default=None, sa_type=BIG, nullable=False, sa_column_args=(Identity(),))
    at_ms: int = big()
    actor: str = text()
    origin: str = empty()
    action: str = text()
    subject: str = text()
    before: str | None = optional_text()
    after: str | None = optional_text()
    sha256: str = text()
