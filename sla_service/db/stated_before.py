"""What issued runs of a month have stated already, for each contract and period: what a correction starts from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from sqlalchemy import BigInteger, Select, Table, cast, func, literal, or_, select
from sqlmodel import Session

from sla_service.db.bulk import read_arrow
from sla_service.db.latest import CREDITS, KEY
from sla_service.db.ordering import by_code_point
from sla_service.db.tables import metadata

RUNS: Table = metadata.tables["runs"]
STATEMENTS: Table = metadata.tables["statements"]
ASKED = 500
"""Merchants in one question to the database; more are asked in turn."""

Row = dict[str, Any]


def load_stated_before(session: Session, period: str, *, first_id: str, end_id: str | None) -> pa.Table:
    """Sums over all issued runs of a month, voids among them, where they are not zero.

    Args:
        session: Open.
        period: ``YYYY-MM``.
        first_id: The first merchant's id, by code point.
        end_id: The id before which merchants end; None for all that follow.

    Returns:
        merchant_id, service, contract_starts_on, period_start_ms, currency, minor, service_ms.
    """
    sums = {name: cast(func.sum(CREDITS.c[f"stated_{name}"]), BigInteger) for name in ("minor", "service_ms")}
    by = [*(CREDITS.c[name] for name in KEY), CREDITS.c.currency]
    query = _of_month(select(*by, *(one.label(name) for name, one in sums.items())), period)
    merchant = by_code_point(session, CREDITS.c.merchant_id)
    query = query.where(merchant >= literal(first_id))
    if end_id is not None:
        query = query.where(merchant < literal(end_id))
    return read_arrow(session, query.group_by(*by).having(or_(*(one != 0 for one in sums.values()))))


def _of_month(query: Select[Any], period: str) -> Select[Any]:
    query = query.join_from(CREDITS, RUNS, RUNS.c.run_id == CREDITS.c.run_id)
    return query.where(RUNS.c.period == period, RUNS.c.state == "issued")


def last_rows(session: Session, period: str, merchant_ids: Iterable[str]) -> dict[tuple[Any, ...], Row]:
    """The newest row of each contract and period of some merchants, of a month's issued runs, with its ``revision``."""
    found: dict[tuple[Any, ...], Row] = {}
    ids = sorted(set(merchant_ids))
    query = _of_month(select(*CREDITS.columns, RUNS.c.revision), period).order_by(RUNS.c.revision)
    for start in range(0, len(ids), ASKED):
        asked = query.where(CREDITS.c.merchant_id.in_(ids[start : start + ASKED]))
        for row in session.connection().execute(asked).mappings():
            found[tuple(row[name] for name in KEY)] = dict(row)
    return found


def latest_numbers(session: Session, period: str, kind: str, party_ids: Iterable[str]) -> dict[tuple[str, str], str]:
    """The newest statement of a month of some merchants or partners, by party and currency."""
    found: dict[tuple[str, str], str] = {}
    of, ids = STATEMENTS.c, sorted(set(party_ids))
    query = select(of.party_id, of.currency, of.number).where(of.period == period, of.kind == kind)
    for start in range(0, len(ids), ASKED):
        asked = query.where(of.party_id.in_(ids[start : start + ASKED])).order_by(of.revision)
        found |= {(party_id, currency): number for party_id, currency, number in session.connection().execute(asked)}
    return found


def accounts_of(session: Session, numbers: Iterable[str]) -> dict[str, str | None]:
    """The account in billing that each of some statements was for, by number."""
    found: dict[str, str | None] = {}
    of, wanted = STATEMENTS.c, sorted(set(numbers))
    for start in range(0, len(wanted), ASKED):
        query = select(of.number, of.billing_ref).where(of.number.in_(wanted[start : start + ASKED]))
        found |= {row.number: row.billing_ref for row in session.connection().execute(query)}
    return found
