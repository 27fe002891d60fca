"""How figures look in answers: money as a decimal string, ratios exact and floored, instants in UTC."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from marshmallow import Schema, fields

from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import Events, Metric, ScoredEvents
from sla_service.domain.shares import format_floored

Json = dict[str, Any]


def told(text: str, **more: object) -> dict[str, object]:
    """Metadata of a field: its description, and an example if there is one."""
    return {"description": text, **more}


class MoneySchema(Schema):
    """An amount in the currency's own precision."""

    amount = fields.String(required=True, metadata=told("Decimal string.", example="29.90"))
    currency = fields.String(required=True, metadata=told("ISO 4217.", example="USD"))


class RatioSchema(Schema):
    """A ratio, exact and as people read it."""

    ratio = fields.String(required=True, metadata=told("Exact.", example="8579/8640"))
    percent = fields.String(required=True, metadata=told("Cut, never rounded up.", example="99.2939%"))


class MetricSchema(Schema):
    """A measured value against a threshold, in its own unit."""

    name = fields.String(required=True, metadata=told("What is measured.", example="latency"))
    unit = fields.String(required=True, metadata=told("Empty if it has none.", example="ms"))
    worse = fields.String(required=True, metadata=told("higher or lower"))
    value = fields.String(required=True, allow_none=True, metadata=told("Exact: a number or a fraction."))
    target = fields.String(required=True, allow_none=True, metadata=told("Exact; null where nothing is promised."))


def money_json(money: Money) -> Json:
    """``{"amount": "29.90", "currency": "USD"}``."""
    return {"amount": money.amount, "currency": money.currency}


def ratio_json(ratio: Fraction) -> Json:
    """``{"ratio": "8579/8640", "percent": "99.2939%"}``."""
    return {"ratio": str(ratio), "percent": format_floored(ratio)}


def metric_json(metric: Metric, *, value: Fraction | None, target: Fraction | None) -> Json:
    """A metric with what was measured and what was promised."""
    return {
        "name": metric.name,
        "unit": metric.unit,
        "worse": metric.worse.value,
        "value": None if value is None else str(value),
        "target": None if target is None else str(target),
    }


def measured_in(policy: Policy | None) -> str:
    """What downtime and budgets are counted in."""
    match policy.indicator if policy else None:
        case Metric():
            return "metric"
        case Events() | ScoredEvents():
            return "requests"
        case _:
            return "milliseconds"
