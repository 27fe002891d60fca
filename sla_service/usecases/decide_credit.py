"""A person's decision where the contract gives no answer: with a name, a date and a reason, never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from sla_service.db.among import Among
from sla_service.db.audit import record_change
from sla_service.db.bulk import rows_of
from sla_service.db.credits import find_credit
from sla_service.db.evidence import load_decisions
from sla_service.db.runs import load_run
from sla_service.db.tables import DecisionRecord
from sla_service.domain.errors import ConflictError, InvalidValueError, NotFoundError
from sla_service.domain.money import Money


def decisions_of(
    session: Session, period: str, among: Among | None = None
) -> dict[tuple[str, str, str, int], Mapping[str, Any]]:
    """What people decided for a month, by merchant, service, contract's first day and period's start."""
    rows = rows_of(load_decisions(session, period, among))
    return {
        (row["merchant_id"], row["service"], row["contract_starts_on"], row["period_start_ms"]): row for row in rows
    }


def decide_credit(
    session: Session, run_id: int, credit_no: int, amount: Money, *, reason: str, now_ms: int, actor: str
) -> DecisionRecord:
    """Decide an undefined case of a draft; it holds from the next calculation of the month on, and in every later one.

    Raises:
        NotFoundError: There is no such credit.
        ConflictError: The run is no draft any more, or the case has an answer of its own.
        InvalidValueError: No reason, a negative amount, or another currency than the fee's.
    """
    run = load_run(session, run_id)
    credit = find_credit(session, run_id, credit_no)
    if credit is None:
        raise NotFoundError(f"run {run_id} has no credit {credit_no}")
    if run.state != "calculated":
        raise ConflictError("run_state", f"run {run_id} is {run.state}; only a calculated run can still be decided on")
    if credit.outcome != "undefined" and credit.decided_by is None:
        message = f"credit {run_id}-{credit_no} is {credit.outcome}; only undefined ones are decided by a person"
        raise ConflictError("credit_defined", message)
    if amount.currency != credit.currency:
        raise InvalidValueError.of("currency_mismatch", f"the fee is in {credit.currency}, so the credit is too")
    if amount.minor < 0:
        raise InvalidValueError.of("amount_range", "a credit is not negative; write 0 to refuse it")
    if not reason.strip():
        raise InvalidValueError.of("reason_missing", "say why: the reason is kept with the decision")
    key = (
        run.period,
        credit.merchant_id,
        credit.service,
        credit.contract_starts_on,
        credit.period_start_ms or 0,
    )
    before = session.get(DecisionRecord, key)
    said: dict[str, Any] = {
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "reason": reason.strip(),
        "decided_by": actor,
    }
    was = None if before is None else {name: getattr(before, name) for name in said}
    if before is not None and was == said:
        return before
    subject = f"decision {' '.join(map(str, key[:4]))}"
    record_change(session, action="run.decide", subject=subject, now_ms=now_ms, actor=actor, before=was, after=said)
    return session.merge(
        DecisionRecord(
            period=run.period,
            merchant_id=credit.merchant_id,
            service=credit.service,
            contract_starts_on=credit.contract_starts_on,
            period_start_ms=credit.period_start_ms or 0,
            decided_at_ms=now_ms,
            **said,
        )
    )
