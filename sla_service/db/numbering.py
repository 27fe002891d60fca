"""Gapless numbers: a counter row, locked until the transaction ends, so that a rollback returns what it took."""

from __future__ import annotations

from sqlmodel import Session, select

from sla_service.db.tables import CounterRecord


def take_numbers(session: Session, series: str, count: int) -> int:
    """Take ``count`` consecutive numbers of a series and return the first; the first of all is 1."""
    query = select(CounterRecord).where(CounterRecord.series == series).with_for_update()
    counter = session.exec(query).one_or_none()
    if counter is None:
        counter = CounterRecord(series=series, next_number=1)
    first = counter.next_number
    counter.next_number = first + count
    session.add(counter)
    session.flush()
    return first
