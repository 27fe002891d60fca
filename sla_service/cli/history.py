"""``sla history``: what was known of a merchant's month, and when."""

from __future__ import annotations

import json
from typing import Any

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.tables import table
from sla_service.domain.instants import format_instant, parse_instant
from sla_service.domain.periods import Month
from sla_service.usecases.read_history import Event, History, read_history

AT_MOST = 500
"""Events in a terminal; ``--json`` has all."""


@click.command("history")
@click.option("--merchant", "merchant_id", required=True, help="Whose history.")
@click.option("--period", metavar="YYYY-MM", help="Only what is about this month.")
@click.option("--as-of", metavar="INSTANT", help="As it was known then: without what was recorded later.")
@click.option("--json", "as_json", is_flag=True, help="All events as JSON, changed rows with before and after.")
@pass_context
def history(context: Context, merchant_id: str, period: str | None, as_of: str | None, as_json: bool) -> None:
    """Statements, credits, ledger entries and changes of evidence that touched a merchant.

    *about* is the time that something is about; *recorded* is when it became known here.
    """
    month = Month.parse(period) if period else None
    as_of_ms = parse_instant(as_of) if as_of else None
    with context.reading() as session:
        found = read_history(session, merchant_id, month=month, as_of_ms=as_of_ms)
    if as_json:
        click.echo(json.dumps(_mapping(merchant_id, found)))
        return
    title = f"{found.name} ({merchant_id}){f', {month}' if month else ''}{f', as known at {as_of}' if as_of else ''}"
    if not found.events:
        click.echo(f"{title}: nothing was recorded.")
        return
    heads = ("recorded", "about", "what", "said", "amount", "by", "from")
    context.console.print(table(title, heads, [_cells(one) for one in found.events[-AT_MOST:]], numbers=("amount",)))
    if len(found.events) > AT_MOST:
        click.echo(f"… and {len(found.events) - AT_MOST:,} earlier ones; `--json` lists all.")
    credited, owed = (", ".join(map(str, sums)) or "nothing" for sums in (found.credited, found.owed))
    click.echo(f"Credited in all: {credited}. Still owed: {owed}.")


def _cells(one: Event) -> tuple[str, ...]:
    changes = "".join(f"; {name} {one.before[name]} → {one.after[name]}" for name in one.after)
    amount = str(one.amount) if one.amount else ""
    return format_instant(one.recorded_at_ms), one.about, one.what, f"{one.said}{changes}", amount, one.by, one.origin


def _mapping(merchant_id: str, found: History) -> dict[str, Any]:
    return {
        "merchant_id": merchant_id,
        "name": found.name,
        "events": [
            {
                "recorded_at": format_instant(one.recorded_at_ms),
                "about": one.about,
                "what": one.what,
                "said": one.said,
                "by": one.by,
                "origin": one.origin,
                "amount": {"amount": one.amount.amount, "currency": one.amount.currency} if one.amount else None,
                "before": dict(one.before),
                "after": dict(one.after),
            }
            for one in found.events
        ],
        "credited": {money.currency: money.amount for money in found.credited},
        "owed": {money.currency: money.amount for money in found.owed},
    }
