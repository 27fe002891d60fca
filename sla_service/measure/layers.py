"""Windows of evidence as each measured unit sees them: its own, everyone's, and those that its contract excludes."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import _

from sla_service.domain.incidents import Curve
from sla_service.domain.policies.downtime import ReportedBy, ReportedSince
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.measure.codes import CODES
from sla_service.measure.usage import clock_start

Expr = Any  # ibis is not annotated


def own_windows(units: Expr, impacts: Expr) -> Expr:
    """Impacts of single merchants, read through their terms' curve and clock."""
    hits = units.filter(_.own & (_.reads != "usage")).join(impacts, ["merchant_id", "service"], rname="{name}_hit")
    hits = hits.filter((_.unit == "") | (_.unit_hit == "") | (_.unit == _.unit_hit))
    whole = ibis.ifelse(_.share_ppm > 0, SHARE_FULL_PPM, 0)
    share = ibis.cases(
        (_.curve == Curve.FULL_OUTAGE, ibis.ifelse(_.share_ppm == SHARE_FULL_PPM, SHARE_FULL_PPM, 0)),
        (_.curve.isin([Curve.ANY_IMPACT, Curve.REPORTED_WINDOW]), whole),
        else_=_.share_ppm,
    )
    hits = hits.filter(_is_reported())
    hits = hits.mutate(value=_value(share, _.incident), start_ms=clock_start(of_merchant=True))
    return near(hits.filter(_.value >= CODES, _.start_ms < _.end_ms))


def platform_windows(leaders: Expr, platform: Expr) -> Expr:
    """Incidents that hit everyone, for the unit's service, region, curve and clock; a unit reports none of them."""
    asked = leaders.filter(_.reads != "usage", _.reported_by.isnull())
    hits = asked.join(platform, ["curve", "service"], rname="{name}_hit")
    hits = hits.filter(_.region_hit.isnull() | (_.region_hit == _.region))
    hits = hits.mutate(value=_value(_.share_ppm, _.incident), start_ms=clock_start(of_merchant=False))
    return near(hits.filter(_.value >= CODES, _.start_ms < _.end_ms))


def excluded_windows(units: Expr, rules: Expr, exclusions: Expr) -> Expr:
    """Windows that a rule of the unit's terms excludes; the value counts down from CODES by rank."""
    ruled = units.join(rules, "terms", rname="{name}_rule")
    found = ruled.join(exclusions, ["kind", "service"], rname="{name}_found")
    found = found.filter(
        _.region_found.isnull() | (_.region_found == _.region),
        _.merchant_id_found.isnull() | (_.merchant_id_found == _.merchant_id),
        # A contract that is measured as a whole goes on at its other units.
        _.unit_found.isnull() | (_.unit_found == _.unit),
        _.notice_ms.isnull() | (_.notice_ms_found >= _.notice_ms),
        ~_.confirmed | _.confirmed_ms.notnull(),
        _.upstream.isnull() | ~_.covered.contains("|" + _.upstream + "|"),
    )
    return near(found.mutate(value=CODES - _["rank"]))


def slot_windows(slots: Expr) -> Expr:
    """Bad slots as windows of full impact."""
    return slots.select("subject", "start_ms", "end_ms", value=SHARE_FULL_PPM * CODES + (CODES - 1 - _.incident))


def near(windows: Expr) -> Expr:
    """Windows that touch what is read for the unit; as unit, start, end, value."""
    found = windows.filter(_.start_ms <= _.reach_end_ms, _.end_ms >= _.reach_start_ms)
    return found.select("subject", "start_ms", "end_ms", "value")


def _is_reported() -> Expr:
    """Whether an impact has the ticket or report that the terms ask for, in time."""
    known = ibis.cases(
        (_.reported_by == ReportedBy.TICKET, _.ticket_ms), (_.reported_by == ReportedBy.REPORT, _.reported_ms)
    )
    edge = ibis.ifelse(_.reported_since == ReportedSince.START, _.start_ms, _.end_ms)
    in_time = _.reported_within_ms.isnull() | (known <= edge + _.reported_within_ms)
    return _.reported_by.isnull() | (known.notnull() & in_time)


def _value(share_ppm: Expr, incident: Expr) -> Expr:
    return share_ppm * CODES + (CODES - 1 - incident)
