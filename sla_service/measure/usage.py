"""Usage as columns: slots that are bad, sums over a period, and the rows that show whom an outage hit."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import _

from sla_service.domain.policies.downtime import Clock
from sla_service.domain.policies.indicators import Comparison, UsageFigure

Expr = Any  # ibis is not annotated

NANO = 1_000_000_000
NEVER_MS = (1 << 63) - 1
"""Later than any instant: a least value must not be null where one of several is."""


def rows_of(units: Expr, usage: Expr) -> Expr:
    """The usage rows of every measured unit, within its reach."""
    found = units.join(usage, ["merchant_id", "service"], rname="{name}_row")
    return found.filter(
        (_.unit == "") | (_.unit_row == "") | (_.unit == _.unit_row),
        _.end_ms > _.reach_start_ms,
        _.start_ms < _.reach_end_ms,
    )


def bad_slots(rows: Expr, conditions: Expr) -> Expr:
    """Slots in which every condition of the terms holds."""
    slots = rows.filter(_.reads == "slots", _.requests.fill_null(0) >= _.slot_requests)
    asked = conditions.group_by("terms").agg(asked=_.count())
    held = slots.join(conditions, "terms", rname="{name}_condition").mutate(holds=_holds())
    agreed = held.group_by("subject", "start_ms", "end_ms", "terms", "usage_incident").agg(
        held=_.holds.cast("int64").sum()
    )
    agreed = agreed.join(asked, "terms").filter(_.held >= _.asked)
    return agreed.select("subject", "start_ms", "end_ms", incident=_.usage_incident)


def _holds() -> Expr:
    """Whether one condition holds in one row; both sides are whole numbers."""
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


def sums(rows: Expr, excluded: Expr) -> Expr:
    """Usage within the period, per subject, requests in a row, and exclusion; a row belongs to the instant it begins.

    Args:
        rows: From ``rows_of``.
        excluded: Flat: ``subject, start_ms, end_ms, value``, the value counting down from ``ranks`` by rank.
    """
    inside = rows.filter(_.reads != "windows", _.start_ms >= _.period_start_ms, _.start_ms < _.period_end_ms)
    under = excluded.select("subject", from_ms=_.start_ms, until_ms=_.end_ms, rank=_["rank"])
    marked = inside.left_join(
        under,
        [inside.subject == under.subject, inside.start_ms >= under.from_ms, inside.start_ms < under.until_ms],
        rname="{name}_under",
    )
    return marked.group_by("subject", base=_.requests.fill_null(0), rank=_["rank"]).agg(
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
