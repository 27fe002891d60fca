"""``sla ledger``: what is owed, what became of it, and whether anybody touched it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from sla_service.cli.context import Context, pass_context
from sla_service.cli.errors import EXIT_DIFFERENT
from sla_service.cli.ledger_print import (
    account_sides,
    entry_mapping,
    in_sums,
    kind_sides,
    print_accounts,
    print_balances,
    print_findings,
    print_merchant,
    times,
)
from sla_service.cli.sealing import keep, seal
from sla_service.db.ledger import list_merchant_entries, sum_accounts, sum_entries
from sla_service.db.parties import load_merchant
from sla_service.domain.balances import balances_of
from sla_service.domain.instants import parse_date
from sla_service.formats.checkpoint import read_checkpoints
from sla_service.usecases.apply_credits import apply_credits
from sla_service.usecases.expire_credits import expire_credits
from sla_service.usecases.verify_chains import Verified, verify_chains

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """What is owed to merchants and what became of it: entries, balances, uses, expiry; and whether it is intact."""


@ledger.command("apply")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
@pass_context
def ledger_apply(context: Context, file: Path, as_json: bool) -> None:
    """Book the uses that billing or the bank tells in a CSV file, whole or not at all.

    Columns: reference, statement_number or external_id, merchant_id, amount, currency, applied_on. The same reference
    again changes nothing; with other content it is refused, and so is more than is still owed. docs/ledger.md has an
    example.
    """
    with context.writing() as session:
        now_ms = context.clock()
        done = apply_credits(session, file.read_bytes(), name=file.name, now_ms=now_ms, actor=context.actor)
    keep(context, done.head)
    if as_json:
        sums = {money.currency: money.amount for money in done.sums}
        click.echo(json.dumps({"rows": done.rows, "booked": done.added, "unchanged": done.unchanged, "sums": sums}))
        return
    already = f" {done.unchanged:,} were booked before." if done.unchanged else ""
    click.echo(f"Booked {times(done.added, 'use')} from {file.name}{in_sums(done.sums)}.{already}")


@ledger.command("expire")
@click.option("--until", required=True, metavar="YYYY-MM-DD", help="The last day of expiry that counts.")
@pass_context
def ledger_expire(context: Context, until: str) -> None:
    """Write off what merchants did not use in time. Statements say when they expire; each is written off once."""
    with context.writing() as session:
        day = parse_date(until)
        done = expire_credits(session, day, now_ms=context.clock(), actor=context.actor)
    keep(context, done.head)
    if not done.statements:
        click.echo(f"Nothing that is still owed expired up to {until}.")
        return
    click.echo(f"Written off: what was left of {times(done.statements, 'statement')}{in_sums(done.sums)}.")


@ledger.command("show")
@click.option("--merchant", "merchant_id", required=True, help="Whose entries.")
@click.option("--json", "as_json", is_flag=True, help="Entries and balances as JSON.")
@pass_context
def ledger_show(context: Context, merchant_id: str, as_json: bool) -> None:
    """A merchant's entries in the order in which they were recorded, and what is still owed after each.

    *effective* is the day on which an entry counts; *recorded* is when it became known here.
    """
    with context.reading() as session:
        merchant = load_merchant(session, merchant_id)
        entries = list_merchant_entries(session, merchant_id)
    if as_json:
        balances = list(map(kind_sides, balances_of(entries)))
        click.echo(json.dumps({"entries": list(map(entry_mapping, entries)), "balances": balances}))
    elif entries:
        print_merchant(context.console, f"{merchant.name} ({merchant_id})", entries)
    else:
        click.echo(f"Nothing was booked for {merchant_id} yet.")


@ledger.command("balances")
@click.option("--on", "day", metavar="YYYY-MM-DD", help="Only what was effective by the end of this day.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_context
def ledger_balances(context: Context, day: str | None, as_json: bool) -> None:
    """Totals per currency and kind over all merchants, and the accounts with their control sums."""
    until = parse_date(day).isoformat() if day else None
    with context.reading() as session:
        sums, accounts = sum_entries(session, until=until), sum_accounts(session, until=until)
    if as_json:
        balances = list(map(kind_sides, balances_of(sums)))
        click.echo(json.dumps({"balances": balances, "accounts": list(map(account_sides, accounts))}))
    elif sums:
        print_balances(context.console, f"Credits by the end of {until}" if until else "Credits", sums)
        print_accounts(context.console, accounts)
    else:
        click.echo("Nothing was booked yet." if until is None else f"Nothing was effective by {until}.")


@ledger.command("verify")
@click.option("--checkpoint", "kept_at", type=FILE, help="Heads kept elsewhere; otherwise SLA_CHECKPOINT_FILE.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")
@pass_context
def ledger_verify(context: Context, kept_at: Path | None, as_json: bool) -> None:
    """Verify ledger and audit log: every entry, every block, every link, and the heads in the checkpoint file.

    Says precisely what was touched; exit code 9 on any finding. If all is well, the audit log is sealed up to now and
    both heads are added to the checkpoint file.
    """
    path = kept_at or context.settings.checkpoint
    with context.progress() as progress, context.reading() as session:
        verified = verify_chains(session, read_checkpoints(path), progress=progress)
    if as_json:
        click.echo(json.dumps(_outcome(verified)))
    else:
        print_findings(context.console, verified, path)
    if not verified.is_intact:
        sys.exit(EXIT_DIFFERENT)
    if kept_at is None:
        keep(context, *(head for head in verified.heads.values() if head not in verified.kept))
    seal(context)


def _outcome(verified: Verified) -> dict[str, object]:
    return {
        "intact": verified.is_intact,
        "findings": [{"rule": one.rule, "subject": one.subject, "message": one.message} for one in verified.findings],
        "found": verified.found,
        "entries": verified.entries,
        "unsealed": verified.unsealed,
        "blocks": verified.blocks,
        "heads": {chain: {"block_no": head.block_no, "sha256": head.sha256} for chain, head in verified.heads.items()},
        "checkpoints": verified.checkpoints,
    }
