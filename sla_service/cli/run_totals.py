"""What a run credits in all, in words and per currency."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from rich.console import Console

from sla_service.cli.tables import grouped, table
from sla_service.domain.money import Money
from sla_service.usecases.policy_examples import format_time


def credited_in_words(currency: str, minor: int, service_ms: int) -> str:
    """Money, service time at the end of the term, or both: ``1,250.00``, ``12 d``, ``1,250.00 and 12 d``."""
    said = [grouped(Money(currency, minor).amount)] if minor or not service_ms else []
    return " and ".join([*said, *([format_time(Fraction(service_ms))] if service_ms else [])])


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
