"""Stage 9: what a share is of, the most and the least, and rounding."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_service.domain.instants import DAY_MS
from sla_service.domain.money import Rounding
from sla_service.domain.policies.credits import Amount, Share, pays_of, times_of
from sla_service.domain.policies.cycles import CalendarMonths, RollingDays, Week, is_fiscal
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.most import most_of
from sla_service.domain.policies.payment import (
    BY_ITSELF,
    MONTHLY_FEE,
    NEXT_INVOICE,
    PERIOD_FEE,
    Base,
    Cap,
    CapPer,
    ChargeMonth,
)
from sla_service.formats.policy_words.crediting import base_name
from sla_service.formats.policy_words.voice import Voice

_OURS = {MONTHLY_FEE, PERIOD_FEE, NEXT_INVOICE}
"""Names that the language defines; others are kinds of charges and repeated as they stand in the file."""
_WEEK_DAYS = 7


def money(voice: Voice) -> Iterator[str]:
    """Base, caps, minimums, rounding: in the order in which they apply."""
    if voice.extends_term and not any(isinstance(pay, Share | Amount) for pay in pays_of(voice.policy.credit)):
        yield from _service_time(voice)
        return
    yield from _base(voice, voice.policy.base)
    yield from _caps(voice)
    yield from _minimums(voice)
    yield voice.say(f"money.rounding.{voice.policy.rounding}")


def _service_time(voice: Voice) -> Iterator[str]:
    """What is paid in time has no price: what the file says of money is only said where it is there."""
    policy = voice.policy
    yield voice.say("money.time")
    if policy.base != Base():
        yield from _base(voice, policy.base)
    yield from _caps(voice)
    if policy.minimums:
        yield from _minimums(voice)
        yield voice.idle("minimum")
    if policy.rounding is not Rounding.HALF_UP:
        yield voice.idle(f"rounding: {policy.rounding}")


def _minimums(voice: Voice) -> Iterator[str]:
    minimums = voice.policy.minimums
    for minimum in minimums:
        key = "money.minimum.above" if minimum.strict else "money.minimum.at_least"
        yield voice.say(key, amount=voice.ways.money(minimum.amount), currency=minimum.amount.currency)
    yield voice.say("money.minimum.when" if minimums else "money.minimum.none")


def _base(voice: Voice, base: Base) -> Iterator[str]:
    charges = [name for name in base.of if name not in _OURS]
    # Fees are those of the contract; of which month is asked of charges only.
    if len(charges) == len(base.of):
        taken = voice.say(f"money.month.{base.month}", charges=_summed(voice, [_charge(voice, one) for one in base.of]))
    else:
        taken = _summed(voice, [_dated(voice, base, name) for name in base.of])
    shared = taken if base.share == 1 else voice.say("money.share", share=voice.percent(base.share), charges=taken)
    yield voice.say("money.base", base=shared)
    is_by_unit = voice.policy.subject is SubjectKind.UNIT
    if is_by_unit:
        yield voice.say("money.by_unit")
    if base.covers_ms is not None:
        yield voice.say("money.covers", time=voice.days_and_hours(base.covers_ms))
    elif voice.parts:
        yield voice.say("money.covers_month")
    elif _pays_days(voice):
        yield voice.say("money.covers_days")
    else:
        yield voice.say("money.covers_period")
    if not charges and base.month is not ChargeMonth.THIS:
        yield voice.idle(f"month: {base.month}")
    if base.prorated:
        # A pool has one base, whenever its units came.
        yield voice.say("money.prorated", whose=voice.whose if is_by_unit else voice.say("period.whose.merchant"))


def _summed(voice: Voice, said: list[str]) -> str:
    return voice.say("money.summed", charges=voice.every(said)) if len(said) > 1 else said[0]


def _dated(voice: Voice, base: Base, name: str) -> str:
    charge = _charge(voice, name)
    return charge if name in _OURS else voice.say(f"money.month.{base.month}", charges=charge)


def _pays_days(voice: Voice) -> bool:
    """Whether whole days have a price: days of the calendar, whose length does not matter."""
    times = [*times_of(voice.policy.credit)]
    times += [cap.at for cap in voice.policy.caps if isinstance(cap.at, int)]
    return not voice.extends_term and any(time_ms % DAY_MS == 0 for time_ms in times)


def _charge(voice: Voice, name: str) -> str:
    match voice.policy.period:
        case RollingDays(days=days) if name == PERIOD_FEE:
            return voice.say("money.of.days", days=days)
        case Week() if name == PERIOD_FEE:
            return voice.say("money.of.days", days=_WEEK_DAYS)
    return voice.say(f"money.of.{name}") if name in _OURS else voice.say("money.of.charge", name=voice.quoted(name))


def _caps(voice: Voice) -> Iterator[str]:
    caps = voice.policy.caps
    if not caps:
        yield _no_cap(voice)
        return
    for cap in caps:
        yield _cap(voice, cap)
        if not isinstance(cap.at, Fraction) and cap.of != MONTHLY_FEE:
            yield voice.idle(f"of: {cap.of}")
    if voice.policy.base.prorated and any(map(_is_of_a_fee, caps)):
        yield voice.say("money.cap.prorated")
    if len(caps) > 1:
        yield voice.say("money.cap.order")
    if any(cap.per is CapPer.OUTAGE for cap in caps):
        yield voice.say("money.cap.each_outage")


def _no_cap(voice: Voice) -> str:
    if voice.extends_term:
        return voice.say("money.no_cap_of_time")
    most = most_of(voice.policy, voice.policy.credit)
    return voice.say("money.no_cap_needed" if most is not None and most <= 1 else "money.no_cap")


def _cap(voice: Voice, cap: Cap) -> str:
    period = voice.policy.period
    if cap.per is CapPer.PERIOD and voice.parts:
        return voice.say("money.cap.whole_month", limit=_limit(voice, cap))
    if isinstance(period, CalendarMonths) and is_fiscal(period) and cap.per in {CapPer.QUARTER, CapPer.YEAR}:
        month = voice.month(period.first_month)
        return voice.say(f"money.cap.fiscal_{cap.per}", limit=_limit(voice, cap), month=month)
    return voice.say(f"money.cap.{cap.per}", limit=_limit(voice, cap))


def _is_of_a_fee(cap: Cap) -> bool:
    """Whether it is a share of a fee for the period, of which a part may be due only."""
    return isinstance(cap.at, Fraction) and cap.per is CapPer.PERIOD and cap.of in {MONTHLY_FEE, PERIOD_FEE}


def _limit(voice: Voice, cap: Cap) -> str:
    if isinstance(cap.at, Fraction):
        of_month = cap.per is CapPer.UNIT and voice.parts in {"hour", "day"}
        of_base = cap.per in BY_ITSELF and cap.of == MONTHLY_FEE and not of_month
        of = base_name(voice) if of_base else _charge(voice, cap.of)
        if not of_base and cap.per in BY_ITSELF and voice.policy.subject is SubjectKind.UNIT:
            of = voice.say("pay.base.unit", base=of)
        return voice.say("money.limit", share=voice.percent(cap.at), of=of)
    return voice.worth(cap.at) if isinstance(cap.at, int) else voice.amounts(cap.at)
