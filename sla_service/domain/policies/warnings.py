"""What is allowed in a policy and yet seldom meant: holes, overlaps, rows and caps that never matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from typing import NamedTuple

from sla_service.domain.instants import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from sla_service.domain.policies import credits as c
from sla_service.domain.policies.claim_terms import why_impossible
from sla_service.domain.policies.cycles import EachDay, EachHour
from sla_service.domain.policies.indicators import Metric, Worse
from sla_service.domain.policies.payment import Cap, CapPer, SettleForm
from sla_service.domain.policies.terms import Policy
from sla_service.domain.shares import format_percent

MONTH_DAYS = 31  # the longest
Rows = c.Table | c.Bands
Function = Rows | c.Flat | c.Multiple | c.Blocks | c.Hits | c.Points | c.Manual


@dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001 - Python's own are raised; this one is a value
    """Something that a person should look at before publishing; the rule is a stable code such as ``hole``."""

    rule: str
    message: str
    path: str
    """Where in the file: ``credit[2].below``; items of lists count from 1."""


class Cut(NamedTuple):
    """A place on the scale of figures: just before or just after one, or beyond all of them."""

    beyond: int
    """-1 below every figure, 1 above every figure, else 0."""
    figure: Fraction
    after: bool


BOTTOM = Cut(-1, Fraction(0), after=False)
TOP = Cut(1, Fraction(0), after=False)


class Range(NamedTuple):
    """The figures between two cuts; none where the second is not above the first."""

    low: Cut
    high: Cut

    @property
    def is_empty(self) -> bool:
        """Whether no figure lies in it."""
        return self.low >= self.high

    def within(self, other: Range) -> Range:
        """What both have."""
        return Range(max(self.low, other.low), min(self.high, other.high))


def covered_by(row: c.Tier | c.Band) -> Range:
    """What a row covers: exactly what its ``covers`` says."""
    if isinstance(row, c.Band):
        low = Cut(0, Fraction(row.lower_ms), after=not row.lower_inclusive)
        upper = None if row.upper_ms is None else Fraction(row.upper_ms)
    else:
        is_open = row.lower is None or (row.lower == 0 and row.lower_inclusive)
        low = BOTTOM if is_open else Cut(0, row.lower or Fraction(0), after=not row.lower_inclusive)
        upper = row.upper
    return Range(low, TOP if upper is None else Cut(0, upper, after=row.upper_inclusive))


def at_stake(policy: Policy, credit: Rows) -> Range:
    """The figures for which rows have to say what is paid.

    For bands, every downtime from the shortest row on. For a table, every figure that misses the target; where the
    table alone decides, every figure from its best edge to the worst.
    """
    ranges = [covered_by(row) for row in credit.rows]
    if isinstance(credit, c.Bands):
        return Range(min((r.low for r in ranges), default=BOTTOM), TOP)
    edges = _target(policy)
    if not _is_gated(policy, credit):
        edges += [r.low if _is_worse_higher(policy) else r.high for r in ranges]
    if _is_worse_higher(policy):
        return Range(min(edges, default=BOTTOM), TOP)
    best = max(edges, default=TOP)
    return Range(BOTTOM, best if policy.is_metric else min(best, Cut(0, Fraction(1), after=True)))


def holes_of(policy: Policy, credit: Rows) -> list[Range]:
    """What is at stake and no row covers; in order, disjoint."""
    stake, found = at_stake(policy, credit), list[Range]()
    reached = stake.low
    for one in sorted(covered_by(row).within(stake) for row in credit.rows):
        if not one.is_empty:
            found.append(Range(reached, one.low))
            reached = max(reached, one.high)
    return [hole for hole in (*found, Range(reached, stake.high)) if not hole.is_empty]


def overlaps_of(policy: Policy, credit: Rows) -> list[tuple[int, int, Range]]:
    """Which two rows (from 0) cover which range both, without the contract saying which applies."""
    if credit.overlap is c.Overlap.DEEPEST:
        return []
    stake = at_stake(policy, credit)
    ranges = [covered_by(row).within(stake) for row in credit.rows]
    pairs = combinations(range(len(ranges)), 2)
    return [(i, j, both) for i, j in pairs if not (both := ranges[i].within(ranges[j])).is_empty]


def functions_of(credit: c.Credit, path: str = "credit") -> Iterator[tuple[str, Function]]:
    """The credit functions with their paths, in order, out of every stack."""
    if not isinstance(credit, c.Stack):
        yield path, credit
        return
    for number, one in enumerate(credit.of, 1):
        yield from functions_of(one, f"{path}.of[{number}]")


def warnings_of(policy: Policy) -> list[Warning]:
    """Everything about a policy that its author would want to be told, in the order of the stages."""
    found: list[Warning] = []
    for path, credit in functions_of(policy.credit):
        if isinstance(credit, Rows):
            found += [*_holes(policy, credit, path), *_overlaps(policy, credit, path)]
            found += [*_idle_rows(policy, credit, path), *_falling(policy, credit, path)]
        found += [*_above_caps(policy, credit, path), *_without_cap(policy, credit, path)]
    found += [*_minimums(policy), *_claim(policy)]
    if not policy.examples:
        found.append(Warning("no_examples", "nothing tests these terms: write at least one example", "examples"))
    return found


def _is_worse_higher(policy: Policy) -> bool:
    return isinstance(policy.indicator, Metric) and policy.indicator.worse is Worse.HIGHER


def _target(policy: Policy) -> list[Cut]:
    """Where missed and met part; empty without a target."""
    after = (policy.gate is c.Gate.ABOVE) is not _is_worse_higher(policy)
    return [] if policy.target is None else [Cut(0, policy.target, after=after)]


def _is_gated(policy: Policy, credit: Rows) -> bool:
    return isinstance(credit, c.Table) and policy.target is not None and policy.gate is not c.Gate.NONE


def _holes(policy: Policy, credit: Rows, path: str) -> Iterator[Warning]:
    stake = at_stake(policy, credit)
    for hole in holes_of(policy, credit):
        said = _range(policy, credit, hole)
        touches = hole.low == stake.low if _is_worse_higher(policy) else hole.high == stake.high
        if touches and _is_gated(policy, credit):
            yield Warning("target_beyond_rows", f"{said} misses the target, but no row says what it pays", "target")
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
        elif _is_gated(policy, credit) and isinstance(row, c.Tier):
            met = Range(BOTTOM, stake.low) if _is_worse_higher(policy) else Range(stake.high, TOP)
            more = covered.within(met)
            # A row without an edge towards better service means "whatever misses the target".
            if not more.is_empty and more != met:
                message = f"row {i + 1} also covers {_range(policy, credit, more)}, which meets the target"
                yield Warning("row_beyond_target", message, f"{where}.{_better_edge(policy, row)}")


def _falling(policy: Policy, credit: Rows, path: str) -> Iterator[Warning]:
    """Rows for worse service that pay less."""
    rows: tuple[c.Tier | c.Band, ...] = credit.rows
    order = sorted(range(len(rows)), key=lambda i: covered_by(rows[i]))
    if isinstance(credit, c.Table) and not _is_worse_higher(policy):
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
    """A cap as what could be paid; a share of something else than the base (an hour's fee, say) says nothing."""
    if isinstance(cap.at, Fraction):
        is_whole = not isinstance(policy.period, EachHour | EachDay) and policy.base.share == 1
        return c.Share(cap.at) if is_whole and policy.base.of == (cap.of,) else c.Right("")
    return c.Time(cap.at) if isinstance(cap.at, int) else c.Amount(cap.at)


def _without_cap(policy: Policy, credit: Function, path: str) -> Iterator[Warning]:
    """Functions that grow with the downtime and have nothing to stop them at the whole base."""
    month_ms = MONTH_DAYS * DAY_MS
    match credit:
        case c.Multiple():
            most = credit.times
        case c.Blocks(pay=c.Share(ratio)):
            most = ratio * ((month_ms - credit.after_ms) // credit.block_ms)
        case c.Hits(pay=c.Share(ratio)):
            most = ratio * (month_ms // (HOUR_MS if credit.span is c.Span.HOUR else DAY_MS))
        case c.Points(pay=c.Share(ratio)) if policy.target and not policy.is_metric:
            most = ratio * (policy.target // credit.step)
        case _:
            return
    if most > 1 and not policy.caps and policy.settlement.form is not SettleForm.TERM_EXTENSION:
        yield Warning("no_cap", "there is no cap: a long outage credits more than the whole base", path)


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
    if _is_worse_higher(policy):
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
