"""Who is owed, what was promised, what happened."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy import PrimaryKeyConstraint as Key

from sla_service.db.tables.columns import STRICT, Record, big, optional_big, optional_text, text


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
