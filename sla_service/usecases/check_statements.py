"""Check a run's statements: numbers, snapshots against credits, documents, messages and ledger entries."""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from sla_service.db.book_pages import Page, Row, iter_document_digests, iter_pages
from sla_service.db.tables import RunBatchRecord, RunRecord
from sla_service.domain.violations import Books

LETTERS = {"merchant": "M", "partner": "P"}
KINDS = {"merchants": "merchant", "partners": "partner"}
_NUMBER = re.compile(r"SC([MP])-([0-9]{4}-[0-9]{2})-([0-9]{7,})", re.ASCII)
_MESSAGE_DIGITS = 20


@dataclass(slots=True)
class Numbers:
    """The numbers of one kind of a run's statements: what was dealt out to its batches, and what is there."""

    dealt: list[tuple[int, int, int]] = field(default_factory=list)
    """First number, how many, and number of the batch; of issued batches, in order."""
    used: Counter[int] = field(default_factory=Counter)
    """By number of the batch."""
    lowest: int = 0
    highest: int = 0
    count: int = 0

    def add(self, number: int) -> bool:
        """Count a number in; False if it is none that was dealt out."""
        self.lowest = min(self.lowest or number, number)
        self.highest = max(self.highest, number)
        self.count += 1
        at = bisect_right(self.dealt, (number, 2**62, 0)) - 1
        if at < 0 or number >= self.dealt[at][0] + self.dealt[at][1]:
            return False
        self.used[self.dealt[at][2]] += 1
        return True


def check_statements(
    session: Session, run: RunRecord, batches: Sequence[RunBatchRecord], books: Books
) -> dict[str, Numbers]:
    """Note what is wrong with the statements of a run; returns their numbers by kind."""
    found: dict[str, Numbers] = {}
    for kind in LETTERS:
        mine = [batch for batch in batches if KINDS[batch.kind] == kind and batch.state == "issued"]
        dealt = sorted(
            (batch.first_number or 0, batch.statements, batch.batch_no) for batch in mine if batch.statements
        )
        found[kind] = numbers = Numbers(dealt)
        checking = _Statements(run, books, numbers, has_batches=bool(batches))
        for page in iter_pages(session, run.run_id, kind):
            for row in page.statements:
                checking.check(row, page)
        _check_used(run, numbers, books, has_batches=bool(batches))
    for document in iter_document_digests(session, run.run_id):
        books.count("documents")
        if hashlib.sha256(document.pdf).hexdigest() != document.pdf_sha256:
            message = f"its document's bytes do not have the digest {str(document.pdf_sha256)[:12]}"
            books.note("document_digest", f"statement {document.number}", message)
    return found


def _check_used(run: RunRecord, numbers: Numbers, books: Books, *, has_batches: bool) -> None:
    for first, count, batch_no in numbers.dealt:
        used = numbers.used[batch_no]
        if used != count:
            message = f"of its numbers {first} to {first + count - 1}, {count - used} have no statement"
            books.note("statement_number", f"batch {batch_no} of run {run.run_id}", message)
    if not has_batches and numbers.count and numbers.highest - numbers.lowest + 1 != numbers.count:
        message = f"it has {numbers.count} statements with numbers from {numbers.lowest} to {numbers.highest}"
        books.note("statement_number", f"run {run.run_id}", message)


