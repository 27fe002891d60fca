"""Stage 8: how much a breach pays, exactly and before any limit (F1 to F12 and their stacking)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from sla_service.domain.accounting.spans import span_window, spans
from sla_service.domain.measurement import Measurement, Outage
from sla_service.domain.owed import NOTHING, Owed, Terms
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import (
    Bands,
    BlockCount,
    Blocks,
    Credit,
    DowntimeOf,
    Flat,
    HitBy,
    Hits,
    Manual,
    Multiple,
    Overlap,
    Pay,
    Per,
    Points,
    Span,
    Stack,
    Stacking,
    Table,
    Tier,
)
from sla_service.domain.policies.indicators import Metric, Worse
from sla_service.domain.policies.terms import rows_of
from sla_service.domain.shares import format_floored
from sla_service.domain.windows import SHARE_FULL_PPM


def owed(credit: Credit, measurement: Measurement, terms: Terms, first_tier: int = 0) -> Owed:  # noqa: PLR0911 - a case each
    """What a function gives for a measurement that missed the commitment.

    Args:
        credit: The function.
        measurement: Of one part.
        terms: Policy, base and zone.
        first_tier: Index in ``policy.rows`` of the first row of this function.
    """
    match credit:
        case Table():
            return _table(credit, measurement.decisive, terms, first_tier)
        case Flat():
            return _flat(credit, measurement, terms)
        case Multiple():
            return _multiple(credit, measurement, terms)
        case Blocks():
            return _blocks(credit, measurement, terms)
        case Bands():
            return _bands(credit, measurement, terms, first_tier)
        case Hits():
            return _hits(credit, measurement.outages, terms)
        case Points():
            return _points(credit, measurement.decisive, terms)
        case Manual(why):
            # Where nothing was down there is nothing to decide.
            nothing_bad = not measurement.creditable_ms and not terms.policy.is_metric
            return NOTHING if nothing_bad else Owed(undefined=why)
        case Stack(rule, parts):
            return _stack(rule, _each(parts, measurement, terms, first_tier))


def _each(parts: Sequence[Credit], measurement: Measurement, terms: Terms, first_tier: int) -> Iterable[Owed]:
    at = first_tier
    for part in parts:
        yield owed(part, measurement, terms, at)
        at += len(rows_of(part))


def _stack(rule: Stacking, found: Iterable[Owed]) -> Owed:
    if rule is Stacking.FIRST:
        return next((one for one in found if any(one.size) or one.undefined), NOTHING)
    every = list(found)
    unclear = next((one for one in every if one.undefined), None)
    if unclear is not None:
        return unclear
    if rule is Stacking.LARGEST:
        return max(every, key=lambda one: one.size)
    return sum(every, NOTHING)


def _table(table: Table, figure: Fraction, terms: Terms, first_tier: int) -> Owed:
    rows = [i for i, row in enumerate(table.rows) if row.covers(figure)]
    if len(rows) > 1 and table.overlap is Overlap.DEEPEST:
        rows = [min(rows, key=lambda i: _depth(table.rows[i], terms.policy))]
    if len(rows) == 1:
        return replace(terms.pay(table.rows[rows[0]].pays), tier=first_tier + rows[0])
    if rows:
        numbers = " and ".join(str(first_tier + row + 1) for row in rows)
        name = terms.policy.name_and_version
        return Owed(undefined=f"rows {numbers} of the credit table of {name} both cover {_shown(figure, terms.policy)}")
    return _uncovered(table, figure, terms.policy)


def _uncovered(table: Table, figure: Fraction, policy: Policy) -> Owed:
    """No row: a hole, unless nothing is promised there at all."""
    if not _missed(policy, figure):
        edges = [row.upper for row in table.rows] if not _is_higher_worse(policy) else [r.lower for r in table.rows]
        known = [edge for edge in edges if edge is not None]
        beyond = max if not _is_higher_worse(policy) else min
        if known and (figure >= beyond(known) if beyond is max else figure <= beyond(known)):
            return NOTHING
    shown = _shown(figure, policy)
    side = "above" if _is_higher_worse(policy) else "below"
    than = f", which is {side} the target" if _missed(policy, figure) else ""
    return Owed(undefined=f"no row of the credit table of {policy.name_and_version} covers {shown}{than}")


def _missed(policy: Policy, figure: Fraction) -> bool:
    if policy.target is None:
        return False
    return figure > policy.target if _is_higher_worse(policy) else figure < policy.target


def _is_higher_worse(policy: Policy) -> bool:
    return isinstance(policy.indicator, Metric) and policy.indicator.worse is Worse.HIGHER


def _depth(row: Tier, policy: Policy) -> tuple[Fraction, bool]:
    """Smaller for rows that are for worse service."""
    if _is_higher_worse(policy):
        return (-row.lower, row.lower_inclusive) if row.lower is not None else (Fraction(10**18), False)
    return (row.upper, row.upper_inclusive) if row.upper is not None else (Fraction(10**18), True)


def _shown(figure: Fraction, policy: Policy) -> str:
    return str(figure) if policy.is_metric else format_floored(figure)


def _counted(pay: Pay, measurement: Measurement, per: Per, terms: Terms, of: Callable[[Fraction], int]) -> Owed:
    """A pay, counted for every outage, each under the caps for one, or for the period's total."""
    if per is Per.PERIOD:
        return terms.count(pay, of(measurement.creditable_ms))
    every = [of(outage.bad_ms) for outage in measurement.outages if outage.bad_ms]
    if terms.caps_outages:
        return sum((terms.limit(terms.count(pay, number)) for number in every), NOTHING)
    return terms.count(pay, sum(every)) if every else NOTHING


