"""How a credit's amount came about, as a statement says it: base, functions, caps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from sla_service.domain.accounting.detail import needs_detail
from sla_service.domain.credit_functions import downtime_of
from sla_service.domain.instants import DAY_MS
from sla_service.domain.measurement import Measurement
from sla_service.domain.owed import Owed, Terms
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import (
    Amount,
    Band,
    Bands,
    Blocks,
    Credit,
    DowntimeOf,
    Flat,
    Gate,
    HitBy,
    Hits,
    Manual,
    Multiple,
    Overlap,
    Pay,
    Per,
    Points,
    Right,
    Share,
    Stack,
    Table,
    Tier,
    Time,
    times_of,
)
from sla_service.domain.policies.cycles import CalendarMonths, EachDay, EachHour, EachIncident
from sla_service.domain.policies.indicators import SubjectKind
from sla_service.domain.policies.payment import (
    Base,
    GroupRule,
    Settlement,
    Unused,
)
from sla_service.domain.stated_terms import HowPaid, StatedBase, StatedPay, StatedTerm
from sla_service.usecases.redo_credit import Redone, is_by_parts
from sla_service.usecases.state_caps import is_plain_cap, state_caps, state_group_cap

Row = Mapping[str, Any]

SPANS = {EachIncident: "incident", EachHour: "hour", EachDay: "day"}


def state_paid(policy: Policy, row: Row, redone: Redone) -> HowPaid:
    """What is more than a row's share of the monthly fee, under one cap on that fee."""
    unused = Unused.PAID_OUT.value if policy.settlement.unused is Unused.PAID_OUT else ""
    group = policy.group.name if policy.group and policy.group.rule is GroupRule.LARGEST else ""
    caps = () if is_plain_cap(policy) else tuple(state_caps(policy, row, redone))
    group_cap = state_group_cap(policy, row)
    if is_plain_row(policy, row):
        return HowPaid(base=_base(policy, redone), caps=caps, group=group, group_cap=group_cap, unused=unused)
    timed = any(times_of(one) for one, _, _ in redone.found)
    return HowPaid(
        base=_base(policy, redone),
        base_covers_ms=str(redone.terms.covers.ms) if timed and not redone.terms.pays_time else "",
        base_covers_days=_days(redone) if timed and not redone.terms.pays_time else "",
        stacking=policy.credit.rule.value if isinstance(policy.credit, Stack) else "",
        terms=tuple(term for found in redone.found for term in _terms(policy, redone, *found)),
        is_listed=redone.is_sure,
        by="unit" if policy.subject is SubjectKind.UNIT else SPANS.get(type(policy.period), ""),
        by_count=len(redone.missed),
        by_share=_share(policy, redone),
        is_prorated=policy.base.prorated and policy.subject is SubjectKind.UNIT,
        caps=caps,
        group=group,
        group_cap=group_cap,
        unused=unused,
    )


def _days(redone: Redone) -> str:
    """The calendar days that the base pays for, where they are not of 24 hours each: a month with a change of clock."""
    days = redone.terms.covers.days
    return "" if days is None or days * DAY_MS == redone.terms.covers.ms else str(days)


def _share(policy: Policy, redone: Redone) -> str:
    """The part of the fee that each hour or day has, where all have the same."""
    covers = redone.terms.covers
    by_day = isinstance(policy.period, EachDay)
    shares = {covers.one_day() if by_day else length_ms / covers.ms for length_ms in redone.missed}
    return str(shares.pop()) if len(shares) == 1 else ""


def is_plain_row(policy: Policy, row: Row) -> bool:
    """Whether the credit is a share of the base by one row of a table."""
    is_one = isinstance(policy.credit, Table) and bool(row["rate"])
    return is_one and not is_by_parts(policy) and not isinstance(policy.period, EachIncident)


def is_plain(policy: Policy, row: Row) -> bool:
    """Whether there is nothing to say that a statement's own figures do not: most credits are like this."""
    own = policy.settlement
    terms = Settlement(own.form, own.expires_months, own.expires_days, take_back=own.take_back)
    return (
        is_plain_row(policy, row)
        and is_plain_cap(policy)
        and not needs_detail(policy)
        and (policy.base.of, policy.base.share, policy.base.prorated) == (Base().of, Base().share, False)
        and policy.period == CalendarMonths()
        and policy.gate is Gate.AT_LEAST
        and not policy.qualify.strict
        and policy.group is None
        and policy.settlement == terms
    )


def _base(policy: Policy, redone: Redone) -> StatedBase | None:
    base = policy.base
    in_force = redone.terms.in_force
    if (base.of, base.share, in_force) == (Base().of, Base().share, Fraction(1)):
        return None
    minor = "" if redone.base is None else str(redone.base)
    part = "" if in_force == 1 else str(in_force)
    return StatedBase(base.of, minor, str(base.share), base.month.value, part)


def _terms(policy: Policy, redone: Redone, credit: Credit, at: int, found: Owed) -> Iterator[StatedTerm]:
    """A function, or each of its ranges that pays something; with figures only where they are sure."""
    if redone.is_sure and isinstance(credit, Bands):
        bands = list(_bands(credit, redone.measurement, redone.terms))
        if sum((Fraction(one.amount or 0) for one in bands), Fraction(0)) == found.minor:
            yield from bands
            return
    term = _term(policy, credit, at, found, redone)
    if not redone.is_sure:
        yield term
    elif any(found.size):
        yield _figured(term, found)


