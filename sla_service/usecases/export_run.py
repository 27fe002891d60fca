"""Export a run for finance: register, lines or journal, streamed, the same bytes each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.bulk import rows_of
from sla_service.db.credits import load_credits, load_lines
from sla_service.db.parties import load_merchants
from sla_service.db.runs import load_run
from sla_service.db.statements import list_statements, statement_numbers
from sla_service.domain.errors import NotFoundError
from sla_service.domain.money import Money
from sla_service.domain.periods import Month
from sla_service.domain.policies import Policy
from sla_service.domain.policies.credits import Band
from sla_service.formats.exports.csv_table import Sums, csv_chunks
from sla_service.formats.exports.shapes import (
    JOURNAL,
    LINES,
    REGISTER,
    Behind,
    credit_key,
    journal_rows,
    lines_row,
    register_row,
)
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.policies_in_force import published_policies
from sla_service.usecases.redo_credit import base_of, steps_of
from sla_service.usecases.state_measured import INDICATORS

EXPORTS = ("register", "lines", "journal")
STATED = frozenset({"credited", "below_minimum", "nothing_owed", "unclaimed"})
"""Outcomes that the register has: what is credited, and what was missed without a credit, so that finance sees why."""

Row = dict[str, Any]


@dataclass(slots=True)
class _Run:
    """What every export of a run looks up."""

    run: Row
    credits: pa.Table
    lines: pa.Table
    numbers: dict[int, str]
    digests: dict[str, str]
    billing_refs: dict[str, str | None]
    policies: dict[str, Policy] = field(default_factory=dict)
    sums: Sums = field(default_factory=Sums)

    def statement(self, credit_no: int) -> Row | None:
        number = self.numbers.get(credit_no)
        return None if number is None else {"number": number, "snapshot_sha256": self.digests[number]}


def export_run(session: Session, run_id: int, kind: str, *, accounts: tuple[str, str]) -> Iterator[bytes]:
    """An export of an issued run in chunks.

    Args:
        session: Open until the last chunk was taken.
        run_id: An issued run.
        kind: One of ``EXPORTS``.
        accounts: Debit and credit account of the journal.

    Raises:
        ConflictError: The run is not issued; what is not final is not exported.
        NotFoundError: There is no such run or export.
    """
    if kind not in EXPORTS:
        raise NotFoundError(f"there is no export {kind}; write one of: {', '.join(EXPORTS)}")
    record = load_run(session, run_id)
    require_state(record, "issued")
    credits = load_credits(session, run_id)
    merchants = load_merchants(session, credits["merchant_id"].to_pylist()) if kind == "register" else {}
    run = _Run(
        record.model_dump(),
        credits,
        load_lines(session, run_id),
        statement_numbers(session, run_id),
        {number: digest for number, _kind, _party, _currency, digest in list_statements(session, run_id, "merchant")},
        {merchant_id: merchant.billing_ref for merchant_id, merchant in merchants.items()},
        {policy.digest: policy for policy in published_policies(session)} if kind == "register" else {},
    )
    columns, rows = {
        "register": (REGISTER, _register(run)),
        "lines": (LINES, _lines(run)),
        "journal": (JOURNAL, _journal(run, accounts)),
    }[kind]
    return csv_chunks(columns, rows, run.sums)


def _register(run: _Run) -> Iterator[Row]:
    """Every credit above zero, and every commitment that was missed without one, so that finance sees why."""
    behind = _incidents(run.lines)
    for credit in rows_of(run.credits):
        if credit["outcome"] in STATED:
            run.sums.add(Money(credit["currency"], credit["amount_minor"]))
            policy = run.policies[credit["policy_digest"]]
            known = Behind(
                statement=run.statement(credit["credit_no"]),
                incidents=" ".join(behind.get(credit["credit_no"], ())),
                billing_ref=run.billing_refs.get(credit["merchant_id"]),
                indicator=INDICATORS[type(policy.indicator)] or "windows",
                base=base_of(policy, credit),
                figure=steps_of(credit).get("figure", "") if policy.is_metric else "",
            )
            yield register_row(_without_rates_of_bands(policy, credit), run.run, known)


def _without_rates_of_bands(policy: Policy, credit: Row) -> Row:
    """A band pays its share for every outage in it, which is no rate of the credit."""
    is_band = credit["tier"] is not None and isinstance(policy.rows[credit["tier"]], Band)
    return {**credit, "rate": None} if is_band else credit


def _incidents(lines: pa.Table) -> dict[int, dict[str, None]]:
    """Incidents per credit in order of time, each once."""
    behind: dict[int, dict[str, None]] = {}
    for credit_no, incident_id in zip(lines["credit_no"].to_pylist(), lines["incident_id"].to_pylist(), strict=True):
        behind.setdefault(credit_no, {})[incident_id] = None
    return behind


def _lines(run: _Run) -> Iterator[Row]:
    credits = {row["credit_no"]: row for row in rows_of(run.credits) if row["outcome"] == "credited"}
    for line in rows_of(run.lines):
        credit = credits.get(line["credit_no"])
        if credit is not None:
            run.sums.count()
            yield lines_row(line, credit, run.run, run.statement(line["credit_no"]))


def _journal(run: _Run, accounts: tuple[str, str]) -> Iterator[Row]:
    last_day = (Month.parse(run.run["period"]).next.first_day - timedelta(days=1)).isoformat()
    names = ("merchant_id", "service", "contract_starts_on")
    periods = Counter(zip(*(run.credits[name].to_pylist() for name in names), strict=True))
    for credit in rows_of(run.credits):
        # Service time is no money: it has no entry.
        if credit["outcome"] == "credited" and credit["amount_minor"]:
            is_only = periods[credit["merchant_id"], credit["service"], credit["contract_starts_on"]] == 1
            entry = (run.numbers[credit["credit_no"]], credit_key(credit, run.run, is_only=is_only))
            for row in journal_rows(credit, run.run, entry, accounts, last_day):
                run.sums.add(Money(credit["currency"], credit["amount_minor"]))
                yield row
