"""Usage as columns: slots that are bad, sums over a period, and the rows that show whom an outage hit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis
from ibis import _

from sla_service.domain.policies.downtime import Clock
from sla_service.domain.policies.indicators import Comparison, UsageFigure

Expr = Any  # ibis is not annotated

NANO = 1_000_000_000
NEVER_MS = (1 << 63) - 1
"""Later than any instant: a least value must not be null where one of several is."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The rows of every measured unit; of those that look at slots also each row with its slot, and the slots."""

    rows: Expr
    placed: Expr
    slots: Expr


def rows_of(units: Expr, usage: Expr) -> Expr:
    """The usage rows of every measured unit, within its reach."""
    found = units.join(usage, ["merchant_id", "service"], rname="{name}_row")
    return found.filter(
        (_.unit == "") | (_.unit_row == "") | (_.unit == _.unit_row),
        _.end_ms > _.reach_start_ms,
        _.start_ms < _.reach_end_ms,
    )


def placed(rows: Expr, clocks: Expr) -> Expr:
    """The rows that terms by slots look at, each with the slot of the clock in which it begins.

    Returns:
        The rows with ``slot_start_ms``, ``slot_end_ms``, and ``belongs``: whether a row ends in its slot too, or has
        nothing to be counted.
    """
    found = _cut(rows, clocks, "slots")
    counts = (_.counts_requests & (_.requests > 0)) | (_.counts_values & _.value_nano.notnull())
    found = found.filter((_.counts_requests & _.requests.notnull()) | (_.counts_values & _.value_nano.notnull()))
    belongs = (_.end_ms <= _.slot_end_ms) | ~counts.fill_null(False)  # noqa: FBT003 - ibis names it so
    return found.mutate(belongs=belongs, value_nano=ibis.ifelse(_.counts_values, _.value_nano, None))


def _cut(rows: Expr, clocks: Expr, cuts: str) -> Expr:
    """Rows with the slot or part in which each begins; none for terms that are not cut so."""
    ruled = rows.join(clocks.filter(_.cuts == cuts), "terms", rname="{name}_clock")
    inside = ruled.filter(_.start_ms >= _.from_ms, _.start_ms < _.until_ms)
    begun = inside.mutate(slot_start_ms=_.start_ms - (_.start_ms + _.shift_ms) % _.slot_ms)
    return begun.mutate(slot_end_ms=_.slot_start_ms + _.slot_ms)


def slots_of(rows: Expr) -> Expr:
    """One row for each slot of a subject: what its rows count is summed. ``rows`` are from ``placed``."""
    keys = ("subject", "terms", "reads", "slot_requests", "usage_incident", "period_start_ms", "period_end_ms")
    return (
        rows.filter(_.belongs)
        .group_by(*keys, start_ms=_.slot_start_ms, end_ms=_.slot_end_ms)
        .agg(
            requests=_.requests.sum().fill_null(0),
            failed=_.failed.sum().fill_null(0),
            tolerated=_.tolerated.sum().fill_null(0),
        )
    )


def strays(rows: Expr) -> Expr:
    """The longest row of each subject, within its period, that belongs to no slot."""
    lost = rows.filter(~_.belongs, _.end_ms > _.period_start_ms, _.start_ms < _.period_end_ms)
    order = ibis.window(group_by="subject", order_by=[ibis.desc(_.end_ms - _.start_ms), _.start_ms, _.end_ms])
    ranked = lost.mutate(place=ibis.row_number().over(order))
    return ranked.filter(_.place == 0).select("subject", "start_ms", "end_ms")


def bad_slots(slots: Expr, rows: Expr, conditions: Expr) -> Expr:
    """Slots in which the conditions of their terms hold: of the sums of the slot, and of any one value in it.

    Args:
        slots: From ``slots_of``.
        rows: From ``placed``.
        conditions: Of the terms.
    """
    busy = slots.filter(_.reads == "slots", _.requests >= _.slot_requests)
    values = rows.filter(_.belongs).select("subject", "value_nano", start_ms=_.slot_start_ms).distinct()
    seen = busy.join(values, ["subject", "start_ms"], rname="{name}_value")
    asked = conditions.group_by("terms").agg(asked=ibis.ifelse(_.is_enough.all(), 1, _.count()))
    held = seen.join(conditions, "terms", rname="{name}_condition").mutate(holds=_holds())
    agreed = held.group_by("subject", "start_ms", "end_ms", "terms", "usage_incident", "value_nano").agg(
        held=_.holds.cast("int64").sum()
    )
    agreed = agreed.join(asked, "terms").filter(_.held >= _.asked)
    return agreed.select("subject", "start_ms", "end_ms", incident=_.usage_incident).distinct()


