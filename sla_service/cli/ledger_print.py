"""The ledger in the terminal, as a finance person reads it, and its figures for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from sla_service.cli.tables import grouped, table
from sla_service.domain.balances import Balance, balances_of
from sla_service.domain.chain import Chain
from sla_service.domain.instants import format_instant
from sla_service.domain.ledger import SIGNS, EntryKind
from sla_service.domain.money import Money
from sla_service.usecases.verify_chains import Verified

SHOWN_FINDINGS = 50
"""Findings in a terminal; ``--json`` gives up to a thousand."""
KINDS = tuple(kind.value for kind in EntryKind)
NAMES = {Chain.LEDGER.value: "Ledger", Chain.AUDIT.value: "Audit log"}


def times(count: int, noun: str) -> str:
    """``1 use``, ``2,000 uses``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def in_sums(sums: Sequence[Money]) -> str:
    """What was booked, per currency; nothing where nothing was."""
    return f": {', '.join(f'{money.currency} {signed(money)}' for money in sums)}" if sums else ""


def signed(money: Money) -> str:
    """An amount with thousands separated, also below zero."""
    return f"-{grouped(money.amount[1:])}" if money.minor < 0 else grouped(money.amount)


def when(ms: int) -> str:
    """An instant to the minute, in UTC."""
    return format_instant(ms)[:16].replace("T", " ")


def print_merchant(console: Console, name: str, entries: Sequence[dict[str, Any]]) -> None:
    """A merchant's account: a table per currency, and how its balance comes about."""
    for balance in balances_of(entries):
        rows = _running([entry for entry in entries if entry["currency"] == balance.currency])
        heads = ("effective", "recorded (UTC)", "entry", "statement", "reference", "by", "amount", "owed")
        console.print(table(f"{name} in {balance.currency}", heads, rows, numbers=("amount", "owed")))
        parts = [f"{kind} {signed(balance.of(EntryKind(kind)))}" for kind in KINDS if kind in balance.by_kind]
        console.print(f"{balance.currency}: {' − '.join(parts)} = owed {signed(balance.owed)}\n", highlight=False)


def _running(rows: Sequence[dict[str, Any]]) -> list[tuple[object, ...]]:
    """Entries of one currency with the balance after each."""
    balance = 0
    cells: list[tuple[object, ...]] = []
    for row in rows:
        moved = Money(row["currency"], row["amount_minor"] * SIGNS[row["kind"]])
        balance += moved.minor
        about = row["reference"] or row["reason"] or ""
        said = (row["effective_on"], when(row["recorded_at_ms"]), row["kind"], row["number"], about, row["recorded_by"])
        cells.append((*said, signed(moved), signed(Money(row["currency"], balance))))
    return cells


def entry_mapping(row: dict[str, Any]) -> dict[str, Any]:
    """An entry for scripts."""
    amount = Money(row["currency"], row["amount_minor"]).amount
    return {**row, "amount": amount, "recorded_at": format_instant(row["recorded_at_ms"])}


def kind_sides(balance: Balance) -> dict[str, str]:
    """A balance for scripts."""
    kinds = {kind: balance.of(EntryKind(kind)).amount for kind in KINDS}
    return {"currency": balance.currency, **kinds, "owed": balance.owed.amount}


def print_balances(console: Console, title: str, sums: Sequence[dict[str, Any]]) -> None:
    """A row per currency: what was issued, what became of it, what is still owed."""
    rows = []
    for one in balances_of(sums):
        count = sum(row["entries"] for row in sums if row["currency"] == one.currency)
        kinds = (signed(one.of(EntryKind(kind))) for kind in KINDS)
        rows.append((one.currency, f"{count:,}", *kinds, signed(one.owed)))
    heads = ("currency", "entries", *KINDS, "owed")
    console.print(table(title, heads, rows, numbers=heads[1:]))


def account_sides(row: dict[str, Any]) -> dict[str, str]:
    """An account for scripts: what was debited and credited, and debits less credits."""
    currency, debit, credit = row["currency"], row["debit_minor"], row["credit_minor"]
    sides = {"debit": debit, "credit": credit, "balance": debit - credit}
    return {
        "currency": currency,
        "account": row["account"],
        **{name: Money(currency, minor).amount for name, minor in sides.items()},
    }


def print_accounts(console: Console, accounts: Sequence[dict[str, Any]]) -> None:
    """Debits and credits per account, and per currency their control sum, which is nought."""
    rows = []
    for currency in sorted({one["currency"] for one in accounts}):
        mine = [one for one in accounts if one["currency"] == currency]
        whole = {side: sum(one[side] for one in mine) for side in ("debit_minor", "credit_minor")}
        for one in (*mine, {"account": "control sum", **whole}):
            debit, credit = one["debit_minor"], one["credit_minor"]
            sides = (signed(Money(currency, minor)) for minor in (debit, credit, debit - credit))
            rows.append((currency, one["account"], *sides))
    numbers = ("debit", "credit", "balance")
    console.print(table("Accounts", ("currency", "account", *numbers), rows, numbers=numbers))


def print_findings(console: Console, verified: Verified, path: Path) -> None:
    """What was looked at, and what is not as it was sealed."""
    for chain, name in NAMES.items():
        head = verified.heads.get(chain)
        at = f"; newest block {head.block_no}, digest {head.sha256[:12]}" if head else ""
        waiting = verified.unsealed[chain]
        open_ = f" ({waiting:,} not sealed yet)" if waiting else ""
        counts = f"{times(verified.entries[chain], 'entry').replace('entrys', 'entries')}{open_}"
        console.print(f"{name}: {counts} in {times(verified.blocks[chain], 'block')}{at}.", highlight=False)
    console.print(_anchor(verified, path), highlight=False)
    if verified.is_intact:
        console.print("Intact: everything is as it was sealed.", highlight=False)
        return
    rows = [(one.subject, one.message) for one in verified.findings[:SHOWN_FINDINGS]]
    console.print()
    console.print(table(f"Not as it was sealed: {verified.found:,}", ("what", "finding"), rows))
    if verified.found > len(rows):
        console.print(f"… and {verified.found - len(rows):,} more; `--json` names up to a thousand.", highlight=False)
    console.print("Change nothing, keep a copy of the database as it is, and see docs/ledger.md.", highlight=False)


def _anchor(verified: Verified, path: Path) -> str:
    if verified.checkpoints:
        return f"Checkpoint file {path}: {times(verified.checkpoints, 'head')} compared."
    if not verified.heads:
        return f"Checkpoint file {path}: nothing to compare yet."
    return (
        f"Checkpoint file {path}: no heads in it. Without them a chain that was written anew from its beginning "
        "cannot be told from a true one."
    )