class _Statements:
    """The statements of one kind of a run."""

    def __init__(self, run: RunRecord, books: Books, numbers: Numbers, *, has_batches: bool) -> None:
        self.run, self.books, self.numbers, self.has_batches = run, books, numbers, has_batches

    def check(self, row: Row, page: Page) -> None:
        """Note what is wrong with a statement."""
        self.books.count("statements")
        self._check_number(row)
        if hashlib.sha256(row.snapshot.encode()).hexdigest() != row.snapshot_sha256:
            self._note("snapshot_digest", row, f"its snapshot does not have the digest {row.snapshot_sha256[:12]}")
        try:
            said = json.loads(row.snapshot)
            self._check_row(row, said)
            self._check_message(row, said, page)
            if row.kind == "merchant":
                self._check_credits(row, said, page)
            else:
                self._check_lines(row, said, page)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._note("snapshot_amounts", row, "its snapshot cannot be read")
        self._check_total(row, page)
        self._check_entry(row, page)

    def _note(self, rule: str, row: Row, message: str) -> None:
        self.books.note(rule, f"statement {row.number}", message)

    def _check_number(self, row: Row) -> None:
        match = _NUMBER.fullmatch(row.number)
        if match is None or (match[1], match[2]) != (LETTERS[row.kind], row.period) or row.period != self.run.period:
            self._note("statement_number", row, f"it is not a number for a {row.kind} and {self.run.period}")
        elif not self.numbers.add(int(match[3])) and self.has_batches:
            self._note("statement_number", row, f"its number was not dealt out to an issued batch of run {row.run_id}")

    def _check_row(self, row: Row, said: Mapping[str, Any]) -> None:
        to = said["recipient"]
        there = (row.number, row.kind, row.run_id, row.period, row.party_id, row.party_name, row.issued_at_ms)
        names = ("number", "kind", "run_id", "period")
        if there != (*(said[name] for name in names), to["party_id"], to["name"], said["issued_at_ms"]):
            self._note("statement_row", row, "number, run, period, party or time are not those of its snapshot")
        currencies = {credit["amount"]["currency"] for credit in said["credits"]}
        if row.kind == "merchant" and currencies != {row.currency}:
            self._note("statement_row", row, f"it is in {row.currency}, its snapshot in {', '.join(currencies)}")
        told = (said.get("corrects") or None, bool(said.get("void_reason")))
        if told != (row.corrects, bool(row.is_void)):
            self._note("statement_row", row, "what it corrects or voids is not what its snapshot says")
        if (row.revision, row.issued_at_ms) != (self.run.revision, self.run.issued_at_ms):
            self._note("statement_row", row, "revision or time are not those of its run")

    def _check_message(self, row: Row, said: Mapping[str, Any], page: Page) -> None:
        self.books.count("messages", len(page.messages.get(row.number, ())))
        address, domain = said["recipient"]["email"], said["issuer"]["contact_email"].rpartition("@")[2]
        digest = hashlib.sha256(f"{row.number}\n{address}".encode()).hexdigest()[:_MESSAGE_DIGITS]
        found = [(one.recipient, one.message_id) for one in page.messages.get(row.number, ())]
        if found != [(address, f"<{row.number.lower()}.{digest}@{domain}>")]:
            to = ", ".join(recipient for recipient, _ in found) or "nobody"
            what = "under another name" if to == address else f"not to {address}"
            self._note("message", row, f"it has {len(found)} messages, to {to}, {what}")

    def _check_credits(self, row: Row, said: Mapping[str, Any], page: Page) -> None:
        stated = {one["credit_id"]: _amounts(one) for one in said["credits"]}
        there = {
            f"{self.run.run_id}-{one.credit_no}": (
                *(one.currency, one.amount_minor, one.service_ms, one.stated_minor, one.stated_service_ms),
            )
            for one in page.credits.get(row.number, ())
        }
        if stated != there:
            odd = sorted(key for key in {*stated, *there} if stated.get(key) != there.get(key))
            self._note("snapshot_amounts", row, f"its snapshot and its credits differ about {', '.join(odd)}")

    def _check_lines(self, row: Row, said: Mapping[str, Any], page: Page) -> None:
        stated = Counter(
            (
                *(line["merchant_id"], line["statement_number"], line["service"]),
                *(line["amount"]["currency"], line["amount"]["minor"], line.get("service_ms", 0)),
            )
            for line in said["merchants"]
        )
        there = Counter(tuple(one)[1:] for one in page.under_partners.get(row.party_id, ()))
        if stated != there:
            odd = sorted({line[0] for line in (stated - there) | (there - stated)})
            self._note("partner_amounts", row, f"it is not what its merchants' statements say of {', '.join(odd)}")

    def _check_total(self, row: Row, page: Page) -> None:
        credits = page.credits.get(row.number, ())
        sums = (sum(one.stated_minor for one in credits), sum(one.stated_service_ms for one in credits))
        if row.kind == "merchant" and (row.total_minor, row.total_service_ms) != sums:
            self._note("statement_total", row, f"its total is {row.total_minor}, its credits come to {sums[0]}")
        if row.kind == "merchant" and not credits:
            self._note("statement_credit", row, "it has no credit")

    def _check_entry(self, row: Row, page: Page) -> None:
        """Book-keeping: one entry with the total, taken back if it is negative."""
        found = [
            (one.entry_id, one.kind, one.merchant_id, one.currency, one.amount_minor, one.run_id)
            for one in page.entries.get(row.number, ())
        ]
        self.books.count("entries", len(found))
        due = []
        if row.kind == "merchant" and row.total_minor and (self.has_batches or found):
            kind = "issued" if row.total_minor > 0 else "reversed"
            entry_id = f"{kind}/{row.number}"
            due = [(entry_id, kind, row.party_id, row.currency, abs(row.total_minor), row.run_id)]
        if found != due:
            amounts = ", ".join(f"{one[1]} {one[4]}" for one in found) or "nothing"
            self._note("entry", row, f"its total is {row.total_minor}, and the ledger has {amounts}")


def _amounts(credit: Mapping[str, Any]) -> tuple[str, int, int, int, int]:
    """Currency, amount, service time, and what is stated of both: all, unless something was credited before."""
    currency, minor, service_ms = credit["amount"]["currency"], credit["amount"]["minor"], credit.get("service_ms", 0)
    before = credit.get("before")
    if before is None:
        return currency, minor, service_ms, minor, service_ms
    return currency, minor, service_ms, before["stated_minor"], before.get("stated_service_ms", 0)
