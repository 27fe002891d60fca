"""What an approver should look at before saying yes."""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.evidence import load_impacts
from sla_service.db.incidents import list_incidents
from sla_service.domain.periods import Month


def silent_incidents(session: Session, month: Month) -> list[str]:
    """Incidents of a month that count for nobody: neither a timeline says how bad it was, nor an impact who was hit."""
    near = month.window("UTC")
    hit = set(load_impacts(session, near=near, merchant_id=None)["incident_id"].unique().to_pylist())
    return [
        one.incident_id for one in list_incidents(session, near=near) if not one.timeline and one.incident_id not in hit
    ]
