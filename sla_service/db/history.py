"""What was issued before a month: for caps that look back, and for those who fail often."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from sqlalchemy import Select, select
from sqlmodel import Session

from sla_service.db.among import Among, within
from sla_service.db.bulk import read_arrow
from sla_service.db.latest import is_latest, latest_runs
from sla_service.db.tables import CreditRecord, RunRecord


def load_history(session: Session, before: str, *, among: Among | None = None) -> pa.Table:
    """Credits of issued months before one, each once and as it stands now: a correction replaces what it corrects.

    Args:
        session: Open.
        before: ``YYYY-MM``; earlier months only.
        among: Only these merchants, if given.

    Returns:
        merchant_id, service, policy, contract_starts_on, month, period_end_ms, availability (exact ratio), steps
        (JSON, with the figure that decided, where that is not the availability), currency, amount_minor and service_ms
        (all that was credited, also where it would be less today); sorted by merchant, service and end.
    """
    credits, runs = CreditRecord.__table__, RunRecord.__table__  # type: ignore[attr-defined]
    query: Select[Any] = select(
        credits.c.merchant_id,
        credits.c.service,
        credits.c.policy,
        credits.c.contract_starts_on,
        runs.c.period.label("month"),
        credits.c.period_end_ms,
        credits.c.availability,
        credits.c.steps,
        credits.c.currency,
        (credits.c.before_minor + credits.c.stated_minor).label("amount_minor"),
        (credits.c.before_service_ms + credits.c.stated_service_ms).label("service_ms"),
    ).join_from(credits, runs, credits.c.run_id == runs.c.run_id)
    query = query.where(
        runs.c.state == "issued", runs.c.period < before, is_latest(latest_runs(session, before=before))
    )
    query = within(session, query, credits.c.merchant_id, among)
    keys = ("merchant_id", "service", "period_end_ms")
    return read_arrow(session, query).sort_by([(key, "ascending") for key in keys])
