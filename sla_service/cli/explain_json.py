"""``sla explain --json``."""

from __future__ import annotations

from typing import Any

from sla_service.domain.instants import format_instant
from sla_service.domain.shares import format_floored
from sla_service.usecases.explain import Explanation


def explanation_mapping(one: Explanation) -> dict[str, Any]:
    """An explanation for scripts: exact ratios as text, instants in UTC."""
    measured, found = one.measured, one.assessment
    subject = measured.subject
    head: dict[str, Any] = {
        "merchant_id": one.merchant.merchant_id,
        "service": subject.contract.service,
        "policy": subject.contract.policy,
        "parked_reason": subject.parked_reason or None,
    }
    if found is None or measured.measurement is None or subject.policy is None or measured.window is None:
        return head
    return head | {
        "is_estimate": one.is_estimate,
        "policy_version": subject.policy.version,
        "policy_digest": subject.policy.digest,
        "method": subject.policy.curve.value,
        "time_zone": subject.time_zone,
        "period_start": format_instant(measured.window.start_ms),
        "period_end": format_instant(measured.window.end_ms),
        "evidence": list(measured.lines),
        "bad_ppm_ms": measured.measurement.bad_ppm_ms,
        "total_ms": measured.measurement.total_ms,
        "availability": str(found.availability),
        "availability_percent": format_floored(found.availability),
        "target": str(subject.policy.target),
        "outcome": found.outcome.value,
        "reason": found.reason or None,
        "tier": None if found.tier is None else found.tier + 1,
        "rate": None if found.rate is None else str(found.rate),
        "unrounded_minor": str(found.unrounded_minor),
        "amount": {"amount": found.amount.amount, "currency": found.amount.currency},
        "error_budget": [
            {"edge": str(b.edge), "budget_ms": str(b.budget_ms), "left_ms": str(b.left_ms)} for b in one.budgets
        ],
        "burn_rate": None if one.burn_ratio is None else str(one.burn_ratio),
        "methods": {
            m.curve.value: {
                "availability": str(m.measurement.availability),
                "bad_ppm_ms": m.measurement.bad_ppm_ms,
                "amount": m.assessment.amount.amount,
            }
            for m in one.methods
        },
    }
