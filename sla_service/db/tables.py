"""Every table, as SQLModel records: columns and constraints, no behaviour.

A record checks nothing in Python and everything in SQL. Instants are milliseconds since 1970 in UTC, days are ISO text,
money is minor units, exact ratios are text (``1999/2000``): all of them the same on SQLite (STRICT) and PostgreSQL.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy import PrimaryKeyConstraint as Key
from sqlalchemy import text as sql
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both: SQLite's INTEGER is, and its STRICT tables know no other name for it."""

STRICT: dict[str, Any] = {"sqlite_strict": True}

LIVE = sql("state IN ('calculated', 'approved', 'issued')")
"""Runs that count; a rejected or superseded one is history."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


class Record(SQLModel):
    """Common ground of all records: one metadata with named constraints."""

    metadata = metadata


def text() -> Any:  # noqa: ANN401 - what SQLModel's Field returns
    """A required text column."""
    return Field(sa_type=Text)


def big() -> Any:  # noqa: ANN401
    """A required 64-bit column."""
    return Field(sa_type=BIG)


def optional_text() -> Any:  # noqa: ANN401
    """A text column that may be null."""
    return Field(default=None, sa_type=Text)


def optional_big() -> Any:  # noqa: ANN401
    """A 64-bit column that may be null."""
    return Field(default=None, sa_type=BIG)


class PartnerRecord(Record, table=True):
    __tablename__ = "partners"
    __table_args__ = (Key("partner_id"), STRICT)

    partner_id: str = text()
    name: str = text()
    email: str = text()
    locale: str = text()
    time_zone: str = text()
    currency: str = text()


class MerchantRecord(Record, table=True):
    __tablename__ = "merchants"
    __table_args__ = (
        Key("merchant_id"),
        ForeignKeyConstraint(["partner_id"], ["partners.partner_id"]),
        Index(None, "partner_id"),
        STRICT,
    )

    merchant_id: str = text()
    name: str = text()
    email: str = text()
    locale: str = text()
    time_zone: str = text()
    country: str = text()
    currency: str = text()
    region: str = text()
    partner_id: str | None = optional_text()
    billing_ref: str | None = optional_text()
    active_from: str = text()
    active_to: str | None = optional_text()


class ContractRecord(Record, table=True):
    __tablename__ = "contracts"
    __table_args__ = (
        Key("merchant_id", "service", "starts_on"),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        CheckConstraint("monthly_fee_minor >= 0", name="fee"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="days"),
        STRICT,
    )

    merchant_id: str = text()
    service: str = text()
    policy: str = text()
    monthly_fee_minor: int = big()
    currency: str = text()
    starts_on: str = text()
    ends_on: str | None = optional_text()


class PolicyRecord(Record, table=True):
    __tablename__ = "policies"
    __table_args__ = (Key("policy", "version"), UniqueConstraint("digest"), STRICT)

    policy: str = text()
    version: int = big()
    service: str = text()
    effective_from: str = text()
    effective_to: str | None = optional_text()
    digest: str = text()
    document: str = text()
    published_at_ms: int = big()
    published_by: str = text()


class IncidentRecord(Record, table=True):
    __tablename__ = "incidents"
    __table_args__ = (
        Key("incident_id"),
        CheckConstraint("ended_at_ms IS NULL OR ended_at_ms > started_at_ms", name="window"),
        STRICT,
    )

    incident_id: str = text()
    title: str = text()
    service: str = text()
    region: str | None = optional_text()
    cause: str = text()
    upstream: str | None = optional_text()
    started_at_ms: int = big()
    ended_at_ms: int | None = optional_big()
    source: str = text()
    source_ref: str = text()


class TimelinePointRecord(Record, table=True):
    __tablename__ = "timeline_points"
    __table_args__ = (
        Key("incident_id", "at_ms"),
        ForeignKeyConstraint(["incident_id"], ["incidents.incident_id"]),
        CheckConstraint("available_ppm BETWEEN 0 AND 1000000", name="available"),
        STRICT,
    )

    incident_id: str = text()
    at_ms: int = big()
    available_ppm: int = big()
    text: str | None = optional_text()
    source: str | None = optional_text()


class ImpactRecord(Record, table=True):
    __tablename__ = "impacts"
    __table_args__ = (
        Key("incident_id", "merchant_id", "service", "started_at_ms"),
        ForeignKeyConstraint(["incident_id"], ["incidents.incident_id"]),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        CheckConstraint("ended_at_ms > started_at_ms", name="window"),
        CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name="share"),
        Index(None, "merchant_id"),
        STRICT,
    )

    incident_id: str = text()
    merchant_id: str = text()
    service: str = text()
    started_at_ms: int = big()
    ended_at_ms: int = big()
    share_ppm: int = big()
    orders_expected: int | None = optional_big()
    orders_actual: int | None = optional_big()


class ExclusionRecord(Record, table=True):
    __tablename__ = "exclusions"
    __table_args__ = (
        Key("exclusion_id"),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        CheckConstraint("ended_at_ms > started_at_ms", name="window"),
        STRICT,
    )

    exclusion_id: str = text()
    kind: str = text()
    service: str = text()
    region: str | None = optional_text()
    merchant_id: str | None = optional_text()
    started_at_ms: int = big()
    ended_at_ms: int = big()
    announced_at_ms: int | None = optional_big()
    reason: str = text()


class ImportRecord(Record, table=True):
    __tablename__ = "imports"
    __table_args__ = (Key("noun", "sha256"), STRICT)

    noun: str = text()
    sha256: str = text()
    name: str = text()
    rows: int = big()
    added: int = big()
    imported_at_ms: int = big()
    imported_by: str = text()


class ApiKeyRecord(Record, table=True):
    __tablename__ = "api_keys"
    __table_args__ = (Key("key_id"), UniqueConstraint("secret_sha256"), STRICT)

    key_id: str = text()
    name: str = text()
    secret_sha256: str = text()
    created_at_ms: int = big()
    created_by: str = text()
    revoked_at_ms: int | None = optional_big()


class CounterRecord(Record, table=True):
    __tablename__ = "counters"
    __table_args__ = (Key("series"), CheckConstraint("next_number > 0", name="positive"), STRICT)

    series: str = text()
    next_number: int = big()


class RunRecord(Record, table=True):
    __tablename__ = "runs"
    __table_args__ = (
        Key("run_id"),
        CheckConstraint(
            "state IN ('calculated', 'approved', 'issued', 'rejected', 'superseded')",
            name="state",
        ),
        CheckConstraint("approved_by IS NULL OR approved_by <> created_by", name="four_eyes"),
        CheckConstraint("version > 0", name="version"),
        # One run at a time is on its way to being paid for a period, or has been.
        Index("uq_runs_live_period", "period", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        STRICT,
    )

    run_id: int = big()
    period: str = text()
    state: str = text()
    version: int = big()
    digest: str = text()
    tzdb_version: str = text()
    created_at_ms: int = big()
    created_by: str = text()
    approved_at_ms: int | None = optional_big()
    approved_by: str | None = optional_text()
    issued_at_ms: int | None = optional_big()
    issued_by: str | None = optional_text()


class CreditRecord(Record, table=True):
    __tablename__ = "credits"
    __table_args__ = (
        Key("run_id", "credit_no"),
        UniqueConstraint("run_id", "merchant_id", "service", "contract_starts_on"),
        ForeignKeyConstraint(["run_id"], ["runs.run_id"]),
        CheckConstraint(
            "outcome IN ('met', 'credited', 'below_minimum', 'nothing_owed', 'undefined', 'parked')",
            name="outcome",
        ),
        CheckConstraint("(outcome = 'credited') = (amount_minor > 0)", name="amount"),
        Index(None, "merchant_id"),
        STRICT,
    )

    run_id: int = big()
    credit_no: int = big()
    merchant_id: str = text()
    partner_id: str | None = optional_text()
    service: str = text()
    contract_starts_on: str = text()
    policy: str = text()
    policy_version: int | None = optional_big()
    policy_digest: str | None = optional_text()
    curve: str | None = optional_text()
    time_zone: str | None = optional_text()
    period_start_ms: int | None = optional_big()
    period_end_ms: int | None = optional_big()
    fee_minor: int = big()
    currency: str = text()
    bad_ppm_ms: int | None = optional_big()
    excluded_ppm_ms: int | None = optional_big()
    unmeasured_ms: int | None = optional_big()
    total_ms: int | None = optional_big()
    target: str | None = optional_text()
    outcome: str = text()
    reason: str | None = optional_text()
    tier: int | None = optional_big()
    rate: str | None = optional_text()
    before_cap_minor: str | None = optional_text()
    cap_minor: str | None = optional_text()
    minimum_minor: int | None = optional_big()
    unrounded_minor: str | None = optional_text()
    amount_minor: int = big()


class CreditLineRecord(Record, table=True):
    __tablename__ = "credit_lines"
    __table_args__ = (
        Key("run_id", "credit_no", "line_no"),
        ForeignKeyConstraint(["run_id", "credit_no"], ["credits.run_id", "credits.credit_no"]),
        CheckConstraint("ended_at_ms > started_at_ms", name="window"),
        CheckConstraint("status IN ('counted', 'excluded', 'too_short')", name="status"),
        CheckConstraint("status = 'counted' OR counted_ppm_ms = 0", name="counted"),
        STRICT,
    )

    run_id: int = big()
    credit_no: int = big()
    line_no: int = big()
    incident_id: str = text()
    started_at_ms: int = big()
    ended_at_ms: int = big()
    impact_ppm_ms: int = big()
    counted_ppm_ms: int = big()
    status: str = text()
    reason: str | None = optional_text()


class StatementRecord(Record, table=True):
    __tablename__ = "statements"
    __table_args__ = (
        Key("number"),
        # The effect that must not happen twice, whatever races: one statement per party, period, currency, revision.
        UniqueConstraint("kind", "party_id", "period", "currency", "revision"),
        ForeignKeyConstraint(["run_id"], ["runs.run_id"]),
        CheckConstraint("kind IN ('merchant', 'partner')", name="kind"),
        Index(None, "run_id"),
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
