"""Incidents with their timelines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlmodel import Session, and_, col, or_, select

from sla_service.db.among import Among, is_among
from sla_service.db.tables import ImpactRecord, IncidentRecord, TimelinePointRecord, metadata
from sla_service.domain.errors import NotFoundError
from sla_service.domain.incidents import Incident, TimelinePoint
from sla_service.domain.windows import Window

CHUNK = 500
"""Ids in one IN list."""


def load_incident(session: Session, incident_id: str) -> Incident:
    """One incident.

    Raises:
        NotFoundError: There is no such incident.
    """
    record = session.get(IncidentRecord, incident_id)
    if record is None:
        raise NotFoundError(f"there is no incident {incident_id}")
    return _values(session, [record])[0]


def list_incidents(session: Session, *, near: Window | None = None, among: Among | None = None) -> list[Incident]:
    """Incidents by start and id; those that touch a window, or whose timeline does, if one is given.

    With ``among``, an incident that lies elsewhere itself is needed only if it hit one of these merchants.
    """
    query = select(IncidentRecord)
    if near is not None:
        later = select(TimelinePointRecord.incident_id).where(TimelinePointRecord.at_ms > near.start_ms)
        # A merchant's own window counts wherever it lies, so its incident is needed even if that says otherwise.
        hit = select(ImpactRecord.incident_id).where(
            ImpactRecord.started_at_ms < near.end_ms,
            ImpactRecord.ended_at_ms > near.start_ms,
        )
        if among is not None:
            hit = hit.where(is_among(session, metadata.tables["impacts"].c.merchant_id, among))
        ended, own_id = col(IncidentRecord.ended_at_ms), col(IncidentRecord.incident_id)
        reaches = or_(ended.is_(None), ended > near.start_ms, own_id.in_(later))
        query = query.where(or_(and_(col(IncidentRecord.started_at_ms) < near.end_ms, reaches), own_id.in_(hit)))
    found = _values(session, session.exec(query).all())
    return sorted(found, key=lambda incident: (incident.started_at_ms, incident.incident_id))


def _values(session: Session, records: Sequence[IncidentRecord]) -> list[Incident]:
    points: dict[str, list[TimelinePoint]] = defaultdict(list)
    ids = [record.incident_id for record in records]
    for i in range(0, len(ids), CHUNK):
        query = select(TimelinePointRecord).where(col(TimelinePointRecord.incident_id).in_(ids[i : i + CHUNK]))
        for point in session.exec(query.order_by(col(TimelinePointRecord.at_ms))):
            value = TimelinePoint(point.at_ms, point.available_ppm, point.text or "", point.source or "")
            points[point.incident_id].append(value)
    return [
        Incident(
            incident_id=record.incident_id,
            title=record.title,
            service=record.service,
            cause=record.cause,
            started_at_ms=record.started_at_ms,
            source=record.source,
            source_ref=record.source_ref,
            region=record.region,
            upstream=record.upstream,
            ended_at_ms=record.ended_at_ms,
            confirmed_at_ms=record.confirmed_at_ms,
            timeline=tuple(points[record.incident_id]),
        )
        for record in records
    ]