def _flat(flat: Flat, measurement: Measurement, terms: Terms) -> Owed:
    if flat.per is Per.PERIOD and not measurement.creditable_ms and not terms.policy.is_metric:
        # Paid for every breach: without a target any downtime is one, and none is none.
        return NOTHING
    return _counted(flat.pay, measurement, flat.per, terms, lambda _bad: 1)


def downtime_of(of: DowntimeOf, measurement: Measurement, policy: Policy) -> Fraction:
    """All downtime that a credit is for, or what goes beyond the error budget of the target."""
    if of is DowntimeOf.ALL:
        return measurement.creditable_ms
    target = policy.target if policy.target is not None else Fraction(1)
    return max(Fraction(0), measurement.creditable_ms - (1 - target) * measurement.total_ms)


def _multiple(multiple: Multiple, measurement: Measurement, terms: Terms) -> Owed:
    time_ms = multiple.times * downtime_of(multiple.of, measurement, terms.policy)
    if multiple.whole_ms:
        whole_ms = Fraction((time_ms / multiple.whole_ms).__ceil__() * multiple.whole_ms)
        return terms.time(whole_ms, multiple.whole_ms)
    if terms.pays_time:
        return Owed(time_ms=time_ms)
    # Pro rata is a ratio: of the time that the base pays for, or of the denominator, whatever its unit.
    return Owed(terms.base_minor * time_ms / terms.divisor(measurement.total_ms))


def _blocks(blocks: Blocks, measurement: Measurement, terms: Terms) -> Owed:
    if blocks.of is DowntimeOf.EXCESS:
        return terms.count(blocks.pay, _blocks_in(blocks, downtime_of(blocks.of, measurement, terms.policy)))
    return _counted(blocks.pay, measurement, blocks.per, terms, lambda bad: _blocks_in(blocks, bad))


def _blocks_in(blocks: Blocks, bad_ms: Fraction) -> int:
    # In whole numbers, for it is asked of every outage: numerators over one denominator.
    beyond = max(0, bad_ms.numerator - blocks.after_ms * bad_ms.denominator)
    block = blocks.block_ms * bad_ms.denominator
    return beyond // block if blocks.count is BlockCount.FULL else -(-beyond // block)


