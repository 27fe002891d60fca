"""Whether a run is within the safety bounds, and if not, with which numbers."""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.credits import merchants_above, totals_of_run
from sla_service.db.runs import list_issued_runs
from sla_service.db.tables import RunRecord
from sla_service.domain.bounds import Bounds, above_merchant, above_run
from sla_service.domain.money import Money
from sla_service.domain.periods import Month

SHOWN_MERCHANTS = 5
"""As many are named; the rest is counted."""


def bounds_exceeded(session: Session, run: RunRecord, bounds: Bounds) -> list[str]:
    """What of a run is beyond the bounds, in words; empty if nothing is.

    A correction states differences: they are held against the amounts, but not against the month before.
    """
    totals = [Money(currency, sums[1]) for currency, sums in totals_of_run(session, run.run_id).items()]
    last = issued_totals(session, Month.parse(run.period).previous) if run.kind == "close" else None
    return [*above_run(bounds, totals, last), *_merchants(session, run, bounds)]


def issued_totals(session: Session, month: Month) -> dict[str, int] | None:
    """What was issued for a month with all its corrections, by currency; None if nothing was issued for it."""
    runs = list_issued_runs(session, str(month))
    if not runs:
        return None
    sums: dict[str, int] = {}
    for run in runs:
        for currency, (_count, minor, _service_ms) in totals_of_run(session, run.run_id).items():
            sums[currency] = sums.get(currency, 0) + minor
    return sums


def _merchants(session: Session, run: RunRecord, bounds: Bounds) -> list[str]:
    limits = {limit.currency: limit.minor for limit in bounds.merchant}
    rows, count = merchants_above(session, run.run_id, limits, at_most=SHOWN_MERCHANTS)
    found = [above_merchant(bounds, merchant_id, Money(currency, minor)) for merchant_id, currency, minor in rows]
    more = [f"so do {count - len(rows):,} more merchants"] if count > len(rows) else []
    return [*filter(None, found), *more]
