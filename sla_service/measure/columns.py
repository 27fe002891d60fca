"""The shapes of the tables that measuring takes and gives, as Arrow schemas. Instants in ms, shares in ppm."""

from __future__ import annotations

import pyarrow as pa

SUBJECTS = pa.schema(
    [
        ("subject", pa.int64()),
        ("merchant_id", pa.string()),
        ("service", pa.string()),
        ("region", pa.string()),
        ("unit", pa.string()),
        ("terms", pa.int64()),
        ("period_start_ms", pa.int64()),
        ("period_end_ms", pa.int64()),
        ("reach_start_ms", pa.int64()),
        ("reach_end_ms", pa.int64()),
    ],
)
"""What is measured: one row per merchant, service, unit and stretch of one contract; ``subject`` is unique.

An empty ``unit`` is hit by whatever hits any unit. Windows are read within the reach, so that
a run over the period's edge is whole and an allowance granted before it is known."""

TERMS = pa.schema(
    [
        ("terms", pa.int64()),
        ("curve", pa.string()),
        ("minimum_run_ms", pa.int64()),
        ("clock", pa.string()),
        ("in_detail", pa.bool_()),
        ("reads", pa.string()),
        ("usage_incident", pa.int64()),
        ("slot_requests", pa.int64()),
        ("activity", pa.string()),
        ("reported_by", pa.string()),
        ("reported_since", pa.string()),
        ("reported_within_ms", pa.int64()),
    ],
)
"""How it is measured. A run shorter than ``minimum_run_ms`` counts nothing.

``in_detail`` asks for the pieces instead of the sums. ``reads`` is what counts as evidence: ``windows``; ``slots`` of
usage beside them (numbered as ``usage_incident``; with fewer than ``slot_requests`` requests none is bad); or only
``usage``. ``activity`` is whose usage shows that a merchant was hit: ``errors``, ``requests`` or null. ``clock`` holds
one word, or several of which the earliest instant counts. ``reported_by`` is what an impact must have, ``ticket``,
``report`` or null, at the latest ``reported_within_ms`` after its ``start`` or ``end``; null for at any time."""

CONDITIONS = pa.schema(
    [
        ("terms", pa.int64()),
        ("figure", pa.string()),
        ("comparison", pa.string()),
        ("edge_numerator", pa.int64()),
        ("edge_denominator", pa.int64()),
        ("is_enough", pa.bool_()),
    ],
)
"""When a slot of usage is bad: every condition of the terms must hold, or any one where each ``is_enough``."""

CLOCKS = pa.schema(
    [
        ("terms", pa.int64()),
        ("cuts", pa.string()),
        ("from_ms", pa.int64()),
        ("until_ms", pa.int64()),
        ("slot_ms", pa.int64()),
        ("shift_ms", pa.int64()),
        ("counts_requests", pa.bool_()),
        ("counts_values", pa.bool_()),
    ],
)
"""How terms cut the time from ``from_ms`` to ``until_ms``: at the multiples of ``slot_ms`` less ``shift_ms``.

``cuts`` is what comes of it: ``slots``, in each of which requests are summed or values looked at, as the last two
columns say; or ``parts``, the hours or days of a period that are assessed one by one."""

