"""Record evidence that a program sends: incidents with their timeline, and impacts.

The same rows, by the same parsers and the same merge, as if it had come in a file: so the same evidence twice changes
nothing, and different evidence under the same key is refused with what differs.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
from sqlmodel import Session

from sla_service.db.imports import find_import, save_import
from sla_service.db.incidents import load_incident
from sla_service.db.merge import Merged
from sla_service.db.tables import ImportRecord
from sla_service.domain.errors import InvalidValueError, Problem, shown
from sla_service.formats.nouns import NOUNS
from sla_service.formats.rows import rows_from_mappings
from sla_service.usecases.import_rows import import_table
from sla_service.usecases.record_import import Arrival, record_import

SENT = "sent by a program"
"""In the place of a file's name."""
Cells = Mapping[str, str | None]
"""Names of a noun's columns and their text, just as a file would have it."""

SENT_NAMES = {
    "started_at_ms": "started_at",
    "ended_at_ms": "ended_at",
    "confirmed_at_ms": "confirmed_at",
    "ticket_at_ms": "ticket_at",
    "reported_at_ms": "reported_at",
    "at_ms": "at",
    "share_ppm": "share",
    "available_ppm": "share_available",
}
"""Stored columns whose name is not the one they are sent under."""
_LINE = re.compile(r"the row on line (\d+)")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, and when: kept with what was added."""

    name: str
    now_ms: int


def record_incident(session: Session, incident: Cells, timeline: Sequence[Cells], *, sender: Sender) -> bool:
    """Record an incident with what is known of its timeline.

    Returns:
        Whether it is new; False if all of it was recorded before.

    Raises:
        InvalidValueError: Every refused value with its JSON pointer; ``exists_with_different`` if the incident was
            recorded with other content.
    """
    incident_id = incident["incident_id"]
    points = [{**point, "incident_id": incident_id} for point in timeline]
    heads = _Sent("incidents", [incident], lambda _i, name: f"/{name}")
    times = _Sent("timeline", points, lambda i, name: f"/timeline/{i}/{name}")
    incidents, *told = _parse(heads, *([times] if points else []))
    merged = heads.merge(session, incidents, sender)
    added = sum(times.merge(session, table, sender).added for table in told)
    if not merged.added and added:
        message = f"this incident was recorded without {added} of these points; add them to its timeline instead"
        raise InvalidValueError.of("exists_with_different", message, path="/timeline")
    return bool(merged.added)


def record_timeline(session: Session, incident_id: str, timeline: Sequence[Cells], *, sender: Sender) -> int:
    """Add points to an incident's timeline.

    Returns:
        How many are new.

    Raises:
        NotFoundError: There is no such incident.
        InvalidValueError: Every refused point; a point that was recorded with other content.
    """
    load_incident(session, incident_id)
    points = [{**point, "incident_id": incident_id} for point in timeline]
    sent = _Sent("timeline", points, lambda i, name: f"/timeline/{i}/{name}")
    return sent.merge(session, _parse(sent)[0], sender).added


def record_impacts(session: Session, impacts: Sequence[Cells], *, sender: Sender) -> Merged:
    """Record what merchants suffered: all of it, or nothing.

    Raises:
        InvalidValueError: Every refused impact with its JSON pointer.
    """
    sent = _Sent("impacts", impacts, lambda i, name: f"/impacts/{i}/{name}")
    return sent.merge(session, _parse(sent)[0], sender)


@dataclass(frozen=True, slots=True)
class _Sent:
    """Rows of a noun as they were sent, and where each value stood."""

    noun: str
    rows: Sequence[Cells]
    pointer: Callable[[int, str], str]

    def table(self) -> pa.Table:
        """Parsed."""
        return rows_from_mappings(NOUNS[self.noun], self.rows)

    def merge(self, session: Session, table: pa.Table, sender: Sender) -> Merged:
        """Add what is new, and remember who sent it."""
        try:
            merged = import_table(session, self.noun, table)
        except InvalidValueError as error:
            raise InvalidValueError(map(self.located, error.problems), total=error.total) from None
        if merged.added:
            self._remember(session, table, merged, sender)
        return merged

    def located(self, problem: Problem) -> Problem:
        """A problem of a row and column, at its place in what was sent."""
        row = (problem.line or 1) - 1
        column = SENT_NAMES.get(problem.column or "", problem.column or "")
        message, value = _LINE.sub(lambda m: self._row(int(m[1]) - 1), problem.message), problem.value
        if problem.rule == "exists_with_different":
            sent = self.rows[row].get(column)
            message = "this was recorded before with another value here; a key keeps its content"
            value = None if sent is None else shown(sent)
        path = self.pointer(row, column) if column else self._row(row)
        return replace(problem, line=None, column=None, path=path, message=message, value=value)

    def _row(self, row: int) -> str:
        return self.pointer(row, "").rstrip("/")

    def _remember(self, session: Session, table: pa.Table, merged: Merged, sender: Sender) -> None:
        """Beside the files that were imported, and in the audit log: what came, from whom, and when."""
        content = json.dumps([self.noun, list(map(dict, self.rows))], sort_keys=True, ensure_ascii=False)
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        record_import(session, self.noun, table, merged, Arrival(SENT, sha256, sender.name, sender.now_ms))
        if find_import(session, self.noun, sha256) is None:
            save_import(
                session,
                ImportRecord(
                    noun=self.noun,
                    sha256=sha256,
                    name=SENT,
                    rows=merged.rows,
                    added=merged.added,
                    imported_at_ms=sender.now_ms,
                    imported_by=sender.name,
                ),
            )


def _parse(*sent: _Sent) -> list[pa.Table]:
    """All of what was sent, or every problem in it."""
    tables: list[pa.Table] = []
    problems: list[Problem] = []
    for one in sent:
        try:
            tables.append(one.table())
        except InvalidValueError as error:
            problems += map(one.located, error.problems)
    if problems:
        raise InvalidValueError(problems)
    return tables
