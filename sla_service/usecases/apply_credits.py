"""Book what billing applied: a file of uses, whole or not at all, never more than is still owed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from sla_service.db.audit import record_change
from sla_service.db.chain import lock_chains
from sla_service.db.credit_names import find_numbers
from sla_service.db.ledger import find_references, find_statements, load_owed
from sla_service.domain.balances import Owed
from sla_service.domain.chain import Head
from sla_service.domain.credit_names import parse_credit_name
from sla_service.domain.errors import Problem, shown
from sla_service.domain.instants import DAY_MS, to_datetime
from sla_service.domain.ledger import EntryKind, LedgerEntry
from sla_service.domain.money import Money, totals
from sla_service.formats.applied_rows import read_applied
from sla_service.formats.rows import Problems
from sla_service.usecases.book_entries import book_entries

Row = Mapping[str, Any]
_KEPT = (
    *(("number", "statement_number"), ("merchant_id", "merchant_id"), ("amount_minor", "amount")),
    *(("currency", "currency"), ("effective_on", "applied_on")),
)
"""What a reference keeps, by column of the ledger and of the file."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What a file did."""

    rows: int
    added: int
    sums: list[Money]
    """Of what was added, per currency."""
    head: Head | None
    """The ledger's new head, for the checkpoint file; None if nothing was added."""

    @property
    def unchanged(self) -> int:
        """Rows that were booked before."""
        return self.rows - self.added


def apply_credits(session: Session, data: bytes, *, name: str, now_ms: int, actor: str) -> Applied:
    """Book the uses that a file tells.

    Args:
        session: Open, with nothing done in it yet (``db.chain.lock_chains``); nothing is committed.
        data: The file's bytes.
        name: Its name, for the audit log.
        now_ms: The instant of the import.
        actor: Who imports.

    Raises:
        InvalidValueError: Every line that is refused, with its column, value and rule; nothing was booked.
    """
    lock_chains(session)
    rows = read_applied(data).to_pylist()
    sha256 = hashlib.sha256(data).hexdigest()
    checking = _Checking(session, rows, now_ms)
    fresh = [row for row in rows if checking.accept(row)]
    checking.problems.finish()
    block = f"applied/{sha256[:16]}"
    entries = [_entry(row, block, now_ms, actor) for row in fresh]
    sums = totals(entry.amount for entry in entries)
    head = None
    if entries:
        head = book_entries(session, entries, now_ms=now_ms)
        after = {
            "file": name,
            "sha256": sha256,
            "rows": len(rows),
            "booked": len(entries),
            "sums": list(map(str, sums)),
        }
        record_change(
            session, action="ledger.apply", subject=f"ledger {block}", after=after, now_ms=now_ms, actor=actor
        )
    return Applied(len(rows), len(entries), sums, head)


def _entry(row: Row, block: str, now_ms: int, actor: str) -> LedgerEntry:
    return LedgerEntry(
        EntryKind.APPLIED,
        row["merchant_id"],
        Money(row["currency"], row["amount_minor"]),
        row["number"],
        row["applied_on"],
        block,
        now_ms,
        actor,
        reference=row["reference"],
    )


@dataclass(slots=True)
class _Line:
    """A row while it is looked at: the first thing wrong with it is what is said."""

    row: Row
    problems: Problems
    is_good: bool = True

    def refuse(self, rule: str, message: str, column: str, value: object) -> None:
        """Note what is wrong."""
        self.problems.add(Problem(rule, message, line=self.row["line"], column=column, value=shown(value)))
        self.is_good = False


