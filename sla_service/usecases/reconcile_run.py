"""Prove that a run's credits, statements, ledger entries, exports and messages are the same money."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlmodel import Session

from sla_service.db import reconcile as found_in
from sla_service.db.runs import load_run
from sla_service.domain.money import Money
from sla_service.domain.reconciliation import Difference, Reconciliation, money_or_none, witnesses
from sla_service.usecases.decide_run import require_state
from sla_service.usecases.export_run import ExportTerms
from sla_service.usecases.progress import Progress, silent
from sla_service.usecases.reconcile_exports import reconcile_exports

Row = dict[str, Any]

LOOKS: tuple[tuple[str, str, Callable[[Session, int], list[Row]]], ...] = (
    (
        "credit",
        "a credit is on no statement, or a statement has one that states nothing",
        found_in.credits_without_statement,
    ),
    ("statement", "the statement is not the sum of its credits", found_in.statements_unlike_credits),
    ("ledger", "the ledger's entry is not the statement's total", found_in.statements_unlike_ledger),
    (
        "entry",
        "an entry of the ledger belongs to no statement of its merchant and currency",
        found_in.entries_without_statement,
    ),
)
"""Where amounts can differ: word, sentence, and what the database finds."""


def reconcile_run(session: Session, run_id: int, terms: ExportTerms, *, progress: Progress = silent) -> Reconciliation:
    """Compare every source of an issued run's figures with every other.

    Args:
        session: Open; only read.
        run_id: An issued run.
        terms: For the exports, which are made again to be compared with their recorded digests.
        progress: Told of each step.

    Raises:
        ConflictError: The run is not issued.
    """
    require_state(load_run(session, run_id), "issued")
    steps = len(LOOKS) + 3
    made = Reconciliation()
    for step, (rule, what, look) in enumerate(LOOKS):
        progress("Comparing", step, steps)
        made.differences += [_difference(rule, what, row) for row in look(session, run_id)]
    made.differences += _messages(session, run_id)
    progress("Comparing", len(LOOKS) + 1, steps)
    made.differences += _snapshots(session, run_id)
    progress("Comparing", len(LOOKS) + 2, steps)
    exported = reconcile_exports(session, run_id, terms, made)
    made.witnesses = list(witnesses({**found_in.sum_sources(session, run_id), **exported}))
    return made


def _difference(rule: str, what: str, row: Row) -> Difference:
    is_absent = rule == "ledger" and not row["there"]
    return Difference(
        rule,
        "the ledger has no entry for the statement" if is_absent else what,
        number=row["number"] or "",
        merchant_id=row["merchant_id"],
        here=money_or_none(row["currency"], row["here"]),
        there=money_or_none(row["currency"], row.get("there")),
    )


def _messages(session: Session, run_id: int) -> Iterator[Difference]:
    for row in found_in.statements_without_message(session, run_id):
        what = (
            f"the statement has {row['there'] or 'no'} message{'s' if row['there'] > 1 else ''} in the outbox, not one"
        )
        yield Difference("message", what, number=row["number"], merchant_id=row["merchant_id"])


def _snapshots(session: Session, run_id: int) -> Iterator[Difference]:
    """Statements as their readers see them: whole, with the totals that the table has; and the partners' sums."""
    partners = found_in.sum_partners(session, run_id)
    for row in found_in.iter_snapshots(session, run_id):
        if hashlib.sha256(row["snapshot"].encode()).hexdigest() != row["snapshot_sha256"]:
            what = "the frozen statement is not what its digest says"
            yield Difference("snapshot", what, number=row["number"], merchant_id=row["party_id"])
            continue
        sums = _sums_of(json.loads(row["snapshot"]))
        if row["kind"] == "merchant":
            expected = {row["currency"]: row["total_minor"]}
        else:
            expected = {currency: minor for (party, currency), minor in partners.items() if party == row["party_id"]}
        yield from _unlike(row, expected, sums)


def _sums_of(snapshot: Row) -> dict[str, int]:
    """Per currency, what the lines of a statement state."""
    sums: dict[str, int] = {}
    for line in (*snapshot["credits"], *snapshot["merchants"]):
        currency, minor = line["amount"]["currency"], line["amount"]["minor"]
        before = line.get("before")
        sums[currency] = sums.get(currency, 0) + (minor if before is None else before["stated_minor"])
    return sums


def _unlike(row: Row, expected: dict[str, int], sums: dict[str, int]) -> Iterator[Difference]:
    for currency in sorted({*expected, *sums}):
        here, there = expected.get(currency, 0), sums.get(currency, 0)
        if here != there:
            yield Difference(
                "snapshot",
                f"the lines of the {row['kind']}'s statement are not what the run states",
                number=row["number"],
                merchant_id=row["party_id"],
                here=Money(currency, here),
                there=Money(currency, there),
            )
