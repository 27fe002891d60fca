"""A merchant's month: availability, error budget, and how fast it burns."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from sla_service.db.engine import reading
from sla_service.domain.error_budget import ErrorBudget
from sla_service.domain.instants import format_instant
from sla_service.usecases.read_availability import BurnReading, ServiceMonth, read_month
from sla_service.web.api.auth import require_key
from sla_service.web.api.endpoints import ApiBlueprint, endpoint
from sla_service.web.api.ids import known_id, month_of
from sla_service.web.api.wire import Json, MoneySchema, RatioSchema, money_json, ratio_json, told
from sla_service.web.context import context

MONTH = "/merchants/<merchant_id>/months/<month>"
NO_BUDGET = "The promise is 100 %: there is no budget, any downtime at all breaks it."
_MS = told("Milliseconds of full outage, exact: an integer or a fraction.", example="1296000")


class LineSchema(Schema):
    """A stretch of impact and what became of it."""

    incident_id = fields.String(required=True)
    started_at = fields.String(required=True)
    ended_at = fields.String(required=True)
    impact_ppm_ms = fields.Integer(required=True, metadata=told("Share lost (parts per million) × milliseconds."))
    counted_ppm_ms = fields.Integer(required=True, metadata=told("What of it counts."))
    status = fields.String(required=True, metadata=told("counted, excluded or too_short"))
    reason = fields.String(required=True, allow_none=True)


class ServiceSchema(Schema):
    """One service of a merchant in a month."""

    service = fields.String(required=True)
    policy = fields.String(required=True, allow_none=True)
    policy_version = fields.Integer(required=True, allow_none=True)
    time_zone = fields.String(required=True, metadata=told("Whose calendar month was measured."))
    period_start = fields.String(required=True, allow_none=True)
    period_end = fields.String(required=True, allow_none=True)
    as_of = fields.String(required=True, metadata=told("Until when it was measured."))
    issued = fields.Boolean(required=True, metadata=told("Issued figures; otherwise an estimate from what is known."))
    outcome = fields.String(required=True, metadata=told("As of a credit, or open while the month is not over."))
    reason = fields.String(required=True, allow_none=True)


class AvailabilityServiceSchema(ServiceSchema):
    """With what was measured."""

    availability = fields.Nested(RatioSchema, required=True, allow_none=True)
    target = fields.Nested(RatioSchema, required=True, allow_none=True)
    downtime_ms = fields.String(required=True, allow_none=True, metadata=_MS)
    measured_ms = fields.Integer(required=True, allow_none=True)
    credit = fields.Nested(MoneySchema, required=True)
    statement_number = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True)


class BudgetSchema(Schema):
    """Downtime that an edge allows, and how much of it is gone."""

    edge = fields.Nested(RatioSchema, required=True)
    is_target = fields.Boolean(required=True, metadata=told("The promise itself; otherwise an edge of the table."))
    budget_ms = fields.String(required=True, allow_none=True, metadata=_MS)
    consumed_ms = fields.String(required=True, metadata=_MS)
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


class AvailabilitySchema(Schema):
    """A merchant's availability in a month."""

    merchant_id = fields.String(required=True)
    period = fields.String(required=True)
    services = fields.List(fields.Nested(AvailabilityServiceSchema), required=True)


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
    return _month(merchant_id, month, _availability_json)


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
    }


def _availability_json(one: ServiceMonth) -> Json:
    measured = one.measurement
    return {
        "availability": ratio_json(measured.availability) if measured else None,
        "target": ratio_json(one.policy.target) if one.policy else None,
        "downtime_ms": str(measured.bad_ms) if measured else None,
        "measured_ms": measured.total_ms if measured else None,
        "credit": money_json(one.amount),
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


def _budget_json(one: ServiceMonth) -> Json:
    return {
        "budgets": [_one_budget_json(budget, is_target=i == 0) for i, budget in enumerate(one.budgets)],
        "burn": [_burn_json(reading) for reading in one.burn],
    }


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
