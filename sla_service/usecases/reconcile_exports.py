"""Make a run's exports again: their bytes must be the recorded ones, and what is in them the statements' money."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlmodel import Session

from sla_service.db.exports import list_exports
from sla_service.db.reconcile import MOST, totals_of
from sla_service.db.tables import ExportRecord
from sla_service.domain.money import Money
from sla_service.domain.reconciliation import Difference, Reconciliation
from sla_service.formats.exports.read_back import Booked, read_journal, read_register
from sla_service.usecases.export_run import KINDS, Export, ExportTerms, start_export

ASKED = 500
"""Statements that are looked up at one time."""
READ = ("register", "journal")
"""Exports that are read back row by row, recorded or not."""


def reconcile_exports(
    session: Session, run_id: int, terms: ExportTerms, into: Reconciliation
) -> dict[str, dict[str, tuple[int, int]]]:
    """Make every recorded export again, and register and journal in any case.

    Args:
        session: Open; only read.
        run_id: An issued run.
        terms: The settings; an export that other settings made cannot be proven with these.
        into: Is told the differences, and which exports were proven.

    Returns:
        Count and sum in minor units per currency, of what register and journal have.
    """
    recorded = {(record.kind, record.options): record for record in list_exports(session, run_id)}
    into.unproven += [f"{kind} ({options})" for kind, options in recorded if options != terms.options(kind)]
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for kind in KINDS:
        record = recorded.get((kind, terms.options(kind)))
        if record is None and kind not in READ:
            continue
        export = start_export(session, run_id, kind, terms)
        watched = _Watched(export)
        if kind in READ:
            found[kind] = _compare(session, kind, _booked(kind, watched, terms), into)
        else:
            watched.drain()
        into.differences += _changed(watched, record)
        into.exports += [kind] if record is not None else []
    return found


class _Watched:
    """The bytes of an export on their way, with the digest that would be recorded."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self.sha256 = hashlib.sha256().hexdigest()

    def chunks(self) -> Iterator[bytes]:
        for _name, group in groupby(self.export.files, key=itemgetter(0)):
            digest = hashlib.sha256()
            for _same, chunk in group:
                digest.update(chunk)
                yield chunk
            self.sha256 = digest.hexdigest()

    def drain(self) -> None:
        for _chunk in self.chunks():
            pass


def _booked(kind: str, watched: _Watched, terms: ExportTerms) -> Iterator[Booked]:
    if kind == "register":
        return read_register(watched.chunks())
    return read_journal(watched.chunks(), terms.accounts[1])


def _changed(watched: _Watched, record: ExportRecord | None) -> Iterable[Difference]:
    if record is not None and record.sha256 != watched.sha256:
        what = f"the export {record.kind} was {record.sha256} and is {watched.sha256} now"
        yield Difference("export_changed", what)


def _compare(session: Session, kind: str, rows: Iterable[Booked], into: Reconciliation) -> dict[str, tuple[int, int]]:
    """Sums of what was read, each statement's compared with its total."""
    sums: dict[str, tuple[int, int]] = {}
    waiting: dict[str, tuple[str, Money]] = {}
    asked = ASKED
    for merchant_id, group in groupby(rows, key=itemgetter(1)):
        if len(waiting) >= asked:
            # What a correction states of contracts that are gone comes last: who does not agree yet, waits.
            unlike = {one.number for one in _unlike(session, kind, waiting)}
            waiting = {number: found for number, found in waiting.items() if number in unlike}
            asked = len(waiting) + ASKED
        for number, _merchant, money in group:
            count, minor = sums.get(money.currency, (0, 0))
            sums[money.currency] = (count + 1, minor + money.minor)
            before = waiting.get(number, (merchant_id, Money(money.currency, 0)))[1]
            waiting[number] = (merchant_id, Money(money.currency, before.minor + money.minor))
    into.differences += _unlike(session, kind, waiting)[:MOST]
    return sums


def _unlike(session: Session, kind: str, found: dict[str, tuple[str, Money]]) -> list[Difference]:
    names = list(found)
    totals: dict[str, tuple[str, str, int]] = {}
    for start in range(0, len(names), ASKED):
        totals |= totals_of(session, names[start : start + ASKED])
    unlike: list[Any] = []
    for number, (merchant_id, there) in found.items():
        party_id, currency, minor = totals.get(number, ("", there.currency, 0))
        if (party_id, currency, minor) != (merchant_id, there.currency, there.minor):
            what = f"the {kind} has another amount than the statement"
            here = Money(currency, minor)
            unlike.append(Difference(kind, what, number=number, merchant_id=merchant_id, here=here, there=there))
    return unlike
