"""Stages 1 to 6 as columns: from evidence to bad, excluded and total milliseconds per subject.

Three layers lie over each other in time: what hit the merchant alone, what hit everyone, and what is excluded. Each
layer is first made flat (disjoint, the largest share wins). A flat layer is a step function, so that its value at any
instant is the running sum of its steps; stacking layers is adding their steps at the same instants and running the
sums once. No interval is ever compared with another one, and every figure is a 64-bit integer.

Merchants without evidence of their own are measured once per *class* (terms, service, region, period), whatever their
number; see ``docs/algorithm.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from sla_service.domain.errors import InvalidValueError
from sla_service.measure.codes import CODES
from sla_service.measure.columns import (
    CLOCKS,
    CONDITIONS,
    MEMBERS,
    PIECES,
    RESULTS,
    SHAPES,
    SPANS,
    STRAYS,
    USAGE,
    USAGE_SUMS,
)
from sla_service.measure.planning import plan_of

NO_TERMS = "every subject needs terms: without them its outages would not count"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The tables to measure from; shapes in ``columns``."""

    subjects: pa.Table
    terms: pa.Table
    rules: pa.Table
    platform: pa.Table
    impacts: pa.Table
    exclusions: pa.Table
    conditions: pa.Table = field(default_factory=CONDITIONS.empty_table)
    clocks: pa.Table = field(default_factory=CLOCKS.empty_table)
    usage: pa.Table = field(default_factory=USAGE.empty_table)


@dataclass(frozen=True, slots=True)
class Measured:
    """The tables that measuring gives, all sorted by subject; those after the first two only for terms in detail."""

    totals: pa.Table
    lines: pa.Table
    members: pa.Table = field(default_factory=MEMBERS.empty_table)
    pieces: pa.Table = field(default_factory=PIECES.empty_table)
    usage: pa.Table = field(default_factory=USAGE_SUMS.empty_table)
    spans: pa.Table = field(default_factory=SPANS.empty_table)
    strays: pa.Table = field(default_factory=STRAYS.empty_table)


def measure(evidence: Evidence) -> Measured:
    """Measure every subject.

    Args:
        evidence: Windows may come in any order, overlap, repeat and reach beyond the period; a run of impact is
            qualified by its whole length and then cut to the period.

    Returns:
        A row of totals for every subject, also where nothing happened, and the lines behind it. For subjects whose
        terms are in detail the totals say how long the period is, and pieces and usage take the place of the lines.
    """
    _check(evidence)
    in_detail = bool(pc.any(evidence.terms["in_detail"]).as_py())
    plan = plan_of(in_detail=in_detail)
    # One thread: whoever has more processors has more workers, and threads that wait for each other take their time.
    with duckdb.connect(config={"threads": 1}) as con:
        _register(con, evidence)
        for statement in plan.steps:
            con.execute(statement)
        found = {name: con.sql(query).to_arrow_table().cast(RESULTS[name]) for name, query in plan.results.items()}
    return Measured(**found)


def _check(evidence: Evidence) -> None:
    """Refuse what would be dropped or mixed up in silence, and so read as time without an outage."""
    unknown = pc.invert(pc.is_in(evidence.subjects["terms"], evidence.terms["terms"].combine_chunks()))
    if pc.any(unknown).as_py():
        raise InvalidValueError.of("terms_missing", NO_TERMS)
    highest = max((pc.max(t["incident"]).as_py() or 0 for t in (evidence.platform, evidence.impacts)), default=0)
    if highest >= CODES:
        raise InvalidValueError.of("incidents_limit", f"a period holds up to {CODES:,} incidents")


def _register(con: duckdb.DuckDBPyConnection, evidence: Evidence) -> None:
    for name, shape in SHAPES.items():
        # Registered, not copied: DuckDB reads the Arrow buffers in place.
        con.register(name, getattr(evidence, name).select(shape.names).cast(shape))
