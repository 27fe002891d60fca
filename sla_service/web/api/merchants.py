"""A merchant's month: availability, error budget, and how fast it burns."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from sla_service.db.engine import reading
from sla_service.domain.error_budget import ErrorBudget
from sla_service.domain.instants import format_instant
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import Metric
from sla_service.usecases.month_statements import LinkedStatement, month_statements
from sla_service.usecases.read_availability import read_month
from sla_service.usecases.read_burn import BurnReading
from sla_service.usecases.service_month import ServiceMonth
from sla_service.web.api.auth import require_key
from sla_service.web.api.endpoints import ApiBlueprint, endpoint
from sla_service.web.api.ids import known_id, month_of
from sla_service.web.api.wire import (
    Json,
    MetricSchema,
    MoneySchema,
    RatioSchema,
    measured_in,
    metric_json,
    money_json,
    ratio_json,
    told,
)
from sla_service.web.context import context

MONTH = "/merchants/<merchant_id>/months/<month>"
NO_BUDGET = "The promise is 100 %: there is no budget, any downtime at all breaks it."
NO_TARGET = "No availability is promised: there is no error budget, and nothing that burns."
NO_RATIO = "The promise is about a metric, which is no share of anything: there is no error budget."
_MS = told("Milliseconds of full outage, exact: an integer or a fraction.", example="1296000")
_AMOUNT = told("In the unit that `measured_in` names, exact: an integer or a fraction.", example="1296000")


class LineSchema(Schema):
    """A stretch of impact and what became of it."""

    incident_id = fields.String(required=True)
    started_at = fields.String(required=True)
    ended_at = fields.String(required=True)
    impact_ppm_ms = fields.Integer(required=True, metadata=told("Share lost (parts per million) × milliseconds."))
    counted_ppm_ms = fields.Integer(required=True, metadata=told("What of it counts."))
    status = fields.String(
        required=True, metadata=told("counted, excluded, too_short, not_affected, grace or partial_slot")
    )
    reason = fields.String(
        required=True,
        allow_none=True,
        metadata=told("Which exclusion: its kind, or recurring; of a counted line, one that counts all the same."),
    )


class ServiceSchema(Schema):
    """One service of a merchant in a month."""

    service = fields.String(required=True)
    policy = fields.String(required=True, allow_none=True)
    policy_version = fields.Integer(required=True, allow_none=True)
    time_zone = fields.String(required=True, metadata=told("Whose midnights bound the period."))
    period_start = fields.String(required=True, allow_none=True)
    period_end = fields.String(required=True, allow_none=True)
    as_of = fields.String(required=True, metadata=told("Until when it was measured."))
    issued = fields.Boolean(required=True, metadata=told("Issued figures; otherwise an estimate from what is known."))
    outcome = fields.String(required=True, metadata=told("As of a credit, or open while the period is not over."))
    reason = fields.String(required=True, allow_none=True)
    measured_in = fields.String(required=True, metadata=told("milliseconds, requests or metric"))


class AvailabilityServiceSchema(ServiceSchema):
    """With what was measured."""

    availability = fields.Nested(RatioSchema, required=True, allow_none=True)
    target = fields.Nested(RatioSchema, required=True, allow_none=True)
    metric = fields.Nested(MetricSchema, required=True, allow_none=True, metadata=told("Instead of an availability."))
    downtime_ms = fields.String(required=True, allow_none=True, metadata=_MS)
    measured_ms = fields.Integer(required=True, allow_none=True)
    bad_requests = fields.String(required=True, allow_none=True, metadata=told("Exact: a number or a fraction."))
    requests = fields.Integer(required=True, allow_none=True)
    credit = fields.Nested(MoneySchema, required=True)
    service_time_ms = fields.Integer(required=True, metadata=told("Service time, where credits extend the term."))
    rights = fields.List(fields.String(), required=True, metadata=told("Rights that arose, such as terminate."))
    claim_until = fields.String(
        required=True,
        allow_none=True,
        metadata=told("The last day for a claim, or the last instant of a deadline in hours, where one is needed."),
    )
    decided_by = fields.String(
        required=True, allow_none=True, metadata=told("Who decided, where the contract has no answer.")
    )
    statement_number = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)


class BudgetSchema(Schema):
    """Downtime that an edge allows, and how much of it is gone."""

    edge = fields.Nested(RatioSchema, required=True)
    is_target = fields.Boolean(required=True, metadata=told("The promise itself; otherwise an edge of the table."))
    budget_ms = fields.String(required=True, allow_none=True, metadata=_AMOUNT)
    consumed_ms = fields.String(required=True, metadata=_AMOUNT)
    left_ms = fields.String(required=True, allow_none=True, metadata=told("Negative when overspent."))
    consumed = fields.Nested(RatioSchema, required=True, allow_none=True, metadata=told("Above 1 when overspent."))
    explanation = fields.String(required=True, allow_none=True)


class BurnSchema(Schema):
    """How fast the budget burned before `as_of`, and whether that is an alert."""

    long_window_ms = fields.Integer(required=True)
    short_window_ms = fields.Integer(required=True)
    alert_rate = fields.String(required=True, metadata=told("1 spends the budget exactly over the period."))
    long_rate = fields.String(required=True, allow_none=True)
    short_rate = fields.String(required=True, allow_none=True)
    firing = fields.Boolean(required=True)


class BudgetServiceSchema(ServiceSchema):
    """With its budgets."""

    budgets = fields.List(fields.Nested(BudgetSchema), required=True)
    burn = fields.List(fields.Nested(BurnSchema), required=True)
    explanation = fields.String(
        required=True, allow_none=True, metadata=told("Why there is no budget, where a budget would mean nothing.")
    )


class StatementSchema(Schema):
    """A statement of the month, with what it corrects or voids, and what did the same to it."""

    number = fields.String(required=True)
    issued_at = fields.String(required=True)
    amount = fields.Nested(MoneySchema, required=True, metadata=told("What it added; negative where it took back."))
    service_time_ms = fields.Integer(required=True)
    corrects = fields.String(required=True, allow_none=True, metadata=told("The statement that it corrects or voids."))
    is_void = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True, metadata=told("Why it voids the other one."))
    corrected_by = fields.String(required=True, allow_none=True)
    voided_by = fields.String(required=True, allow_none=True)


class AvailabilitySchema(Schema):
    """A merchant's availability in a month."""

    merchant_id = fields.String(required=True)
    period = fields.String(required=True)
    services = fields.List(fields.Nested(AvailabilityServiceSchema), required=True)
    statements = fields.List(
        fields.Nested(StatementSchema), required=True, metadata=told("All of the month, in the order of their issue.")
    )


