"""Evidence out of the database as Arrow columns, for whole periods or for one merchant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import Table, func, select
from sqlmodel import Session, col
from sqlmodel import select as select_records

from sla_service.db.among import Among, is_among, within
from sla_service.db.bulk import read_arrow
from sla_service.db.tables import (
    ChargeRecord,
    ClaimRecord,
    ContractRecord,
    DecisionRecord,
    ExclusionRecord,
    ImpactRecord,
    MerchantRecord,
    UnitRecord,
    UsageRecord,
)
from sla_service.domain.windows import Window

CHUNK = 500
"""Ids in one query; databases have a limit."""


def _table(record: type[Any]) -> Table:
    return record.__table__  # type: ignore[no-any-return]


def load_contracts(session: Session, *, first_day: str, end_day: str, among: Among | None) -> pa.Table:
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
    rows = read_arrow(session, within(session, query, contracts.c.merchant_id, among))
    return _sorted(rows, "merchant_id", "service", "starts_on")


def count_contracts(session: Session, *, first_day: str, end_day: str) -> pa.Table:
    """How many contracts of each merchant ``load_contracts`` gives for the same days.

    Returns:
        merchant_id, contracts; sorted by merchant.
    """
    contracts = _table(ContractRecord)
    query = select(contracts.c.merchant_id, func.count().label("contracts")).where(contracts.c.starts_on < end_day)
    query = query.where(contracts.c.ends_on.is_(None) | (contracts.c.ends_on > first_day))
    return _sorted(read_arrow(session, query.group_by(contracts.c.merchant_id)), "merchant_id")


def load_impacts(session: Session, *, near: Window, among: Among | None) -> pa.Table:
    """Impacts that touch a window.

    Returns:
        incident_id, merchant_id, service, unit (empty for the whole service), start_ms, end_ms, share_ppm; and where
        known, confirmed_ms, ticket_ms, reported_ms.
    """
    impacts = _table(ImpactRecord)
    query = select(
        impacts.c.incident_id,
        impacts.c.merchant_id,
        impacts.c.service,
        impacts.c.unit,
        impacts.c.started_at_ms.label("start_ms"),
        impacts.c.ended_at_ms.label("end_ms"),
        impacts.c.share_ppm,
        impacts.c.confirmed_at_ms.label("confirmed_ms"),
        impacts.c.ticket_at_ms.label("ticket_ms"),
        impacts.c.reported_at_ms.label("reported_ms"),
    ).where(impacts.c.started_at_ms < near.end_ms, impacts.c.ended_at_ms > near.start_ms)
    return read_arrow(session, within(session, query, impacts.c.merchant_id, among))


def hit_incidents(session: Session, incident_ids: Sequence[str]) -> set[str]:
    """Which of some incidents have impacts, in whichever month."""
    impacts = _table(ImpactRecord)
    found: set[str] = set()
    for i in range(0, len(incident_ids), CHUNK):
        query = select(impacts.c.incident_id).where(impacts.c.incident_id.in_(incident_ids[i : i + CHUNK])).distinct()
        found.update(read_arrow(session, query)["incident_id"].to_pylist())
    return found


def load_exclusions(session: Session, *, near: Window, among: Among | None) -> pa.Table:
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
        found.c.upstream,
        found.c.confirmed_at_ms.label("confirmed_ms"),
        found.c.unit,
    ).where(found.c.started_at_ms < near.end_ms, found.c.ended_at_ms > near.start_ms)
    if among is not None:
        query = query.where(found.c.merchant_id.is_(None) | is_among(session, found.c.merchant_id, among))
    return read_arrow(session, query)


def load_usage(session: Session, near: Window, among: Among | None = None) -> pa.Table:
    """Usage whose window touches another.

    Returns:
        merchant_id, service, unit (empty for the whole service), start_ms, end_ms; and where known, requests, failed,
        tolerated, users, users_affected, value_nano. In no order.
    """
    usage = _table(UsageRecord)
    query = select(
        usage.c.merchant_id,
        usage.c.service,
        usage.c.unit,
        usage.c.started_at_ms.label("start_ms"),
        usage.c.ended_at_ms.label("end_ms"),
        usage.c.requests,
        usage.c.failed,
        usage.c.tolerated,
        usage.c.users,
        usage.c.users_affected,
        usage.c.value_nano,
    ).where(usage.c.started_at_ms < near.end_ms, usage.c.ended_at_ms > near.start_ms)
    return read_arrow(session, within(session, query, usage.c.merchant_id, among))


def used_services(session: Session, services: Iterable[str], near: Window) -> frozenset[str]:
    """Which of some services have any usage, of whichever merchant, that touches a window."""
    usage = _table(UsageRecord)
    lying = select(usage.c.service).where(usage.c.started_at_ms < near.end_ms, usage.c.ended_at_ms > near.start_ms)
    run = session.connection().execute
    return frozenset(one for one in services if run(lying.where(usage.c.service == one).limit(1)).first())


def load_units(session: Session, *, first_day: str, end_day: str, among: Among | None = None) -> pa.Table:
    """Units in existence on any day from ``first_day`` until before ``end_day``.

    Returns:
        merchant_id, service, unit, starts_on, ends_on, monthly_fee_minor, currency; sorted by all of the key.
    """
    units = _table(UnitRecord)
    query = select(units).where(units.c.starts_on < end_day)
    query = query.where(units.c.ends_on.is_(None) | (units.c.ends_on > first_day))
    rows = read_arrow(session, within(session, query, units.c.merchant_id, among))
    return _sorted(rows, "merchant_id", "service", "unit", "starts_on")


def load_charges(session: Session, months: Sequence[str], among: Among | None = None) -> pa.Table:
    """Charges of some months (``YYYY-MM``).

    Returns:
        merchant_id, service, month, kind, amount (an exact decimal in major units, as text), currency; sorted by all
        of the key.
    """
    charges = _table(ChargeRecord)
    query = select(charges).where(charges.c.month.in_(months))
    rows = read_arrow(session, within(session, query, charges.c.merchant_id, among))
    return _sorted(rows, "merchant_id", "service", "month", "kind", "currency")


def load_claims(session: Session, month: str, among: Among | None = None) -> pa.Table:
    """Claims for a month (``YYYY-MM``): merchant_id, service, claimed_ms, and aware_ms where known; sorted."""
    claims = _table(ClaimRecord)
    query = select(
        claims.c.merchant_id,
        claims.c.service,
        claims.c.claimed_at_ms.label("claimed_ms"),
        claims.c.aware_at_ms.label("aware_ms"),
    ).where(claims.c.month == month)
    return _sorted(read_arrow(session, within(session, query, claims.c.merchant_id, among)), "merchant_id", "service")


def load_decisions(session: Session, period: str, among: Among | None = None) -> pa.Table:
    """What people decided for a period's cases.

    Returns:
        The columns of ``decisions``; ``period_start_ms`` is 0 where the case has no period of its own. Sorted by key.
    """
    decisions = _table(DecisionRecord)
    query = select(decisions).where(decisions.c.period == period)
    rows = read_arrow(session, within(session, query, decisions.c.merchant_id, among))
    return _sorted(rows, "merchant_id", "service", "contract_starts_on", "period_start_ms")


def list_decisions(session: Session, period: str) -> Iterator[DecisionRecord]:
    """What people decided for a period's cases, the latest first."""
    query = select_records(DecisionRecord).where(DecisionRecord.period == period)
    yield from session.exec(query.order_by(col(DecisionRecord.decided_at_ms).desc()))


def _sorted(rows: pa.Table, *keys: str) -> pa.Table:
    """Here, not in SQL: databases collate differently."""
    return rows.sort_by([(key, "ascending") for key in keys])
