"""What is allowed in a policy and yet seldom meant: holes, overlaps, rows and caps that never matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from sla_service.domain.policies import credits as c
from sla_service.domain.policies.claim_terms import why_impossible
from sla_service.domain.policies.coverage import (
    BOTTOM,
    TOP,
    Range,
    Rows,
    at_stake,
    covered_by,
    holes_of,
    is_gated,
    is_worse_higher,
    overlaps_of,
)
from sla_service.domain.policies.cycles import EachDay, EachHour
from sla_service.domain.policies.indicators import Metric, Slots, SubjectKind, has_outages
from sla_service.domain.policies.most import most_of
from sla_service.domain.policies.payment import BY_ITSELF, Cap, CapPer, SettleForm
from sla_service.domain.policies.slot_conditions import never_together
from sla_service.domain.policies.terms import Policy
from sla_service.domain.shares import format_percent

MONTH_DAYS = 31  # the longest
Function = Rows | c.Flat | c.Multiple | c.Blocks | c.Hits | c.Points | c.Manual


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 - Python's own are raised; this one is a value
    """Something that a person should look at before publishing; the rule is a stable code such as ``hole``."""

    rule: str
    message: str
    path: str
    """Where in the file: ``credit[2].below``; items of lists count from 1."""


def functions_of(credit: c.Credit, path: str = "credit") -> Iterator[tuple[str, Function]]:
    """The credit functions with their paths, in order, out of every stack."""
    if not isinstance(credit, c.Stack):
        yield path, credit
        return
    for number, one in enumerate(credit.of, 1):
        yield from functions_of(one, f"{path}.of[{number}]")


def warnings_of(policy: Policy) -> list[Warning]:
    """Everything about a policy that its author would want to be told, in the order of the stages."""
    found: list[Warning] = list(_conditions(policy))
    for path, credit in functions_of(policy.credit):
        if isinstance(credit, Rows):
            found += [*_holes(policy, credit, path), *_overlaps(policy, credit, path)]
            found += [*_idle_rows(policy, credit, path), *_falling(policy, credit, path)]
        found += [*_above_caps(policy, credit, path), *_without_cap(policy, credit, path)]
        found += _money_for_time(policy, credit, path)
    found += [*_minimums(policy), *_claim(policy)]
    if not policy.examples:
        found.append(Warning("no_examples", "nothing tests these terms: write at least one example", "examples"))
    return found


def _conditions(policy: Policy) -> Iterator[Warning]:
    """Slots that can never be bad."""
    figure = never_together(policy.indicator) if isinstance(policy.indicator, Slots) else None
    if figure is not None:
        message = f"no {figure} is on both sides at once, so that no slot is ever bad; write `any` if one is enough"
        yield Warning("never_bad", message, "indicator.bad_when")


def _holes(policy: Policy, credit: Rows, path: str) -> Iterator[Warning]:
    stake = at_stake(policy, credit)
    for hole in holes_of(policy, credit):
        said = _range(policy, credit, hole)
        touches = hole.low == stake.low if is_worse_higher(policy) else hole.high == stake.high
        if touches and is_gated(policy, credit):
            # Of several tables, the one that leaves it out is named.
            where = "target" if path == "credit" else path
            yield Warning("target_beyond_rows", f"{said} misses the target, but no row says what it pays", where)
        else:
            yield Warning("hole", f"no row says what {said} pays", path)


def _overlaps(policy: Policy, credit: Rows, path: str) -> Iterator[Warning]:
    for i, j, both in overlaps_of(policy, credit):
        message = f"rows {i + 1} and {j + 1} both say what {_range(policy, credit, both)} pays"
        yield Warning("overlap", message, _row_path(credit, path, j))


def _idle_rows(policy: Policy, credit: Rows, path: str) -> Iterator[Warning]:
    """Rows that apply never, or not to all that they name."""
    rows: tuple[c.Tier | c.Band, ...] = credit.rows
    stake = at_stake(policy, credit)
    for i, row in enumerate(rows):
        covered, where = covered_by(row), _row_path(credit, path, i)
        if covered.within(stake).is_empty:
            why = "its edges leave nothing between them" if covered.is_empty else "all that it covers meets the target"
            yield Warning("row_never_applies", f"row {i + 1} never applies: {why}", where)
        elif is_gated(policy, credit) and isinstance(row, c.Tier):
            met = Range(BOTTOM, stake.low) if is_worse_higher(policy) else Range(stake.high, TOP)
            more = covered.within(met)
            # A row without an edge towards better service means "whatever misses the target".
            if not more.is_empty and more != met:
                message = f"row {i + 1} also covers {_range(policy, credit, more)}, which meets the target"
                yield Warning("row_beyond_target", message, f"{where}.{_better_edge(policy, row)}")


def _falling(policy: Policy, credit: Rows, path: str) -> Iterator[Warning]:
    """Rows for worse service that pay less."""
    rows: tuple[c.Tier | c.Band, ...] = credit.rows
    order = sorted(range(len(rows)), key=lambda i: covered_by(rows[i]))
    if isinstance(credit, c.Table) and not is_worse_higher(policy):
        order.sort(key=lambda i: covered_by(rows[i])[::-1], reverse=True)
    for better, worse in pairwise(order):
        if _is_less(rows[worse].pays, rows[better].pays):
            message = f"row {worse + 1} pays less than row {better + 1}, which is for better service"
            yield Warning("pays_less", message, f"{_row_path(credit, path, worse)}.pay")


def _above_caps(policy: Policy, credit: Function, path: str) -> Iterator[Warning]:
    pays: list[tuple[str, str, c.Pay]] = []
    if isinstance(credit, Rows):
        rows: tuple[c.Tier | c.Band, ...] = credit.rows
        pays = [(f"row {i + 1} pays", f"{_row_path(credit, path, i)}.pay", row.pays) for i, row in enumerate(rows)]
    elif isinstance(credit, c.Flat):
        pays = [("it pays", f"{path}.pay", credit.pay)]
    is_per_outage = isinstance(credit, c.Bands | c.Flat) and credit.per is c.Per.OUTAGE
    for number, cap in enumerate(policy.caps, 1):
        for who, where, pay in pays:
            if (cap.per is not CapPer.OUTAGE or is_per_outage) and _is_less(_most(policy, cap), pay):
                yield Warning("row_above_cap", f"{who} more than cap {number} ever lets be paid", where)


def _most(policy: Policy, cap: Cap) -> c.Pay:
    """A cap as what could be paid; of something else than the base (an hour's fee, a unit's share) it says nothing."""
    is_own = policy.subject is not SubjectKind.UNIT or cap.per in BY_ITSELF
    if isinstance(cap.at, Fraction):
        is_whole = not isinstance(policy.period, EachHour | EachDay) and policy.base.share == 1
        return c.Share(cap.at) if is_own and is_whole and policy.base.of == (cap.of,) else c.Right("")
    if isinstance(cap.at, tuple):
        return c.Amount(cap.at)
    return c.Time(cap.at) if is_own else c.Right("")


def _without_cap(policy: Policy, credit: Function, path: str) -> Iterator[Warning]:
    """Functions that grow with the downtime and have nothing to stop them at the whole base."""
    grows = isinstance(credit, c.Multiple | c.Blocks | c.Hits | c.Points)
    if policy.caps or not grows or any(isinstance(pay, c.Amount) for pay in c.pays_of(credit)):
        return
    most = most_of(policy, credit)
    if most is not None and most <= 1:
        return
    if policy.settlement.form is SettleForm.TERM_EXTENSION:
        more = "extends the term by more than the period itself"
    elif isinstance(policy.period, EachHour | EachDay):
        more = f"credits more than the fee of its {'hour' if isinstance(policy.period, EachHour) else 'day'}"
    else:
        more = "credits more than the whole base"
    yield Warning(
        "no_cap",
        f"there is no cap: {'a long outage' if has_outages(policy.indicator) else 'a bad period'} {more}",
        path,
    )


def _money_for_time(policy: Policy, credit: Function, path: str) -> Iterator[Warning]:
    """Shares and amounts are paid in money, although the contract adds time."""
    if policy.settlement.form is not SettleForm.TERM_EXTENSION:
        return
    message = "this pays money, though credits extend the term; where time is meant, write a time such as 3 d"
    for number, pay in enumerate(c.pays_of(credit)):
        if isinstance(pay, c.Share | c.Amount):
            where = _row_path(credit, path, number) if isinstance(credit, Rows) else path
            yield Warning("money_for_time", message, f"{where}.pay")


def _minimums(policy: Policy) -> Iterator[Warning]:
    for number, minimum in enumerate(policy.minimums, 1):
        for cap_number, cap in enumerate(policy.caps, 1):
            for most in cap.at if isinstance(cap.at, tuple) else ():
                over = most < minimum.amount or (minimum.strict and most == minimum.amount)
                if most.currency == minimum.amount.currency and over:
                    message = f"cap {cap_number} stops at {most}, so that no credit ever reaches this"
                    yield Warning("minimum_above_cap", message, f"minimum[{number}]")


def _claim(policy: Policy) -> Iterator[Warning]:
    if policy.claim is not None and (why := why_impossible(policy.claim)):
        yield Warning("claim_impossible", why, "claim.not_before")


def _row_path(credit: Rows, path: str, i: int) -> str:
    """A table alone is written as a list, without the word ``rows``."""
    is_list = path == "credit" and isinstance(credit, c.Table) and credit.overlap is c.Overlap.UNDEFINED
    return f"{path}[{i + 1}]" if is_list else f"{path}.rows[{i + 1}]"


def _better_edge(policy: Policy, row: c.Tier) -> str:
    """The field of a row's edge towards better service."""
    if is_worse_higher(policy):
        return "from" if row.lower_inclusive else "above"
    return "up_to" if row.upper_inclusive else "below"


