"""Documents for ledgers' own imports: cut into files that each ledger takes, with a control file beside them.

A ledger takes every row of a file for data, so the control figures stand in a file of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sla_service.domain.money import Money
from sla_service.formats.exports.csv_table import Sums, csv_bytes

CONTROL = ("file", "rows", "currency", "currency_rows", "amount", "sha256")
DATE_FORMATS = {"YYYY-MM-DD": "%Y-%m-%d", "DD/MM/YYYY": "%d/%m/%Y", "MM/DD/YYYY": "%m/%d/%Y"}
"""How ledgers may be told a day: as their own settings read it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a ledger is told beyond the figures: names that it knows. ``docs/operations.md`` explains each setting."""

    customer: str
    """Which name of a merchant is the customer's: ``billing_ref``, ``merchant_id`` or ``name``."""
    item: str
    dates: str
    """A key of ``DATE_FORMATS``."""
    netsuite_location: str
    netsuite_apply: str
    """External id of the invoice that a memo is applied to, with ``{customer}``, ``{merchant}``, ``{period}``."""
    xero_contact: str
    """The same as ``customer``, for Xero, which knows contacts by their names."""
    xero_account: str
    xero_tax: str
    xero_sign: str
    """``positive`` or ``negative``: how a credit is written."""
    quickbooks_tax: str

    def day(self, day: date) -> str:
        """A day as the ledger reads it."""
        return day.strftime(DATE_FORMATS[self.dates])


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One service's part of a document."""

    service: str
    description: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Document:
    """What a statement is in a ledger: a credit note; or a charge, where a correction takes more back than it gives."""

    number: str
    key: str
    """Its name in ledgers, derived from what is owed."""
    memo: str
    merchant_id: str
    billing_ref: str | None
    name: str
    email: str
    period: str
    issued_on: date
    currency: str
    lines: tuple[DocumentLine, ...]

    @property
    def total(self) -> Money:
        """The sum of the lines."""
        return Money(self.currency, sum(line.amount.minor for line in self.lines))

    def customer(self, called: str) -> str:
        """The merchant as a ledger knows it: by its account in billing, or else its id; by its id; or by its name."""
        return {
            "billing_ref": self.billing_ref or self.merchant_id,
            "merchant_id": self.merchant_id,
            "name": self.name,
        }[called]

    @property
    def turned(self) -> Document:
        """The same with all signs turned: what is taken back, as a charge."""
        lines = tuple(replace(line, amount=Money(self.currency, -line.amount.minor)) for line in self.lines)
        return replace(self, lines=lines)

    def split(self, most: int) -> Iterator[Document]:
        """Documents of at most so many lines; what is split is numbered ``-p2``, ``-p3``, so that names differ."""
        for i in range(0, len(self.lines), most):
            suffix = f"-p{i // most + 1}" if i else ""
            lines = self.lines[i : i + most]
            yield replace(self, number=self.number + suffix, key=self.key + suffix, lines=lines)


Rows = Iterable[tuple[str, Mapping[str, Any], Money | None]]
"""Rows of a document: the sheet that each belongs to, its cells, and the amount that it shows, if any."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """How a ledger takes documents."""

    credits: Mapping[str, tuple[str, ...]]
    """Files of credit notes that belong together, by name, with their columns."""
    charges: Mapping[str, tuple[str, ...]]
    """The same for what is taken back."""
    rows: Callable[[Document, Terms, bool], Rows]
    """A document's rows; the last argument says whether it is a charge."""
    max_documents: int
    """In one file."""
    max_rows: int
    """In the files of one part together."""
    max_lines: int
    """In one document."""


@dataclass(slots=True)
class Part:
    """Files that are being filled, until the ledger takes no more."""

    columns: Mapping[str, tuple[str, ...]]
    number: int
    documents: int = 0
    count: int = 0
    rows: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    sums: dict[str, Sums] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rows = {name: [] for name in self.columns}
        self.sums = {name: Sums() for name in self.columns}

    def add(self, rows: Rows) -> None:
        """Take a document's rows."""
        self.documents += 1
        for sheet, cells, money in rows:
            self.count += 1
            self.rows[sheet].append(cells)
            sums = self.sums[sheet]
            sums.count() if money is None else sums.add(money)

    def files(self, stem: str) -> Iterator[tuple[str, bytes, Sums]]:
        """Name, bytes and sums of each file."""
        for sheet, columns in self.columns.items():
            yield f"{stem}-{self.number:04d}-{sheet}.csv", csv_bytes(columns, self.rows[sheet]), self.sums[sheet]


def ledger_files(
    documents: Iterable[Document], ledger: Ledger, terms: Terms, stem: str, whole: Sums
) -> Iterator[tuple[str, bytes]]:
    """All files of an export, the control file last; in memory are those of one part at a time.

    Args:
        documents: In order.
        ledger: How they are taken.
        terms: What the ledger knows.
        stem: What all names of files begin with.
        whole: Is told the rows of all files, and the sums of their lines.
    """
    control: list[dict[str, Any]] = []
    for name, data, sums in _parts(documents, ledger, terms, stem):
        control += _control_rows(name, data, sums)
        whole.merge(sums)
        yield name, data
    yield f"{stem}-control.csv", csv_bytes(CONTROL, control)


def _parts(documents: Iterable[Document], ledger: Ledger, terms: Terms, stem: str) -> Iterator[tuple[str, bytes, Sums]]:
    open_parts = {False: Part(ledger.credits, 1), True: Part(ledger.charges, 1)}
    for whole in documents:
        is_charge = whole.total.minor < 0
        for document in (whole.turned if is_charge else whole).split(ledger.max_lines):
            rows = list(ledger.rows(document, terms, is_charge))
            part = open_parts[is_charge]
            is_full = part.documents == ledger.max_documents or part.count + len(rows) > ledger.max_rows
            if part.documents and is_full:
                yield from part.files(stem)
                part = open_parts[is_charge] = Part(part.columns, part.number + 1)
            part.add(rows)
    for part in open_parts.values():
        if part.documents:
            yield from part.files(stem)


def _control_rows(name: str, data: bytes, sums: Sums) -> Iterator[dict[str, Any]]:
    """A row per file and currency; one without a currency for a file that shows no amounts."""
    common = {"file": name, "rows": sums.rows, "sha256": hashlib.sha256(data).hexdigest()}
    counts = sums.counts
    for money in sums.totals:
        own = {"currency": money.currency, "currency_rows": counts[money.currency], "amount": money.amount}
        yield {**common, **own}
    if not counts:
        yield {**common, "currency": None, "currency_rows": None, "amount": None}
