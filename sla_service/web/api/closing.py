"""Closing a month from a program: calculate, submit, approve, reject, issue; each call needs an Idempotency-Key."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from flask import g
from sqlmodel import Session

from sla_service.db.engine import reading
from sla_service.db.runs import load_run
from sla_service.db.tables import RunRecord
from sla_service.domain.errors import InvalidValueError, SlaError
from sla_service.domain.periods import Month
from sla_service.usecases.decide_run import Caution, approve_run, reject_run, submit_run
from sla_service.usecases.issue_run import start_issue
from sla_service.usecases.keep_heads import keep_issued, seal_log
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.queue_run import queue_run
from sla_service.usecases.work_run import withdrawing
from sla_service.web.api.arguments import StrictSchema
from sla_service.web.api.auth import require_key
from sla_service.web.api.endpoints import ApiBlueprint, endpoint
from sla_service.web.api.fields import DigestField, MonthField, TextField
from sla_service.web.api.ids import run_number
from sla_service.web.api.once import once
from sla_service.web.api.runs import RunSchema, run_json
from sla_service.web.api.wire import Json, told
from sla_service.web.context import context, transaction

Answered = tuple[Json, int, dict[str, str]]


class NewRunSchema(StrictSchema):
    """Which month to calculate."""

    period = MonthField(required=True, metadata=told("Month.", type="string", example="2023-09"))


class StepSchema(StrictSchema):
    """Nothing more to say."""


class ReviewedSchema(StrictSchema):
    """What was reviewed."""

    digest = DigestField(required=True, metadata=told("The run's digest as reviewed, 12 to 64 digits.", type="string"))
    reason = TextField(allow_none=True, metadata=told("Why, where a bound is exceeded.", type="string"))


class ReasonSchema(StrictSchema):
    """Why."""

    reason = TextField(required=True, metadata=told("Kept with the run.", type="string"))


blueprint = ApiBlueprint("closing", __name__, description="Closing a month; every call needs an Idempotency-Key")
blueprint.before_request(require_key)
blueprint.once = True


@endpoint(blueprint, "/runs", takes=NewRunSchema, gives=RunSchema, status=202)
def post_run(body: Mapping[str, Any]) -> Answered:
    """Calculate a month: answers a draft at once; read the run until it is calculated."""
    now_ms, actor, month = context().clock(), str(g.caller), Month.parse(body["period"])

    def work(session: Session) -> Json:
        return handed_over(session, plan_run(session, month, now_ms=now_ms, actor=actor))

    answer, status, headers = once(body, work, status=HTTPStatus.ACCEPTED)
    if not headers:
        work_here(answer["run_id"])
    return answer, status, headers


def handed_over(session: Session, run: RunRecord) -> Json:
    """The run as it stands, given to the workers with what began it, where there are any and it is not done already."""
    if context().work is None and run.state != "issued":
        queue_run(session, run.run_id)
    return run_json(run)


def work_here(run_id: int) -> None:
    """Work a run in this process, where there are no workers; why it stops is read with the run, like theirs."""
    work = context().work
    if work is not None:
        with suppress(SlaError):
            work(run_id)


def seal() -> None:
    """Seal what was logged, as commands do whenever somebody decides."""
    seal_log(transaction, context().checkpoint, now_ms=context().clock())


def _keep_heads(run_id: int) -> None:
    """Once a run is issued, its head goes outside of the database; a worker keeps those of the runs that it issues.

    A void is issued with the call, also where there are workers.
    """
    with reading(context().engine) as session:
        is_issued = load_run(session, run_id).state == "issued"
    if is_issued:
        keep_issued(transaction, context().checkpoint, run_id, now_ms=context().clock())


@endpoint(blueprint, "/runs/<run_id>/submit", takes=StepSchema, gives=RunSchema, refuses=(404, 412))
def post_submit(body: Mapping[str, Any], run_id: str) -> Answered:
    """Hand a calculated run over for approval."""
    number, now_ms, actor, issuer = run_number(run_id), context().clock(), str(g.caller), context().issuer
    return once(
        body,
        lambda session: run_json(submit_run(session, number, issuer=issuer, now_ms=now_ms, actor=actor)),
    )


@endpoint(blueprint, "/runs/<run_id>/approve", takes=ReviewedSchema, gives=RunSchema, refuses=(403, 404, 412))
def post_approve(body: Mapping[str, Any], run_id: str) -> Answered:
    """Approve a submitted run as a second person, for the digest that was reviewed.

    A run beyond a safety bound stays submitted: the first approver is on record, and another one gives a reason.
    """
    number, now_ms, actor, issuer = run_number(run_id), context().clock(), str(g.caller), context().issuer
    digest, caution = body["digest"], Caution(context().bounds, body.get("reason") or "")

    def work(session: Session) -> Json:
        run = approve_run(session, number, digest=digest, issuer=issuer, now_ms=now_ms, actor=actor, caution=caution)
        return run_json(run)

    with withdrawing(transaction, number, now_ms=now_ms, actor=actor):
        answered = once(body, work)
    seal()
    return answered


@endpoint(blueprint, "/runs/<run_id>/reject", takes=ReasonSchema, gives=RunSchema, refuses=(404,))
def post_reject(body: Mapping[str, Any], run_id: str) -> Answered:
    """Set a run aside that is not issued."""
    number, now_ms, actor = run_number(run_id), context().clock(), str(g.caller)
    return once(
        body,
        lambda session: run_json(reject_run(session, number, reason=body["reason"], now_ms=now_ms, actor=actor)),
    )


@endpoint(blueprint, "/runs/<run_id>/issue", takes=ReviewedSchema, gives=RunSchema, status=202, refuses=(404, 412))
def post_issue(body: Mapping[str, Any], run_id: str) -> Answered:
    """Issue an approved run: answers at once that it is being issued; read the run until it is issued."""
    number, now_ms, actor, issuer = run_number(run_id), context().clock(), str(g.caller), context().issuer

    def work(session: Session) -> Json:
        if not load_run(session, number).digest.startswith(body["digest"]):
            raise InvalidValueError.of(
                "digest_changed", "the run has another digest now; review it again", path="/digest"
            )
        return handed_over(session, start_issue(session, number, issuer=issuer, now_ms=now_ms, actor=actor))

    with withdrawing(transaction, number, now_ms=now_ms, actor=actor):
        answer, status, headers = once(body, work, status=HTTPStatus.ACCEPTED)
    if not headers:
        work_here(number)
        _keep_heads(number)
    return answer, status, headers