def _holds() -> Expr:
    """Whether one condition holds in one slot, for one of its values; both sides are whole numbers."""
    figure = ibis.cases(
        (_.figure == UsageFigure.ERROR_RATE, _.failed * _.edge_denominator),
        (_.figure == UsageFigure.FAILURES, _.failed * _.edge_denominator),
        else_=_.value_nano * _.edge_denominator,
    )
    edge = ibis.cases(
        (_.figure == UsageFigure.ERROR_RATE, ibis.ifelse(_.requests > 0, _.requests, None) * _.edge_numerator),
        (_.figure == UsageFigure.FAILURES, _.edge_numerator),
        else_=_.edge_numerator * NANO,
    )
    return ibis.cases(
        (_.comparison == Comparison.ABOVE, figure > edge),
        (_.comparison == Comparison.AT_LEAST, figure >= edge),
        (_.comparison == Comparison.BELOW, figure < edge),
        else_=figure <= edge,
    ).fill_null(False)  # noqa: FBT003 - ibis names it so


def counted(rows: Expr, slots: Expr, clocks: Expr) -> Expr:
    """What is summed: the slots of terms by slots, and the rows of all others, in one shape."""
    by_slots = clocks.filter(_.cuts == "slots").select("terms").distinct()
    single = rows.filter(_.reads != "windows").anti_join(by_slots, "terms")
    names = ("subject", "terms", "period_start_ms", "period_end_ms", "start_ms", "requests", "failed", "tolerated")
    # Sums are wider than what they are sums of.
    narrow = {name: _[name].cast("int64") for name in ("requests", "failed", "tolerated")}
    slots = slots.mutate(**narrow).select(*names, value_nano=ibis.null("int64"))
    return single.select(*names, "value_nano").union(slots)


def sums(units: Expr, excluded: Expr, clocks: Expr) -> Expr:
    """Usage within the period, per subject, part, requests, and exclusion; each belongs to the instant it begins.

    Args:
        units: From ``counted``.
        excluded: Flat: ``subject, start_ms, end_ms, value``, the value counting down from ``ranks`` by rank.
        clocks: Of the terms; of those that assess hours or days by themselves the parts are told.
    """
    inside = units.filter(_.start_ms >= _.period_start_ms, _.start_ms < _.period_end_ms)
    parts = _cut(inside.select("subject", "terms", "start_ms").distinct(), clocks, "parts")
    parts = parts.select("subject", "start_ms", part_start_ms=_.slot_start_ms, part_end_ms=_.slot_end_ms)
    inside = inside.left_join(parts, ["subject", "start_ms"], rname="{name}_part")
    under = excluded.select("subject", from_ms=_.start_ms, until_ms=_.end_ms, rank=_["rank"])
    marked = inside.left_join(
        under,
        [inside.subject == under.subject, inside.start_ms >= under.from_ms, inside.start_ms < under.until_ms],
        rname="{name}_under",
    )
    keys = ("subject", "part_start_ms", "part_end_ms")
    return marked.group_by(*keys, base=_.requests.fill_null(0), rank=_["rank"]).agg(
        rows=_.count(),
        active_rows=(_.requests > 0).cast("int64").sum().fill_null(0),
        requests=_.requests.sum().fill_null(0),
        failed=_.failed.sum().fill_null(0),
        tolerated=_.tolerated.sum().fill_null(0),
        value_nano=_.value_nano.sum(),
        value_rows=_.value_nano.count(),
        value_minimum_nano=_.value_nano.min(),
        value_maximum_nano=_.value_nano.max(),
    )


def spans(rows: Expr) -> Expr:
    """Rows of users affected, and rows in which the merchant was there, or had errors, of its own."""
    users = rows.filter(_.users.notnull()).select(
        "subject",
        "start_ms",
        "end_ms",
        "users",
        "users_affected",
        is_activity=ibis.literal(False),  # noqa: FBT003
    )
    there = ibis.cases((_.activity == "errors", _.failed > 0), (_.activity == "requests", _.requests > 0), else_=None)
    activity = rows.filter(there.fill_null(False)).select(  # noqa: FBT003
        "subject",
        "start_ms",
        "end_ms",
        "users",
        "users_affected",
        is_activity=ibis.literal(True),  # noqa: FBT003
    )
    return users.union(activity)


def clock_start(*, of_merchant: bool) -> Expr:
    """From when a window counts under the terms' clock; null where no instant that they ask for is known."""
    instants = {Clock.FAILURE: _.start_ms, Clock.CONFIRMATION: _.confirmed_ms}
    if of_merchant:
        instants |= {Clock.TICKET: _.ticket_ms, Clock.REPORT: _.reported_ms}
    asked = [ibis.ifelse(_.clock.contains(word), at_ms, None) for word, at_ms in instants.items()]
    known = ibis.least(*(at_ms.fill_null(NEVER_MS) for at_ms in asked)).nullif(NEVER_MS)
    return ibis.ifelse(known > _.start_ms, known, ibis.ifelse(known.notnull(), _.start_ms, None))
