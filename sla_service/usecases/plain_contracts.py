"""Contracts that need no look of their own, as columns: all that differ in nothing that matters are of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sla_service.db.bulk import numbered
from sla_service.domain.plain import is_plain
from sla_service.domain.policies import Policy
from sla_service.domain.windows import Window
from sla_service.usecases.contract_periods import ContractPeriods, Subject

KEYS = ("policy", "service", "time_zone", "begins", "ends", "frozen")


@dataclass(frozen=True, slots=True)
class Kind:
    """A month in a zone, or the part of it in which a contract is in force, under a version of a policy."""

    policy: Policy
    zone: str
    period: Window
    window: Window


@dataclass(frozen=True, slots=True)
class Plain:
    """Contracts with one plain period each."""

    rows: pa.Table
    """As from ``load_contracts``, with ``place`` (see ``Gathered``) and ``kind``, an index."""
    kinds: Sequence[Kind]


def apart(
    rows: pa.Table, making: ContractPeriods, policies: Iterable[Policy], days: tuple[str, str]
) -> tuple[Plain | None, pa.Table]:
    """Tell plain contracts from those that are looked at one by one.

    Args:
        rows: From ``load_contracts``, sorted, with their ``place``.
        making: Makes subjects of contracts; asked once for each kind.
        policies: All published ones.
        days: No period begins before the first, and every one ends with the second at the latest.

    Returns:
        The plain ones, if there are any, and the rest.
    """
    frozen = pa.array({policy.policy for policy in policies if policy.is_frozen_for_term}, pa.string())
    numbers, firsts = numbered(_keys(rows, frozen, days).select(KEYS))
    samples = rows.take(firsts).to_pylist()
    kinds = [_kind(list(making.subjects(sample))) for sample in samples]
    found = [kind for kind in kinds if kind is not None]
    places = iter(range(len(found)))
    index = pa.array([None if kind is None else next(places) for kind in kinds], pa.int64())
    rows = rows.append_column("kind", index.take(numbers))
    plain = pc.and_(pc.is_valid(rows["kind"]), pc.invert(_overlapping(rows)))
    return (Plain(rows.filter(plain), found) if found else None), rows.filter(pc.invert(plain))


def _keys(rows: pa.Table, frozen: pa.Array, days: tuple[str, str]) -> pa.Table:
    """What of a contract decides about its periods; days beyond all periods are one."""
    first_day, end_day = days
    begins = pc.max_element_wise(rows["starts_on"], rows["active_from"])
    ends = pc.min_element_wise(rows["ends_on"], rows["active_to"])
    nothing = pa.scalar(None, pa.string())
    # Under a policy that holds for the term, the contract's first day decides which version that is.
    is_frozen = pc.is_in(rows["policy"], frozen)
    return (
        rows.append_column("begins", pc.if_else(pc.greater(begins, first_day), begins, nothing))
        .append_column("ends", pc.if_else(pc.less(ends, end_day), ends, nothing))
        .append_column("frozen", pc.if_else(is_frozen, rows["starts_on"], nothing))
    )


def _kind(subjects: Sequence[Subject]) -> Kind | None:
    if len(subjects) != 1:
        return None
    (subject,) = subjects
    if subject.policy is None or subject.window is None or subject.period is None or not is_plain(subject.policy):
        return None
    return Kind(subject.policy, subject.time_zone, subject.period, subject.window)


def _overlapping(rows: pa.Table) -> pa.ChunkedArray:
    """Whether any two contracts of the row's merchant and service lie over each other."""
    numbers, _ = numbered(rows.select(["merchant_id", "service"]))
    # Sorted by first day: where none lies over the next one, none lies over any.
    one, two = rows.slice(0, max(0, rows.num_rows - 1)), rows.slice(1)
    same = pc.equal(numbers.slice(0, one.num_rows), numbers.slice(1))
    goes_on = pc.fill_null(pc.greater(one["ends_on"], two["starts_on"]), fill_value=True)
    return pc.is_in(numbers, numbers.slice(1).filter(pc.and_(same, goes_on.combine_chunks())))