def _bands(bands: Bands, measurement: Measurement, terms: Terms, first_tier: int) -> Owed:
    """By the length of every outage, each under the caps for one, or of the period's downtime."""
    if bands.per is Per.PERIOD:
        return _band(bands, measurement.creditable_ms, terms, first_tier)
    worth: dict[int, Owed] = {}
    every = []
    for bad_ms in [outage.bad_ms for outage in measurement.outages if outage.bad_ms]:
        rows = _rows_covering(bands, bad_ms)
        if len(rows) != 1:
            every.append(terms.limit(_band(bands, bad_ms, terms, first_tier)))
            continue
        if rows[0] not in worth:
            worth[rows[0]] = terms.limit(_band(bands, bad_ms, terms, first_tier))
        every.append(worth[rows[0]])
    return sum(every, NOTHING)


def _rows_covering(bands: Bands, bad_ms: Fraction) -> list[int]:
    """Indexes of the bands that apply: none, one, or several if the contract has no single answer."""
    # Most outages are whole milliseconds, and whole numbers compare several times faster.
    bad = bad_ms.numerator if bad_ms.denominator == 1 else bad_ms
    rows = [i for i, row in enumerate(bands.rows) if bad and row.covers(bad)]
    if len(rows) > 1 and bands.overlap is Overlap.DEEPEST:
        return [max(rows, key=lambda i: bands.rows[i].lower_ms)]
    return rows


def _band(bands: Bands, bad_ms: Fraction, terms: Terms, first_tier: int) -> Owed:
    if not bad_ms:
        return NOTHING
    rows = _rows_covering(bands, bad_ms)
    if len(rows) == 1:
        return replace(terms.pay(bands.rows[rows[0]].pays), tier=first_tier + rows[0])
    lowest = min(bands.rows, key=lambda row: row.lower_ms)
    if not rows and (bad_ms < lowest.lower_ms or (bad_ms == lowest.lower_ms and not lowest.lower_inclusive)):
        return NOTHING
    minutes = format_minutes(bad_ms)
    name = terms.policy.name_and_version
    which = f"several bands of {name} cover" if rows else f"no band of {name} covers"
    return Owed(undefined=f"{which} a downtime of {minutes} minutes")


def format_minutes(time_ms: Fraction) -> str:
    """Minutes, exact if they are a short decimal, else cut with an ellipsis: ``9``, ``10.25``, ``3.333…``."""
    thousandths, rest = divmod(time_ms.numerator, 60 * time_ms.denominator)
    whole, decimals = divmod(thousandths, 1000)
    text = f"{whole}.{decimals:03d}".rstrip("0").rstrip(".")
    return f"{text}…" if rest else text


def _hits(hits: Hits, outages: Sequence[Outage], terms: Terms) -> Owed:
    """Hours or days that are hit; none that an outage before, which is assessed by itself, has paid already."""
    paid = {start for outage in terms.before for start in _hit(hits, (outage,), terms.zone)}
    return terms.count(hits.pay, len(_hit(hits, outages, terms.zone) - paid))


def _hit(hits: Hits, outages: Sequence[Outage], zone: str) -> set[int]:
    """The starts of the hours or days that are hit."""
    by_hour = hits.span is Span.HOUR
    found: dict[int, int | Fraction] = {}
    """Start of each hour or day, and its share of impact × milliseconds."""
    for outage in outages:
        if hits.hit_by is HitBy.OUTAGE:
            # Whole, in the period in which it begins: the one before has it already.
            if not outage.began_before:
                start = span_window(outage.start_ms, zone, by_hour=by_hour).start_ms
                found[start] = max(found.get(start, 0), outage.whole.bad_ms * SHARE_FULL_PPM)
        elif outage.bad_ms:
            for span in spans(outage.start_ms, outage.end_ms, zone, by_hour=by_hour):
                bad = outage.bad_ppm_ms_between(span.start_ms, span.end_ms)
                found[span.start_ms] = found.get(span.start_ms, 0) + bad
    least = hits.minimum_ms * SHARE_FULL_PPM
    return {at for at, bad in found.items() if bad > least or (not hits.strict and bad == least)}


def _points(points: Points, figure: Fraction, terms: Terms) -> Owed:
    target = terms.policy.target if terms.policy.target is not None else Fraction(1)
    missed = figure - target if _is_higher_worse(terms.policy) else target - figure
    number = max(Fraction(0), missed) / points.step
    count = number.__floor__() if points.count is BlockCount.FULL else number.__ceil__()
    return terms.count(points.pay, count)
