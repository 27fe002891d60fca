"""Void a statement that should never have been issued: a correction of one statement, with a reason.

It has the life of any run: one person proposes it, a second one approves it, then it is issued. What was used or has
expired cannot be taken back, and stays credited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.credits import credits_schema, lines_schema, save_credits
from sla_service.db.latest import KEY
from sla_service.db.run_batches import claim_batch, finish_batch, save_batches
from sla_service.db.runs import find_live_run
from sla_service.db.stated_before import last_rows, load_stated_before
from sla_service.db.statements import find_void, load_statement, stated_credits
from sla_service.db.tables import RunBatchRecord, RunRecord, StatementRecord
from sla_service.domain.errors import ConflictError, InvalidValueError
from sla_service.domain.periods import Month
from sla_service.usecases.calculate_run import credits_digest, finish_calculation
from sla_service.usecases.correct_credits import without_amount
from sla_service.usecases.owed_statement import still_owed
from sla_service.usecases.plan_correction import begin, next_revision, under_way
from sla_service.usecases.plan_run import OPEN_STATES, supersede

MAX_REASON_CHARACTERS = 500
"""It is printed on the void, in one paragraph."""

Row = Mapping[str, Any]


def propose_void(session: Session, number: str, *, reason: str, now_ms: int, actor: str) -> RunRecord:
    """Propose to void a merchant's statement: a calculated run, to be submitted once this is committed.

    Args:
        session: Open; nothing is committed.
        number: Of the statement.
        reason: Why; the merchant reads it.
        now_ms: The instant.
        actor: Who proposes.

    Raises:
        NotFoundError: There is no such statement.
        ConflictError: It is a partner's, a void itself, void already, or takes back itself; nothing of it is owed any
            more; or another change of the month is under way.
        InvalidValueError: No reason, or one that is too long.
    """
    said = " ".join(reason.split())
    if not said:
        raise InvalidValueError.of("reason_missing", "say why: the merchant reads it")
    if len(said) > MAX_REASON_CHARACTERS:
        raise InvalidValueError.of("too_long", f"say it in {MAX_REASON_CHARACTERS} characters or fewer", value=said)
    statement = load_statement(session, number)
    _require_voidable(session, statement)
    month = Month.parse(statement.period)
    revision = next_revision(session, month)
    other = find_live_run(session, statement.period, revision)
    if other is not None and (other.voids != number or other.state not in OPEN_STATES):
        raise under_way(other)
    supersede(session, other, now_ms=now_ms, actor=actor)
    rows = _rows(session, statement)
    run = begin(session, month, revision, now_ms=now_ms, actor=actor, voids=number, reason=said)
    _store(session, run, statement, rows)
    return finish_calculation(session, run.run_id, now_ms=now_ms)


def _require_voidable(session: Session, statement: StatementRecord) -> None:
    number = statement.number
    if statement.kind != "merchant":
        message = "is a partner's, which only lists its merchants' statements: void the merchant's, and it follows"
        raise ConflictError("void_partner", f"{number} {message}")
    if statement.is_void:
        message = f"{number} is a void itself; calculate a correction of {statement.period} to credit again"
        raise ConflictError("void_void", message)
    void = find_void(session, number)
    if void is not None:
        raise ConflictError("void_twice", f"{number} is void already: {void} says so")
    if statement.total_minor <= 0 and statement.total_service_ms <= 0:
        message = f"{number} takes back itself; what it took back is credited by a correction, not by a void"
        raise ConflictError("void_negative", message)


def _rows(session: Session, statement: StatementRecord) -> list[dict[str, Any]]:
    """The statement's credits with what is taken back: all that it stated, as far as it is still owed."""
    merchant_id, left = statement.party_id, still_owed(session, statement.number).minor
    last = last_rows(session, statement.period, [merchant_id])
    before = {
        tuple(row[name] for name in KEY): row
        for row in rows_of(load_stated_before(session, statement.period, first_id=merchant_id, end_id=None))
        if row["merchant_id"] == merchant_id
    }
    rows = []
    for stated in stated_credits(session, statement.number):
        key = tuple(stated[name] for name in KEY)
        was = before.get(key, {"minor": 0, "service_ms": 0})
        minor = max(0, min(stated["stated_minor"], was["minor"], left))
        service_ms = max(0, min(stated["stated_service_ms"], was["service_ms"]))
        left -= minor
        rows.append(_row(last[key], (was["minor"], was["service_ms"]), (minor, service_ms)))
    if not any(row["stated_minor"] or row["stated_service_ms"] for row in rows):
        message = f"nothing of {statement.number} is owed any more: it was used, has expired or was taken back"
        raise ConflictError("nothing_owed", f"{message} (`sla ledger show --merchant {merchant_id}`)")
    return rows


def _row(last: Row, was: tuple[int, int], taken: tuple[int, int]) -> dict[str, Any]:
    """A credit with what is left of it."""
    minor, service_ms = was[0] - taken[0], was[1] - taken[1]
    # What was measured stays; how an amount was made has nothing to do with what is left of it.
    row = {**without_amount(last), "availability": last["availability"], "steps": last["steps"]}
    del row["revision"]
    if minor or service_ms:
        row |= {"outcome": "credited", "amount_minor": minor, "service_ms": service_ms}
    return {
        **row,
        "before_minor": was[0],
        "before_service_ms": was[1],
        "stated_minor": -taken[0],
        "stated_service_ms": -taken[1],
    }


def _store(session: Session, run: RunRecord, statement: StatementRecord, rows: Sequence[dict[str, Any]]) -> None:
    """The void's one batch, calculated."""
    said = [{**row, "run_id": run.run_id, "credit_no": n, "reason": run.reason} for n, row in enumerate(rows, start=1)]
    credits, lines = pa.Table.from_pylist(said, schema=credits_schema()), lines_schema().empty_table()
    save_credits(session, credits, lines)
    batch = RunBatchRecord(
        run_id=run.run_id,
        batch_no=1,
        kind="merchants",
        first_id=statement.party_id,
        last_id=statement.party_id,
        first_credit_no=1,
        state="planned",
        attempt=0,
        changed_at_ms=run.created_at_ms,
    )
    save_batches(session, [batch])
    claim_batch(session, batch, now_ms=run.created_at_ms)
    found = {"credits": len(said), "statements": 1, "figures_sha256": credits_digest(credits, lines)}
    finish_batch(session, batch, to="calculated", now_ms=run.created_at_ms, **found)
