"""The expressions of stages 1 to 6 and the SQL that DuckDB runs for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ibis
from ibis import _

from sla_service.measure.chains import chains_of, linked, spell_out
from sla_service.measure.codes import CODES
from sla_service.measure.columns import (
    LINES,
    PIECES,
    SHAPES,
    SPANS,
    STRAYS,
    SUBJECTS,
    TERMS,
    TOTALS,
    USAGE_SUMS,
)
from sla_service.measure.flatten import flatten
from sla_service.measure.layers import excluded_windows, own_windows, platform_windows, slot_windows
from sla_service.measure.stack import levels_of, pieces_of, stretches_of
from sla_service.measure.usage import (
    Usage,
    bad_slots,
    counted,
    placed,
    rows_of,
    slots_of,
    spans,
    strays,
    sums,
)

BOUNDS = ("period_start_ms", "period_end_ms", "reach_start_ms", "reach_end_ms")
CLASS_KEYS = ("terms", "service", "region", "unit", *BOUNDS)

Expr = Any  # ibis is not annotated


@dataclass(frozen=True, slots=True)
class Plan:
    """The expressions as DuckDB will run them: the shared steps in order, then the results by name."""

    steps: tuple[str, ...]
    results: dict[str, str]


@lru_cache(maxsize=2)
def plan_of(*, in_detail: bool) -> Plan:
    """Build and compile the expressions once per process.

    They depend on the shapes alone, and compiling them takes ten times as long as running them for one merchant.
    """
    return _Planning(in_detail=in_detail).plan()


def _sql(expression: Expr) -> str:
    return str(ibis.to_sql(expression, dialect="duckdb", pretty=False))


class _Planning:
    """The expressions over tables of the right shapes, of which there need be none yet: no database is asked.

    Steps that others share are materialised, each as a table of its own: read by several others, they would run again.
    """

    def __init__(self, *, in_detail: bool) -> None:
        self.tables = {name: ibis.table(ibis.Schema.from_pyarrow(shape), name=name) for name, shape in SHAPES.items()}
        self.steps: list[str] = []
        self.in_detail = in_detail

    def plan(self) -> Plan:
        units = self._units()
        usage = self._usage(units) if self.in_detail else None
        excluded = self._excluded(units)
        layers = self._step("layers", self._layers(units, usage, excluded))
        levels = self._step("levels", levels_of(layers))
        pieces = self._step("pieces", pieces_of(spell_out(levels, self.chains, self.links)))
        stretches = self._step("stretches", stretches_of(pieces, units))
        results = {"lines": self._lines(units, stretches), "totals": self._totals(units, stretches)}
        if usage is not None:
            results |= self._details(units, pieces, usage, excluded)
        return Plan(tuple(self.steps), {name: _sql(query) for name, query in results.items()})

    def _table(self, name: str) -> Expr:
        return self.tables[name]

    def _step(self, name: str, expression: Expr) -> Expr:
        self.steps.append(f'CREATE TABLE "{name}" AS {_sql(expression)}')
        self.tables[name] = ibis.table(expression.schema(), name=name)
        return self.tables[name]

    def _units(self) -> Expr:
        """What is really measured: subjects with evidence of their own, and one representative per class for the rest.

        ``subject`` is the unit's id; ``members`` maps every subject to its unit.
        """
        sources = [self._table("impacts"), self._table("exclusions").filter(_.merchant_id.notnull())]
        if self.in_detail:
            sources.append(self._table("usage"))
        keys = [source.select("merchant_id", "service") for source in sources]
        own = keys[0].union(*keys[1:], distinct=True).mutate(own=True)
        subjects = self._table("subjects").left_join(own, ["merchant_id", "service"], rname="{name}_own")
        subjects = subjects.mutate(own=_.own.notnull()).select(*SUBJECTS.names, "own")
        grouped = subjects.mutate(
            representative=ibis.ifelse(
                _.own,
                _.subject,
                _.subject.min().over(ibis.window(group_by=[*CLASS_KEYS, "own"])),
            ),
        )
        self.members = self._step("members", grouped.select("subject", "representative"))
        units = grouped.filter(_.subject == _.representative).join(self._table("terms"), "terms")
        return self._step("units", units.select(*SUBJECTS.names, "own", *TERMS.names[1:]))

    def _usage(self, units: Expr) -> Usage:
        rows = self._step("usage_rows", rows_of(units, self._table("usage")))
        in_slots = self._step("usage_placed", placed(rows, self._table("clocks")))
        return Usage(rows, in_slots, self._step("usage_slots", slots_of(in_slots)))

    def _layers(self, units: Expr, usage: Usage | None, excluded: Expr) -> Expr:
        """Flat layers of all units: unit, layer name, start, end, value."""
        own = own_windows(units, self._table("impacts"))
        if usage is not None:
            bad = bad_slots(usage.slots, usage.placed, self._table("conditions"))
            own = own.union(slot_windows(bad))
        layers = {
            "own": flatten(self._step, "own_windows", own),
            "chain": self._platform(units),
            "excluded": excluded,
        }
        named = [layer.mutate(layer=ibis.literal(name)) for name, layer in layers.items()]
        return named[0].union(*named[1:])

    def _platform(self, units: Expr) -> Expr:
        """Flattened and chained once per class and then handed to its units: what hit everyone is the same for all."""
        keys = ("curve", "clock", "reported_by", "reads", "service", "region", "in_detail", *BOUNDS)
        led = self._step("led", units.mutate(leader=_.subject.min().over(ibis.window(group_by=keys))))
        windows = platform_windows(led.filter(_.subject == _.leader), self._table("platform"))
        led_by = units.select("subject", "period_start_ms", "period_end_ms", "in_detail")
        flat = flatten(self._step, "platform_windows", windows).join(led_by, "subject")
        self.links = self._step("links", linked(flat))
        self.chains = self._step("chains", chains_of(self.links))
        every = led.select("subject", "leader").join(self.chains.rename(leader="subject"), "leader")
        return every.select("subject", start_ms=_.chain_start_ms, end_ms=_.chain_end_ms, value=_.chain)

    def _excluded(self, units: Expr) -> Expr:
        windows = excluded_windows(units, self._table("rules"), self._table("exclusions"))
        return self._step("excluded_flat", flatten(self._step, "excluded_windows", windows))

    def _lines(self, units: Expr, stretches: Expr) -> Expr:
        """Stretches with an incident, for every member of each unit."""
        lines = stretches.filter(_.incident.notnull()).join(
            units.filter(~_.in_detail).select("subject", "terms"),
            "subject",
        )
        lines = self._with_kind(lines)
        lines = lines.mutate(
            status=ibis.cases((_.kind.notnull(), "excluded"), (_.qualified, "counted"), else_="too_short"),
            reason=_.kind,
            counted_ppm_ms=ibis.ifelse(_.kind.isnull() & _.qualified, _.impact_ppm_ms, 0),
        )
        every = self.members.join(lines.rename(representative="subject"), "representative")
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
        every = self.members.left_join(sums.rename(representative="subject"), "representative", rname="{name}_sums")
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
        rules = self._table("rules").select("terms", "rank", "leaves_period", kind=_.reason)
        return stretches.left_join(rules, ["terms", "rank"], rname="{name}_rule")

    def _details(self, units: Expr, pieces: Expr, usage: Usage, excluded: Expr) -> dict[str, Expr]:
        """What terms in detail are accounted from."""
        asked = units.filter(_.in_detail).select("subject")
        lying = pieces.semi_join(asked, "subject").filter((_.share_ppm > 0) | _["rank"].notnull())
        clocks = self._table("clocks")
        found = sums(counted(usage.rows, usage.slots, clocks), excluded.mutate(rank=CODES - _["value"]), clocks)
        return {
            "members": self.members.order_by("subject"),
            "pieces": lying.select(*PIECES.names).order_by("subject", "start_ms"),
            "usage": found.select(*USAGE_SUMS.names).order_by("subject", "part_start_ms", "base", "rank"),
            "spans": spans(usage.rows).select(*SPANS.names).order_by("subject", "start_ms", "end_ms"),
            "strays": strays(usage.placed).select(*STRAYS.names).order_by("subject"),
        }
