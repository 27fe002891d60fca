"""What a correction changes, merchant by merchant, and what came in since the month was last calculated."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, cast, func, or_, select
from sqlmodel import Session, col
from sqlmodel import select as select_records

from sla_service.db.credits import KEPT_NUMBERS
from sla_service.db.latest import CREDITS
from sla_service.db.tables import AuditRecord, CreditRecord, metadata

FIGURES = ("before_minor", "amount_minor", "stated_minor", "before_service_ms", "service_ms", "stated_service_ms")


def list_differences(session: Session, run_id: int) -> list[dict[str, Any]]:
    """Merchants whose credits were something else before, the largest difference that is stated first.

    Returns:
        merchant_id, name, currency, and the sums of ``FIGURES``.
    """
    merchants = metadata.tables["merchants"]
    sums = [cast(func.sum(CREDITS.c[name]), BigInteger).label(name) for name in FIGURES]
    by = (CREDITS.c.merchant_id, merchants.c.name, CREDITS.c.currency)
    query = select(*by, *sums).join_from(CREDITS, merchants, merchants.c.merchant_id == CREDITS.c.merchant_id)
    changed = or_(CREDITS.c.before_minor != CREDITS.c.amount_minor, CREDITS.c.before_service_ms != CREDITS.c.service_ms)
    query = query.where(CREDITS.c.run_id == run_id, changed).group_by(*by)
    rows = [dict(row) for row in session.connection().execute(query).mappings()]
    return sorted(rows, key=_largest_first)


def _largest_first(row: dict[str, Any]) -> tuple[Any, ...]:
    sizes = (abs(row["stated_minor"]), abs(row["stated_service_ms"]), abs(row["amount_minor"] - row["before_minor"]))
    return (*(-size for size in sizes), row["merchant_id"], row["currency"])


def list_gone(session: Session, run_id: int) -> list[CreditRecord]:
    """Credits of a correction whose contracts are no longer among the month's."""
    query = select_records(CreditRecord).where(CreditRecord.run_id == run_id, CreditRecord.credit_no > KEPT_NUMBERS)
    return list(session.exec(query.order_by(col(CreditRecord.merchant_id), col(CreditRecord.service))))


def changes_since(session: Session, since_ms: int, until_ms: int, actions: tuple[str, ...]) -> list[AuditRecord]:
    """Entries of the audit log whose action begins in one of some ways, after an instant and up to another one."""
    begins = or_(*(col(AuditRecord.action).startswith(action, autoescape=True) for action in actions))
    query = select_records(AuditRecord).where(AuditRecord.at_ms > since_ms, AuditRecord.at_ms <= until_ms, begins)
    return list(session.exec(query.order_by(col(AuditRecord.entry_no))))
