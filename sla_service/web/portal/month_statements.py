"""The statements of a month, listed where a correction or a void made more than one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session

from sla_service.domain.instants import to_datetime
from sla_service.domain.money import Money
from sla_service.formats.texts.conventions import Conventions
from sla_service.usecases.month_statements import LinkedStatement, month_statements
from sla_service.web.portal.figures import worth


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement in the list."""

    number: str
    issued_on: str
    amount: str
    """What it credited; with a minus where it took back."""
    about: str
    """What it corrects or voids, and what did so to it; empty where neither is so."""


def statement_views(session: Session, ways: Conventions, merchant_id: str, period: str) -> tuple[StatementView, ...]:
    """All statements of a merchant's month, the first one first; nothing where one says it all."""
    found = month_statements(session, "merchant", merchant_id, period)
    return tuple(_view(ways, one) for one in found) if any(one.corrects for one in found) else ()


def _view(ways: Conventions, one: LinkedStatement) -> StatementView:
    issued = to_datetime(one.issued_at_ms, ways.zone).date().isoformat()
    return StatementView(one.number, ways.iso_day(issued), _amount(ways, one), _about(one))


def _amount(ways: Conventions, one: LinkedStatement) -> str:
    if one.total is None:
        return ""
    taken = one.total.minor < 0 or one.service_ms < 0
    said = worth(ways, Money(one.total.currency, abs(one.total.minor)), abs(one.service_ms))
    return f"{said} taken back" if taken else said


def _about(one: LinkedStatement) -> str:
    said = []
    if one.is_void:
        said.append(f"Takes back {one.corrects}: {one.reason}")
    elif one.corrects:
        said.append(f"Corrects {one.corrects}: the difference to what was credited before")
    if one.voided_by:
        said.append(f"Void: {one.voided_by} takes it back")
    if one.corrected_by:
        said.append(f"Corrected by {one.corrected_by}")
    return ". ".join(said)
