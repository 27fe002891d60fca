"""Which columns of an entry were changed, and what they said: found by trying what they may have said.

A digest tells that an entry is not as it was, not how it was. But most of what an entry says stands elsewhere as well:
in its statement, its name, the entries it was written with. Whatever gives the digest again is what it said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import chain, combinations
from typing import Any

from sqlmodel import Session

from sla_service.db.audit import CONTENT as AUDITED
from sla_service.db.audit import audit_sha256, find_change, list_known
from sla_service.db.chain import iter_blocks
from sla_service.db.ledger_statements import find_told, list_disagreeing, list_numbers, list_unbooked
from sla_service.domain.chain import Chain, Finding
from sla_service.domain.instants import to_datetime
from sla_service.domain.ledger import CONTENT, MOVES, Account, EntryKind, digest_entry
from sla_service.domain.money import MINOR_DIGITS, Money
from sla_service.usecases.verify_entries import Checked

Row = Mapping[str, Any]
Candidates = Mapping[str, Iterable[Any]]
MAX_AMOUNTS = 500_000
"""Amounts that are tried, one by one: about a second."""
DAYS_TRIED = 1_500
MAX_TOGETHER = 4
"""Columns that are tried together."""
SHOWN_SUSPECTS = 20
_RUN_BLOCK = re.compile(r"run-([1-9][0-9]{0,17})/[1-9][0-9]*", re.ASCII)
_NAMED_BY_KIND = [kind.value for kind in EntryKind if kind is not EntryKind.APPLIED]


def name_changes(session: Session, checked: Checked) -> Iterator[Finding]:
    """Each entry of a block that disagrees with its digest, with the columns that were changed where they are found."""
    for row in checked.changed:
        if checked.is_sealed_as_redone and not checked.is_sealed_as_stored:
            message = "column sha256 was changed; what the entry says is what was sealed"
            yield Finding("entry_changed", f"entry {row['entry_id']}", message)
            continue
        before = restore(row, CONTENT, likely(session, row, checked), thorough(session, row))
        yield Finding("entry_changed", f"entry {row['entry_id']}", _in_words(row, CONTENT, before))
    more = checked.changed_count - len(checked.changed)
    if more:
        yield Finding("entry_changed", f"ledger block {checked.key}", f"and {more:,} more of its entries were changed")


def name_audit_changes(session: Session, checked: Checked) -> Iterator[Finding]:
    """The same, for the audit log."""
    known = list_known(session) if checked.changed else {}
    for row in checked.changed:
        subject = f"audit entry {row['entry_no']} ({row['action']} of {row['subject']})"
        if checked.is_sealed_as_redone and not checked.is_sealed_as_stored:
            yield Finding("audit_changed", subject, "column sha256 was changed; what the entry says is what was sealed")
            continue
        before = restore(row, AUDITED, known, {})
        yield Finding("audit_changed", subject, _in_words(row, AUDITED, before))
    more = checked.changed_count - len(checked.changed)
    if more:
        yield Finding("audit_changed", f"audit block {checked.key}", f"and {more:,} more of its entries were changed")


def _in_words(row: Row, names: Sequence[str], before: Mapping[str, Any] | None) -> str:
    if before is None:
        return "it, or its digest, was changed; which columns cannot be told"
    return "; ".join(f"column {name} was {_said(before[name], row, name)}" for name in names if name in before)


def restore(
    row: Row, names: Sequence[str], likely: Mapping[str, list[Any]], thorough: Candidates
) -> dict[str, Any] | None:
    """The columns that give a row its digest again, with what they said; None if nothing that is tried does.

    Args:
        row: An entry of the ledger or the audit log.
        names: What is digested of it.
        likely: What each column may have said.
        thorough: What is tried one by one if none of it is right.
    """
    tries: Iterable[dict[str, Any]] = chain(
        ({name: value} for name, values in likely.items() for value in values),
        _together(row, likely),
        ({name: value} for name, values in thorough.items() for value in values),
    )
    for change in tries:
        tried = {**row, **change}
        digest = audit_sha256(tried) if names is AUDITED else digest_entry([tried[name] for name in names])
        if digest == row["sha256"]:
            return {name: value for name, value in change.items() if value != row[name]}
    return None


def _together(row: Row, likely: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """Several columns at once, each with what is likeliest."""
    other = {name: values[0] for name, values in likely.items() if values and values[0] != row[name]}
    for count in range(2, min(MAX_TOGETHER, len(other)) + 1):
        for names in combinations(other, count):
            yield {name: other[name] for name in names}
    yield other


def likely(session: Session, row: Row, checked: Checked) -> dict[str, list[Any]]:
    """What each column may have said, the likeliest first."""
    kind, _, name = str(row["entry_id"]).partition("/")
    told = find_told(session, row["number"]) or find_told(session, name) or {}
    same = checked.sample or {}
    logged = find_change(session, f"ledger {row['block']}")
    who, at_ms = (logged.actor, logged.at_ms) if logged else (None, None)
    match = _RUN_BLOCK.fullmatch(row["block"])
    is_use = kind == EntryKind.APPLIED
    moves = MOVES.get(kind, ("", ""))
    issued = to_datetime(told["issued_at_ms"]).date() if told else None
    days = [(issued + timedelta(days)).isoformat() for days in (0, 1, -1)] if issued else []
    run_ids = [int(match[1])] if match else [None]
    found = {
        "kind": [kind, *EntryKind],
        "account_debit": [moves[0], *Account],
        "account_credit": [moves[1], *Account],
        "merchant_id": [told.get("party_id")],
        "currency": [told.get("currency")],
        "amount_minor": [abs(told.get("total_minor", 0))],
        "number": list_numbers(session, row["merchant_id"]) if is_use else [name],
        "run_id": [*run_ids, told.get("run_id"), None],
        "effective_on": [same.get("effective_on"), *days],
        "recorded_at_ms": [same.get("recorded_at_ms"), at_ms, checked.block.sealed_at_ms if checked.block else None],
        "recorded_by": [same.get("recorded_by"), who, told.get("issued_by"), told.get("approved_by")],
        "reason": [same.get("reason"), None, told.get("reason")],
        "reference": [name if is_use else None, None],
        "entry_id": [f"{one}/{row['number']}" for one in _NAMED_BY_KIND] + [f"{EntryKind.APPLIED}/{row['reference']}"],
    }
    absent = {"run_id", "reason", "reference"}
    return {
        column: [str(one) if isinstance(one, str) else one for one in values if one is not None or column in absent]
        for column, values in found.items()
    }


def thorough(session: Session, row: Row) -> Candidates:
    """Everything that can be gone through: blocks, days, amounts."""
    recorded = _day(row["recorded_at_ms"])
    told = find_told(session, row["number"]) or {}
    most = min(MAX_AMOUNTS, max(abs(told.get("total_minor", 0)), 0))
    return {
        "block": (block.block for block in iter_blocks(session, Chain.LEDGER.value)),
        "effective_on": ((recorded - timedelta(days)).isoformat() for days in range(-2, DAYS_TRIED)),
        "amount_minor": range(1, most + 1),
    }


def _day(at_ms: int) -> date:
    try:
        return to_datetime(at_ms).date()
    except (OverflowError, ValueError):
        return date(2025, 1, 1)


def _said(value: object, row: Row, name: str) -> str:
    now = row[name]
    if name == "amount_minor" and row["currency"] in MINOR_DIGITS:
        value, now = (Money(row["currency"], one).amount for one in (int(str(value)), now))
    return f"{value if value is not None else 'empty'} and is now {now if now is not None else 'empty'}"


def name_suspects(session: Session, checked: Checked) -> Iterator[Finding]:
    """Where a run's block is not as it was sealed: entries that are missing, or say something else than statements."""
    match = _RUN_BLOCK.fullmatch(checked.key)
    if match is None:
        return
    for number in list_unbooked(session, int(match[1]), limit=SHOWN_SUSPECTS):
        yield Finding("entry_missing", f"statement {number}", "it has no entry in the ledger, though it states money")
    for row in list_disagreeing(session, checked.key, limit=SHOWN_SUSPECTS):
        subject, currency = f"entry {row['entry_id']}", row["currency"]
        if row["party_id"] is None:
            yield Finding("entry_suspect", subject, f"there is no statement {row['number']}")
            continue
        says = f"{row['kind']} {currency} {row['amount_minor']} (minor units) for {row['merchant_id']}"
        told = f"{row['statement_currency']} {row['total_minor']} for {row['party_id']}"
        yield Finding("entry_suspect", subject, f"it says {says}; statement {row['number']} says {told}")
