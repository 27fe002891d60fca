"""What was known when: everything about a merchant's months, with the time it is about and when it was recorded.

Nothing is kept for it: statements, credits and ledger entries never change, and the audit log has every change of
evidence. So a month can be shown as it was known at any instant, by leaving out what was recorded later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from sla_service.db.ledger import list_merchant_entries
from sla_service.db.merchant_history import issued_credits, issued_statements, logged, policy_names
from sla_service.db.parties import load_merchant
from sla_service.domain.instants import format_instant, parse_instant
from sla_service.domain.ledger import SIGNS
from sla_service.domain.money import Money
from sla_service.domain.periods import Month

ZONES_MARGIN_MS = 14 * 3_600_000
"""A month begins and ends at other instants elsewhere."""
SPANS = (("started_at_ms", "ended_at_ms"), ("at_ms", "at_ms"))
"""Columns that say about which time a row is."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a merchant's month."""

    recorded_at_ms: int
    about: str
    """The time that it is about: a month, a day, or from when to when; empty for what holds always."""
    what: str
    """``statement``, ``credit``, ``ledger`` or ``evidence``."""
    said: str
    by: str
    origin: str = ""
    """From where a change of evidence came."""
    amount: Money | None = None
    """What it adds to what was credited, or to what is owed."""
    before: Mapping[str, Any] = field(default_factory=dict)
    """Of changed evidence: the columns that changed, as they were."""
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """A merchant's events in the order in which they were recorded, and where that leaves it."""

    name: str
    events: list[Event]
    credited: list[Money]
    """Per currency, by all statements together."""
    owed: list[Money]
    """Per currency, by the ledger."""


def read_history(
    session: Session, merchant_id: str, *, month: Month | None = None, as_of_ms: int | None = None
) -> History:
    """Gather everything about a merchant.

    Args:
        session: Open; only reads.
        merchant_id: Whose.
        month: Only what is about this month, or about no time at all.
        as_of_ms: Only what was recorded by then.

    Raises:
        NotFoundError: There is no such merchant.
    """
    merchant = load_merchant(session, merchant_id)
    events = [
        *_statements(session, merchant_id, month),
        *_credits(session, merchant_id, month),
        *_entries(session, merchant_id, month),
        *_evidence(session, merchant_id, month),
    ]
    known = [one for one in events if as_of_ms is None or one.recorded_at_ms <= as_of_ms]
    known.sort(key=lambda one: (one.recorded_at_ms, ORDER[one.what]))
    return History(merchant.name, known, _sums(known, "statement"), _sums(known, "ledger"))


ORDER = {"evidence": 0, "credit": 1, "statement": 2, "ledger": 3}
"""Of what was recorded in one instant: cause before effect."""


def _sums(events: list[Event], what: str) -> list[Money]:
    sums: dict[str, int] = {}
    for one in events:
        if one.what == what and one.amount is not None:
            sums[one.amount.currency] = sums.get(one.amount.currency, 0) + one.amount.minor
    return [Money(currency, minor) for currency, minor in sorted(sums.items())]


def _statements(session: Session, merchant_id: str, month: Month | None) -> Iterator[Event]:
    for row in issued_statements(session, merchant_id):
        if month is None or row["period"] == str(month):
            said = f"{row['number']} issued by run {row['run_id']}"
            if row["is_void"]:
                said += f"; voids {row['corrects']}: {row['reason']}"
            elif row["corrects"]:
                said += f"; corrects {row['corrects']}"
            amount = Money(row["currency"], row["total_minor"])
            by = row["issued_by"] or ""
            yield Event(row["issued_at_ms"], row["period"], "statement", said, by, amount=amount)


def _credits(session: Session, merchant_id: str, month: Month | None) -> Iterator[Event]:
    for row in issued_credits(session, merchant_id):
        if month is None or row["period"] == str(month):
            amount, before = Money(row["currency"], row["amount_minor"]), Money(row["currency"], row["before_minor"])
            said = f"{row['service']}: {row['outcome']}, {amount}"
            if row["kind"] == "correction":
                said += f" where {before} was credited before"
            yield Event(row["issued_at_ms"], _span(row) or row["period"], "credit", said, row["issued_by"] or "")


