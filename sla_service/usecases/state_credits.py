"""Stored credits as the frozen values that a statement shows."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sla_service.domain.incidents import Curve, Incident, recovery_segments, turning_points
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.statements import (
    ImpactLine,
    ImpactStep,
    LineStatus,
    StatedCredit,
    StatedIncident,
    TimelineNote,
)
from sla_service.domain.windows import SHARE_FULL_PPM, Window

Row = Mapping[str, Any]

SHAPES = 4_096
"""Windows whose shape is remembered; a platform-wide incident has one for all merchants, or a few."""


def state_credit(
    credit: Row,
    lines: Sequence[Row],
    *,
    policy: Policy,
    incidents: Mapping[str, Incident],
    issued_on: date,
) -> StatedCredit:
    """A credit with all it rests on.

    Args:
        credit: A row of the credits table, with an outcome of credited.
        lines: Its rows of the lines table, in order.
        policy: The version that the credit names.
        incidents: Those of the lines, by id.
        issued_on: Of the statement; the expiry counts from it.
    """
    tier = policy.tiers[credit["tier"]]
    currency = credit["currency"]
    expires = policy.settlement.expires_months
    return StatedCredit(
        credit_id=f"{credit['run_id']}-{credit['credit_no']}",
        service=credit["service"],
        policy=policy.policy,
        policy_version=policy.version,
        policy_title=policy.title,
        policy_digest=policy.digest,
        contract=policy.contract,
        curve=credit["curve"],
        time_zone=credit["time_zone"],
        period_start_ms=credit["period_start_ms"],
        period_end_ms=credit["period_end_ms"],
        minimum_run_ms=policy.qualify.minimum_run_ms,
        target=credit["target"],
        bad_ppm_ms=credit["bad_ppm_ms"],
        total_ms=credit["total_ms"],
        unmeasured_ms=credit["unmeasured_ms"],
        fee=Money(currency, credit["fee_minor"]),
        tier_upper=str(tier.upper),
        tier_upper_inclusive=tier.upper_inclusive,
        tier_lower=str(tier.lower),
        tier_lower_inclusive=tier.lower_inclusive,
        clause=tier.clause,
        rate=credit["rate"],
        before_cap_minor=credit["before_cap_minor"],
        cap_of_fee=str(policy.cap.of_fee) if policy.cap else "",
        cap_minor=credit["cap_minor"] or "",
        minimum=None if credit["minimum_minor"] is None else Money(currency, credit["minimum_minor"]),
        minimum_strict=any(m.strict for m in policy.minimums if m.amount.currency == currency),
        unrounded_minor=credit["unrounded_minor"],
        rounding=policy.rounding.value,
        amount=Money(currency, credit["amount_minor"]),
        settlement_form=policy.settlement.form.value,
        expires_on=add_months(issued_on, expires).isoformat() if expires else "",
        lines=tuple(_line(line, incidents) for line in lines),
        steps=tuple(impact_steps(lines, incidents, Curve(credit["curve"]))),
        incidents=tuple(_incident(incidents[i]) for i in dict.fromkeys(line["incident_id"] for line in lines)),
    )


def impact_steps(lines: Sequence[Row], incidents: Mapping[str, Incident], curve: Curve) -> list[ImpactStep]:
    """The impact that a chart draws: each line with the shape of its incident's curve, where that is what it was.

    A line whose area differs from the curve's over the same time was made by the merchant's own evidence, and is drawn
    at its mean.
    """
    steps: list[ImpactStep] = []
    for line in lines:
        window = Window(line["started_at_ms"], line["ended_at_ms"])
        shape, area = _shape(incidents[line["incident_id"]], curve, window)
        if area != line["impact_ppm_ms"]:
            mean_ppm = min(SHARE_FULL_PPM, round(Fraction(line["impact_ppm_ms"], window.duration_ms)))
            shape = (ImpactStep(window.start_ms, window.end_ms, mean_ppm),) if mean_ppm else ()
        steps += shape
    return steps


@lru_cache(maxsize=SHAPES)
def _shape(incident: Incident, curve: Curve, window: Window) -> tuple[tuple[ImpactStep, ...], int]:
    """What a curve says of a window, and its area in share × milliseconds: the same for every merchant it hit."""
    segments = recovery_segments(incident, curve, until_ms=window.end_ms)
    parts = [(part, s.share_ppm) for s in segments if (part := s.window.overlap(window)) is not None]
    steps = tuple(ImpactStep(part.start_ms, part.end_ms, share_ppm) for part, share_ppm in parts)
    return steps, sum(part.duration_ms * share_ppm for part, share_ppm in parts)


def _line(line: Row, incidents: Mapping[str, Incident]) -> ImpactLine:
    return ImpactLine(
        incident_id=line["incident_id"],
        title=incidents[line["incident_id"]].title,
        start_ms=line["started_at_ms"],
        end_ms=line["ended_at_ms"],
        impact_ppm_ms=line["impact_ppm_ms"],
        counted_ppm_ms=line["counted_ppm_ms"],
        status=LineStatus(line["status"]),
        reason=line["reason"] or "",
    )


def _incident(incident: Incident) -> StatedIncident:
    told = [point for point in incident.timeline if point.text] or turning_points(incident.timeline)
    notes = tuple(TimelineNote(point.at_ms, point.available_ppm, point.text) for point in told)
    return StatedIncident(incident.incident_id, incident.title, incident.cause, notes)


def add_months(day: date, months: int) -> date:
    """The same day of the month, that many months later; the month's last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
