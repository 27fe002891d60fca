"""``sla reconcile``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.errors import EXIT_DIFFERENT
from sla_service.cli.sealing import keep
from sla_service.cli.tables import grouped, table
from sla_service.domain.ledger_match import LedgerMatch
from sla_service.domain.money import Money, totals
from sla_service.domain.reconciliation import Difference, Reconciliation
from sla_service.usecases.apply_matched import apply_matched
from sla_service.usecases.export_run import export_terms
from sla_service.usecases.match_ledger import match_ledger
from sla_service.usecases.reconcile_run import reconcile_run

SHOWN = 20
"""Differences in the terminal; ``--json`` gives all that were named."""
RULES = {
    "matched": "matched",
    "missing_there": "missing there",
    "missing_here": "missing here",
    "different": "different amounts",
    "double": "doubles",
}


@click.command("reconcile")
@click.argument("run_id", metavar="RUN", type=click.IntRange(min=1))
@click.option(
    "--ledger",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV back from the ledger or the bank: external_id or number, amount, currency, date.",
)
@click.option("--apply", is_flag=True, help="With --ledger: book what matches as applied.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_context
def reconcile(context: Context, run_id: int, ledger: Path | None, apply: bool, as_json: bool) -> None:
    """Prove that credits, statements, ledger, exports and messages of an issued run are the same money.

    With --ledger, compare a file from the ledger or the bank with it instead. Exit code 9: something differs.
    """
    if apply and ledger is None:
        raise click.UsageError("--apply books what matches of a file: give it with --ledger FILE.")
    if ledger is None:
        sys.exit(_reconcile(context, run_id, as_json=as_json))
    sys.exit(_match(context, run_id, ledger, apply=apply, as_json=as_json))


def _reconcile(context: Context, run_id: int, *, as_json: bool) -> int:
    with context.progress() as progress, context.reading() as session:
        found = reconcile_run(session, run_id, export_terms(context.settings), progress=progress)
    if as_json:
        click.echo(json.dumps(_mapping(run_id, found)))
    else:
        _print(context, run_id, found)
    return 0 if found.agrees else EXIT_DIFFERENT


def _print(context: Context, run_id: int, found: Reconciliation) -> None:
    rows: list[tuple[str, ...]] = []
    before = ""
    for one in found.witnesses:
        currency = "" if one.currency == before else one.currency
        before = one.currency
        differs = _signed(one.difference) if one.difference.minor else ""
        rows.append((currency, one.source, f"{one.count:,}", grouped_money(one.sum), differs))
    heads = ("currency", "source", "count", "sum", "difference")
    context.console.print(table(f"Reconciliation of run {run_id}", heads, rows, numbers=heads[2:]))
    proven = ", ".join(found.exports) or "none was recorded yet"
    context.console.print(f"Exports that were made again and have their recorded digest: {proven}.", highlight=False)
    for other in found.unproven:
        context.console.print(f"Not made again, because the settings are others now: {other}", highlight=False)
    print_differences(context, found.differences)
    if found.agrees:
        context.console.print("Credits, statements, ledger, exports and messages agree.", highlight=False)


def grouped_money(money: Money) -> str:
    """An amount with thousands separated; a real minus."""
    sign = "−" if money.minor < 0 else ""
    return sign + grouped(Money(money.currency, abs(money.minor)).amount)


def _signed(money: Money) -> str:
    return f"+{grouped_money(money)}" if money.minor > 0 else grouped_money(money)


def print_differences(context: Context, differences: Sequence[Difference]) -> None:
    """What differs, to the merchant and number."""
    if not differences:
        return
    rows = [(one.number, one.merchant_id, one.what, _shown(one.here), _shown(one.there)) for one in differences[:SHOWN]]
    heads = ("number", "merchant", "what differs", "here", "there")
    title = f"Differences: {len(differences):,}"
    context.console.print(table(title, heads, rows, numbers=heads[3:]))
    if len(differences) > SHOWN:
        context.console.print(f"… and {len(differences) - SHOWN:,} more; `--json` lists them.", highlight=False)


def _shown(money: Money | None) -> str:
    return "" if money is None else f"{money.currency} {grouped_money(money)}"


def _match(context: Context, run_id: int, path: Path, *, apply: bool, as_json: bool) -> int:
    data = path.read_bytes()
    with context.reading() as session:
        found = match_ledger(session, run_id, data)
    counts = _counts(found)
    if as_json:
        said = {"run_id": run_id, "file": path.name, "counts": counts, "cancelled": found.cancelled}
        click.echo(json.dumps({**said, "differences": [_difference(one) for one in found.differences]}))
    else:
        _print_match(context, run_id, path, found)
    if apply:
        _apply(context, path, found, as_json=as_json)
    return EXIT_DIFFERENT if found.differences else 0


def _apply(context: Context, path: Path, found: LedgerMatch, *, as_json: bool) -> None:
    with context.writing() as session:
        done = apply_matched(session, found, name=path.name, now_ms=context.clock(), actor=context.actor)
    keep(context, done.head)
    sums = ", ".join(f"{money.currency} {grouped_money(money)}" for money in done.sums)
    already = f" {done.unchanged:,} were booked before." if done.unchanged else ""
    # What programs read stays alone on standard output.
    click.echo(f"Booked as applied: {done.added:,}{f' ({sums})' if sums else ''}.{already}", err=as_json)


def _counts(found: LedgerMatch) -> dict[str, int]:
    rules = [one.rule for one in found.differences]
    return {"matched": len(found.matched), **{rule: rules.count(rule) for rule in RULES if rule != "matched"}}


def _print_match(context: Context, run_id: int, path: Path, found: LedgerMatch) -> None:
    amounts: dict[str, list[Money]] = {rule: [] for rule in RULES}
    amounts["matched"] = [one.row.amount for one in found.matched]
    for one in found.differences:
        amounts[one.rule] += [money for money in (one.here if one.there is None else one.there,) if money]
    counts = _counts(found)
    rows = [
        (RULES[rule], f"{counts[rule]:,}", ", ".join(f"{m.currency} {grouped_money(m)}" for m in totals(amounts[rule])))
        for rule in RULES
    ]
    title = f"{path.name} beside run {run_id}"
    context.console.print(table(title, ("rows", "count", "sum"), rows, numbers=("count",)))
    if found.cancelled:
        context.console.print(f"Left out, because they cancel each other: {found.cancelled:,} accruals and reversals.")
    print_differences(context, found.differences)
    if not found.differences:
        context.console.print("Every credit is there once, with its amount.", highlight=False)


def _mapping(run_id: int, found: Reconciliation) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "agrees": found.agrees,
        "sources": [
            {
                "currency": one.currency,
                "source": one.source,
                "count": one.count,
                "sum": one.sum.amount,
                "difference": one.difference.amount,
            }
            for one in found.witnesses
        ],
        "exports": found.exports,
        "not_made_again": found.unproven,
        "differences": [_difference(one) for one in found.differences],
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "what": one.what,
        "number": one.number,
        "merchant_id": one.merchant_id,
        "here": None if one.here is None else str(one.here),
        "there": None if one.there is None else str(one.there),
    }