class _Checking:
    """One file: what it refers to, asked for at once, and what is left of it from line to line."""

    def __init__(self, session: Session, rows: Sequence[dict[str, Any]], now_ms: int) -> None:
        self.problems = Problems()
        self.last_day = to_datetime(now_ms + DAY_MS).date()
        names = {row["external_id"]: parse_credit_name(row["external_id"]) for row in rows if row["external_id"]}
        named = find_numbers(session, names.values())
        for row in rows:
            row["number"] = named.get(names[row["external_id"]]) if row["external_id"] else row["number"]
        numbers = list(dict.fromkeys(row["number"] for row in rows if row["number"]))
        self._statements = find_statements(session, numbers)
        self._booked = find_references(session, dict.fromkeys(row["reference"] for row in rows))
        self._seen: dict[str, Row] = {}
        self._owed = Owed(load_owed(session, list(dict.fromkeys(row["merchant_id"] for row in rows))))

    def accept(self, row: Row) -> bool:
        """Whether a row is to be booked; what is refused is noted, what is there already is not booked again."""
        line = _Line(row, self.problems)
        steps: tuple[Callable[[_Line], None], ...] = (self._credit, self._party, self._day)
        for step in steps:
            if line.is_good:
                step(line)
        if not line.is_good or self._is_known(line) or not line.is_good:
            return False
        self._amount(line)
        return line.is_good

    def _credit(self, line: _Line) -> None:
        """The credit exists."""
        row = line.row
        if row["number"] in self._statements:
            return
        if row["number"] is not None:
            message = "no such statement of a merchant was issued"
            line.refuse("statement_unknown", message, "statement_number", row["number"])
        else:
            line.refuse("external_id_unknown", "no credit of ours is called so", "external_id", row["external_id"])

    def _party(self, line: _Line) -> None:
        """Merchant and currency are the statement's."""
        row, statement = line.row, self._statements[line.row["number"]]
        if row["merchant_id"] != statement["party_id"]:
            message = f"{row['number']} is for {statement['party_id']}"
            line.refuse("merchant_mismatch", message, "merchant_id", row["merchant_id"])
        elif row["currency"] != statement["currency"]:
            message = f"{row['number']} is in {statement['currency']}; amounts are never converted here"
            line.refuse("currency_mismatch", message, "currency", row["currency"])

    def _day(self, line: _Line) -> None:
        """Not before the credit, and not in days to come."""
        row, day = line.row, date.fromisoformat(line.row["applied_on"])
        # Zones: the day of issue here may be the day before there.
        issued = to_datetime(self._statements[row["number"]]["issued_at_ms"] - DAY_MS).date()
        if day < issued:
            line.refuse("day_before_issue", f"{row['number']} was not issued yet", "applied_on", row["applied_on"])
        elif day > self.last_day:
            line.refuse("day_future", "this day has not come yet", "applied_on", row["applied_on"])

    def _is_known(self, line: _Line) -> bool:
        """Whether the reference was booked before, here or in an earlier file; with other content it is refused."""
        row = line.row
        said = {**row, "effective_on": row["applied_on"]}
        there = self._booked.get(row["reference"]) or self._seen.setdefault(row["reference"], said)
        if there is said:
            return False
        for name, column in _KEPT:
            if there[name] != said[name]:
                where = f"line {there['line']} of this file" if "line" in there else f"the ledger ({there['block']})"
                message = f"{row['reference']} is in {where} with {_shown(there, name)}; a reference keeps its content"
                line.refuse("exists_with_different", message, column, _shown(said, name))
                return False
        return True

    def _amount(self, line: _Line) -> None:
        """No more than is still owed."""
        row = line.row
        if row["number"] not in self._owed.statements:
            message = f"nothing was booked as owed on {row['number']}"
            return line.refuse("nothing_owed", message, "amount", _shown(row, "amount_minor"))
        left = self._owed.left(row["number"])
        if row["amount_minor"] > left.minor:
            message = f"only {left} is still owed on {row['number']}" if left.minor else self._nothing_left(row)
            return line.refuse("more_than_owed", message, "amount", _shown(row, "amount_minor"))
        return self._owed.take(row["number"], EntryKind.APPLIED, row["amount_minor"])

    def _nothing_left(self, row: Row) -> str:
        expired = self._owed.statements[row["number"]].is_expired
        return f"{row['number']} has expired" if expired else f"nothing is owed on {row['number']} any more"


def _shown(row: Row, name: str) -> str:
    return Money(row["currency"], row["amount_minor"]).amount if name == "amount_minor" else str(row[name])
