"""The figures of issued months as they are now: a correction takes the place of what it corrects, row by row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists
from sqlmodel import Session, col, select

from sla_service.db.tables import RunRecord, metadata

CREDITS: Table = metadata.tables["credits"]
KEY = ("merchant_id", "service", "contract_starts_on", "period_start_ms")
"""What a credit is for: the same in every run of its month."""


@dataclass(slots=True)
class LatestRuns:
    """Which runs say how issued months stand."""

    whole: list[int] = field(default_factory=list)
    """Of each month the last run that calculated all of it."""
    voids: list[int] = field(default_factory=list)
    """Those after it that took one statement back; they have rows for its credits only."""


def latest_runs(session: Session, *, period: str | None = None, before: str | None = None) -> LatestRuns:
    """The runs of one month, or of the months before one, or of all."""
    query = select(RunRecord).where(RunRecord.state == "issued")
    if period is not None:
        query = query.where(RunRecord.period == period)
    if before is not None:
        query = query.where(RunRecord.period < before)
    return _latest(session.exec(query.order_by(col(RunRecord.period), col(RunRecord.revision))))


def _latest(runs: Iterable[RunRecord]) -> LatestRuns:
    whole: dict[str, int] = {}
    voids: dict[str, list[int]] = {}
    for run in runs:
        if run.voids is None:
            whole[run.period] = run.run_id
            voids[run.period] = []
        else:
            voids.setdefault(run.period, []).append(run.run_id)
    return LatestRuns(list(whole.values()), [run_id for ids in voids.values() for run_id in ids])


def is_latest(runs: LatestRuns) -> ColumnElement[bool]:
    """Whether a row of credits is how its month stands now.

    Runs of a month are issued one after the other, so a later one has a higher number.
    """
    counts = CREDITS.c.run_id.in_([*runs.whole, *runs.voids])
    if not runs.voids:
        return counts
    later: Any = CREDITS.alias("later")
    same = and_(*(later.c[name] == CREDITS.c[name] for name in KEY))
    taken_back = exists().where(later.c.run_id.in_(runs.voids), later.c.run_id > CREDITS.c.run_id, same)
    return and_(counts, ~taken_back)
