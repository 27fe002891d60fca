"""What a correction states: the difference between what a month's credits come to now and what was credited before.

A contract that was credited and is not among the month's contracts any more keeps its row, with an amount of nothing,
so that whoever reviews the run sees it, and so that it is not credited silently again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.credits import KEPT_NUMBERS
from sla_service.db.latest import KEY
from sla_service.db.stated_before import last_rows, load_stated_before
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.money import Money
from sla_service.domain.policies import Policy

GONE = "no contract of this service is in force in the month any more"
"""Why nothing is owed to a contract that was credited."""
FORGOTTEN = (
    *("tier", "rate", "before_cap_minor", "cap_minor", "minimum_minor", "unrounded_minor", "availability", "rights"),
    *("steps", "claim_until", "decided_by"),
)
"""Columns that say how an amount came about, of a row that has none."""
MEASURED = ("bad_ppm_ms", "excluded_ppm_ms", "unmeasured_ms", "total_ms")
"""Columns of what was measured: of a contract that is gone, nothing is."""
UNSETTLED = frozenset({"parked", "undefined"})
"""Outcomes that wait for a person: nothing is taken back because of them."""

Key = tuple[Any, ...]
Row = Mapping[str, Any]
Before = Mapping[Key, tuple[str, int, int]]
"""Currency, minor units and milliseconds of service that were credited, by contract and period."""


def corrected(
    session: Session, run: RunRecord, credits: pa.Table, ids: tuple[str, str | None], policies: Sequence[Policy]
) -> pa.Table:
    """The credits of a batch with what was credited before, what is stated now, and the contracts that are gone.

    Args:
        session: Open; only reads.
        run: The correction.
        credits: As calculated, in order of their numbers.
        ids: The first merchant's id, and the one before which the batch ends (``merchants_of``).
        policies: All that were published.
    """
    first_id, end_id = ids
    before = _before(load_stated_before(session, run.period, first_id=first_id, end_id=end_id))
    taking_back = {policy.digest for policy in policies if policy.settlement.take_back}
    stated = _with_differences(credits, before, taking_back)
    found = set(zip(*(credits[name].to_pylist() for name in KEY), strict=True))
    left = {key: was for key, was in before.items() if key not in found}
    if not left:
        return stated
    last = last_rows(session, run.period, (key[0] for key in left))
    rows = [_gone(run, last[key], was, taking_back) for key, was in left.items()]
    rows.sort(key=lambda row: row["credit_no"])
    return pa.concat_tables([stated, pa.Table.from_pylist(rows, schema=credits.schema)])


def _before(table: pa.Table) -> dict[Key, tuple[str, int, int]]:
    return {
        tuple(row[name] for name in KEY): (row["currency"], row["minor"], row["service_ms"]) for row in rows_of(table)
    }


def merchants_of(batches: Sequence[RunBatchRecord], batch_no: int) -> tuple[str, str | None]:
    """From which merchant's id until before which one a batch has what is left of a month; no id is between batches."""
    at = [batch.batch_no for batch in batches].index(batch_no)
    end_id = batches[at + 1].first_id if at + 1 < len(batches) else None
    return batches[at].first_id if at else "", end_id


def _with_differences(credits: pa.Table, before: Before, taking_back: set[str]) -> pa.Table:
    """Every credit with what was credited before, and the difference; parked, where the two cannot be compared."""
    names = (*KEY, "currency", "policy_digest", "outcome", "reason", "amount_minor", "service_ms")
    columns: dict[str, list[Any]] = {name: credits[name].to_pylist() for name in names}
    added: dict[str, list[int]] = {
        name: [] for name in ("before_minor", "before_service_ms", "stated_minor", "stated_service_ms")
    }
    for i, key in enumerate(zip(*(columns[name] for name in KEY), strict=True)):
        currency, minor, service_ms = before.get(key, (columns["currency"][i], 0, 0))
        if currency != columns["currency"][i]:
            _park(columns, i, Money(currency, minor))
            minor = service_ms = 0
        is_settled = columns["outcome"][i] not in UNSETTLED
        may_take = columns["policy_digest"][i] in taking_back and is_settled
        added["before_minor"].append(minor)
        added["before_service_ms"].append(service_ms)
        added["stated_minor"].append(difference(columns["amount_minor"][i], minor, may_take=may_take))
        added["stated_service_ms"].append(difference(columns["service_ms"][i], service_ms, may_take=may_take))
    for name in ("outcome", "reason", "amount_minor", "service_ms"):
        added[name] = columns[name]
    for name, values in added.items():
        field = credits.schema.field(name)
        credits = credits.set_column(credits.column_names.index(name), field, pa.array(values, field.type))
    return credits


def difference(now: int, before: int, *, may_take: bool) -> int:
    """What is stated: what is owed beyond what was credited; less than nothing only where it may be taken back."""
    return now - before if may_take else max(0, now - before)


def _park(columns: dict[str, list[Any]], i: int, was: Money) -> None:
    """Two currencies have no difference: a person voids the old statement first."""
    columns["outcome"][i] = "parked"
    columns["reason"][i] = f"{was} was credited before, in another currency; void that statement, then correct again"
    columns["amount_minor"][i] = columns["service_ms"][i] = 0


def _gone(run: RunRecord, last: Row, was: tuple[str, int, int], taking_back: set[str]) -> dict[str, Any]:
    """A row for a contract that was credited and is gone."""
    currency, minor, service_ms = was
    may_take = last["policy_digest"] in taking_back
    return {
        **without_amount(last),
        **dict.fromkeys(MEASURED),
        "run_id": run.run_id,
        "credit_no": kept_number(last),
        "currency": currency,
        "reason": GONE,
        "before_minor": minor,
        "before_service_ms": service_ms,
        "stated_minor": difference(0, minor, may_take=may_take),
        "stated_service_ms": difference(0, service_ms, may_take=may_take),
    }


def without_amount(row: Row) -> dict[str, Any]:
    """A row of credits with nothing owed, and nothing that says how much."""
    blank = dict.fromkeys(FORGOTTEN)
    return {**row, **blank, "outcome": "nothing_owed", "amount_minor": 0, "service_ms": 0}


def kept_number(last: Row) -> int:
    """The number of a credit whose contract is gone: made of the number that it had last, and kept from then on."""
    number: int = last["credit_no"]
    return number if number > KEPT_NUMBERS else last["revision"] * KEPT_NUMBERS + number


def gone_rows(credits: Iterable[Row]) -> list[Row]:
    """Those of contracts that are gone."""
    return [row for row in credits if row["credit_no"] > KEPT_NUMBERS]