def _span(row: Row) -> str:
    start_ms, end_ms = row["period_start_ms"], row["period_end_ms"]
    return "" if start_ms is None or end_ms is None else f"{format_instant(start_ms)} to {format_instant(end_ms)}"


def _entries(session: Session, merchant_id: str, month: Month | None) -> Iterator[Event]:
    for row in list_merchant_entries(session, merchant_id):
        if month is None or row["period"] == str(month):
            said = f"{row['kind']} {Money(row['currency'], row['amount_minor'])} of {row['number']}"
            said += f", reference {row['reference']}" if row["reference"] else ""
            amount = Money(row["currency"], row["amount_minor"] * SIGNS[row["kind"]])
            yield Event(row["recorded_at_ms"], row["effective_on"], "ledger", said, row["recorded_by"], amount=amount)


def _evidence(session: Session, merchant_id: str, month: Month | None) -> Iterator[Event]:
    policies = {f"policy {name} " for name in policy_names(session, merchant_id)}
    for row in logged(session, merchant_id):
        before, after = (json.loads(row[name]) if row[name] else {} for name in ("before", "after"))
        if not _concerns(row, after, merchant_id, policies) or not _is_about(row, (before, after), month):
            continue
        changed = [name for name in after if before.get(name) != after[name]] if before else []
        yield Event(
            recorded_at_ms=row["at_ms"],
            about=_about(row, after),
            what="evidence",
            said=_said(row, after),
            by=row["actor"],
            origin=row["origin"],
            before={name: before.get(name) for name in changed},
            after={name: after[name] for name in changed},
        )


def _concerns(row: Row, after: Row, merchant_id: str, policies: set[str]) -> bool:
    """Whether an entry is about this merchant, or about everybody; a file with many merchants may be about it."""
    action, subject = row["action"], row["subject"]
    if action.startswith("import."):
        return merchant_id in after["merchants"] if "merchants" in after else True
    if subject.startswith("decision "):
        return str(subject).split(" ")[2:3] == [merchant_id]
    return action != "policy.publish" or any(subject.startswith(policy) for policy in policies)


def _is_about(row: Row, states: tuple[Row, Row], month: Month | None) -> bool:
    """Whether an entry is about a month, before or after the change, or about no time at all."""
    if month is None:
        return True
    if row["subject"].startswith("decision "):
        return str(row["subject"]).split(" ")[1] == str(month)
    window = month.window("UTC")
    first_ms, last_ms = window.start_ms - ZONES_MARGIN_MS, window.end_ms + ZONES_MARGIN_MS
    found = [span for state in states if (span := _time_of(state)) is not None]
    months = {one for state in states for one in (*state.get("months", ()), *filter(None, [state.get("month")]))}
    if not found:
        return not months or str(month) in months
    return any(start < last_ms and (end is None or end > first_ms) for start, end in found)


def _time_of(state: Row) -> tuple[int, int | None] | None:
    """From when to when a row or an import is about, in milliseconds; an end of None is open."""
    if "from" in state:
        return parse_instant(state["from"]), parse_instant(state["to"]) if state["to"] else None
    for start, end in SPANS:
        if state.get(start) is not None:
            return state[start], state.get(end)
    return None


def _about(row: Row, after: Row) -> str:
    if row["subject"].startswith("decision "):
        return str(row["subject"]).split(" ")[1]
    span = _time_of(after)
    if span is None:
        return ", ".join(after["months"]) if "months" in after else str(after.get("month") or "")
    start_ms, end_ms = span
    return f"{format_instant(start_ms)} to {format_instant(end_ms) if end_ms is not None else 'open'}"


def _said(row: Row, after: Row) -> str:
    action = str(row["action"])
    if action.startswith("import."):
        counts = f"{after['rows']} rows, {after['added']} new, {after['changed']} changed"
        return f"{action.removeprefix('import.')} imported from {after['file']}: {counts}"
    subject = str(row["subject"])
    if action.startswith("row."):
        return f"{subject.partition(': ')[2] or subject} changed"
    return f"{subject} published" if action == "policy.publish" else f"{subject.partition(' ')[0]} made"
