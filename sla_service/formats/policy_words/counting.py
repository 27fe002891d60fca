"""Stages 4 to 6: what does not count, how time is made whole, and what it is divided by."""

from __future__ import annotations

from collections.abc import Iterator

from sla_service.domain.exclusions import ExclusionKind
from sla_service.domain.policies.cycles import (
    BillingMonth,
    CalendarMonths,
    EachDay,
    EachHour,
    EachIncident,
    RollingDays,
    Week,
)
from sla_service.domain.policies.downtime import (
    ExclusionEffect,
    ExclusionRule,
    RecurringRule,
    RoundAvailability,
    RoundOutage,
    RoundTotal,
    WholeSlots,
)
from sla_service.formats.policy_words.dividing import divided
from sla_service.formats.policy_words.local_windows import limits, window, within, zone_of
from sla_service.formats.policy_words.voice import PARTS, Voice

_NAMED_MONTHS = {3: "quarter", 6: "half_year", 12: "year"}


def exclude(voice: Voice) -> Iterator[str]:
    """Stage 4."""
    rules = voice.policy.exclude
    if not rules:
        yield voice.say("exclude.nothing" if voice.has_outages else "exclude.nothing_of_rows")
        return
    for number, rule in enumerate(rules, 1):
        terms = _rule(voice, rule) if isinstance(rule, ExclusionRule) else _recurring(voice, rule)
        yield voice.say("exclude.rule", number=number, terms=voice.joint(terms))
    if len(rules) > 1:
        yield voice.say("exclude.order")
    yield voice.say("exclude.nothing_else" if voice.has_outages else "exclude.nothing_else_of_rows")


def _rule(voice: Voice, rule: ExclusionRule) -> Iterator[str]:
    yield voice.say(f"exclude.kind.{rule.kind}")
    if rule.notice_ms is not None:
        yield voice.say("exclude.notice", notice=voice.time(rule.notice_ms))
    yield from _business_days(voice, rule)
    if rule.notice_ms is None and not rule.notice_business_days and rule.kind is ExclusionKind.MAINTENANCE:
        yield voice.say("exclude.no_notice")
    if rule.confirmed:
        yield voice.say("exclude.confirmed")
    elif rule.kind is ExclusionKind.UPSTREAM:
        yield voice.say("exclude.unconfirmed")
    if rule.covered:
        yield voice.say("exclude.covered", names=voice.names(rule.covered))
    yield from within(voice, rule.within)
    yield from _effect(voice, rule.effect)
    if not rule.allowances:
        yield voice.say("exclude.no_allowance")
    yield from limits(voice, rule)


def _business_days(voice: Voice, rule: ExclusionRule) -> Iterator[str]:
    if rule.notice_business_days:
        days = voice.count("time.business_day", rule.notice_business_days)
        yield voice.say("exclude.business_days", days=days)
        country = voice.country(rule.holidays)
        yield voice.say("settlement.holidays", country=country) if rule.holidays else voice.say("settlement.weekends")
    elif rule.holidays:
        yield voice.idle(f"holidays: {rule.holidays}")


def _recurring(voice: Voice, rule: RecurringRule) -> Iterator[str]:
    yield from window(voice, rule)
    yield from _effect(voice, rule.effect)
    if rule.allowances:
        yield voice.say("exclude.downtime_only")
    yield from limits(voice, rule)


def _effect(voice: Voice, effect: ExclusionEffect) -> Iterator[str]:
    """What becomes of the time, or of the rows of evidence that begin in it."""
    if voice.has_outages:
        yield voice.say(f"exclude.effect.{effect}")
        return
    if voice.policy.is_metric:
        yield voice.say("exclude.rows.measurements")
        meant = {ExclusionEffect.NOT_DOWN}
    else:
        # Of rows there is no more to add back than what failed in them.
        said = ExclusionEffect.NOT_DOWN if effect is ExclusionEffect.ADDED_BACK else effect
        yield voice.say(f"exclude.rows.{said}")
        meant = {ExclusionEffect.NOT_DOWN, ExclusionEffect.NOT_MEASURED, ExclusionEffect.NOT_CREDITED}
    if effect not in meant:
        yield voice.idle(f"effect: {effect}")


def quantise(voice: Voice) -> Iterator[str]:
    """Stage 5."""
    rules = voice.policy.quantise
    if not rules:
        yield voice.say("quantise.exact" if voice.has_outages else "quantise.exact_of_rows")
    if len(rules) > 1:
        yield voice.say("quantise.order")
    for rule in rules:
        match rule:
            case WholeSlots(slot_ms):
                yield voice.say("quantise.whole_slots", slot=voice.time(slot_ms))
            case RoundOutage(unit_ms, rounding):
                yield voice.say(f"quantise.outage.{rounding}", unit=voice.time(unit_ms))
            case RoundTotal(unit_ms, rounding):
                yield voice.say(f"quantise.total.{rounding}", unit=voice.time(unit_ms))
            case RoundAvailability(step, rounding):
                what = "metric" if voice.policy.is_metric else "availability"
                yield voice.say(f"quantise.{what}.{rounding}", promised=voice.promised, step=voice.figure(step))


def period(voice: Voice) -> Iterator[str]:
    """Stage 6."""
    yield from _period(voice)
    yield voice.say(f"period.midnights.{voice.parts or 'period'}", zone=zone_of(voice, voice.policy.time_zone))
    yield from divided(voice)


def _period(voice: Voice) -> Iterator[str]:
    match voice.policy.period:
        case CalendarMonths(months, first):
            yield from _months(voice, months, first)
        case BillingMonth(day):
            yield voice.say("period.billing_month", day=day)
        case Week(starts):
            yield voice.say("period.week", day=voice.weekday(starts))
        case RollingDays(days):
            yield voice.say("period.rolling", days=voice.count("time.day", days))
        case EachIncident() | EachHour() | EachDay() as event:
            yield voice.say(f"period.{PARTS[type(event)]}")
            if voice.has_outages and not isinstance(event, EachIncident):
                yield voice.say(f"period.over_end.{PARTS[type(event)]}")
            yield voice.say("period.shown")


def _months(voice: Voice, months: int, first: int) -> Iterator[str]:
    if months == 1:
        yield voice.say("period.month")
        if first != 1:
            yield voice.idle(f"first_month: {first}")
    elif months in _NAMED_MONTHS:
        yield voice.say(f"period.{_NAMED_MONTHS[months]}", month=voice.month(first))
    else:
        yield voice.say("period.months", months=voice.count("time.month", months), month=voice.month(first))
