"""What is left of credits: balances of what the ledger says, and what may still be taken from each statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sla_service.domain.ledger import SIGNS, EntryKind
from sla_service.domain.money import Money


@dataclass(slots=True)
class Balance:
    """What became of the credits of one merchant, statement or run, in one currency."""

    currency: str
    by_kind: dict[str, int] = field(default_factory=dict)
    """Minor units by kind; a kind that did not happen is absent."""

    def add(self, kind: str, minor: int) -> None:
        """Count an amount."""
        self.by_kind[kind] = self.by_kind.get(kind, 0) + minor

    def of(self, kind: EntryKind) -> Money:
        """The sum of a kind."""
        return Money(self.currency, self.by_kind.get(kind.value, 0))

    @property
    def owed_minor(self) -> int:
        """Issued − applied − expired − reversed; below zero if more was taken back than was left."""
        return sum(minor * SIGNS[kind] for kind, minor in self.by_kind.items())

    @property
    def owed(self) -> Money:
        """What may still be used."""
        return Money(self.currency, self.owed_minor)


def balances_of(rows: Iterable[Mapping[str, Any]]) -> list[Balance]:
    """Rows of currency, kind and amount in minor units as a balance per currency, in order of the code."""
    found: dict[str, Balance] = {}
    for row in rows:
        found.setdefault(row["currency"], Balance(row["currency"])).add(row["kind"], int(row["amount_minor"]))
    return [found[currency] for currency in sorted(found)]


@dataclass(slots=True)
class OwedStatement:
    """A statement as the ledger has it."""

    number: str
    merchant_id: str
    currency: str
    corrects: str | None = None
    """Number of the statement that it corrects."""
    balance: Balance = field(init=False)

    def __post_init__(self) -> None:
        self.balance = Balance(self.currency)

    @property
    def is_expired(self) -> bool:
        """Whether what was left of it has been written off."""
        return EntryKind.EXPIRED.value in self.balance.by_kind


class Owed:
    """What is still owed on each statement, while uses are gone through one by one.

    A statement that takes money back takes it from the one that it corrects, and beyond that from the merchant: what
    may be taken from a statement is never more than what is left of it with its corrections, nor than the merchant is
    owed in its currency.
    """

    def __init__(self, statements: Iterable[OwedStatement]) -> None:
        """All statements of every merchant that is asked about."""
        self.statements = {one.number: one for one in statements}
        self._first = {number: self._first_of(number) for number in self.statements}
        self._with_corrections: dict[str, int] = defaultdict(int)
        self._merchants: dict[tuple[str, str], int] = defaultdict(int)
        for one in self.statements.values():
            self._add(one, one.balance.owed_minor)

    def left(self, number: str) -> Money:
        """What may still be taken from a statement; nothing once it has expired."""
        one = self.statements[number]
        limits = (
            one.balance.owed_minor,
            self._with_corrections[self._first[number]],
            self._merchants[one.merchant_id, one.currency],
        )
        return Money(one.currency, 0 if one.is_expired else max(0, min(limits)))

    def take(self, number: str, kind: EntryKind, minor: int) -> None:
        """Book an amount that ``left`` allows."""
        one = self.statements[number]
        one.balance.add(kind.value, minor)
        self._add(one, -minor)

    def _add(self, one: OwedStatement, minor: int) -> None:
        self._with_corrections[self._first[one.number]] += minor
        self._merchants[one.merchant_id, one.currency] += minor

    def _first_of(self, number: str) -> str:
        """The statement that a chain of corrections goes back to."""
        seen = {number}
        while (above := self.statements[number].corrects) in self.statements and above not in seen:
            number = above
            seen.add(number)
        return number
