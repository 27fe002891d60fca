"""Stored credits as the frozen values that a statement shows."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sla_service.domain.incidents import (
    USAGE_PREFIX,
    Curve,
    Incident,
    turning_points,
    usage_incident,
)
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Tier
from sla_service.domain.policies.payment import Settlement
from sla_service.domain.stated_terms import Before, Decision, HowMeasured, HowPaid
from sla_service.domain.statements import (
    ImpactLine,
    ImpactStep,
    LineStatus,
    StatedCredit,
    StatedIncident,
    TimelineNote,
)
from sla_service.usecases.impact_shapes import shape_of
from sla_service.usecases.redo_credit import redo, whole_period
from sla_service.usecases.state_caps import is_plain_cap
from sla_service.usecases.state_measured import state_measured
from sla_service.usecases.state_paid import is_plain, state_paid

Row = Mapping[str, Any]

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
    told = {line["incident_id"]: told_incident(line["incident_id"], incidents) for line in lines}
    return StatedCredit(
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
        **own_values(policy, credit),
        **_row_of_table(policy, credit),
        cap_of_fee=str(policy.caps[0].at) if policy.caps and is_plain_cap(policy) else "",
        minimum=None if credit["minimum_minor"] is None else Money(currency, credit["minimum_minor"]),
        minimum_strict=any(m.strict for m in policy.minimums if m.amount.currency == currency),
        rounding=policy.rounding.value,
        settlement_form=policy.settlement.form.value,
        expires_on=_expires_on(issued_on, policy.settlement),
        lines=tuple(state_line(line, told[line["incident_id"]].title) for line in lines),
        steps=tuple(impact_steps(lines, told, Curve(credit["curve"]))),
        incidents=tuple(map(state_incident, told.values())),
        service_ms=credit.get("service_ms") or 0,
        rights=tuple((credit.get("rights") or "").split(RIGHTS_JOINT)) if credit.get("rights") else (),
        claim_until=credit.get("claim_until") or "",
        take_back=policy.settlement.take_back,
        **state_how(credit, lines, policy, issuer),
    )


def own_values(policy: Policy, credit: Row) -> dict[str, Any]:
    """Fields that are each merchant's own where everything else is the same."""
    currency = credit["currency"]
    own = {
        "amount": Money(currency, credit["amount_minor"]),
        # Of a contract that is gone nothing is measured.
        "bad_ppm_ms": credit["bad_ppm_ms"] or 0,
        "before_cap_minor": credit["before_cap_minor"] or "0",
        "cap_minor": (credit["cap_minor"] or "") if is_plain_cap(policy) else "",
        "credit_id": f"{credit['run_id']}-{credit['credit_no']}",
        "fee": Money(currency, credit["fee_minor"]),
        "total_ms": credit["total_ms"] or 0,
        "unmeasured_ms": credit["unmeasured_ms"] or 0,
        "unrounded_minor": credit["unrounded_minor"] or "0",
    }
    before, before_ms = credit.get("before_minor") or 0, credit.get("before_service_ms") or 0
    if before or before_ms:
        own["before"] = Before(before, credit["stated_minor"], before_ms, credit["stated_service_ms"])
    return own


def state_how(credit: Row, lines: Sequence[Row], policy: Policy, issuer: str) -> dict[str, Any]:
    """Fields that say how it was measured, and how the amount came about: by the policy's terms, or by a person.

    Only those that have something to say.
    """
    if is_plain(policy, credit) or not credit["total_ms"]:
        return {}
    redone, whole = redo(policy, credit, lines), whole_period(policy, credit)
    is_decided = bool(credit.get("decided_by"))
    is_sure = redone.is_sure and not is_decided
    measured = state_measured(policy, credit, redone.measurement, whole, is_sure=is_sure)
    how: dict[str, Any] = {} if measured == HowMeasured() else {"measured": measured}
    if is_decided:
        return how | {"decision": Decision(credit["decided_by"], issuer, credit["reason"] or "")}
    if not credit["before_cap_minor"]:
        # Nothing is owed, or what is left of a void: there is no amount to say the making of.
        return how
    paid = state_paid(policy, credit, redone)
    return how if paid == HowPaid() else how | {"paid": paid}


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


def told_incident(incident_id: str, incidents: Mapping[str, Incident]) -> Incident:
    """The incident of a line; what was measured from usage stands for itself."""
    if incident_id not in incidents and incident_id.startswith(USAGE_PREFIX):
        return usage_incident(incident_id.removeprefix(USAGE_PREFIX))
    return incidents[incident_id]


def _expires_on(issued_on: date, terms: Settlement) -> str:
    """The day on which an unused credit expires; the earlier one, should the contract name two."""
    ends = []
    if terms.expires_months is not None:
        ends.append(add_months(issued_on, terms.expires_months))
    if terms.expires_days is not None:
        ends.append(issued_on + timedelta(days=terms.expires_days))
    return min(ends).isoformat() if ends else ""


def impact_steps(lines: Sequence[Row], incidents: Mapping[str, Incident], curve: Curve) -> list[ImpactStep]:
    """The impact that a chart draws: each line with the shape of its incident's curve, where that is what it was."""
    return [
        ImpactStep(*stretch)
        for line in lines
        for stretch in shape_of(incidents[line["incident_id"]], curve).drawn(
            line["started_at_ms"], line["ended_at_ms"], line["impact_ppm_ms"]
        )
    ]


def state_line(line: Row, title: str) -> ImpactLine:
    """A line under the title of its incident."""
    return ImpactLine(
        incident_id=line["incident_id"],
        title=title,
        start_ms=line["started_at_ms"],
        end_ms=line["ended_at_ms"],
        impact_ppm_ms=line["impact_ppm_ms"],
        counted_ppm_ms=line["counted_ppm_ms"],
        status=LineStatus(line["status"]),
        reason=line["reason"] or "",
    )


def state_incident(incident: Incident) -> StatedIncident:
    """An incident in words and points: those reports that say something, or the turning points."""
    told = [point for point in incident.timeline if point.text] or turning_points(incident.timeline)
    notes = tuple(TimelineNote(point.at_ms, point.available_ppm, point.text) for point in told)
    return StatedIncident(incident.incident_id, incident.title, incident.cause, notes)


def add_months(day: date, months: int) -> date:
    """The same day of the month, that many months later; the month's last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
