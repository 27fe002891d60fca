"""Correcting an issued month from a program: begin a correction, propose a void; from there on it is a run like any."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import g
from sqlmodel import Session

from sla_service.domain.periods import Month
from sla_service.usecases.plan_correction import plan_correction
from sla_service.usecases.void_statement import propose_void
from sla_service.web.api.arguments import StrictSchema
from sla_service.web.api.auth import require_key
from sla_service.web.api.closing import Answered, handed_over, seal, work_here
from sla_service.web.api.endpoints import ApiBlueprint, endpoint
from sla_service.web.api.fields import MonthField, TextField
from sla_service.web.api.ids import known_id
from sla_service.web.api.once import once
from sla_service.web.api.runs import RunSchema, run_json
from sla_service.web.api.wire import Json, told
from sla_service.web.context import context


class CorrectionSchema(StrictSchema):
    """Which issued month to calculate again, and why."""

    period = MonthField(required=True, metadata=told("Month.", type="string", example="2023-09"))
    reason = TextField(allow_none=True, metadata=told("Why; kept with the run.", type="string"))


class VoidSchema(StrictSchema):
    """Why a statement should never have been issued."""

    reason = TextField(required=True, metadata=told("The merchant reads it on the void.", type="string"))


blueprint = ApiBlueprint("correcting", __name__, description="Correcting a month; every call needs an Idempotency-Key")
blueprint.before_request(require_key)
blueprint.once = True


@endpoint(blueprint, "/corrections", takes=CorrectionSchema, gives=RunSchema, status=202)
def post_correction(body: Mapping[str, Any]) -> Answered:
    """Calculate an issued month again from today's evidence: a draft at once; read the run until it is calculated."""
    now_ms, actor, month = context().clock(), str(g.caller), Month.parse(body["period"])
    reason = body.get("reason") or ""

    def work(session: Session) -> Json:
        return handed_over(session, plan_correction(session, month, now_ms=now_ms, actor=actor, reason=reason))

    answer, status, headers = once(body, work, status=HTTPStatus.ACCEPTED)
    if not headers:
        work_here(answer["run_id"])
    return answer, status, headers


@endpoint(blueprint, "/statements/<number>/void", takes=VoidSchema, gives=RunSchema, refuses=(404,))
def post_void(body: Mapping[str, Any], number: str) -> Answered:
    """Propose to take a statement back that should never have been issued: a calculated run, to be submitted.

    The merchant reads the reason.
    """
    now_ms, actor, which = context().clock(), str(g.caller), known_id(number, "statement")
    answered = once(
        body,
        lambda session: run_json(propose_void(session, which, reason=body["reason"], now_ms=now_ms, actor=actor)),
    )
    seal()
    return answered
