"""All statements of a merchant's month, each with what it corrects or voids, and what did the same to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from sla_service.db.statements import list_following, list_month_statements, load_statement
from sla_service.db.tables import StatementRecord
from sla_service.domain.money import Money


@dataclass(frozen=True, slots=True)
class Follower:
    """A statement that corrects or voids another one."""

    number: str
    is_void: bool


@dataclass(frozen=True, slots=True)
class LinkedStatement:
    """A statement and its neighbours."""

    number: str
    kind: str
    party_id: str
    period: str
    run_id: int
    revision: int
    issued_at_ms: int
    total: Money | None
    """What it adds to what is owed, below zero where it takes back; None for a partner's, which may have several."""
    service_ms: int
    corrects: str | None
    is_void: bool
    reason: str | None
    """Of a void."""
    followed_by: tuple[Follower, ...] = ()

    @property
    def voided_by(self) -> str | None:
        """The number of the void."""
        return next((one.number for one in self.followed_by if one.is_void), None)

    @property
    def corrected_by(self) -> str | None:
        """The number of the correction that came after it."""
        return next((one.number for one in self.followed_by if not one.is_void), None)


def month_statements(session: Session, kind: str, party_id: str, period: str) -> list[LinkedStatement]:
    """A party's statements of a month, in the order of their issue."""
    records = list_month_statements(session, kind, party_id, period)
    after: dict[str, list[StatementRecord]] = {}
    for record in records:
        after.setdefault(record.corrects or "", []).append(record)
    return [_linked(record, after) for record in records]


def linked_statement(session: Session, number: str) -> LinkedStatement:
    """One statement with its neighbours.

    Raises:
        NotFoundError: There is no such statement.
    """
    return _linked(load_statement(session, number), {number: list_following(session, number)})


def _linked(record: StatementRecord, after: Mapping[str, Iterable[StatementRecord]]) -> LinkedStatement:
    return LinkedStatement(
        number=record.number,
        kind=record.kind,
        party_id=record.party_id,
        period=record.period,
        run_id=record.run_id,
        revision=record.revision,
        issued_at_ms=record.issued_at_ms,
        total=Money(record.currency, record.total_minor) if record.currency else None,
        service_ms=record.total_service_ms,
        corrects=record.corrects,
        is_void=bool(record.is_void),
        reason=record.reason,
        followed_by=tuple(Follower(one.number, bool(one.is_void)) for one in after.get(record.number, ())),
    )
