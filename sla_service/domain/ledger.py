"""The ledger: what is owed to merchants and what became of it, one movement between two accounts after another.

An entry takes an amount from one account and puts it into another, so debits equal credits by construction. It is
written once; a mistake is answered by another entry. Its digest is over everything it says, so that a changed entry
shows (``chain``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sla_service.domain.errors import InvalidValueError
from sla_service.domain.money import Money


class EntryKind(StrEnum):
    """What happened to an amount."""

    ISSUED = "issued"
    APPLIED = "applied"
    EXPIRED = "expired"
    REVERSED = "reversed"


class Account(StrEnum):
    """Where an amount stands, per merchant and currency."""

    GRANTED = "granted"
    """Our side of every credit: what was ever promised is on its debit."""
    OWED = "owed"
    """What the merchant may still use."""
    APPLIED = "applied"
    EXPIRED = "expired"
    REVERSED = "reversed"


MOVES: dict[str, tuple[str, str]] = {
    EntryKind.ISSUED.value: (Account.GRANTED.value, Account.OWED.value),
    EntryKind.APPLIED.value: (Account.OWED.value, Account.APPLIED.value),
    EntryKind.EXPIRED.value: (Account.OWED.value, Account.EXPIRED.value),
    EntryKind.REVERSED.value: (Account.OWED.value, Account.REVERSED.value),
}
"""Debit and credit account of each kind. Plain text: a million entries are made in one go."""

CONTENT = (
    *("entry_id", "block", "merchant_id", "currency", "kind", "account_debit", "account_credit", "amount_minor"),
    *("number", "run_id", "effective_on", "recorded_at_ms", "recorded_by", "reason", "reference"),
)
"""What an entry says, in the order in which it is digested: every column but the digest."""

_SEPARATOR = "\x1f"
_SEPARATORS = len(CONTENT) - 1
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One movement. Accounts and name follow from the kind; the amount is positive, its direction is the accounts'."""

    kind: EntryKind
    merchant_id: str
    amount: Money
    number: str
    """Of the statement that it belongs to."""
    effective_on: str
    """ISO day on which it counts: of issue, of the invoice that took it, of expiry."""
    block: str
    recorded_at_ms: int
    recorded_by: str
    run_id: int | None = None
    reason: str | None = None
    reference: str | None = None
    """Of the ledger that applied it: an invoice, a payment."""

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise InvalidValueError.of("amount_range", "an entry moves more than nothing", value=self.amount)
        if (self.kind is EntryKind.APPLIED) != (self.reference is not None):
            raise InvalidValueError.of("reference", "what is applied has a reference, and nothing else has")
        if self.reference is not None and _ID.fullmatch(self.reference) is None:
            message = "use letters, digits and . _ : - (up to 64), without spaces"
            raise InvalidValueError.of("id_format", message, value=self.reference)

    @property
    def entry_id(self) -> str:
        """Derived, so that the same thing cannot be booked twice: ``issued/SCM-2023-09-0000001``."""
        return f"{self.kind.value}/{self.number if self.reference is None else self.reference}"

    @property
    def content(self) -> tuple[Any, ...]:
        """Values in order of ``CONTENT``."""
        debit, credit = MOVES[self.kind.value]
        return (
            *(self.entry_id, self.block, self.merchant_id, self.amount.currency, self.kind.value, debit, credit),
            *(self.amount.minor, self.number, self.run_id, self.effective_on, self.recorded_at_ms, self.recorded_by),
            *(self.reason, self.reference),
        )

    @property
    def sha256(self) -> str:
        """Digest of everything that the entry says."""
        return digest_entry(self.content)


def digest_entries(columns: Sequence[Iterable[Any]]) -> list[str]:
    """Digests of many entries, given as columns in order of ``CONTENT``."""
    return [digest_entry(row) for row in zip(*columns, strict=True)]


def digest_entry(row: Sequence[Any]) -> str:
    """Digest of one entry: its values in order of ``CONTENT``.

    The text that is digested says each value once, in order, with a separator that no value may hold; an absent value
    differs from an empty one. An entry that could be read in two ways has no digest (an empty one), and so never
    agrees with what was stored.
    """
    entry_id, block, merchant_id, currency, kind, debit, credit, minor, number, run_id, day, at_ms, who, *told = row
    # One text with every value in its place: a million of them are made for a large run.
    content = (
        f"{entry_id}\x1f{block}\x1f{merchant_id}\x1f{currency}\x1f{kind}\x1f{debit}\x1f{credit}\x1f{minor}\x1f{number}"
        f"\x1f{'' if run_id is None else run_id}\x1f{day}\x1f{at_ms}\x1f{who}"
        f"\x1f{'' if told[0] is None else f'={told[0]}'}\x1f{'' if told[1] is None else f'={told[1]}'}"
    )
    return sha256(content.encode()).hexdigest() if content.count(_SEPARATOR) == _SEPARATORS else ""


SIGNS = {kind: 1 if credit == Account.OWED else -1 for kind, (_debit, credit) in MOVES.items()}
"""Whether a kind adds to what is owed or takes from it."""