class ErrorBudgetSchema(Schema):
    """A merchant's error budgets in a month."""

    merchant_id = fields.String(required=True)
    period = fields.String(required=True)
    services = fields.List(fields.Nested(BudgetServiceSchema), required=True)


blueprint = ApiBlueprint("merchants", __name__, description="A merchant's month")
blueprint.before_request(require_key)


@endpoint(blueprint, f"{MONTH}/availability", gives=AvailabilitySchema, refuses=(404, 422))
def get_availability(merchant_id: str, month: str) -> Json:
    """Read availability, what counted, and the credit: as issued, or as an estimate."""
    shown = _month(merchant_id, month, _availability_json)
    with reading(context().engine) as session:
        stated = month_statements(session, "merchant", shown["merchant_id"], shown["period"])
    return {**shown, "statements": [_statement_json(one) for one in stated]}


@endpoint(blueprint, f"{MONTH}/error-budget", gives=ErrorBudgetSchema, refuses=(404, 422))
def get_error_budget(merchant_id: str, month: str) -> Json:
    """Read the error budgets, one per edge of the table, and how fast the target's burns."""
    return _month(merchant_id, month, _budget_json)


def _month(merchant_id: str, text: str, service_json: Any) -> Json:  # noqa: ANN401 - one of the two below
    name, month = known_id(merchant_id, "merchant"), month_of(text)
    with reading(context().engine) as session:
        services = read_month(session, name, month, now_ms=context().clock())
    shown = [{**_service_json(one), **service_json(one)} for one in services]
    return {"merchant_id": name, "period": str(month), "services": shown}


