"""A ledger's rows beside our credits: what is in both, what only in one, what differs, and what is there twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sla_service.domain.money import Money
from sla_service.domain.reconciliation import Difference

_PART = re.compile(r"-p[0-9]+\Z", re.ASCII)
CANCELLED = ("/accrual", "/reversal")
"""Entries of the journal that cancel each other, and are no credits."""


@dataclass(frozen=True, slots=True)
class TheirRow:
    """A row of the ledger's file."""

    line: int
    name: str
    """External id, or number of a statement."""
    amount: Money
    day: str

    @property
    def whole_name(self) -> str:
        """The name of what the row is, or is a part of."""
        return _PART.sub("", self.name.removesuffix("/credit"))


@dataclass(frozen=True, slots=True)
class OurStatement:
    """A statement in money, with the names under which a ledger may know it."""

    number: str
    key: str
    merchant_id: str
    total: Money
    credits: Mapping[str, Money]
    """Its credits by external id."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What both sides have, with one amount."""

    row: TheirRow
    number: str
    merchant_id: str


@dataclass(slots=True)
class LedgerMatch:
    """Both sides, row by row."""

    matched: list[Matched] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    cancelled: int = 0
    """Rows of accruals and reversals, which are left out."""


def match_rows(theirs: Iterable[TheirRow], ours: Iterable[OurStatement]) -> LedgerMatch:
    """Lay the two sides beside each other.

    Args:
        theirs: Of the file.
        ours: Each statement once.

    Returns:
        The rows that agree, and the differences in order of the statements; then the rows that are not ours.
    """
    made, by_name = LedgerMatch(), dict[str, list[TheirRow]]()
    for row in theirs:
        if row.name.endswith(CANCELLED):
            made.cancelled += 1
        else:
            by_name.setdefault(row.whole_name, []).append(row)
    for statement in ours:
        for name, amount in _named(statement, by_name):
            _compare(made, statement, name, amount, by_name.pop(name, []))
    for rows in by_name.values():
        for row in rows:
            what = f"line {row.line}: {row.name} is no credit of this run"
            made.differences.append(Difference("missing_here", what, number=row.name, there=row.amount))
    return made


def _named(statement: OurStatement, by_name: Mapping[str, object]) -> Iterator[tuple[str, Money]]:
    """The names to look for: the statement's own or its document's, or those of its credits if one of them is there."""
    whole = [name for name in (statement.number, statement.key) if name in by_name]
    single = [(name, amount) for name, amount in statement.credits.items() if name in by_name]
    if whole:
        yield whole[0], statement.total
        # Whoever has the statement must have neither its document nor its credits as well: that would be twice.
        yield from ((name, Money(statement.total.currency, 0)) for name in whole[1:])
        yield from ((name, Money(amount.currency, 0)) for name, amount in single)
    elif single:
        yield from statement.credits.items()
    else:
        yield statement.number, statement.total


def _compare(made: LedgerMatch, statement: OurStatement, name: str, amount: Money, rows: Sequence[TheirRow]) -> None:
    """One name of ours against the rows that bear it."""

    def differs(rule: str, what: str, here: Money | None, there: Money | None) -> None:
        made.differences.append(Difference(rule, what, statement.number, statement.merchant_id, here, there))

    if not rows:
        differs("missing_there", f"{name} is not in the file", amount, None)
        return
    first = {row.name: row for row in reversed(rows)}
    for row in rows:
        if first[row.name] is not row:
            what = f"line {row.line}: {row.name} is in line {first[row.name].line}, too"
            differs("double", what, None, row.amount)
    if not amount.minor and statement.total.minor:
        differs("double", f"line {rows[0].line}: {name} is in the file under another name, too", None, rows[0].amount)
        return
    whole = [row for row in rows if first[row.name] is row]
    currencies = {row.amount.currency for row in whole}
    there = Money(whole[0].amount.currency, sum(row.amount.minor for row in whole))
    if currencies != {amount.currency} or there != amount:
        differs("different", f"line {whole[0].line}: {name} has another amount", amount, there)
        return
    made.matched += [Matched(row, statement.number, statement.merchant_id) for row in whole]
