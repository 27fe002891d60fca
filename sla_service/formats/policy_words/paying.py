"""Stage 9: what a share is of, the most and the least, and rounding."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_service.domain.instants import DAY_MS
from sla_service.domain.policies.credits import Time, pays_of
from sla_service.domain.policies.cycles import CalendarMonths, is_fiscal
from sla_service.domain.policies.payment import MONTHLY_FEE, NEXT_INVOICE, PERIOD_FEE, Base, Cap, CapPer
from sla_service.formats.policy_words.voice import Voice

_OURS = {MONTHLY_FEE, PERIOD_FEE, NEXT_INVOICE}
"""Names that the language defines; others are kinds of charges and repeated as they stand in the file."""


def money(voice: Voice) -> Iterator[str]:
    """Base, caps, minimums, rounding: in the order in which they apply."""
    policy = voice.policy
    yield from _base(voice, policy.base)
    yield from _caps(voice)
    for minimum in policy.minimums:
        key = "money.minimum.above" if minimum.strict else "money.minimum.at_least"
        yield voice.say(key, amount=voice.ways.money(minimum.amount), currency=minimum.amount.currency)
    yield voice.say("money.minimum.when" if policy.minimums else "money.minimum.none")
    yield voice.say(f"money.rounding.{policy.rounding}")


def _base(voice: Voice, base: Base) -> Iterator[str]:
    charges = voice.every([_charge(voice, name) for name in base.of])
    summed = voice.say("money.summed", charges=charges) if len(base.of) > 1 else charges
    taken = voice.say(f"money.month.{base.month}", charges=summed)
    shared = taken if base.share == 1 else voice.say("money.share", share=voice.percent(base.share), charges=taken)
    yield voice.say("money.base", base=shared)
    if base.covers_ms is None:
        yield voice.say("money.covers_days" if _pays_days(voice) else "money.covers_period")
    else:
        yield voice.say("money.covers", time=voice.service_time(base.covers_ms))


def _pays_days(voice: Voice) -> bool:
    """Whether whole days have a price: days of the calendar, whose length does not matter."""
    times = [pay.time_ms for pay in pays_of(voice.policy.credit) if isinstance(pay, Time)]
    times += [cap.at for cap in voice.policy.caps if isinstance(cap.at, int)]
    return not voice.extends_term and any(time_ms % DAY_MS == 0 for time_ms in times)


def _charge(voice: Voice, name: str) -> str:
    return voice.say(f"money.of.{name}") if name in _OURS else voice.say("money.of.charge", name=voice.quoted(name))


def _caps(voice: Voice) -> Iterator[str]:
    caps = voice.policy.caps
    if not caps:
        yield voice.say("money.no_cap")
        return
    for cap in caps:
        yield _cap(voice, cap)
        if not isinstance(cap.at, Fraction) and cap.of != MONTHLY_FEE:
            yield voice.idle(f"of: {cap.of}")
    yield voice.say("money.cap.when")


def _cap(voice: Voice, cap: Cap) -> str:
    period = voice.policy.period
    if isinstance(period, CalendarMonths) and is_fiscal(period) and cap.per in {CapPer.QUARTER, CapPer.YEAR}:
        month = voice.month(period.first_month)
        return voice.say(f"money.cap.fiscal_{cap.per}", limit=_limit(voice, cap), month=month)
    return voice.say(f"money.cap.{cap.per}", limit=_limit(voice, cap))


def _limit(voice: Voice, cap: Cap) -> str:
    if isinstance(cap.at, Fraction):
        of = _charge(voice, cap.of)
        whole = voice.say("money.month.this", charges=of) if cap.of == PERIOD_FEE else of
        return voice.say("money.limit", share=voice.percent(cap.at), of=whole)
    return voice.worth(cap.at) if isinstance(cap.at, int) else voice.amounts(cap.at)
