"""The incidents that a run tells of, as they are when issuing begins: every batch tells the same."""

from __future__ import annotations

import json
from dataclasses import asdict

from sqlmodel import Session

from sla_service.db.credits import incidents_of_run
from sla_service.db.incidents import list_incidents
from sla_service.db.runs import keep_incidents
from sla_service.db.tables import RunRecord
from sla_service.domain.incidents import Incident, TimelinePoint


def freeze_incidents(session: Session, run_id: int) -> None:
    """Keep the incidents behind a run's credits with the run."""
    wanted = incidents_of_run(session, run_id)
    told = [asdict(incident) for incident in list_incidents(session) if incident.incident_id in wanted]
    keep_incidents(session, run_id, json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def frozen_incidents(run: RunRecord) -> dict[str, Incident]:
    """What was kept, by id."""
    told = [_incident(**one) for one in json.loads(run.incidents or "[]")]
    return {incident.incident_id: incident for incident in told}


def _incident(*, timeline: list[dict[str, object]], **said: object) -> Incident:
    return Incident(**said, timeline=tuple(TimelinePoint(**point) for point in timeline))  # type: ignore[arg-type]
