"""What an approver should look at before saying yes."""

from __future__ import annotations

from sqlmodel import Session

from sla_service.db.evidence import hit_incidents
from sla_service.db.incidents import list_incidents
from sla_service.domain.periods import Month


def silent_incidents(session: Session, month: Month) -> list[str]:
    """Incidents of a month that count for nobody: neither a timeline says how bad it was, nor an impact who was hit."""
    unread = [one.incident_id for one in list_incidents(session, near=month.window("UTC")) if not one.timeline]
    # An incident of several months may have hit somebody in an earlier month of the quarter.
    hit = hit_incidents(session, unread)
    return [incident_id for incident_id in unread if incident_id not in hit]