def _is_less(pay: c.Pay, other: c.Pay) -> bool:
    match pay, other:
        case (c.Share(one), c.Share(two)) | (c.Time(one), c.Time(two)):
            return one < two
        case c.Amount(ones), c.Amount(twos):
            return any(one.currency == two.currency and one < two for one in ones for two in twos)
        case _:
            return False


def _range(policy: Policy, credit: Rows, figures: Range) -> str:
    """``availability at least 99% and below 99.5%``."""
    low, high = (_shown(policy, credit, cut.figure) for cut in figures)
    metric = policy.indicator.name if isinstance(policy.indicator, Metric) else "availability"
    noun = "downtime" if isinstance(credit, c.Bands) else metric
    if figures.low[:2] == figures.high[:2]:
        return f"{noun} of exactly {low}"
    edges = [] if figures.low.beyond else [f"{'above' if figures.low.after else 'at least'} {low}"]
    edges += [] if figures.high.beyond else [f"{'at most' if figures.high.after else 'below'} {high}"]
    return " ".join([noun, " and ".join(edges)]) if edges else f"any {noun}"


def _shown(policy: Policy, credit: Rows, figure: Fraction) -> str:
    if isinstance(credit, c.Bands):
        units = (("d", DAY_MS), ("h", HOUR_MS), ("min", MINUTE_MS), ("s", SECOND_MS), ("ms", 1))
        return next(f"{figure / size} {name}" for name, size in units if (figure / size).denominator == 1)
    if isinstance(policy.indicator, Metric):
        size = format_percent(abs(figure) / 100)[:-1]
        return f"{'-' if figure < 0 else ''}{size} {policy.indicator.unit}".rstrip()
    return format_percent(figure)
