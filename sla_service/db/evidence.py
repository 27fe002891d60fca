"""Evidence out of the database as Arrow columns, for whole periods or for one merchant."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Select, Table, select
from sqlmodel import Session

from sla_service.db.bulk import read_arrow
from sla_service.db.tables import ContractRecord, ExclusionRecord, ImpactRecord, MerchantRecord
from sla_service.domain.windows import Window


def _table(record: type[Any]) -> Table:
    return record.__table__  # type: ignore[no-any-return]


def load_contracts(session: Session, *, first_day: str, end_day: str, merchant_id: str | None) -> pa.Table:
    """Contracts in force on any day from ``first_day`` until before ``end_day``, each with its merchant.

    Returns:
        One row per contract: merchant, service, policy, fee, days, zone, region and partner; sorted by merchant,
        service and first day.
    """
    contracts, merchants = _table(ContractRecord), _table(MerchantRecord)
    names = ("time_zone", "region", "partner_id", "active_from", "active_to")
    query = select(contracts, *(merchants.c[name] for name in names))
    query = query.join_from(contracts, merchants, contracts.c.merchant_id == merchants.c.merchant_id)
    query = query.where(contracts.c.starts_on < end_day)
    query = query.where(contracts.c.ends_on.is_(None) | (contracts.c.ends_on > first_day))
    rows = read_arrow(session, _one(query, contracts.c.merchant_id, merchant_id))
    keys = ("merchant_id", "service", "starts_on")
    return rows.sort_by([(key, "ascending") for key in keys])  # here, not in SQL: databases collate differently


def load_impacts(session: Session, *, near: Window, merchant_id: str | None) -> pa.Table:
    """Impacts that touch a window: incident_id, merchant_id, service, start_ms, end_ms, share_ppm."""
    impacts = _table(ImpactRecord)
    query = select(
        impacts.c.incident_id,
        impacts.c.merchant_id,
        impacts.c.service,
        impacts.c.started_at_ms.label("start_ms"),
        impacts.c.ended_at_ms.label("end_ms"),
        impacts.c.share_ppm,
    ).where(impacts.c.started_at_ms < near.end_ms, impacts.c.ended_at_ms > near.start_ms)
    return read_arrow(session, _one(query, impacts.c.merchant_id, merchant_id))


def load_exclusions(session: Session, *, near: Window, merchant_id: str | None) -> pa.Table:
    """Exclusions that touch a window, in the shape that measuring takes."""
    found = _table(ExclusionRecord)
    query = select(
        found.c.kind,
        found.c.service,
        found.c.region,
        found.c.merchant_id,
        found.c.started_at_ms.label("start_ms"),
        found.c.ended_at_ms.label("end_ms"),
        (found.c.started_at_ms - found.c.announced_at_ms).label("notice_ms"),
    ).where(found.c.started_at_ms < near.end_ms, found.c.ended_at_ms > near.start_ms)
    if merchant_id is not None:
        query = query.where(found.c.merchant_id.is_(None) | (found.c.merchant_id == merchant_id))
    return read_arrow(session, query)


def _one(query: Select[Any], column: ColumnElement[Any], merchant_id: str | None) -> Select[Any]:
    return query if merchant_id is None else query.where(column == merchant_id)
