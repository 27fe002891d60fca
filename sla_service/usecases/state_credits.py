"""Stored credits as the frozen values that a statement shows."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sla_service.domain.incidents import (
    USAGE_PREFIX,
    Curve,
    Incident,
    recovery_segments,
    turning_points,
    usage_incident,
)
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Tier
from sla_service.domain.policies.payment import Settlement
from sla_service.domain.stated_terms import Decision, HowPaid
from sla_service.domain.statements import (
    ImpactLine,
    ImpactStep,
    LineStatus,
    StatedCredit,
    StatedIncident,
    TimelineNote,
)
from sla_service.domain.windows import SHARE_FULL_PPM, Window
from sla_service.usecases.redo_credit import redo, whole_period
from sla_service.usecases.state_caps import is_plain_cap
from sla_service.usecases.state_measured import state_measured
from sla_service.usecases.state_paid import is_plain, state_paid

Row = Mapping[str, Any]

SHAPES = 4_096
"""Windows whose shape is remembered; a platform-wide incident has one for all merchants, or a few."""


RIGHTS_JOINT = "; "
"""Between the rights in a stored row."""


def state_credit(
    credit: Row,
    lines: Sequence[Row],
    *,
    policy: Policy,
    incidents: Mapping[str, Incident],
    issued_on: date,
    issuer: str = "",
) -> StatedCredit:
    """A credit with all it rests on.

    Args:
        credit: A row of the credits table, with an outcome of credited.
        lines: Its rows of the lines table, in order.
        policy: The version that the credit names.
        incidents: Those of the lines, by id; what was measured from usage need not be among them.
        issued_on: Of the statement; the expiry counts from it.
        issuer: On whose behalf people decide.
    """
    currency = credit["currency"]
    told = _told(lines, incidents)
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
        target=credit["target"] or "",
        bad_ppm_ms=credit["bad_ppm_ms"],
        total_ms=credit["total_ms"],
        unmeasured_ms=credit["unmeasured_ms"] or 0,
        fee=Money(currency, credit["fee_minor"]),
        **_row_of_table(policy, credit),
        before_cap_minor=credit["before_cap_minor"] or "0",
        cap_of_fee=str(policy.caps[0].at) if policy.caps and is_plain_cap(policy) else "",
        cap_minor=(credit["cap_minor"] or "") if is_plain_cap(policy) else "",
        minimum=None if credit["minimum_minor"] is None else Money(currency, credit["minimum_minor"]),
        minimum_strict=any(m.strict for m in policy.minimums if m.amount.currency == currency),
        unrounded_minor=credit["unrounded_minor"] or "0",
        rounding=policy.rounding.value,
        amount=Money(currency, credit["amount_minor"]),
        settlement_form=policy.settlement.form.value,
        expires_on=_expires_on(issued_on, policy.settlement),
        lines=tuple(_line(line, told) for line in lines),
        steps=tuple(impact_steps(lines, told, Curve(credit["curve"]))),
        incidents=tuple(_incident(incident) for incident in told.values()),
        service_ms=credit.get("service_ms") or 0,
        rights=tuple((credit.get("rights") or "").split(RIGHTS_JOINT)) if credit.get("rights") else (),
        claim_until=credit.get("claim_until") or "",
        **_how(credit, lines, policy, issuer),
    )


def _how(credit: Row, lines: Sequence[Row], policy: Policy, issuer: str) -> dict[str, Any]:
    """How it was measured, and how the amount came about: by the policy's terms, or by a person's decision."""
    if is_plain(policy, credit):
        return {}
    redone, whole = redo(policy, credit, lines), whole_period(policy, credit)
    is_decided = bool(credit.get("decided_by"))
    is_sure = redone.is_sure and not is_decided
    return {
        "measured": state_measured(policy, credit, redone.measurement, whole, is_sure=is_sure),
        "paid": HowPaid() if is_decided else state_paid(policy, credit, redone),
        "decision": Decision(credit["decided_by"], issuer, credit["reason"] or "") if is_decided else None,
    }


def _row_of_table(policy: Policy, credit: Row) -> dict[str, Any]:
    """The row that applied; blank where the credit came from no table."""
    row = None if credit["tier"] is None else policy.rows[credit["tier"]]
    # Bands are stated as terms, each with the outages in it.
    tier = row if isinstance(row, Tier) else None
    return {
        "tier_upper": "" if tier is None or tier.upper is None else str(tier.upper),
        "tier_upper_inclusive": tier is not None and tier.upper_inclusive,
        "tier_lower": "" if tier is None or tier.lower is None else str(tier.lower),
        "tier_lower_inclusive": tier is None or tier.lower_inclusive,
        "clause": tier.clause if tier else "",
        "rate": credit["rate"] or "",
    }


def _told(lines: Sequence[Row], incidents: Mapping[str, Incident]) -> dict[str, Incident]:
    """The incidents of the lines in order, each once; what was measured from usage stands for itself."""
    ids = dict.fromkeys(line["incident_id"] for line in lines)
    return {
        one: incidents[one]
        if one in incidents or not one.startswith(USAGE_PREFIX)
        else usage_incident(one.removeprefix(USAGE_PREFIX))
        for one in ids
    }


def _expires_on(issued_on: date, terms: Settlement) -> str:
    """The day on which an unused credit expires; the earlier one, should the contract name two."""
    ends = []
    if terms.expires_months is not None:
        ends.append(add_months(issued_on, terms.expires_months))
    if terms.expires_days is not None:
        ends.append(issued_on + timedelta(days=terms.expires_days))
    return min(ends).isoformat() if ends else ""


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
    parts = [(part, int(s.share_ppm)) for s in segments if (part := s.window.overlap(window)) is not None]
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