USAGE = pa.schema(
    [
        ("merchant_id", pa.string()),
        ("service", pa.string()),
        ("unit", pa.string()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("requests", pa.int64()),
        ("failed", pa.int64()),
        ("tolerated", pa.int64()),
        ("users", pa.int64()),
        ("users_affected", pa.int64()),
        ("value_nano", pa.int64()),
    ],
)
"""What was counted or measured in slots of time; null is not known. ``value_nano`` is in billionths."""

RULES = pa.schema(
    [
        ("terms", pa.int64()),
        ("rank", pa.int64()),
        ("kind", pa.string()),
        ("notice_ms", pa.int64()),
        ("leaves_period", pa.bool_()),
        ("confirmed", pa.bool_()),
        ("covered", pa.string()),
        ("reason", pa.string()),
    ],
)
"""Exclusions of the terms, ranked from 0; where several match at an instant the lowest rank gives the reason.

``kind`` is what its windows are called: one of the kinds that are known, or a word of its own for windows that were
made for this rule alone. ``reason`` is what people read.
``covered`` names the upstream providers whose outages count all the same, each between bars: ``|one|two|``."""

PLATFORM = pa.schema(
    [
        ("curve", pa.string()),
        ("incident", pa.int64()),
        ("service", pa.string()),
        ("region", pa.string()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("share_ppm", pa.int64()),
        ("confirmed_ms", pa.int64()),
    ],
)
"""What hits every merchant of a service (and region, if not null), already read through each curve."""

IMPACTS = pa.schema(
    [
        ("merchant_id", pa.string()),
        ("service", pa.string()),
        ("unit", pa.string()),
        ("incident", pa.int64()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("share_ppm", pa.int64()),
        ("confirmed_ms", pa.int64()),
        ("ticket_ms", pa.int64()),
        ("reported_ms", pa.int64()),
    ],
)
"""What hit single merchants, as reported; curves are applied while measuring."""

EXCLUSIONS = pa.schema(
    [
        ("kind", pa.string()),
        ("service", pa.string()),
        ("region", pa.string()),
        ("merchant_id", pa.string()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("notice_ms", pa.int64()),
        ("upstream", pa.string()),
        ("confirmed_ms", pa.int64()),
        ("unit", pa.string()),
    ],
)
"""What happened that terms may exclude. Region, merchant and unit null: for all; notice null: never announced."""

TOTALS = pa.schema(
    [
        ("subject", pa.int64()),
        ("bad_ppm_ms", pa.int64()),
        ("excluded_ppm_ms", pa.int64()),
        ("unmeasured_ms", pa.int64()),
        ("total_ms", pa.int64()),
    ],
)
"""One row per subject. ``total_ms`` is the denominator: the period without ``unmeasured_ms``."""

LINES = pa.schema(
    [
        ("subject", pa.int64()),
        ("incident", pa.int64()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("impact_ppm_ms", pa.int64()),
        ("counted_ppm_ms", pa.int64()),
        ("status", pa.string()),
        ("reason", pa.string()),
    ],
)
"""One row per subject and stretch in which one incident counts, or does not count for one reason; in order of time."""

PIECES = pa.schema(
    [
        ("subject", pa.int64()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("share_ppm", pa.int64()),
        ("incident", pa.int64()),
        ("rank", pa.int64()),
    ],
)
"""For terms in detail: flat pieces of each measured unit within its reach, in order; those on which nothing lies left
out. ``subject`` is the unit's representative, see ``MEMBERS``."""

MEMBERS = pa.schema([("subject", pa.int64()), ("representative", pa.int64())])
"""Every subject and the one that was measured for it."""

USAGE_SUMS = pa.schema(
    [
        ("subject", pa.int64()),
        ("part_start_ms", pa.int64()),
        ("part_end_ms", pa.int64()),
        ("base", pa.int64()),
        ("rank", pa.int64()),
        ("rows", pa.int64()),
        ("active_rows", pa.int64()),
        ("requests", pa.int64()),
        ("failed", pa.int64()),
        ("tolerated", pa.int64()),
        ("value_nano", pa.int64()),
        ("value_rows", pa.int64()),
        ("value_minimum_nano", pa.int64()),
        ("value_maximum_nano", pa.int64()),
    ],
)
"""Usage within each subject's period, summed per hour or day that is assessed by itself (null where the whole is),
number of requests (``base``) and exclusion (``rank``), so that a mean of error rates is exact. Terms that look at slots
have their slots counted, the others their rows of usage."""

STRAYS = pa.schema(
    [
        ("subject", pa.int64()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
    ],
)
"""For each subject the longest row of usage in its period that lies in no single slot of its terms: what it counts
belongs to no slot."""

SPANS = pa.schema(
    [
        ("subject", pa.int64()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("users", pa.int64()),
        ("users_affected", pa.int64()),
        ("is_activity", pa.bool_()),
    ],
)
"""Single rows of usage: of users affected, and of a merchant's own activity."""

SHAPES = {
    "subjects": SUBJECTS,
    "terms": TERMS,
    "rules": RULES,
    "platform": PLATFORM,
    "impacts": IMPACTS,
    "exclusions": EXCLUSIONS,
    "conditions": CONDITIONS,
    "clocks": CLOCKS,
    "usage": USAGE,
}
"""Of what measuring takes, by name."""
RESULTS = {
    "totals": TOTALS,
    "lines": LINES,
    "members": MEMBERS,
    "pieces": PIECES,
    "usage": USAGE_SUMS,
    "spans": SPANS,
    "strays": STRAYS,
}
"""Of what it gives."""
