"""Sums and extremes of a run, worked out by the database: a million merchants come back as a few dozen rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, select
from sqlmodel import Session

from sla_service.db.credits import is_stated
from sla_service.db.latest import CREDITS
from sla_service.db.ordering import by_code_point
from sla_service.db.tables import metadata
from sla_service.domain.review import Bucket, Line, ParkedReason, Sum

MERCHANTS = metadata.tables["merchants"]
STATED = CREDITS.c.stated_minor
BUCKETS = (
    ("100 %", 0),
    ("99.99 % or more", 100),
    ("99.95 % or more", 500),
    ("99.9 % or more", 1_000),
    ("99.5 % or more", 5_000),
    ("99 % or more", 10_000),
    ("95 % or more", 50_000),
    ("less than 95 %", 2**62),
)
"""The edges that contracts mostly have, with the parts per million that may be missing."""
OPEN = ("parked", "undefined")
"""Outcomes that wait for a person."""


def _of(run_id: int) -> ColumnElement[bool]:
    return (CREDITS.c.run_id == run_id) & is_stated()


def count_outcomes(session: Session, run_id: int) -> dict[str, int]:
    """How many contracts came to what."""
    query = select(CREDITS.c.outcome, func.count()).where(CREDITS.c.run_id == run_id).group_by(CREDITS.c.outcome)
    return dict(sorted((row[0], int(row[1])) for row in session.connection().execute(query)))


def sum_by(session: Session, run_id: int, *names: str, at_most: int | None = None) -> list[Sum]:
    """What a run states by currency and some of its columns; of each currency the largest, ``at_most`` so many."""
    columns = [CREDITS.c[name] for name in names]
    sums = (
        func.count().label("credits"),
        func.count(CREDITS.c.merchant_id.distinct()).label("merchants"),
        func.sum(STATED).label("minor"),
        func.sum(CREDITS.c.stated_service_ms).label("service_ms"),
    )
    query = select(*columns, CREDITS.c.currency, *sums).where(_of(run_id)).group_by(*columns, CREDITS.c.currency)
    order = [by_code_point(session, CREDITS.c.currency), func.abs(func.sum(STATED)).desc()]
    order += [_order(session, column) for column in columns]
    if at_most is not None:
        place = func.row_number().over(partition_by=CREDITS.c.currency, order_by=order[1:])
        ranked = query.add_columns(place.label("place")).subquery()
        order = [by_code_point(session, ranked.c.currency), ranked.c.place]
        query = select(ranked).where(ranked.c.place <= at_most)
    return [
        Sum(_name(row[: len(names)]), row.currency, row.credits, row.merchants, int(row.minor), int(row.service_ms))
        for row in session.connection().execute(query.order_by(*order))
    ]


def _order(session: Session, column: ColumnElement[Any]) -> ColumnElement[Any]:
    return by_code_point(session, column) if column.type.python_type is str else column


def _name(values: Sequence[Any]) -> str:
    """``storefront-plus v3`` of a policy and its version; of one column what it says."""
    return " v".join(str(value) for value in values if value is not None)


def count_partners(session: Session, run_id: int) -> int:
    """How many partners have a merchant for whom the run states something."""
    query = select(func.count(CREDITS.c.partner_id.distinct())).where(_of(run_id))
    return int(session.connection().execute(query).scalar_one())


def largest_per_currency(session: Session, run_id: int, *, at_most: int) -> list[Line]:
    """The largest credits of each currency: amounts of two currencies cannot be compared."""
    rank = func.row_number().over(partition_by=CREDITS.c.currency, order_by=(STATED.desc(), CREDITS.c.credit_no))
    ranked = select(CREDITS.c.credit_no, rank.label("place")).where(_of(run_id), STATED > 0).subquery()
    chosen = select(ranked.c.credit_no).where(ranked.c.place <= at_most)
    query = _lines(run_id).where(CREDITS.c.credit_no.in_(chosen))
    order = (by_code_point(session, CREDITS.c.currency), STATED.desc(), CREDITS.c.credit_no)
    return [Line(*row) for row in session.connection().execute(query.order_by(*order))]


def count_each(session: Session, run_id: int, conditions: Sequence[ColumnElement[bool]]) -> list[int]:
    """For how many credits each of some conditions holds, in one pass over them."""
    joined = CREDITS.join(MERCHANTS, MERCHANTS.c.merchant_id == CREDITS.c.merchant_id)
    counts = (func.count(case((condition, 1))) for condition in conditions)
    query = select(*counts).select_from(joined).where(_of(run_id))
    return [int(count) for count in session.connection().execute(query).one()]


def find_lines(session: Session, run_id: int, condition: ColumnElement[bool], *, at_most: int) -> list[Line]:
    """The largest of the credits for which something holds."""
    order = (func.abs(STATED).desc(), CREDITS.c.credit_no)
    query = _lines(run_id).where(is_stated(), condition).order_by(*order).limit(at_most)
    return [Line(*row) for row in session.connection().execute(query)]


def _lines(run_id: int) -> Select[Any]:
    names = ("service", "policy", "policy_version", "currency", "fee_minor")
    stated = ("stated_minor", "stated_service_ms", "availability")
    columns = (CREDITS.c.credit_no, CREDITS.c.merchant_id, MERCHANTS.c.name, *(CREDITS.c[n] for n in (*names, *stated)))
    query = select(*columns).join_from(CREDITS, MERCHANTS, MERCHANTS.c.merchant_id == CREDITS.c.merchant_id)
    return query.where(CREDITS.c.run_id == run_id)


def per_mille_of_fee() -> ColumnElement[int]:
    """A credit in whole thousandths of the fee; to find the odd ones by, never to pay by."""
    return STATED * 1_000 // func.nullif(CREDITS.c.fee_minor, 0)


def usual_shares(session: Session, run_id: int, *, at_least: int) -> list[tuple[str, str, int]]:
    """The mean share of the fee, in thousandths, of the credits of each policy and currency that has enough of them."""
    keys = (CREDITS.c.policy_digest, CREDITS.c.currency)
    sums = (func.sum(per_mille_of_fee()), func.count(per_mille_of_fee()))
    query = select(*keys, *sums).where(_of(run_id), CREDITS.c.policy_digest.is_not(None)).group_by(*keys)
    rows = session.connection().execute(query.having(sums[1] >= at_least))
    return sorted((row[0], row[1], int(row[2]) // int(row[3])) for row in rows)


def group_parked(session: Session, run_id: int, *, at_most: int) -> tuple[list[ParkedReason], int]:
    """Why cases wait for a person, the most frequent reasons first, and how many cases there are."""
    waiting = (CREDITS.c.run_id == run_id) & CREDITS.c.outcome.in_(OPEN)
    count = func.count().label("cases")
    keys = (CREDITS.c.outcome, CREDITS.c.reason)
    first = func.min(CREDITS.c.credit_no).label("first")
    query = select(*keys, count, first).where(waiting).group_by(*keys).order_by(count.desc(), first).limit(at_most)
    found = query.subquery()
    named = select(found.c.outcome, found.c.reason, found.c.cases, CREDITS.c.merchant_id, found.c.first).join_from(
        found, CREDITS, (CREDITS.c.run_id == literal(run_id)) & (CREDITS.c.credit_no == found.c.first)
    )
    rows = session.connection().execute(named.order_by(found.c.cases.desc(), found.c.first)).all()
    whole = session.connection().execute(select(func.count()).select_from(CREDITS).where(waiting)).scalar_one()
    return [ParkedReason(row[0], row[1] or "", *row[2:]) for row in rows], int(whole)


def count_availability(session: Session, run_id: int) -> list[Bucket]:
    """How many measured contracts had which availability, and how many of them are credited."""
    missing_ppm = CREDITS.c.bad_ppm_ms // func.nullif(CREDITS.c.total_ms, 0)
    # Rounded up, so that a contract which missed any time at all is not among those that missed none.
    missing_ppm = missing_ppm + case((CREDITS.c.bad_ppm_ms % func.nullif(CREDITS.c.total_ms, 0) > 0, 1), else_=0)
    place = case(*((missing_ppm <= edge, i) for i, (_, edge) in enumerate(BUCKETS)))
    credited = func.sum(case((CREDITS.c.outcome == "credited", 1), else_=0))
    measured = (CREDITS.c.run_id == run_id) & CREDITS.c.bad_ppm_ms.is_not(None) & (CREDITS.c.total_ms > 0)
    query = select(place.label("place"), func.count(), credited).where(measured).group_by(place)
    counts = {row[0]: (int(row[1]), int(row[2])) for row in session.connection().execute(query)}
    return [Bucket(label, *counts.get(i, (0, 0))) for i, (label, _) in enumerate(BUCKETS)]
