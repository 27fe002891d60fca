"""Policies of every kind that the language can say, for properties of what reads and writes them."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from sla_service.domain.exclusions import Exclusion, ExclusionKind
from sla_service.domain.incidents import Curve, TimelinePoint
from sla_service.domain.instants import EARLIEST_MS, LATEST_MS, SECOND_MS
from sla_service.domain.money import Money, Rounding
from sla_service.domain.policies import credits as c
from sla_service.domain.policies import cycles, downtime, indicators, local_windows, payment
from sla_service.domain.policies.examples import ExampleImpact, ExampleUnit, ExampleUsage, Expectation, PolicyExample
from sla_service.domain.policies.terms import MERCHANT_ZONE, Policy
from sla_service.domain.windows import SHARE_FULL_PPM, Window

ZONES = (MERCHANT_ZONE, "UTC", "Asia/Shanghai", "Europe/Berlin")

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,10}", fullmatch=True) | st.sampled_from(["no", "null", "true", "12", "1e3"])
_awkward = st.sampled_from(
    ["yes", "null", "~", "9.3", "0x1F", "# x", "a: b", "- x", "it's", '"', "[x", "{x}", "&a", "*a", "!t", "%", "x, y"],
) | st.sampled_from([" x ", "@", "|", "x #", "§ 7 (a)", "2023-01-01", "é 中"])
texts = _awkward | st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=20
).filter(lambda text: text.isprintable() and bool(text.strip()))
durations_ms = st.builds(
    lambda count, unit_ms: count * unit_ms, st.integers(1, 999), st.sampled_from([1_000, 60_000, 3_600_000, 86_400_000])
)
zones = st.sampled_from(ZONES)
days = st.dates(date(2001, 1, 1), date(2098, 12, 31))
instants_ms = st.integers(EARLIEST_MS, LATEST_MS - 1)
currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD"])
percentages = st.integers(0, 100 * 10**4).map(lambda n: Fraction(n, 100 * 10**4))
positive_percentages = percentages.filter(bool)
decimals = st.integers(-(10**9), 10**9).map(lambda n: Fraction(n, 1000))
positive_decimals = decimals.map(abs).filter(bool)
fractions = st.fractions(0, 1000, max_denominator=1000)
positive_fractions = fractions.filter(bool)
wholes = st.integers(0, 10**6)


def _money(currency: str) -> st.SearchStrategy[Money]:
    return st.integers(0, 10**9).map(lambda minor: Money(currency, minor))


moneys = currencies.flatmap(_money)
amounts = st.lists(moneys, min_size=1, max_size=3, unique_by=lambda money: money.currency).map(tuple)


def _some(items, *, least: int = 0, **how):
    return st.lists(items, min_size=least, max_size=3, **how).map(tuple)


def _one_of(kind):
    return st.sampled_from(list(kind))


# Stages 1 and 2

minimum_requests = st.builds(indicators.MinimumRequests, st.integers(1, 10**6), _one_of(indicators.RequestsPer))
rate_whens = st.builds(
    indicators.BadWhen, st.just(indicators.UsageFigure.ERROR_RATE), _one_of(indicators.Comparison), percentages
)
bad_whens = rate_whens | st.builds(
    indicators.BadWhen,
    st.sampled_from([indicators.UsageFigure.FAILURES, indicators.UsageFigure.VALUE]),
    _one_of(indicators.Comparison),
    decimals,
)
all_indicators = st.one_of(
    st.builds(indicators.Windows, _one_of(Curve)),
    st.builds(
        indicators.Slots,
        durations_ms,
        _some(bad_whens, least=1),
        st.none() | minimum_requests,
        _one_of(indicators.Needed),
    ),
    st.builds(
        indicators.Slots,
        durations_ms,
        _some(rate_whens, least=1),
        st.none(),
        _one_of(indicators.Needed),
        st.just(indicators.SlotEvidence.OUTAGES),
    ),
    st.builds(indicators.SlotMean, durations_ms, _one_of(indicators.Idle), st.none() | minimum_requests),
    st.builds(indicators.Events, st.none() | minimum_requests),
    st.builds(indicators.ScoredEvents, st.fractions(0, 1, max_denominator=100)),
    st.just(indicators.AffectedUsers()),
    st.builds(
        indicators.Metric,
        names,
        st.just("") | texts,
        _one_of(indicators.Worse),
        _one_of(indicators.Statistic),
    ),
)

# Stages 3 to 5


clocks = st.just((downtime.Clock.FAILURE,)) | _some(
    st.sampled_from([one for one in downtime.Clock if one is not downtime.Clock.FAILURE]), least=1, unique=True
)
reported = st.builds(downtime.Reported, _one_of(downtime.ReportedBy)) | st.builds(
    downtime.Reported, _one_of(downtime.ReportedBy), durations_ms, _one_of(downtime.ReportedSince)
)


@st.composite
def qualifies(draw: st.DrawFn) -> downtime.Qualify:
    minimum_ms = draw(st.just(0) | durations_ms)
    strict = draw(st.booleans()) if minimum_ms else False
    affected = draw(_one_of(downtime.Affected))
    return downtime.Qualify(
        minimum_ms,
        strict,
        draw(st.booleans()) if minimum_ms and not strict else False,
        draw(st.just(0) | durations_ms),
        draw(clocks),
        affected,
        draw(st.just(0) | durations_ms) if affected is downtime.Affected.ACTIVE else 0,
        draw(_one_of(downtime.RunsMeasured)),
        draw(st.just(0) | durations_ms),
        draw(st.none() | reported),
    )


start_days = st.integers(0, 6) | st.builds(
    local_windows.NthWeekday, st.sampled_from([1, 2, 3, 4, -1]), st.integers(0, 6)
)
year_days = st.builds(
    lambda first, last: local_windows.YearDays(first.month, first.day, last.month, last.day), days, days
)
local_windows_ = st.builds(
    local_windows.LocalWindow,
    st.integers(0, 1439),
    st.integers(0, 1440),
    zones,
    _some(start_days, unique=True),
    _some(year_days, unique=True),
)
allowances = st.lists(
    st.builds(
        downtime.Allowance, durations_ms, _one_of(downtime.AllowancePer), st.sampled_from(["", "", "upkeep", "all"])
    ),
    max_size=3,
    unique_by=lambda one: (one.per, one.shared),
)


def _limited(rules):
    """Rules with none, one or several allowances."""
    return st.builds(_with_allowances, rules, allowances)


def _with_allowances(rule, limits):
    return replace(rule, allowance=limits[0] if limits else None, further=tuple(limits[1:]))


notices = st.fixed_dictionaries({"notice_ms": st.none() | durations_ms}) | st.fixed_dictionaries(
    {"notice_business_days": st.integers(1, 999), "holidays": st.sampled_from(["", "CN", "DE"])}
)
exclude_rules = _limited(
    st.builds(
        lambda notice, **terms: downtime.ExclusionRule(**notice, **terms),
        notices,
        kind=_one_of(ExclusionKind),
        effect=_one_of(downtime.ExclusionEffect),
        confirmed=st.booleans(),
        covered=_some(texts, unique=True),
        within=_some(local_windows_, unique=True),
    )
) | _limited(
    st.builds(
        downtime.RecurringRule,
        st.integers(0, 1439),
        st.integers(0, 1440),
        zones,
        _some(start_days, unique=True),
        _one_of(downtime.ExclusionEffect),
        never=_some(year_days, unique=True),
    )
)


def _really_shared(rules):
    """The rules, none of which shares an allowance with nobody, or another one under the same name."""
    limits = [one for rule in rules for one in rule.allowances]
    alike = {one.shared for one in limits if limits.count(one) > 1 and _is_one(one.shared, limits)}
    kept = [
        _with_allowances(rule, [one for one in rule.allowances if not one.shared or one.shared in alike])
        for rule in rules
    ]
    return tuple(dict.fromkeys(kept))


def _is_one(name, limits):
    return len({one for one in limits if one.shared == name}) == 1


def quantises(step):
    return st.one_of(
        st.builds(downtime.WholeSlots, durations_ms),
        st.builds(downtime.RoundOutage, durations_ms, _one_of(downtime.TimeRounding)),
        st.builds(downtime.RoundTotal, durations_ms, _one_of(downtime.TimeRounding)),
        st.builds(downtime.RoundAvailability, step, _one_of(downtime.TimeRounding)),
    )


# Stage 6

periods = st.one_of(
    st.just(cycles.CalendarMonths()),
    st.builds(cycles.CalendarMonths, st.sampled_from([3, 6, 12]), st.integers(1, 12)),
    st.builds(cycles.BillingMonth, st.integers(1, 31)),
    st.builds(cycles.Week, st.integers(0, 6)),
    st.builds(cycles.RollingDays, st.integers(1, 366)),
    st.sampled_from([cycles.EachIncident(), cycles.EachHour(), cycles.EachDay()]),
)

# Stages 7 and 8

ratios = percentages | fractions
pays = st.one_of(
    st.builds(c.Share, positive_fractions | percentages),
    st.builds(c.Amount, amounts),
    st.builds(c.Time, durations_ms),
    st.builds(c.Right, texts),
)
_clauses = st.just("") | texts


@st.composite
def tiers(draw: st.DrawFn, figures) -> c.Tier:
    lower, upper = sorted((draw(figures), draw(figures)))
    sides = draw(st.sampled_from(["upper", "lower", "both"]))
    flags = (True, True) if lower == upper and sides == "both" else (draw(st.booleans()), draw(st.booleans()))
    return c.Tier(
        draw(pays),
        None if sides == "lower" else upper,
        False if sides == "lower" else flags[0],
        None if sides == "upper" else lower,
        True if sides == "upper" else flags[1],
        draw(_clauses),
    )


@st.composite
def bands(draw: st.DrawFn) -> c.Band:
    lower_ms = draw(st.just(0) | durations_ms)
    upper_ms = draw(st.none() | durations_ms.filter(lambda upper_ms: upper_ms > lower_ms))
    lower_inclusive = draw(st.booleans())
    if upper_ms is None and lower_ms == 0:
        lower_inclusive = False
    return c.Band(
        draw(pays),
        lower_ms,
        lower_inclusive,
        upper_ms,
        draw(st.booleans()) if upper_ms else False,
        draw(_clauses),
    )


@st.composite
def hits(draw: st.DrawFn) -> c.Hits:
    minimum_ms = draw(st.just(0) | durations_ms)
    strict = draw(st.booleans()) if minimum_ms else True
    return c.Hits(draw(_one_of(c.Span)), draw(pays), minimum_ms, strict, draw(_one_of(c.HitBy)))


def credits_of(figures, step, *, has_target: bool):
    of = _one_of(c.DowntimeOf) if has_target else st.just(c.DowntimeOf.ALL)
    single = [
        st.builds(c.Table, _some(tiers(figures), least=1), _one_of(c.Overlap)),
        st.builds(c.Flat, pays, _one_of(c.Per)),
        st.builds(c.Multiple, positive_fractions | positive_decimals, of, st.just(0) | durations_ms),
        st.builds(c.Blocks, durations_ms, pays, _one_of(c.BlockCount), _one_of(c.Per), st.just(0) | durations_ms),
        st.builds(c.Bands, _some(bands(), least=1), _one_of(c.Per), _one_of(c.Overlap)),
        hits(),
        st.builds(c.Manual, texts),
        *([st.builds(c.Points, step, pays, _one_of(c.BlockCount))] if has_target else []),
        *([st.builds(c.Blocks, durations_ms, pays, _one_of(c.BlockCount), of=of)] if has_target else []),
    ]
    return st.recursive(
        st.one_of(*single),
        lambda inner: st.builds(c.Stack, _one_of(c.Stacking), _some(inner, least=1)),
        max_leaves=4,
    )


# Stages 9 and 10

charge_kinds = st.from_regex(r"[a-z][a-z0-9_-]{0,10}", fullmatch=True).filter(lambda kind: kind != payment.NEXT_INVOICE)
base_kinds = st.sampled_from([payment.MONTHLY_FEE, payment.PERIOD_FEE]) | charge_kinds
bases = st.just(payment.Base()) | st.builds(
    payment.Base,
    _some(base_kinds, least=1, unique=True),
    positive_fractions,
    _one_of(payment.ChargeMonth),
    st.none() | durations_ms,
    st.booleans(),
)
caps = st.builds(payment.Cap, ratios, base_kinds | st.just(payment.NEXT_INVOICE), _one_of(payment.CapPer)) | st.builds(
    payment.Cap, amounts | durations_ms, st.just(payment.MONTHLY_FEE), _one_of(payment.CapPer)
)
group_caps = st.none() | st.builds(payment.GroupCap, ratios | amounts)
minimums = st.builds(payment.Minimum, moneys, st.booleans())
settlements = st.builds(
    lambda form, expiry, unused, take_back: payment.Settlement(form, *expiry, unused, take_back),
    _one_of(payment.SettleForm),
    st.just((None, None))
    | st.integers(1, 999).map(lambda months: (months, None))
    | st.integers(1, 999).map(lambda number: (None, number)),
    _one_of(payment.Unused),
    st.booleans(),
)


days_of_year = st.dates().map(lambda day: payment.DayOfYear(day.month, day.day))


@st.composite
def claims(draw: st.DrawFn) -> payment.Claim:
    unit = draw(_one_of(payment.ClaimUnit))
    earliest = draw(st.integers(0, 99))
    earliest_unit = draw(
        st.sampled_from([payment.ClaimUnit.DAYS, payment.ClaimUnit.BUSINESS_DAYS][: 1 + bool(earliest)])
    )
    is_business = payment.ClaimUnit.BUSINESS_DAYS in {unit, earliest_unit}
    return payment.Claim(
        draw(st.integers(1, 999)),
        unit,
        draw(_one_of(payment.ClaimFrom)),
        earliest,
        draw(st.sampled_from(["", "CN", "DE", "DE-BY"])) if is_business else "",
        earliest_unit,
        draw(st.none() | _one_of(payment.ClaimFrom)),
        tuple(draw(st.lists(days_of_year, unique=True, max_size=2))) if is_business else (),
    )


@st.composite
def chronics(draw: st.DrawFn, figures, *, has_target: bool) -> payment.Chronic:
    due = draw(due_afters(figures, has_target=has_target))
    one_below = draw(st.none() | figures)
    return payment.Chronic(due.missed, due.of, draw(texts), due.below, due.in_a_row, one_below)


@st.composite
def due_afters(draw: st.DrawFn, figures, *, has_target: bool) -> payment.DueAfter:
    of = draw(st.integers(1, 60))
    below = draw(st.none() | figures) if has_target else draw(figures)
    return payment.DueAfter(draw(st.integers(1, of)), of, draw(st.booleans()), below)


chronic_outages = st.builds(payment.ChronicOutages, st.integers(1, 1000), texts, st.just(0), st.just(True)) | st.builds(
    payment.ChronicOutages, st.integers(1, 1000), texts, durations_ms, st.booleans()
)


# Examples


@st.composite
def windows(draw: st.DrawFn) -> Window:
    start_ms = draw(st.integers(EARLIEST_MS, LATEST_MS - 10**9))
    unit_ms = draw(st.sampled_from([1, SECOND_MS, 60 * SECOND_MS]))
    return Window(start_ms, start_ms + unit_ms * draw(st.integers(1, 1000)))


_maybe_instant = st.none() | st.integers(EARLIEST_MS, LATEST_MS - 10**9)


@st.composite
def impacts(draw: st.DrawFn, units) -> tuple[ExampleImpact, ...]:
    first = draw(
        st.builds(
            ExampleImpact,
            windows(),
            st.integers(0, SHARE_FULL_PPM),
            units,
            _maybe_instant,
            _maybe_instant,
            _maybe_instant,
        )
    )
    by_ms, times = draw(st.sampled_from([1, SECOND_MS, 60 * SECOND_MS])), draw(st.integers(1, 5))
    return tuple(_later(first, count * by_ms) for count in range(times))


def _later(impact: ExampleImpact, by_ms: int) -> ExampleImpact:
    def moved(at_ms):
        return None if at_ms is None else at_ms + by_ms

    return ExampleImpact(
        Window(impact.window.start_ms + by_ms, impact.window.end_ms + by_ms),
        impact.share_ppm,
        impact.unit,
        moved(impact.confirmed_at_ms),
        moved(impact.ticket_at_ms),
        moved(impact.reported_at_ms),
    )


@st.composite
def usages(draw: st.DrawFn, units) -> tuple[ExampleUsage, ...]:
    window = draw(windows())
    requests = draw(st.none() | wholes)
    failed = draw(st.none() | st.integers(0, requests or 0))
    tolerated = draw(st.none() | st.integers(0, (requests or 0) - (failed or 0)))
    users = draw(st.none() | wholes)
    affected = draw(st.none() | st.integers(0, users or 0))
    value, unit = draw(st.none() | decimals), draw(units)
    length_ms = window.duration_ms
    return tuple(
        ExampleUsage(
            Window(window.start_ms + count * length_ms, window.end_ms + count * length_ms),
            requests,
            failed,
            tolerated,
            users,
            affected,
            value,
            unit,
        )
        for count in range(draw(st.integers(1, 4)))
    )


@st.composite
def timelines(draw: st.DrawFn) -> tuple[TimelinePoint, ...]:
    ats = sorted(draw(st.sets(instants_ms, max_size=3)))
    return tuple(TimelinePoint(at_ms, draw(st.integers(0, SHARE_FULL_PPM))) for at_ms in ats)


@st.composite
def expectations(draw: st.DrawFn, shown, credit) -> Expectation:
    if draw(st.integers(0, 9)) == 0:
        return Expectation(parked=True)
    undefined = draw(st.booleans())
    expected = Expectation(
        draw(st.none() | shown),
        None if undefined else draw(st.none() | credit),
        draw(st.none() | fractions),
        undefined,
        draw(st.none() | st.integers(0, 9)),
        draw(st.none() | st.just("none") | fractions),
        draw(st.none() | st.lists(texts, unique=True, min_size=1, max_size=2).map(tuple)),
        draw(st.none() | days | instants_ms),
    )
    return expected if expected != Expectation() else Expectation(tier=0)


def _first_day(period, day: date) -> date:
    match period:
        case cycles.Week(starts):
            return day + timedelta(days=(starts - day.weekday()) % 7)
        case cycles.BillingMonth(first):
            return day.replace(day=min(first, monthrange(day.year, day.month)[1]))
        case _:
            return day.replace(day=1)


_charge_amounts = st.integers(0, 10**12).map(lambda n: Fraction(n, 10**9)) | st.integers(0, 10**6).map(Fraction)
_shown_percentages = st.sampled_from(["99.2939%", "0", "1", "8579/8640", "-1/30", "-3.3334%"])
_shown_numbers = st.sampled_from(["200", "-2.5", "1/3"])


@st.composite
def example_units(draw: st.DrawFn) -> tuple[ExampleUnit, ...]:
    names_ = draw(st.sampled_from([(), ("1",), ("1", "2", "3"), ("2",), ("north", "10")]))
    has_shares = draw(st.booleans())
    lifetimes = [sorted(draw(st.sets(days, min_size=2, max_size=2))) for _ in names_]
    return tuple(
        ExampleUnit(
            name,
            Fraction(draw(st.integers(1, 100)), 100 * len(names_)) if has_shares else None,
            draw(st.sampled_from([None, first])),
            draw(st.sampled_from([None, end])),
        )
        for name, (first, end) in zip(names_, lifetimes, strict=True)
    )


@st.composite
def examples(draw: st.DrawFn, period, base: payment.Base, service: str, *, is_metric: bool) -> PolicyExample:
    needs_fee = bool({payment.MONTHLY_FEE, payment.PERIOD_FEE} & set(base.of))
    currency = draw(currencies)
    fee = draw(_money(currency) if needs_fee else st.none() | _money(currency))
    units = draw(example_units())
    of_units = st.sampled_from(["", *(unit.name for unit in units)]) if units else st.just("") | texts
    kinds = draw(_some(charge_kinds, unique=True))
    excluded = [
        Exclusion(
            f"E{number}",
            draw(_one_of(ExclusionKind)),
            service,
            draw(windows()),
            "",
            announced_at_ms=draw(_maybe_instant),
            upstream=draw(st.none() | texts),
            confirmed_at_ms=draw(_maybe_instant),
            unit=draw(st.none() | (st.sampled_from([unit.name for unit in units]) if units else texts)),
        )
        for number in range(1, draw(st.integers(1, 3)))
    ]
    active = sorted(draw(st.sets(days, min_size=2, max_size=2)))
    return PolicyExample(
        name=draw(texts),
        first_day=_first_day(period, draw(days)),
        fee=fee,
        impact=tuple(one for some in draw(_some(impacts(of_units))) for one in some),
        timeline=draw(timelines()),
        excluded=tuple(excluded),
        usage=tuple(one for some in draw(_some(usages(of_units))) for one in some),
        units=units,
        active_from=draw(st.sampled_from([None, active[0]])),
        active_to=draw(st.sampled_from([None, active[1]])),
        charges=tuple(
            (kind, draw(_charge_amounts), currency) for kind in kinds for _ in range(draw(st.integers(1, 3)))
        ),
        credited_before=draw(st.none() | _money(currency)),
        history=draw(_some(decimals if is_metric else percentages)),
        aware_at_ms=draw(_maybe_instant),
        **draw(st.sampled_from([{}]) | st.builds(dict, claimed_on=days) | st.builds(dict, claimed_at_ms=instants_ms)),
        expect=draw(
            expectations(
                _shown_numbers if is_metric else _shown_percentages, _money(currency) | st.just(0) | durations_ms
            )
        ),
    )


SUMS = (indicators.SlotMean, indicators.Events, indicators.ScoredEvents, indicators.Metric)
SPANS = (cycles.EachIncident, cycles.EachHour, cycles.EachDay)


def _sayable(policy: Policy) -> Policy:
    """Without the terms that mean nothing beside the others, which a file refuses."""
    if policy.subject is indicators.SubjectKind.POOL and (policy.is_metric or isinstance(policy.period, SPANS)):
        policy = replace(policy, subject=indicators.SubjectKind.UNIT)
    timed = isinstance(policy.indicator, indicators.Windows | indicators.Slots)
    if isinstance(policy.subject, indicators.Together) and not timed:
        policy = replace(policy, subject=indicators.SubjectKind.MERCHANT)
    if policy.claim is not None and policy.claim.unit is payment.ClaimUnit.HOURS:
        policy = replace(policy, examples=tuple(replace(one, claimed_on=None) for one in policy.examples))
    if policy.subject is indicators.SubjectKind.UNIT:
        policy = replace(policy, due_after=None)
    else:
        policy = replace(policy, caps=tuple(cap for cap in policy.caps if cap.per is not payment.CapPer.UNIT))
    if not isinstance(policy.indicator, SUMS):
        return policy
    rules = dict.fromkeys(_with_allowances(rule, []) for rule in policy.exclude)
    return replace(
        policy,
        qualify=downtime.Qualify(affected=policy.qualify.affected, activity_ms=policy.qualify.activity_ms),
        exclude=tuple(rules),
        quantise=tuple(one for one in policy.quantise if isinstance(one, downtime.RoundAvailability)),
        credit=_without_time(policy.credit, can_multiply=_can_multiply(policy)),
        chronic=tuple(one for one in policy.chronic if isinstance(one, payment.Chronic)),
        period=cycles.EachDay() if policy.period == cycles.EachIncident() else policy.period,
    )


def _can_multiply(policy: Policy) -> bool:
    extends = policy.settlement.form is payment.SettleForm.TERM_EXTENSION
    return isinstance(policy.indicator, indicators.SlotMean) or not (policy.is_metric or extends)


def _without_time(credit: c.Credit, *, can_multiply: bool) -> c.Credit:
    match credit:
        case c.Blocks(pay=pay) | c.Hits(pay=pay) | c.Flat(pay=pay):
            return c.Flat(pay)
        case c.Bands():
            return c.Manual("by hand")
        case c.Multiple():
            return replace(credit, whole_ms=0) if can_multiply else c.Manual("by hand")
        case c.Stack():
            return replace(credit, of=tuple(_without_time(one, can_multiply=can_multiply) for one in credit.of))
        case _:
            return credit


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    indicator = draw(all_indicators)
    is_metric = isinstance(indicator, indicators.Metric)
    figures, step = (decimals, positive_decimals) if is_metric else (percentages, positive_percentages)
    target = draw(st.none() | (figures if is_metric else step))
    has_target = target is not None
    period, base, service, policy = draw(periods), draw(bases), draw(names), draw(names)
    starts, ends = sorted(draw(st.sets(days, min_size=2, max_size=2)))
    found = Policy(
        policy=policy,
        version=draw(st.integers(1, 999_999)),
        title=draw(st.just(policy) | texts),
        service=service,
        effective_from=starts,
        effective_to=draw(st.sampled_from([None, ends])),
        is_frozen_for_term=draw(st.booleans()),
        time_zone=draw(zones),
        indicator=indicator,
        credit=draw(credits_of(figures, step, has_target=has_target)),
        target=target,
        subject=draw(_one_of(indicators.SubjectKind) | st.builds(indicators.Together, st.none() | st.integers(2, 99))),
        qualify=draw(qualifies()),
        exclude=_really_shared(draw(_some(exclude_rules, unique=True))),
        quantise=draw(_some(quantises(step))),
        period=period,
        denominator_ms=draw(st.none() | durations_ms),
        part_period=draw(_one_of(cycles.PartPeriod)),
        gate=draw(_one_of(c.Gate)) if has_target else c.Gate.NONE,
        base=base,
        caps=draw(_some(caps, unique=True)),
        minimums=draw(_some(minimums, unique_by=lambda minimum: minimum.amount.currency)),
        rounding=draw(_one_of(Rounding)),
        settlement=draw(settlements),
        claim=draw(st.none() | claims()),
        chronic=draw(_some(chronics(figures, has_target=has_target) | chronic_outages)),
        due_after=draw(st.none() | due_afters(figures, has_target=has_target)),
        group=draw(st.none() | st.builds(payment.Group, names, _one_of(payment.GroupRule), group_caps)),
        contract=draw(_clauses),
        source=draw(_clauses),
        examples=draw(_some(examples(period, base, service, is_metric=is_metric))),
    )
    return _sayable(found)
