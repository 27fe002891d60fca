"""Write off what merchants did not use in time: what is left of statements whose expiry has passed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from sla_service.db.audit import record_change
from sla_service.db.chain import lock_chains
from sla_service.db.ledger import iter_snapshots, load_owed
from sla_service.domain.balances import Owed
from sla_service.domain.chain import Head
from sla_service.domain.errors import InvalidValueError
from sla_service.domain.instants import to_datetime
from sla_service.domain.ledger import EntryKind, LedgerEntry
from sla_service.domain.money import Money, totals
from sla_service.usecases.book_entries import book_entries


@dataclass(frozen=True, slots=True)
class Expired:
    """What was written off."""

    statements: int
    sums: list[Money]
    """Per currency."""
    head: Head | None
    """The ledger's new head, for the checkpoint file; None if there was nothing to write off."""


def expire_credits(session: Session, until: date, *, now_ms: int, actor: str) -> Expired:
    """Book as expired what is left of every statement that expired on a day or before.

    A statement is written off once. One with several credits expires with the last of them; one with a credit that
    never expires stays.

    Args:
        session: Open, with nothing done in it yet (``db.chain.lock_chains``); nothing is committed.
        until: The last day of expiry that counts; not in days to come.
        now_ms: The instant.
        actor: Who asks.

    Raises:
        InvalidValueError: The day has not come yet.
    """
    if until > to_datetime(now_ms).date():
        raise InvalidValueError.of("day_future", "give a day that has come: nothing expires early", value=until)
    lock_chains(session)
    owed = Owed(load_owed(session))
    block = f"expired/{until.isoformat()}/{now_ms}"
    entries = []
    for expires_on, number in sorted(_due(session, owed, until.isoformat())):
        # What one takes may be what another had left: a merchant's money that was taken back counts for all of them.
        left = owed.left(number)
        if left.minor:
            owed.take(number, EntryKind.EXPIRED, left.minor)
            merchant_id = owed.statements[number].merchant_id
            said = (EntryKind.EXPIRED, merchant_id, left, number, expires_on, block, now_ms, actor)
            entries.append(LedgerEntry(*said))
    sums = totals(entry.amount for entry in entries)
    head = None
    if entries:
        head = book_entries(session, entries, now_ms=now_ms)
        after = {"until": until.isoformat(), "statements": len(entries), "sums": list(map(str, sums))}
        record_change(
            session, action="ledger.expire", subject=f"ledger {block}", after=after, now_ms=now_ms, actor=actor
        )
    return Expired(len(entries), sums, head)


def _due(session: Session, owed: Owed, until: str) -> Iterator[tuple[str, str]]:
    """Day of expiry and number of statements with something left."""
    numbers = [number for number in owed.statements if owed.left(number).minor]
    for number, snapshot in iter_snapshots(session, numbers):
        expires_on = expiry_of(snapshot)
        if expires_on is not None and expires_on <= until:
            yield expires_on, number


def expiry_of(snapshot: str) -> str | None:
    """The ISO day on which a statement's last credit in money expires; None if one never does."""
    credits = json.loads(snapshot)["credits"]
    days = [credit["expires_on"] for credit in credits if credit["amount"]["minor"] > 0]
    return max(days) if days and all(days) else None
