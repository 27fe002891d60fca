"""How a credit's availability was measured, as a statement says it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sla_service.domain.measurement import Measurement
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Gate
from sla_service.domain.policies.cycles import (
    BillingMonth,
    CalendarMonths,
    EachDay,
    EachHour,
    EachIncident,
    PartPeriod,
    Period,
    RollingDays,
    Week,
)
from sla_service.domain.policies.downtime import (
    Quantise,
    RoundAvailability,
    RoundOutage,
    RoundTotal,
    WholeSlots,
)
from sla_service.domain.policies.indicators import (
    AffectedUsers,
    Events,
    Indicator,
    Metric,
    ScoredEvents,
    SlotMean,
    Slots,
    SubjectKind,
    Windows,
)
from sla_service.domain.stated_terms import HowMeasured, StatedMetric, StatedRounding
from sla_service.domain.windows import Window
from sla_service.usecases.redo_credit import steps_of

Row = Mapping[str, Any]

INDICATORS: Mapping[type[Indicator], str] = {
    Windows: "",
    Slots: "slots",
    SlotMean: "slot_mean",
    Events: "events",
    ScoredEvents: "scored_events",
    AffectedUsers: "affected_users",
    Metric: "metric",
}
PERIODS: Mapping[type[Period], str] = {
    BillingMonth: "billing_month",
    Week: "week",
    RollingDays: "rolling",
    EachIncident: "incident",
    EachHour: "hour",
    EachDay: "day",
}
MONTHS = {1: "", 3: "quarter", 6: "half_year", 12: "year"}


def state_measured(policy: Policy, row: Row, measurement: Measurement, whole: Window, *, is_sure: bool) -> HowMeasured:
    """What is not the default: windows of a calendar month, divided by its real length.

    Args:
        policy: The terms.
        row: Of the credits table.
        measurement: As it was done again.
        whole: The whole period.
        is_sure: Whether what was done again comes to what is stored.
    """
    is_stored = Measurement(row["bad_ppm_ms"], row["total_ms"]).availability == measurement.availability
    decisive = measurement.decisive
    metric = policy.indicator if isinstance(policy.indicator, Metric) else None
    is_own_month = not _period(policy.period) and policy.part_period is PartPeriod.OWN_CYCLE
    is_whole = is_own_month or (whole.start_ms, whole.end_ms) == (row["period_start_ms"], row["period_end_ms"])
    return HowMeasured(
        availability="" if is_stored else str(measurement.availability),
        figure=str(decisive) if is_sure and not metric and decisive != measurement.availability else "",
        credited_ms=_credited(measurement) if is_sure else "",
        indicator=INDICATORS[type(policy.indicator)],
        metric=None if metric is None else _metric(metric, row),
        subject="" if policy.subject is SubjectKind.MERCHANT else policy.subject_word,
        gate="" if policy.gate is Gate.AT_LEAST else policy.gate.value,
        grace_ms=policy.qualify.grace_ms,
        minimum_run_strict=policy.qualify.strict,
        quantise=tuple(map(_rounding, policy.quantise)),
        is_fixed_length=policy.denominator_ms is not None,
        part_period="" if policy.part_period is PartPeriod.OWN_CYCLE else policy.part_period.value,
        period=_period(policy.period),
        whole_start_ms=0 if is_whole else whole.start_ms,
        whole_end_ms=0 if is_whole else whole.end_ms,
    )


def _metric(metric: Metric, row: Row) -> StatedMetric:
    return StatedMetric(metric.name, metric.unit, metric.worse.value, steps_of(row).get("figure", ""))


def _credited(measurement: Measurement) -> str:
    credited: Fraction | None = measurement.credited_bad_ms
    return "" if credited is None or credited == measurement.bad_ms else str(credited)


def _period(period: Period) -> str:
    if isinstance(period, CalendarMonths):
        return MONTHS.get(period.months, "months")
    return PERIODS[type(period)]


def _rounding(step: Quantise) -> StatedRounding:
    match step:
        case WholeSlots(slot_ms):
            return StatedRounding("whole_slots", str(slot_ms))
        case RoundOutage(unit_ms, rounding):
            return StatedRounding("outage", str(unit_ms), rounding.value)
        case RoundTotal(unit_ms, rounding):
            return StatedRounding("total", str(unit_ms), rounding.value)
        case RoundAvailability(unit, rounding):
            return StatedRounding("availability", str(unit), rounding.value)