def _figured(term: StatedTerm, found: Owed) -> StatedTerm:
    values = {name: getattr(term, name) for name in term.__slots__}
    count = "" if found.count is None else str(found.count)
    return StatedTerm(
        **{**values, "amount": str(found.minor), "count": count, "time_ms": str(found.time_ms or "")},
    )


def _term(policy: Policy, credit: Credit, at: int, found: Owed, redone: Redone) -> StatedTerm:  # noqa: PLR0911 - a case each
    currency = redone.terms.currency
    extends = redone.terms.pays_time
    match credit:
        case Table(rows) if found.tier is not None:
            return _row(rows[found.tier - at], currency, extends=extends)
        case Flat(paid, per):
            return StatedTerm("flat", _pay(paid, currency, extends=extends), per=per.value)
        case Multiple():
            return _multiple(policy, credit, found, redone)
        case Blocks():
            return _blocks(credit, _pay(credit.pay, currency, extends=extends))
        case Hits(span, paid, minimum_ms, strict, hit_by):
            return StatedTerm(
                "hits",
                _pay(paid, currency, extends=extends),
                unit=span.value,
                beyond_ms=minimum_ms,
                is_strict=strict,
                by_outage=hit_by is HitBy.OUTAGE,
            )
        case Points(step, paid, count):
            return StatedTerm("points", _pay(paid, currency, extends=extends), part=count.value, unit=str(step))
        case Table() | Bands() | Manual() | Stack():
            kinds = {Table: "table", Bands: "bands", Manual: "manual", Stack: "several"}
            return StatedTerm(kinds[type(credit)])


def _row(row: Tier, currency: str, *, extends: bool) -> StatedTerm:
    return StatedTerm(
        "table",
        _pay(row.pays, currency, extends=extends),
        upper="" if row.upper is None else str(row.upper),
        upper_inclusive=row.upper_inclusive,
        lower="" if row.lower is None else str(row.lower),
        lower_inclusive=row.lower_inclusive,
        clause=row.clause,
    )


def _multiple(policy: Policy, multiple: Multiple, found: Owed, redone: Redone) -> StatedTerm:
    measurement, terms = redone.measurement, redone.terms
    bad = downtime_of(multiple.of, measurement, policy)
    covers = terms.covers.ms if multiple.whole_ms else terms.divisor(measurement.total_ms)
    time = multiple.times * bad
    if multiple.whole_ms:
        time = Fraction((time / multiple.whole_ms).__ceil__() * multiple.whole_ms)
        # In the unit of the time that is made whole: days of the calendar, or real time.
        covers = time / part if (part := terms.covers.part(time, multiple.whole_ms)) else covers
    is_same = found.time_ms == time if terms.pays_time else found.minor == terms.base_minor * time / covers
    is_known = redone.is_sure and is_same
    return StatedTerm(
        "multiple",
        times=str(multiple.times),
        whole_ms=multiple.whole_ms,
        bad=str(bad) if is_known else "",
        covers="" if terms.pays_time or not is_known else str(covers),
        is_excess=multiple.of is DowntimeOf.EXCESS,
    )


def _blocks(blocks: Blocks, pay: StatedPay) -> StatedTerm:
    return StatedTerm(
        "blocks",
        pay,
        per=blocks.per.value,
        part=blocks.count.value,
        unit=str(blocks.block_ms),
        beyond_ms=blocks.after_ms,
        is_excess=blocks.of is DowntimeOf.EXCESS,
    )


def _bands(bands: Bands, measurement: Measurement, terms: Terms) -> Iterator[StatedTerm]:
    """The ranges into which the outages fall, or the period's downtime, each with how many."""
    each = [o.bad_ms for o in measurement.outages] if bands.per is Per.OUTAGE else [measurement.creditable_ms]
    for band in bands.rows:
        count = sum(bad > 0 and _band_of(bands, bad) is band for bad in each)
        paid = terms.pay(band.pays, count)
        if not count or not any(paid.size):
            continue
        yield StatedTerm(
            "bands",
            _pay(band.pays, terms.currency, extends=terms.pays_time),
            amount=str(paid.minor),
            time_ms=str(paid.time_ms or ""),
            count=str(count),
            per=bands.per.value,
            upper="" if band.upper_ms is None else str(band.upper_ms),
            upper_inclusive=band.upper_inclusive,
            lower=str(band.lower_ms),
            lower_inclusive=band.lower_inclusive,
            clause=band.clause,
        )


def _band_of(bands: Bands, bad_ms: Fraction) -> Band | None:
    rows = [row for row in bands.rows if row.covers(bad_ms)]
    if len(rows) > 1 and bands.overlap is not Overlap.DEEPEST:
        return None
    return max(rows, key=lambda row: row.lower_ms, default=None)


def _pay(pay: Pay, currency: str, *, extends: bool) -> StatedPay:
    match pay:
        case Share(ratio):
            return StatedPay("share", str(ratio))
        case Amount(amounts):
            return StatedPay("amount", next((str(one.minor) for one in amounts if one.currency == currency), "0"))
        case Time(time_ms):
            return StatedPay("service_time" if extends else "time", str(time_ms))
        case Right(name):
            return StatedPay("right", name)
