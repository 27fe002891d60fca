"""Credits of plain contracts, as columns: each distinct case is assessed once, and its answer taken for all of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.db.bulk import numbered
from sla_service.db.credits import credits_schema
from sla_service.domain.assessment import Outcome, assess
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.facts import Facts
from sla_service.domain.measurement import Measurement
from sla_service.domain.money import Money
from sla_service.domain.plain import edges
from sla_service.domain.policies import Policy
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.usecases.assessed_columns import NOTHING_MEASURED, assessed_columns, measured_columns, policy_columns
from sla_service.usecases.plain_contracts import Kind, Plain

Row = dict[str, Any]
CASE = ("kind", "monthly_fee_minor", "currency", "bad_ppm_ms", "total_ms")
PARKED: Row = {"outcome": "parked", "amount_minor": 0, "service_ms": 0}


@dataclass(frozen=True, slots=True)
class Case:
    """Contracts that are owed the same; equal where the first four fields are."""

    digest: str
    currency: str
    fee_minor: int
    between: tuple[int, int]
    """Between which edges the availability lies; the bad time and the denominator where the words show the figure."""
    policy: Policy = field(compare=False)
    measurement: Measurement = field(compare=False)
    """Of one of them."""


def plain_credits(plain: Plain, totals: pa.Table, *, run_id: int, first_credit_no: int) -> pa.Table:
    """A row of credits for every plain contract.

    Args:
        plain: The contracts.
        totals: What was measured of each, in their order.
        run_id: Of the run.
        first_credit_no: The number of the contract in the first place.
    """
    rows = plain.rows.append_column("bad_ppm_ms", totals["bad_ppm_ms"]).append_column("total_ms", totals["total_ms"])
    numbers, firsts = numbered(rows.select(CASE))
    cases = _cases(rows.select(CASE).take(firsts), plain.kinds).take(numbers)
    by_kind = _columns([policy_columns(one.policy, one.zone, one.window) for one in plain.kinds]).take(rows["kind"])
    known = {
        **{name: cases[name] for name in cases.column_names},
        **{name: by_kind[name] for name in by_kind.column_names},
        **{name: rows[name] for name in ("merchant_id", "partner_id", "service", "policy", "currency")},
        "run_id": pa.repeat(pa.scalar(run_id, pa.int64()), rows.num_rows),
        "credit_no": pc.add(rows["place"], first_credit_no),
        "contract_starts_on": rows["starts_on"],
        "fee_minor": rows["monthly_fee_minor"],
        "excluded_ppm_ms": totals["excluded_ppm_ms"],
        "unmeasured_ms": totals["unmeasured_ms"],
    }
    schema = credits_schema()
    nothing = pa.nulls(rows.num_rows)
    return pa.table(
        [known.get(name, nothing).cast(type_) for name, type_ in zip(schema.names, schema.types, strict=True)],
        schema=schema,
    )


def _columns(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = credits_schema()
    names = [name for name in schema.names if any(name in row for row in rows)]
    return pa.table({name: pa.array([row.get(name) for row in rows], schema.field(name).type) for name in names})


def _cases(distinct: pa.Table, kinds: Sequence[Kind]) -> pa.Table:
    """What is owed in each of some cases, and its own figures."""
    values = zip(*(distinct[name].to_pylist() for name in CASE), strict=True)
    return _columns([_case(kinds[kind].policy, *figures) for kind, *figures in values])


def _case(policy: Policy, fee_minor: int, currency: str, bad_ppm_ms: int, total_ms: int) -> Row:
    if total_ms <= 0:
        return PARKED | {"reason": NOTHING_MEASURED}
    measurement = Measurement(bad_ppm_ms, total_ms)
    between = _between(policy, bad_ppm_ms, total_ms)
    found = _assessed(Case(policy.digest, currency, fee_minor, between, policy, measurement))
    if found is None:
        found = _assessed_alone(policy, measurement, Money(currency, fee_minor))
    return {**PARKED, **found, **measured_columns(measurement)}


def _between(policy: Policy, bad_ppm_ms: int, total_ms: int) -> tuple[int, int]:
    limits = _limits(_Known(policy.digest, policy), total_ms)
    return bisect_left(limits, 2 * bad_ppm_ms), bisect_right(limits, 2 * bad_ppm_ms)


@dataclass(frozen=True, slots=True)
class _Known:
    """A policy that is known by its digest."""

    digest: str
    policy: Policy = field(compare=False)


@lru_cache(maxsize=16_384)
def _limits(known: _Known, total_ms: int) -> list[int]:
    """Twice the bad time at each edge, ascending; odd where the edge lies between two whole figures."""
    bad = ((1 - edge) * total_ms * SHARE_FULL_PPM for edge in edges(known.policy))
    return sorted(2 * (one.numerator // one.denominator) + (one.denominator > 1) for one in map(Fraction, bad))


@lru_cache(maxsize=65_536)
def _assessed(case: Case) -> Row | None:
    """What all in a case are owed; None where the answer depends on more, or shows the figure."""
    try:
        found = _assess(case.policy, case.measurement, Money(case.currency, case.fee_minor))
    except InvalidValueError:
        return None
    return None if found["outcome"] == Outcome.UNDEFINED else found


def _assessed_alone(policy: Policy, measurement: Measurement, fee: Money) -> Row:
    try:
        return _assess(policy, measurement, fee)
    except InvalidValueError as error:
        # One merchant's trouble stays that merchant's.
        return {"reason": str(error)}


def _assess(policy: Policy, measurement: Measurement, fee: Money) -> Row:
    return assessed_columns(policy, measurement, assess(policy, measurement, Facts(fee)))
