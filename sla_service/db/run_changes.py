"""What merchants get in one run and got in others, held against each other by the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlmodel import Session, col
from sqlmodel import select as select_records

from sla_service.db.credits import is_stated
from sla_service.db.latest import CREDITS
from sla_service.db.ordering import by_code_point
from sla_service.db.tables import RunRecord, metadata
from sla_service.domain.review import Change, Comparison, CurrencyChange

ENDED = ("superseded", "rejected")


def find_last_draft(session: Session, run: RunRecord) -> RunRecord | None:
    """The newest run of the same period and revision that was set aside before this one, if it had figures."""
    query = select_records(RunRecord).where(
        RunRecord.period == run.period,
        RunRecord.revision == run.revision,
        RunRecord.run_id < run.run_id,
        RunRecord.digest != "",
        col(RunRecord.state).in_(ENDED),
    )
    return session.exec(query.order_by(col(RunRecord.run_id).desc()).limit(1)).first()


def compare_runs(session: Session, before: Sequence[int], now: int, *, against: str, at_most: int) -> Comparison:
    """A run against others.

    Args:
        session: Open.
        before: The runs that it is compared with, their figures summed: a month's close and its corrections.
        now: The run.
        against: What to call them.
        at_most: Merchants that are listed for each currency, those with the largest change.
    """
    changes = _changes(before, now).subquery()
    was, now_, currency = changes.c.before_minor, changes.c.now_minor, changes.c.currency
    counts = (
        func.sum(was),
        func.sum(now_),
        func.sum(case(((was == 0) & (now_ != 0), 1), else_=0)),
        func.sum(case(((was != 0) & (now_ == 0), 1), else_=0)),
        func.sum(case(((was != 0) & (now_ != 0) & (was != now_), 1), else_=0)),
    )
    query = select(currency, *counts).group_by(currency).order_by(by_code_point(session, currency))
    sums = [CurrencyChange(row[0], *map(int, row[1:])) for row in session.connection().execute(query)]
    return Comparison(against, tuple(sums), tuple(_largest(session, changes, at_most)))


def _changes(before: Sequence[int], now: int) -> Select[Any]:
    """A row per merchant and currency: what it got, and what it gets."""
    is_now = CREDITS.c.run_id == now
    keys = (CREDITS.c.merchant_id, CREDITS.c.currency)
    was = func.sum(case((is_now, 0), else_=CREDITS.c.stated_minor)).label("before_minor")
    gets = func.sum(case((is_now, CREDITS.c.stated_minor), else_=0)).label("now_minor")
    return select(*keys, was, gets).where(CREDITS.c.run_id.in_([*before, now]), is_stated()).group_by(*keys)


def _largest(session: Session, changes: Any, at_most: int) -> list[Change]:  # noqa: ANN401 - a subquery
    merchants = metadata.tables["merchants"]
    size = func.abs(changes.c.now_minor - changes.c.before_minor)
    by_id = by_code_point(session, changes.c.merchant_id)
    place = func.row_number().over(partition_by=changes.c.currency, order_by=(size.desc(), by_id))
    names = ("merchant_id", "currency", "before_minor", "now_minor")
    ranked = select(*(changes.c[name] for name in names), place.label("place")).where(size > 0).subquery()
    query = select(ranked.c.merchant_id, merchants.c.name, *(ranked.c[name] for name in names[1:]))
    query = query.join_from(ranked, merchants, merchants.c.merchant_id == ranked.c.merchant_id)
    query = query.where(ranked.c.place <= at_most)
    rows = session.connection().execute(query.order_by(by_code_point(session, ranked.c.currency), ranked.c.place))
    return [Change(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in rows]