def _statement_json(one: LinkedStatement) -> Json:
    return {
        "number": one.number,
        "issued_at": format_instant(one.issued_at_ms),
        "amount": money_json(one.total) if one.total else None,
        "service_time_ms": one.service_ms,
        "corrects": one.corrects,
        "is_void": one.is_void,
        "reason": one.reason,
        "corrected_by": one.corrected_by,
        "voided_by": one.voided_by,
    }


def _service_json(one: ServiceMonth) -> Json:
    return {
        "service": one.service,
        "policy": one.policy.policy if one.policy else None,
        "policy_version": one.policy.version if one.policy else None,
        "time_zone": one.time_zone,
        "period_start": format_instant(one.window.start_ms) if one.window else None,
        "period_end": format_instant(one.window.end_ms) if one.window else None,
        "as_of": format_instant(one.as_of_ms),
        "issued": one.issued,
        "outcome": one.outcome,
        "reason": one.reason or None,
        "measured_in": measured_in(one.policy),
    }


def _availability_json(one: ServiceMonth) -> Json:
    return {
        **_measured_json(one),
        "credit": money_json(one.amount),
        "service_time_ms": one.service_ms,
        "rights": list(one.rights),
        "claim_until": one.claim_until or None,
        "decided_by": one.decided_by or None,
        "statement_number": one.statement_number,
        "lines": [
            {
                **{name: line[name] for name in ("incident_id", "impact_ppm_ms", "counted_ppm_ms", "status", "reason")},
                "started_at": format_instant(line["started_at_ms"]),
                "ended_at": format_instant(line["ended_at_ms"]),
            }
            for line in one.lines
        ],
    }


def _measured_json(one: ServiceMonth) -> Json:
    """Availability in time or requests, or a metric; what does not apply is null."""
    policy, m = one.policy, one.measurement
    target = policy.target if policy else None
    unit = measured_in(policy)
    metric = None
    if policy is not None and isinstance(policy.indicator, Metric):
        metric = metric_json(policy.indicator, value=m.decisive if m else None, target=target)
    return {
        "availability": ratio_json(m.availability) if m and metric is None else None,
        "target": ratio_json(target) if target is not None and metric is None else None,
        "metric": metric,
        "downtime_ms": str(m.bad_ms) if m and unit == "milliseconds" else None,
        "measured_ms": m.total_ms if m and unit == "milliseconds" else None,
        "bad_requests": str(m.bad_ms) if m and unit == "requests" else None,
        "requests": m.total_ms if m and unit == "requests" else None,
    }


def _budget_json(one: ServiceMonth) -> Json:
    return {
        "budgets": [_one_budget_json(budget, is_target=i == 0) for i, budget in enumerate(one.budgets)],
        "burn": [_burn_json(reading) for reading in one.burn],
        "explanation": _why_no_budget(one.policy),
    }


def _why_no_budget(policy: Policy | None) -> str | None:
    if policy is None or (policy.target is not None and not policy.is_metric):
        return None
    return NO_RATIO if policy.is_metric else NO_TARGET


def _one_budget_json(budget: ErrorBudget, *, is_target: bool) -> Json:
    ratio = budget.consumed_ratio
    return {
        "edge": ratio_json(budget.edge),
        "is_target": is_target,
        "budget_ms": None if ratio is None else str(budget.budget_ms),
        "consumed_ms": str(budget.consumed_ms),
        "left_ms": None if ratio is None else str(budget.left_ms),
        "consumed": None if ratio is None else ratio_json(ratio),
        "explanation": NO_BUDGET if ratio is None else None,
    }


def _burn_json(burn: BurnReading) -> Json:
    return {
        "long_window_ms": burn.alert.long_ms,
        "short_window_ms": burn.alert.short_ms,
        "alert_rate": str(burn.alert.rate),
        "long_rate": None if burn.long_rate is None else str(burn.long_rate),
        "short_rate": None if burn.short_rate is None else str(burn.short_rate),
        "firing": burn.firing,
    }
