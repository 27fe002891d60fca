"""The most that a credit may come to without a cap, as a multiple of the base: whether a cap is missed at all."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from sla_service.domain.instants import DAY_MS, HOUR_MS
from sla_service.domain.policies import credits as c
from sla_service.domain.policies.cycles import (
    CalendarMonths,
    EachDay,
    EachHour,
    EachIncident,
    RollingDays,
    Week,
)
from sla_service.domain.policies.indicators import has_outages
from sla_service.domain.policies.payment import MONTHLY_FEE, PERIOD_FEE, SettleForm
from sla_service.domain.policies.terms import Policy

_DAYS = {1: (28, 31), 3: (90, 92), 6: (181, 184), 12: (365, 366)}
"""How short and how long so many months can be."""


def most_of(policy: Policy, credit: c.Credit) -> Fraction | None:
    """The most that a function pays in a period, whatever happened in it.

    Returns:
        In multiples of the base, or of the period itself where credits extend the term; of what a person decides,
        nothing. Of clock hours and days, in multiples of their part of the base. None: without bound, because every
        outage pays again, or because an amount may be more than any fee.
    """
    most = _highest(_most(policy, credit, length_ms) for length_ms in _lengths_ms(policy))
    again = isinstance(policy.period, EachIncident) and not _goes_by_length(credit)
    return most if not (most and again) else None


def _goes_by_length(credit: c.Credit) -> bool:
    """Whether several outages pay no more than one that is as long as all of them."""
    match credit:
        case c.Multiple(whole_ms=0) | c.Blocks(count=c.BlockCount.FULL):
            return True
        case c.Stack(of=parts):
            return all(map(_goes_by_length, parts))
        case _:
            return False


def _most(policy: Policy, credit: c.Credit, length_ms: int) -> Fraction | None:  # noqa: PLR0911 - a case each
    match credit:
        case c.Table() | c.Bands(per=c.Per.PERIOD) | c.Flat(per=c.Per.PERIOD):
            return _highest(_worth(policy, pay, length_ms) for pay in c.pays_of(credit))
        case c.Bands() | c.Flat():
            return None if any(_worth(policy, pay, length_ms) != 0 for pay in c.pays_of(credit)) else Fraction(0)
        case c.Blocks(block_ms, pay, count, per, after_ms):
            if count is c.BlockCount.PART and per is c.Per.OUTAGE:
                return _times(_worth(policy, pay, length_ms), None)
            blocks = Fraction(max(0, length_ms - after_ms), block_ms)
            whole = blocks.__floor__() if count is c.BlockCount.FULL else blocks.__ceil__()
            return _times(_worth(policy, pay, length_ms), whole)
        case c.Hits(span, pay):
            span_ms = HOUR_MS if span is c.Span.HOUR else DAY_MS
            return _times(_worth(policy, pay, length_ms), -(-length_ms // span_ms))
        case c.Points(step, pay, count):
            if policy.is_metric or policy.target is None:
                return _times(_worth(policy, pay, length_ms), None)
            steps = policy.target / step
            full = steps.__floor__() if count is c.BlockCount.FULL else steps.__ceil__()
            return _times(_worth(policy, pay, length_ms), full)
        case c.Multiple():
            return _multiple(policy, credit, length_ms)
        case c.Stack(rule, parts):
            found = [_most(policy, part, length_ms) for part in parts]
            return _summed(found) if rule is c.Stacking.SUM else _highest(found)
        case _:
            return Fraction(0)


def _multiple(policy: Policy, credit: c.Multiple, length_ms: int) -> Fraction:
    if not has_outages(policy.indicator):
        return credit.times
    bad_ms = Fraction(length_ms)
    divisor_ms = Fraction(policy.denominator_ms or length_ms)
    if credit.of is c.DowntimeOf.EXCESS and policy.target is not None:
        bad_ms -= (1 - policy.target) * divisor_ms
    time_ms = credit.times * bad_ms
    if credit.whole_ms:
        time_ms = Fraction((time_ms / credit.whole_ms).__ceil__() * credit.whole_ms)
    if credit.whole_ms or policy.settlement.form is SettleForm.TERM_EXTENSION:
        divisor_ms = Fraction(length_ms)
    return time_ms / (_covered_ms(policy) or divisor_ms)


def _worth(policy: Policy, pay: c.Pay, length_ms: int) -> Fraction | None:
    """What is paid once."""
    match pay:
        case c.Share(ratio):
            return ratio
        case c.Time(time_ms):
            return Fraction(time_ms) / (_covered_ms(policy) or length_ms)
        case c.Amount(amounts):
            return None if any(money.minor for money in amounts) else Fraction(0)
        case c.Right():
            return Fraction(0)


def _covered_ms(policy: Policy) -> Fraction | None:
    """The time that a fee pays for, where the policy says one; an hourly rate is no fee to exceed."""
    is_time = policy.settlement.form is SettleForm.TERM_EXTENSION
    if policy.base.covers_ms is None or is_time or not {MONTHLY_FEE, PERIOD_FEE} & set(policy.base.of):
        return None
    return Fraction(policy.base.covers_ms)


def _times(worth: Fraction | None, times: Fraction | int | None) -> Fraction | None:
    if worth == 0 or times == 0:
        return Fraction(0)
    return None if worth is None or times is None else worth * times


def _summed(found: Iterable[Fraction | None]) -> Fraction | None:
    total = Fraction(0)
    for one in found:
        if one is None:
            return None
        total += one
    return total


def _highest(found: Iterable[Fraction | None]) -> Fraction | None:
    every = list(found)
    known = [one for one in every if one is not None]
    return max(known, default=Fraction(0)) if len(known) == len(every) else None


def _lengths_ms(policy: Policy) -> tuple[int, int]:
    """The shortest and the longest of what is assessed as one, without the hour that a change of clocks may add."""
    match policy.period:
        case CalendarMonths(months=months):
            days = _DAYS.get(months, (28 * months, 31 * months))
        case Week():
            days = (7, 7)
        case RollingDays(days=count):
            days = (count, count)
        case EachHour():
            return HOUR_MS, HOUR_MS
        case EachDay():
            days = (1, 1)
        case _:
            days = _DAYS[1]
    return days[0] * DAY_MS, days[1] * DAY_MS
