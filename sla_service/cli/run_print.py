"""A run on the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from sqlmodel import Session

from sla_service.cli.correction import print_review
from sla_service.cli.figures import credited_in_words
from sla_service.cli.run_life import following, life
from sla_service.cli.tables import table
from sla_service.db.credits import summarise
from sla_service.db.tables import CreditRecord, RunRecord
from sla_service.domain.assessment import Outcome
from sla_service.domain.bounds import Bounds
from sla_service.domain.periods import Month
from sla_service.formats.review_words import OUTCOMES
from sla_service.usecases.read_parked import silent_incidents
from sla_service.usecases.review_correction import review_correction

SHOWN_PARKED = 20


def print_run(console: Console, session: Session, found: RunRecord, parked: list[CreditRecord], bounds: Bounds) -> None:
    """A run as finance reads it."""
    rows = summarise(session, found.run_id)
    for line in life(session, found, bounds):
        console.print(line, highlight=False, markup=False)
    console.print()
    credited = [row for row in rows if row["outcome"] == "credited"]
    cells = [
        (
            f"{row['policy']} v{row['policy_version']}",
            row["service"],
            row["currency"],
            f"{row['merchants']:,}",
            credited_in_words(row["currency"], row["amount_minor"], row["service_ms"]),
        )
        for row in credited
    ]
    heads = ("policy", "service", "currency", "merchants", "credited")
    console.print(table("Credits by policy and currency", heads, cells, numbers=("merchants", "credited")))
    print_totals(console, rows)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + row["credits"]
    outcomes = [(OUTCOMES[outcome], f"{counts[outcome]:,}") for outcome in OUTCOMES if outcome in counts]
    console.print(table("All contracts", ("outcome", "contracts"), outcomes, numbers=("contracts",)))
    print_parked(console, parked)
    if found.kind == "correction":
        print_review(console, review_correction(session, found))
    for incident_id in silent_incidents(session, Month.parse(found.period)):
        console.print(f"Note: {incident_id} has neither a timeline nor impacts, so it counts for nobody.")
    console.print(f"Next: {following(found)}.", highlight=False, markup=False)


def print_totals(console: Console, rows: list[dict[str, Any]]) -> None:
    """Totals per currency; never a sum across currencies."""
    sums: dict[str, tuple[int, int, int]] = {}
    for row in rows:
        if row["outcome"] == "credited":
            count, minor, service_ms = sums.get(row["currency"], (0, 0, 0))
            added = (count + row["credits"], minor + row["amount_minor"], service_ms + row["service_ms"])
            sums[row["currency"]] = added
    cells = [
        (currency, f"{count:,}", credited_in_words(currency, minor, service_ms))
        for currency, (count, minor, service_ms) in sorted(sums.items())
    ]
    console.print(
        table("Totals per currency", ("currency", "credits", "credited"), cells, numbers=("credits", "credited"))
    )


def print_parked(console: Console, parked: list[CreditRecord]) -> None:
    """Cases that wait for a person, with the reason."""
    if not parked:
        return
    cells = [
        (c.credit_no, c.merchant_id, c.service, c.policy, c.outcome, c.reason or "") for c in parked[:SHOWN_PARKED]
    ]
    heads = ("credit", "merchant", "service", "policy", "state", "reason")
    console.print(table(f"Parked for a person: {len(parked)}", heads, cells, numbers=("credit",)))
    if len(parked) > SHOWN_PARKED:
        console.print(f"… and {len(parked) - SHOWN_PARKED} more; `--json` lists all.")
    undefined = next((c for c in parked if c.outcome == Outcome.UNDEFINED), None)
    if undefined is not None:
        console.print(
            f"Undefined ones are decided by a person: `sla run decide {undefined.run_id} {undefined.credit_no} "
            f'--amount "0.00 {undefined.currency}" --reason "why"`.',
            highlight=False,
        )
