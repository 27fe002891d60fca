"""How figures look in answers: money as a decimal string, ratios exact and floored, instants in UTC."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from marshmallow import Schema, fields

from sla_service.domain.money import Money
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


def money_json(money: Money) -> Json:
    """``{"amount": "29.90", "currency": "USD"}``."""
    return {"amount": money.amount, "currency": money.currency}


def ratio_json(ratio: Fraction) -> Json:
    """``{"ratio": "8579/8640", "percent": "99.2939%"}``."""
    return {"ratio": str(ratio), "percent": format_floored(ratio)}
