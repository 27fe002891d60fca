"""The shapes of the tables that measuring takes and gives, as Arrow schemas. Instants in ms, shares in ppm."""

from __future__ import annotations

import pyarrow as pa

SUBJECTS = pa.schema(
    [
        ("subject", pa.int64()),
        ("merchant_id", pa.string()),
        ("service", pa.string()),
        ("region", pa.string()),
        ("terms", pa.int64()),
        ("period_start_ms", pa.int64()),
        ("period_end_ms", pa.int64()),
    ],
)
"""What is measured: one row per merchant, service and stretch of one contract. ``subject`` is unique."""

TERMS = pa.schema(
    [("terms", pa.int64()), ("curve", pa.string()), ("minimum_run_ms", pa.int64())],
)
"""How it is measured. A run shorter than ``minimum_run_ms`` counts nothing."""

RULES = pa.schema(
    [
        ("terms", pa.int64()),
        ("rank", pa.int64()),
        ("kind", pa.string()),
        ("notice_ms", pa.int64()),
        ("leaves_period", pa.bool_()),
    ],
)
"""Exclusions of the terms, ranked from 0; where several match at an instant the lowest rank gives the reason."""

PLATFORM = pa.schema(
    [
        ("curve", pa.string()),
        ("incident", pa.int64()),
        ("service", pa.string()),
        ("region", pa.string()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("share_ppm", pa.int64()),
    ],
)
"""What hits every merchant of a service (and region, if not null), already read through each curve."""

IMPACTS = pa.schema(
    [
        ("merchant_id", pa.string()),
        ("service", pa.string()),
        ("incident", pa.int64()),
        ("start_ms", pa.int64()),
        ("end_ms", pa.int64()),
        ("share_ppm", pa.int64()),
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
    ],
)
"""What happened that terms may exclude. Region and merchant null: for all; notice null: never announced."""

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
