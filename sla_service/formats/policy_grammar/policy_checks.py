"""What the fields of a policy must be to each other: rules that no field can keep alone."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from fractions import Fraction

from sla_service.domain.policies.credits import (
    Bands,
    Blocks,
    Credit,
    DowntimeOf,
    Flat,
    Gate,
    Hits,
    Multiple,
    Per,
    Points,
    Share,
    Stack,
    pays_of,
)
from sla_service.domain.policies.cycles import BillingMonth, EachDay, EachHour, EachIncident, Period, Week
from sla_service.domain.policies.downtime import (
    Affected,
    Exclude,
    Qualify,
    Quantise,
    RoundAvailability,
)
from sla_service.domain.policies.examples import PolicyExample
from sla_service.domain.policies.indicators import (
    Events,
    Indicator,
    Metric,
    ScoredEvents,
    Slots,
    SubjectKind,
    SubjectOf,
    Together,
    Windows,
    has_outages,
)
from sla_service.domain.policies.payment import (
    MONTHLY_FEE,
    PERIOD_FEE,
    Base,
    Cap,
    CapPer,
    Chronic,
    ChronicOutages,
    Claim,
    ClaimUnit,
    DueAfter,
    SettleForm,
    Settlement,
)
from sla_service.formats.policy_grammar.allowances import check_shared
from sla_service.formats.policy_grammar.records import Check
from sla_service.formats.yaml_reader import Fields

_NO_OUTAGES = "this indicator has no outages"


def _check_target(
    fields: Fields,
    target: Fraction | None,
    gate: Gate,
    credit_: Credit,
    chronics: tuple[Chronic | ChronicOutages, ...],
    due: DueAfter | None,
) -> None:
    """What is held against the target needs one."""
    if target is not None:
        return
    if gate is not Gate.NONE:
        fields.refuse("field_missing", f"add `target`, or write `gate: {Gate.NONE}`", "target")
    elif _needs_target(credit_):
        fields.refuse("field_missing", "add `target`: the credit counts from it", "target")
    elif any(isinstance(one, Chronic) and one.below is None for one in chronics):
        fields.refuse("field_missing", "add `target`, or `below` to `chronic`", "target")
    elif due is not None and due.below is None:
        fields.refuse("field_missing", "add `target`, or `below` to `due_after`", "target")


def _needs_target(credit_: Credit) -> bool:
    match credit_:
        case Points():
            return True
        case Multiple() | Blocks():
            return credit_.of is DowntimeOf.EXCESS
        case Stack():
            return any(map(_needs_target, credit_.of))
        case _:
            return False


def _check_fees(
    fields: Fields, base: Base, settlement: Settlement, credit_: Credit, examples_: tuple[PolicyExample, ...]
) -> None:
    # Service time at the end of the term has no price; a share of the fee has one all the same.
    is_time = settlement.form is SettleForm.TERM_EXTENSION and not any(
        isinstance(pay, Share) for pay in pays_of(credit_)
    )
    if not {MONTHLY_FEE, PERIOD_FEE} & set(base.of) or is_time:
        return
    for number, example in enumerate(examples_):
        if example.fee is None:
            fields.refuse("field_missing", "add `fee`: the base is a fee", "examples", number, "fee")


def _check_first_days(fields: Fields, period: Period, examples_: tuple[PolicyExample, ...]) -> None:
    for number, example in enumerate(examples_):
        day = example.first_day
        if isinstance(period, Week) and day.weekday() != period.starts:
            message = f"{day} is not the day of the week on which the period begins"
            fields.refuse("period_start", message, "examples", number, "period")
        if isinstance(period, BillingMonth) and day.day != min(period.day, monthrange(day.year, day.month)[1]):
            message = f"{day} is not the day of the month on which the period begins"
            fields.refuse("period_start", message, "examples", number, "period")


def _check_claimed(fields: Fields, claim: Claim | None, examples_: tuple[PolicyExample, ...]) -> None:
    if claim is None or claim.unit is not ClaimUnit.HOURS:
        return
    for number, example in enumerate(examples_):
        if example.claimed_on is not None:
            message = "the deadline is in hours, so write the instant, such as 2023-09-19T02:00+08:00"
            fields.refuse("time_required", message, "examples", number, "claimed")


# Requests and metrics have no outages: what is said of outages would be said for nothing. One check for each stage, so
# that a mistake in one hides no other.


def _check_runs(fields: Fields, indicator: Indicator, qualify: Qualify) -> None:
    if not has_outages(indicator) and replace(qualify, affected=Affected.EVERYONE, activity_ms=0) != Qualify():
        fields.refuse("no_outages", f"leave this out: {_NO_OUTAGES}", "qualify")


def _check_allowances(fields: Fields, indicator: Indicator, exclude: tuple[Exclude, ...]) -> None:
    if not has_outages(indicator) and any(rule.allowances for rule in exclude):
        fields.refuse("no_outages", f"leave `allowance` out: {_NO_OUTAGES}", "exclude")


def _check_rounding(fields: Fields, indicator: Indicator, quantise_: tuple[Quantise, ...]) -> None:
    if not has_outages(indicator) and not all(isinstance(step, RoundAvailability) for step in quantise_):
        fields.refuse("no_outages", f"only the availability can be rounded: {_NO_OUTAGES}", "quantise")


def _check_pay(fields: Fields, indicator: Indicator, credit_: Credit) -> None:
    if not has_outages(indicator) and _looks_at_time(credit_):
        fields.refuse("no_outages", f"pay by availability, not by time down: {_NO_OUTAGES}", "credit")


def _check_multiple(fields: Fields, indicator: Indicator, credit_: Credit, settlement: Settlement) -> None:
    if not _multiplies(credit_):
        return
    if isinstance(indicator, Metric):
        fields.refuse("no_outages", "pay by the value: a metric has no downtime to multiply", "credit")
    elif isinstance(indicator, Events | ScoredEvents) and settlement.form is SettleForm.TERM_EXTENSION:
        message = "pay days by rows: failed requests have no length of time that could be added to the term"
        fields.refuse("no_outages", message, "credit")


def _multiplies(credit_: Credit) -> bool:
    return isinstance(credit_, Multiple) or (isinstance(credit_, Stack) and any(map(_multiplies, credit_.of)))


def _check_counted(fields: Fields, indicator: Indicator, chronics: tuple[Chronic | ChronicOutages, ...]) -> None:
    if has_outages(indicator):
        return
    for number, rule in enumerate(chronics):
        if isinstance(rule, ChronicOutages):
            fields.refuse("no_outages", f"count missed periods instead: {_NO_OUTAGES}", "chronic", number)


def _check_incidents(fields: Fields, indicator: Indicator, period: Period) -> None:
    if not has_outages(indicator) and isinstance(period, EachIncident):
        fields.refuse("no_outages", f"write `hour`, `day` or a longer period: {_NO_OUTAGES}", "period", "kind")


def _looks_at_time(credit_: Credit) -> bool:
    match credit_:
        case Blocks() | Bands() | Hits() | Flat(per=Per.OUTAGE):
            return True
        case Multiple():
            return bool(credit_.whole_ms)
        case Stack():
            return any(map(_looks_at_time, credit_.of))
        case _:
            return False


def _check_subject(fields: Fields, subject: SubjectOf, period: Period, indicator: Indicator) -> None:
    if isinstance(subject, Together) and not isinstance(indicator, Windows | Slots):
        what = "only windows and bad slots tell whether units are hit at the same time"
        fields.refuse("together_times", f"use another indicator or subject: {what}", "subject")
    if subject is not SubjectKind.POOL:
        return
    if isinstance(period, EachIncident | EachHour | EachDay):
        message = "a pool is assessed as one, not by single incidents, hours or days: use `month` or another period"
        fields.refuse("pool_parts", message, "period")
    if isinstance(indicator, Metric):
        fields.refuse("pool_metric", "the metrics of several units have no sum: use `subject: unit`", "subject")


def _check_caps(fields: Fields, subject: SubjectOf, caps: tuple[Cap, ...]) -> None:
    if subject is not SubjectKind.UNIT and any(cap.per is CapPer.UNIT for cap in caps):
        fields.refuse("field_needs", "a cap `per: unit` goes with `subject: unit`", "cap")


def _check_due(fields: Fields, subject: SubjectOf, due: DueAfter | None) -> None:
    """The past is kept for the contract: under single units another one's miss would make this one's credit due."""
    if due is not None and subject is SubjectKind.UNIT:
        message = "the past of single units is not kept: write `credit: {kind: manual}`, or a contract for each unit"
        fields.refuse("due_units", message, "due_after")


CHECKS = (
    Check(("indicator", "qualify"), _check_runs),
    Check(("indicator", "exclude"), _check_allowances),
    Check(("indicator", "quantise"), _check_rounding),
    Check(("indicator", "credit"), _check_pay),
    Check(("indicator", "credit", "settlement"), _check_multiple),
    Check(("indicator", "chronic"), _check_counted),
    Check(("indicator", "period"), _check_incidents),
    Check(("exclude",), check_shared),
    Check(("subject", "period", "indicator"), _check_subject),
    Check(("subject", "caps"), _check_caps),
    Check(("subject", "due_after"), _check_due),
    Check(("target", "gate", "credit", "chronic", "due_after"), _check_target),
    Check(("base", "settlement", "credit", "examples"), _check_fees),
    Check(("period", "examples"), _check_first_days),
    Check(("claim", "examples"), _check_claimed),
)
