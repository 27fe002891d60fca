"""Who is owed, what was promised, what happened."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy import PrimaryKeyConstraint as Key

from sla_service.db.tables.columns import STRICT, Record, big, optional_big, optional_text, text, unit


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


class UnitRecord(Record, table=True):
    __tablename__ = "units"
    __table_args__ = (
        Key("merchant_id", "service", "unit", "starts_on"),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        CheckConstraint("monthly_fee_minor >= 0", name="fee"),
        CheckConstraint("(monthly_fee_minor IS NULL) = (currency IS NULL)", name="currency"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="days"),
        STRICT,
    )

    merchant_id: str = text()
    service: str = text()
    unit: str = text()
    starts_on: str = text()
    ends_on: str | None = optional_text()
    monthly_fee_minor: int | None = optional_big()
    currency: str | None = optional_text()


class ChargeRecord(Record, table=True):
    __tablename__ = "charges"
    __table_args__ = (
        Key("merchant_id", "service", "month", "kind", "currency"),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        STRICT,
    )

    merchant_id: str = text()
    service: str = text()
    month: str = text()
    kind: str = text()
    amount: str = text()
    currency: str = text()


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
    confirmed_at_ms: int | None = optional_big()


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
        Key("incident_id", "merchant_id", "service", "unit", "started_at_ms"),
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
    unit: str = unit()
    started_at_ms: int = big()
    ended_at_ms: int = big()
    share_ppm: int = big()
    orders_expected: int | None = optional_big()
    orders_actual: int | None = optional_big()
    confirmed_at_ms: int | None = optional_big()
    ticket_at_ms: int | None = optional_big()
    reported_at_ms: int | None = optional_big()


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
    upstream: str | None = optional_text()
    confirmed_at_ms: int | None = optional_big()
    unit: str | None = optional_text()


class UsageRecord(Record, table=True):
    __tablename__ = "usage"
    __table_args__ = (
        Key("merchant_id", "service", "unit", "started_at_ms"),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        CheckConstraint("ended_at_ms > started_at_ms", name="window"),
        CheckConstraint("requests >= 0 AND users >= 0", name="counts"),
        CheckConstraint("requests IS NOT NULL OR users IS NOT NULL OR value_nano IS NOT NULL", name="figure"),
        CheckConstraint(
            "(failed IS NULL AND tolerated IS NULL) OR (requests IS NOT NULL"
            " AND COALESCE(failed, 0) >= 0 AND COALESCE(tolerated, 0) >= 0"
            " AND COALESCE(failed, 0) + COALESCE(tolerated, 0) <= requests)",
            name="requests",
        ),
        CheckConstraint(
            "users_affected IS NULL OR (users IS NOT NULL AND users_affected BETWEEN 0 AND users)",
            name="users",
        ),
        Index(None, "ended_at_ms"),  # a run reads the newest weeks of years
        STRICT,
    )

    merchant_id: str = text()
    service: str = text()
    unit: str = unit()
    started_at_ms: int = big()
    ended_at_ms: int = big()
    requests: int | None = optional_big()
    failed: int | None = optional_big()
    tolerated: int | None = optional_big()
    users: int | None = optional_big()
    users_affected: int | None = optional_big()
    value_nano: int | None = optional_big()


class ClaimRecord(Record, table=True):
    __tablename__ = "claims"
    __table_args__ = (
        Key("merchant_id", "service", "month"),
        ForeignKeyConstraint(["merchant_id"], ["merchants.merchant_id"]),
        STRICT,
    )

    merchant_id: str = text()
    service: str = text()
    month: str = text()
    claimed_at_ms: int = big()
    aware_at_ms: int | None = optional_big()
