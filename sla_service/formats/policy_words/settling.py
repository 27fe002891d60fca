"""Stage 10: how the credit reaches the merchant, whether it must be claimed, and what else follows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.payment import (
    Chronic,
    ChronicOutages,
    Claim,
    ClaimUnit,
    Group,
    SettleForm,
    Settlement,
    Unused,
)
from sla_service.formats.policy_words.crediting import right
from sla_service.formats.policy_words.ranges import missed_means, worse_than
from sla_service.formats.policy_words.voice import Voice

_COUNTS = {
    ClaimUnit.DAYS: "time.day",
    ClaimUnit.BUSINESS_DAYS: "time.business_day",
    ClaimUnit.MONTHS: "time.month",
    ClaimUnit.HOURS: "time.hour",
}
_KEPT = {SettleForm.NEXT_INVOICE, SettleForm.VOUCHER}
"""Forms that lie on the account until they are used up."""


def settlement(voice: Voice) -> Iterator[str]:
    """Form, expiry, claim, repeated failure, other policies."""
    policy = voice.policy
    yield voice.say(f"settlement.form.{policy.settlement.form}")
    yield from _expiry(voice, policy.settlement)
    if policy.claim is None:
        yield voice.say("settlement.automatic")
    else:
        yield from _claim(voice, policy.claim)
    for chronic in policy.chronic:
        yield _outages(voice, chronic) if isinstance(chronic, ChronicOutages) else _chronic(voice, chronic)
    if policy.group is None:
        yield voice.say("settlement.group.none")
    else:
        yield voice.say(f"settlement.group.{policy.group.rule}", name=voice.quoted(policy.group.name))
        yield from _group_cap(voice, policy.group)


def _group_cap(voice: Voice, group: Group) -> Iterator[str]:
    if group.cap is None:
        return
    at = group.cap.at
    key = "settlement.group_cap.share" if isinstance(at, Fraction) else "settlement.group_cap.amount"
    most = voice.percent(at) if isinstance(at, Fraction) else voice.amounts(at)
    yield voice.say(key, name=voice.quoted(group.name), most=most)
    yield voice.say("settlement.group_cap.order")


def _expiry(voice: Voice, terms: Settlement) -> Iterator[str]:
    is_kept = terms.form in _KEPT
    if terms.expires_months is not None:
        yield voice.say("settlement.expires", time=voice.count("time.month", terms.expires_months))
    if terms.expires_days is not None:
        yield voice.say("settlement.expires", time=voice.count("time.day", terms.expires_days))
    if is_kept and terms.expires_months is None and terms.expires_days is None:
        yield voice.say("settlement.never_expires")
    if is_kept or terms.unused is not Unused.LOST:
        yield voice.say(f"settlement.unused.{terms.unused}")
    if terms.take_back:
        yield voice.say("settlement.take_back")


def _claim(voice: Voice, claim: Claim) -> Iterator[str]:
    within = voice.count(_COUNTS[claim.unit], claim.within)
    if claim.unit is ClaimUnit.HOURS:
        yield voice.say("settlement.claim_hours", within=within, since=voice.say(f"settlement.instant.{claim.since}"))
    else:
        yield voice.say("settlement.claim", within=within, since=voice.say(f"settlement.since.{claim.since}"))
    yield from _earliest(voice, claim)
    if claim.counts_business_days:
        country = voice.country(claim.holidays)
        yield voice.say("settlement.holidays", country=country) if claim.holidays else voice.say("settlement.weekends")
        if claim.closed:
            days = voice.every([voice.day_of_year(one.month, one.day) for one in claim.closed])
            yield voice.say("settlement.closed", days=days)
    elif claim.holidays:
        yield voice.idle(f"holidays: {claim.holidays}")


def _earliest(voice: Voice, claim: Claim) -> Iterator[str]:
    days = voice.count(_COUNTS[claim.not_before_unit], claim.not_before_days)
    if claim.not_before_since is None:
        if claim.not_before_days:
            key = "not_before_hours" if claim.unit is ClaimUnit.HOURS else "not_before"
            yield voice.say(f"settlement.{key}", days=days)
        return
    since = voice.say(f"settlement.since.{claim.not_before_since}")
    if claim.not_before_days:
        yield voice.say("settlement.not_before_since", days=days, since=since)
    else:
        yield voice.say("settlement.not_before_day", since=since)


def _chronic(voice: Voice, chronic: Chronic) -> str:
    of_month = "_month" if voice.parts else ""
    means = missed_means(voice, chronic.below)
    if chronic.one_below is not None:
        means = voice.say("settlement.missed.one", means=means, range=worse_than(voice, chronic.one_below))
    return voice.say(
        f"settlement.chronic{of_month}.{'in_a_row' if chronic.in_a_row else 'any'}",
        missed=voice.number(chronic.missed),
        of=voice.count("time.month" if voice.parts else "time.period", chronic.of),
        means=means,
        then=right(voice, chronic.then),
    )


def _outages(voice: Voice, chronic: ChronicOutages) -> str:
    side = "any" if chronic.strict and not chronic.minimum_ms else "more_than" if chronic.strict else "at_least"
    return voice.say(
        f"settlement.outages.{side}",
        outages=voice.count("time.outage", chronic.outages),
        time=voice.time(chronic.minimum_ms),
        of=_of_units(voice),
        then=right(voice, chronic.then),
    )


def _of_units(voice: Voice) -> str:
    """Whose outages are counted, where a contract has units that are looked at one by one or as a pool."""
    kind = voice.policy.subject
    return voice.say(f"settlement.outages_of.{kind}") if kind in {SubjectKind.POOL, SubjectKind.UNIT} else ""
