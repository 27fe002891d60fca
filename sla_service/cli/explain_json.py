"""``sla explain --json``."""

from __future__ import annotations

from typing import Any

from sla_service.cli.explain_steps import credit_of
from sla_service.cli.figures import in_requests
from sla_service.domain.assessment import Assessment, LimitStep
from sla_service.domain.facts import Facts
from sla_service.domain.instants import format_instant
from sla_service.domain.measurement import Measurement, Part
from sla_service.domain.policies import Policy
from sla_service.domain.policies.indicators import Metric, Windows
from sla_service.domain.shares import format_floored
from sla_service.domain.windows import Window
from sla_service.usecases.explain import Explanation


def explanation_mapping(one: Explanation) -> dict[str, Any]:
    """An explanation for scripts: exact ratios as text, instants in UTC."""
    measured, found, facts = one.measured, one.assessment, one.facts
    subject, policy, m = measured.subject, measured.subject.policy, measured.measurement
    head: dict[str, Any] = {
        "merchant_id": one.merchant.merchant_id,
        "service": subject.contract.service,
        "policy": subject.contract.policy,
        "parked_reason": subject.parked_reason or measured.reason or None,
    }
    if found is None or facts is None or m is None or policy is None or measured.window is None:
        return head
    return {
        **head,
        "is_estimate": one.is_estimate,
        "policy_version": policy.version,
        "policy_digest": policy.digest,
        "time_zone": subject.time_zone,
        "period_start": format_instant(measured.window.start_ms),
        "period_end": format_instant(measured.window.end_ms),
        "whole_period": _window(subject.period),
        "evidence": list(measured.lines),
        "excluded_ppm_ms": measured.excluded_ppm_ms,
        "unmeasured_ms": measured.unmeasured_ms,
        **_measured(policy, m),
        **_assessed(one, policy, found, facts),
        "error_budget": [
            {"edge": str(b.edge), "budget_ms": str(b.budget_ms), "left_ms": str(b.left_ms)} for b in one.budgets
        ],
        "burn_rate": None if one.burn_ratio is None else str(one.burn_ratio),
        "methods": {
            m.curve.value: {
                "availability": str(m.measurement.availability),
                "bad_ppm_ms": _whole(m.measurement),
                "amount": m.assessment.amount.amount,
            }
            for m in one.methods
        },
    }


def _window(window: Window | None) -> dict[str, str] | None:
    if window is None:
        return None
    return {"start": format_instant(window.start_ms), "end": format_instant(window.end_ms)}


def _whole(m: Measurement) -> int | str:
    """Bad time as a number where it is whole, which it is for windows; otherwise as an exact ratio."""
    return m.bad_ppm_ms if isinstance(m.bad_ppm_ms, int) else str(m.bad_ppm_ms)


def _measured(policy: Policy, m: Measurement) -> dict[str, Any]:
    indicator = policy.indicator
    return {
        "indicator": type(indicator).__name__,
        "method": policy.curve.value if isinstance(indicator, Windows) else None,
        "measured_in": "metric" if policy.is_metric else "requests" if in_requests(policy) else "milliseconds",
        "bad_ppm_ms": _whole(m),
        "total_ms": m.total_ms,
        "availability": None if policy.is_metric else str(m.availability),
        "availability_percent": None if policy.is_metric else format_floored(m.availability),
        "metric": {"name": indicator.name, "unit": indicator.unit} if isinstance(indicator, Metric) else None,
        "decisive": str(m.decisive),
        "credited_bad_ms": None if m.credited_bad_ms is None else str(m.credited_bad_ms),
        "parts": [_part(part) for part in m.parts],
        "target": None if policy.target is None else str(policy.target),
        "is_promised": m.is_promised,
    }


def _part(part: Part) -> dict[str, Any]:
    own = part.measurement
    return {
        "unit": part.name or None,
        "fee_share": str(part.fee_share),
        "in_force": str(part.in_force),
        "bad_ms": str(own.bad_ms),
        "total_ms": own.total_ms,
        "decisive": str(own.decisive),
        "outages": [
            {"start": format_instant(o.start_ms), "end": format_instant(o.end_ms), "bad_ms": str(o.bad_ms)}
            for o in own.outages
        ],
    }


def _assessed(one: Explanation, policy: Policy, found: Assessment, facts: Facts) -> dict[str, Any]:
    amount, service_ms = credit_of(one)
    decision = one.decision
    return {
        "outcome": found.outcome.value,
        "reason": found.reason or None,
        "tier": None if found.tier is None else found.tier + 1,
        "rate": None if found.rate is None else str(found.rate),
        "count": None if found.count is None else str(found.count),
        "base": list(policy.base.of),
        "base_minor": str(found.base_minor),
        "before_cap_minor": str(found.before_cap_minor),
        "caps": [_cap(step) for step in found.steps],
        "unrounded_minor": str(found.unrounded_minor),
        "group": _group(one),
        "amount": {"amount": amount.amount, "currency": amount.currency},
        "service_time_ms": service_ms,
        "rights": list(found.rights),
        "claim_until": facts.claim_until or None,
        "is_claimed": facts.is_claimed,
        "decision": None if decision is None else {name: decision[name] for name in ("reason", "decided_by")},
    }


def _group(one: Explanation) -> dict[str, Any] | None:
    left = one.grouped
    if left is None:
        return None
    return {
        "amount_minor": left.amount_minor,
        "limit_minor": left.limit_minor,
        "left_minor": left.left_minor,
        "is_undefined": left.is_undefined,
        "reason": left.reason or None,
    }


def _cap(step: LimitStep) -> dict[str, Any]:
    return {
        "per": step.cap.per.value,
        "limit": None if step.limit is None else str(step.limit),
        "before": str(step.before),
        "after": str(step.after),
        "is_time": step.is_time,
    }
