"""Who may not approve a run, because it is partly their own work: creator, submitter, editors, publishers, deciders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from sla_service.db.audit import iter_entries
from sla_service.db.credits import deciders, policies_of_run
from sla_service.db.evidence import list_decisions
from sla_service.db.policies import list_policies
from sla_service.db.tables import RunRecord
from sla_service.domain.errors import ForbiddenError
from sla_service.domain.instants import format_instant, parse_instant
from sla_service.domain.periods import Month
from sla_service.domain.windows import Window
from sla_service.formats.nouns import NOUNS
from sla_service.usecases.gather_evidence import around


@dataclass(frozen=True, slots=True)
class Involved:
    """Somebody whose work a run rests on."""

    name: str
    did: str
    """What, after the name: ``calculated it``, ``imported impacts``."""
    at_ms: int | None = None

    def is_the_same_as(self, name: str) -> bool:
        """Whether it is this person; capitals do not make another one."""
        return self.name.casefold() == name.casefold()


def require_other_person(session: Session, run: RunRecord, actor: str) -> None:
    """Insist on somebody who had no hand in a run.

    Raises:
        ForbiddenError: They had; the message says in what, and when.
    """
    found = next((one for one in involved(session, run) if one.is_the_same_as(actor)), None)
    if found is None:
        return
    when = "" if found.at_ms is None else f" at {format_instant(found.at_ms)}"
    message = f"{actor} {found.did}{when}; a second person approves run {run.run_id}, who had no hand in it"
    raise ForbiddenError("four_eyes", message)


def involved(session: Session, run: RunRecord) -> Iterator[Involved]:
    """Everybody whose work a run rests on."""
    run_id = run.run_id
    yield Involved(run.created_by, f"calculated run {run_id}", run.created_at_ms)
    if run.submitted_by is not None:
        yield Involved(run.submitted_by, f"submitted run {run_id}", run.submitted_at_ms)
    yield from _deciders(session, run)
    yield from _publishers(session, run)
    for noun in _nouns(run):
        editor = last_editor(session, noun, Month.parse(run.period))
        if editor is not None:
            yield editor


def last_editor(session: Session, noun: str, month: Month) -> Involved | None:
    """Who last changed what is known of a noun about a month; of what holds at any time, who last changed any of it."""
    near = around(month)
    for entry in iter_entries(session, noun):
        after = json.loads(entry.after or "{}")
        if _touches(after, month, near):
            count = after.get("added", 0) + after.get("changed", 0)
            did = f"imported {noun} ({after.get('file', 'by hand')}, {count:,} new or changed)"
            return Involved(entry.actor, did, entry.at_ms)
    return None


def _touches(after: dict[str, Any], month: Month, near: Window) -> bool:
    if "months" in after:
        return str(month) in after["months"]
    if "from" not in after:
        return True
    ended = after["to"] is not None and parse_instant(after["to"]) < near.start_ms
    return parse_instant(after["from"]) < near.end_ms and not ended


def _nouns(run: RunRecord) -> list[str]:
    """What the run rests on; anything that can be imported, as long as nobody bound it. A void rests on no evidence."""
    bound = () if run.voids is not None else json.loads(run.binding or "{}").get("inputs") or NOUNS
    # Of merchants and partners it has the zones and regions, and their names and addresses are on the statements.
    return [noun for noun in NOUNS if noun in {*bound, "merchants", "partners"}]


def _deciders(session: Session, run: RunRecord) -> Iterator[Involved]:
    said = f"decided a case of run {run.run_id}"
    for decision in list_decisions(session, run.period):
        yield Involved(decision.decided_by, said, decision.decided_at_ms)
    # A decision may have been replaced since; whoever is named in the credits has decided all the same.
    yield from (Involved(name, said) for name in deciders(session, run.run_id))


def _publishers(session: Session, run: RunRecord) -> Iterator[Involved]:
    digests = set(policies_of_run(session, run.run_id).values())
    for record in list_policies(session):
        if record.digest in digests:
            did = f"published the policy {record.policy} v{record.version}"
            yield Involved(record.published_by, did, record.published_at_ms)
