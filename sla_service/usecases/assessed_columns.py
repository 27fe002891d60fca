"""What a measurement and its assessment add to a credit's row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sla_service.domain.assessment import Assessment, Outcome
from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.domain.windows import Window

Row = dict[str, Any]
_ENCODER = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
NOTHING_MEASURED = "no time is left to measure in this period"


def policy_columns(policy: Policy, zone: str, window: Window | None) -> Row:
    """The terms, and from when to when they were measured."""
    return {
        "policy_version": policy.version,
        "policy_digest": policy.digest,
        "curve": policy.curve.value,
        "time_zone": zone,
        "period_start_ms": window.start_ms if window else None,
        "period_end_ms": window.end_ms if window else None,
        "target": None if policy.target is None else str(policy.target),
    }


def measured_columns(measurement: Measurement) -> Row:
    """The figures."""
    return {
        # Whole for windows; where usage gives a fraction of a part, ``availability`` is the exact figure.
        "bad_ppm_ms": int(measurement.bad_ppm_ms),
        "total_ms": measurement.total_ms,
        "availability": str(measurement.availability),
    }


def assessed_columns(policy: Policy, measurement: Measurement, assessment: Assessment) -> Row:
    """What an assessment adds to a credit's row."""
    outcome = assessment.outcome
    return {
        "outcome": outcome.value,
        "reason": assessment.reason or None,
        "tier": assessment.tier,
        "rate": None if assessment.rate is None else str(assessment.rate),
        "before_cap_minor": str(assessment.before_cap_minor),
        "cap_minor": None if assessment.cap_minor is None else str(assessment.cap_minor),
        "minimum_minor": assessment.minimum.minor if assessment.minimum else None,
        "unrounded_minor": str(assessment.unrounded_minor),
        "amount_minor": assessment.amount.minor,
        "service_ms": assessment.service_ms.__ceil__() if outcome is Outcome.CREDITED else 0,
        "rights": "; ".join(assessment.rights) or None,
        "steps": steps_json(policy, measurement, assessment),
        "claim_until": assessment.claim_until or None,
    }


def steps_json(policy: Policy, measurement: Measurement, assessment: Assessment) -> str | None:
    """How the amount came about beyond a share of the fee: base, what was counted, each cap in order, a metric's value.

    None where the other columns say it all: a row of the table, and at most one cap on the monthly fee. A group with a
    cap adds its own step. What decided is said where it is not the availability, for the later periods that look back.
    """
    plain = assessment.rate is not None and assessment.count is None and len(policy.caps) <= 1
    plain = plain and (policy.group is None or policy.group.cap is None)
    is_own = policy.is_metric or measurement.decisive != measurement.availability
    figure = {"figure": str(measurement.decisive)} if is_own else {}
    if not policy.is_metric and (assessment.outcome is Outcome.MET or plain):
        return _json(figure) if figure else None
    return _json(_paid(policy, assessment) | figure)


def _json(said: Mapping[str, object]) -> str:
    return _ENCODER.encode(said)


def _paid(policy: Policy, assessment: Assessment) -> dict[str, object]:
    return {
        "base_minor": str(assessment.base_minor),
        "count": None if assessment.count is None else str(assessment.count),
        "caps": [
            [
                policy.caps.index(step.cap),
                None if step.limit is None else str(step.limit),
                str(step.before),
                str(step.after),
            ]
            for step in assessment.steps
        ],
    }
