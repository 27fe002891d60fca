"""Stages 1 to 6 as columns: from evidence to bad, excluded and total milliseconds per subject.

Three layers lie over each other in time: what hit the merchant alone, what hit everyone, and what is excluded. Each
layer is first made flat (disjoint, the largest share wins). A flat layer is a step function, so that its value at any
instant is the running sum of its steps; stacking layers is adding their steps at the same instants and running the
sums once. No interval is ever compared with another one, and every figure is a 64-bit integer.

Merchants without evidence of their own are measured once per *class* (terms, service, region, period), whatever their
number; see ``docs/algorithm.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.incidents import Curve
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.measure.columns import EXCLUSIONS, IMPACTS, LINES, PLATFORM, RULES, SUBJECTS, TERMS, TOTALS
from sla_service.measure.flatten import flatten
from sla_service.measure.stack import CODES, stack

CLASS_KEYS = ("terms", "service", "region", "period_start_ms", "period_end_ms")

Expr = Any  # ibis is not annotated


@dataclass(frozen=True, slots=True)
class Evidence:
    """The tables to measure from; shapes in ``columns``."""

    subjects: pa.Table
    terms: pa.Table
    rules: pa.Table
    platform: pa.Table
    impacts: pa.Table
    exclusions: pa.Table


@dataclass(frozen=True, slots=True)
class Measured:
    """The tables that measuring gives: ``TOTALS`` and ``LINES``, both sorted by subject."""

    totals: pa.Table
    lines: pa.Table


def measure(evidence: Evidence) -> Measured:
    """Measure every subject.

    Args:
        evidence: Windows may come in any order, overlap, repeat and reach beyond the period; a run of impact is
            qualified by its whole length and then cut to the period.

    Returns:
        A row of totals for every subject, also where nothing happened, and the lines behind it.
    """
    _check(evidence)
    plan = _plan()
    with duckdb.connect() as con:
        _register(con, evidence)
        for statement in plan.steps:
            con.execute(statement)
        totals = con.sql(plan.totals).to_arrow_table().cast(TOTALS)
        lines = con.sql(plan.lines).to_arrow_table().cast(LINES)
    return Measured(totals, lines)


def _check(evidence: Evidence) -> None:
    """Refuse what would be dropped or mixed up in silence, and so read as time without an outage."""
    unknown = pc.invert(pc.is_in(evidence.subjects["terms"], evidence.terms["terms"].combine_chunks()))
    if pc.any(unknown).as_py():
        message = "every subject needs terms: without them its outages would not count"
        raise InvalidValueError.of("terms_missing", message)
    highest = max((pc.max(t["incident"]).as_py() or 0 for t in (evidence.platform, evidence.impacts)), default=0)
    if highest >= CODES:
        raise InvalidValueError.of("incidents_limit", f"a period holds up to {CODES:,} incidents")


_SHAPES = {
    "subjects": SUBJECTS,
    "terms": TERMS,
    "rules": RULES,
    "platform": PLATFORM,
    "impacts": IMPACTS,
    "exclusions": EXCLUSIONS,
}


def _register(con: duckdb.DuckDBPyConnection, evidence: Evidence) -> None:
    for name, shape in _SHAPES.items():
        # Registered, not copied: DuckDB reads the Arrow buffers in place.
        con.register(name, getattr(evidence, name).select(shape.names).cast(shape))


@dataclass(frozen=True, slots=True)
class Plan:
    """The expressions as DuckDB will run them: the shared steps in order, then the two results."""

    steps: tuple[str, ...]
    totals: str
    lines: str


@lru_cache(maxsize=1)
def _plan() -> Plan:
    """Build and compile the expressions once per process.

    They depend on the shapes alone, and compiling them takes ten times as long as running them for one merchant.
    """
    return _Planning().plan()


class _Planning:
    """The expressions over empty tables of the right shapes.

    Steps that others share are materialised, each as a table of its own: read by several others, they would run again.
    """

    def __init__(self) -> None:
        self.con = ibis.duckdb.connect()
        self.steps: list[str] = []
        _register(self.con.con, Evidence(**{name: shape.empty_table() for name, shape in _SHAPES.items()}))

    def plan(self) -> Plan:
        try:
            units = self._units()
            layers = self._step("layers", self._layers(units))
            stretches = self._step("stretches", stack(layers, units))
            lines = self.con.compile(self._lines(units, stretches))
            totals = self.con.compile(self._totals(units, stretches))
        finally:
            self.con.disconnect()
        return Plan(tuple(self.steps), totals, lines)

    def _table(self, name: str) -> Expr:
        return self.con.table(name)

    def _step(self, name: str, expression: Expr) -> Expr:
        statement = f'CREATE TABLE "{name}" AS {self.con.compile(expression)}'
        self.con.con.execute(statement)
        self.steps.append(statement)
        return self.con.table(name)

    def _units(self) -> Expr:
        """What is really measured: subjects with evidence of their own, and one representative per class for the rest.

        ``subject`` is the unit's id; ``members`` maps every subject to its unit.
        """
        own = (
            self._table("impacts")
            .select("merchant_id", "service")
            .union(
                self._table("exclusions").filter(_.merchant_id.notnull()).select("merchant_id", "service"),
                distinct=True,
            )
            .mutate(own=True)
        )
        subjects = self._table("subjects").left_join(own, ["merchant_id", "service"], rname="{name}_own")
        subjects = subjects.mutate(own=_.own.notnull()).select(*SUBJECTS.names, "own")
        grouped = subjects.mutate(
            unit=ibis.ifelse(
                _.own,
                _.subject,
                _.subject.min().over(ibis.window(group_by=[*CLASS_KEYS, "own"])),
            ),
        )
        members = self._step("members", grouped.select("subject", "unit"))
        units = grouped.filter(_.subject == _.unit).join(self._table("terms"), "terms")
        self.members = members
        return self._step("units", units.select(*SUBJECTS.names, "own", "curve", "minimum_run_ms"))

    def _layers(self, units: Expr) -> Expr:
        """Flat layers of all units: unit, layer name, start, end, value."""
        own = flatten(self._step, "own_windows", self._own(units)).mutate(layer=ibis.literal("own"))
        platform = self._platform(units).mutate(layer=ibis.literal("platform"))
        excluded = flatten(self._step, "excluded_windows", self._excluded(units)).mutate(layer=ibis.literal("excluded"))
        return own.union(platform, excluded)

    def _own(self, units: Expr) -> Expr:
        """Impacts of single merchants, read through their terms' curve."""
        impacts = units.filter(_.own).join(self._table("impacts"), ["merchant_id", "service"])
        whole = ibis.ifelse(_.share_ppm > 0, SHARE_FULL_PPM, 0)
        share = ibis.cases(
            (_.curve == Curve.FULL_OUTAGE, ibis.ifelse(_.share_ppm == SHARE_FULL_PPM, SHARE_FULL_PPM, 0)),
            (_.curve.isin([Curve.ANY_IMPACT, Curve.REPORTED_WINDOW]), whole),
            else_=_.share_ppm,
        )
        return _near(impacts.mutate(value=_value(share, _.incident)).filter(_.value >= CODES))

    def _platform(self, units: Expr) -> Expr:
        """Incidents that hit everyone, flat, for the unit's service, region and curve.

        Flattened once per class and then handed to its units: what hit everyone is the same for all of them.
        """
        keys = ("curve", "service", "region", "period_start_ms", "period_end_ms", "minimum_run_ms")
        led = self._step("led", units.mutate(leader=_.subject.min().over(ibis.window(group_by=keys))))
        leaders = led.filter(_.subject == _.leader)
        hits = leaders.join(self._table("platform"), ["curve", "service"], rname="{name}_hit")
        hits = hits.filter(_.region_hit.isnull() | (_.region_hit == _.region))
        windows = _near(hits.mutate(value=_value(_.share_ppm, _.incident)).filter(_.value >= CODES))
        flat = self._step("platform_flat", flatten(self._step, "platform_windows", windows))
        every = led.select("subject", "leader").join(flat.rename(leader="subject"), "leader")
        return every.select("subject", "start_ms", "end_ms", "value")

    def _excluded(self, units: Expr) -> Expr:
        """Windows that a rule of the unit's terms excludes; the value counts down from CODES by rank."""
        ruled = units.join(self._table("rules"), "terms", rname="{name}_rule")
        found = ruled.join(self._table("exclusions"), ["kind", "service"], rname="{name}_found")
        found = found.filter(
            _.region_found.isnull() | (_.region_found == _.region),
            _.merchant_id_found.isnull() | (_.merchant_id_found == _.merchant_id),
            _.notice_ms.isnull() | (_.notice_ms_found >= _.notice_ms),
        )
        return _near(found.mutate(value=CODES - _["rank"]))

    def _lines(self, units: Expr, stretches: Expr) -> Expr:
        """Stretches with an incident, for every member of each unit."""
        lines = stretches.filter(_.incident.notnull()).join(
            units.select("subject", "terms"),
            "subject",
        )
        lines = self._with_kind(lines)
        lines = lines.mutate(
            status=ibis.cases((_.kind.notnull(), "excluded"), (_.qualified, "counted"), else_="too_short"),
            reason=_.kind,
            counted_ppm_ms=ibis.ifelse(_.kind.isnull() & _.qualified, _.impact_ppm_ms, 0),
        )
        every = self.members.join(lines.rename(unit="subject"), "unit")
        return every.select(*LINES.names).order_by("subject", "start_ms")

    def _totals(self, units: Expr, stretches: Expr) -> Expr:
        sums = self._with_kind(stretches.join(units.select("subject", "terms"), "subject")).mutate(
            bad=ibis.ifelse(_.kind.isnull() & _.qualified, _.impact_ppm_ms, 0),
            excluded=ibis.ifelse(_.kind.notnull() & _.qualified, _.impact_ppm_ms, 0),
            unmeasured=ibis.ifelse(_.leaves_period.fill_null(False), _.end_ms - _.start_ms, 0),  # noqa: FBT003
        )
        sums = sums.group_by("subject").agg(
            bad_ppm_ms=_.bad.sum(),
            excluded_ppm_ms=_.excluded.sum(),
            unmeasured_ms=_.unmeasured.sum(),
        )
        every = self.members.left_join(sums.rename(unit="subject"), "unit", rname="{name}_sums")
        every = every.join(self._table("subjects").select("subject", "period_start_ms", "period_end_ms"), "subject")
        every = every.mutate(
            bad_ppm_ms=_.bad_ppm_ms.fill_null(0),
            excluded_ppm_ms=_.excluded_ppm_ms.fill_null(0),
            unmeasured_ms=_.unmeasured_ms.fill_null(0),
        )
        every = every.mutate(total_ms=_.period_end_ms - _.period_start_ms - _.unmeasured_ms)
        return every.select(*TOTALS.names).order_by("subject")

    def _with_kind(self, stretches: Expr) -> Expr:
        """The reason for which a stretch is excluded, null if it is not."""
        rules = self._table("rules").select("terms", "rank", "kind", "leaves_period")
        return stretches.left_join(rules, ["terms", "rank"], rname="{name}_rule")


def _value(share_ppm: Expr, incident: Expr) -> Expr:
    return share_ppm * CODES + (CODES - 1 - incident)


def _near(windows: Expr) -> Expr:
    """Windows that touch the period or could lengthen a run that does; as unit, start, end, value."""
    near = windows.filter(
        _.start_ms <= _.period_end_ms + _.minimum_run_ms,
        _.end_ms >= _.period_start_ms - _.minimum_run_ms,
    )
    return near.select("subject", "start_ms", "end_ms", "value")
