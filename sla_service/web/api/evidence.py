"""Incidents, their timelines and impacts: evidence that programs send, and can read back."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from http import HTTPStatus
from typing import Any

from marshmallow import Schema, fields

from sla_service.db.engine import reading
from sla_service.db.incidents import list_incidents, load_incident
from sla_service.domain.incidents import Incident, TimelinePoint
from sla_service.domain.instants import format_instant
from sla_service.domain.shares import format_percent
from sla_service.domain.windows import SHARE_FULL_PPM
from sla_service.usecases.record_incident import record_impacts, record_incident, record_timeline
from sla_service.web.api.arguments import StrictSchema
from sla_service.web.api.auth import require_key, sender
from sla_service.web.api.endpoints import ApiBlueprint, endpoint
from sla_service.web.api.fields import (
    CountField,
    IdField,
    InstantField,
    ListField,
    NameField,
    PercentField,
    ShareField,
    TextField,
)
from sla_service.web.api.ids import known_id
from sla_service.web.api.paging import PageQuerySchema, page
from sla_service.web.context import context, write

MAX_POINTS = 1_000
MAX_IMPACTS = 10_000
"""In one call; a larger number goes in several, or as a file."""


def _described(text: str, kind: str = "string", **more: object) -> dict[str, object]:
    return {"description": text, "type": kind, **more}


_INSTANT = {"format": "date-time", "example": "2023-09-19T02:00:00+08:00"}


class TimelinePointSchema(StrictSchema):
    """From this instant on, until the next point, this share of the service was available."""

    at = InstantField(required=True, metadata=_described("When, with its offset.", **_INSTANT))
    share_available = PercentField(required=True, metadata=_described("Percent still available.", example="50"))
    text = TextField(allow_none=True, metadata=_described("What happened, in one line."))
    source = TextField(allow_none=True, metadata=_described("Who says so."))


class IncidentSchema(StrictSchema):
    """One outage of one service, in all regions or in one."""

    incident_id = IdField(required=True, metadata=_described("Your id; the key.", example="INC-2023-09-19"))
    title = TextField(required=True, metadata=_described("What merchants read."))
    service = NameField(required=True, metadata=_described("As in the policies.", example="storefront"))
    region = NameField(allow_none=True, metadata=_described("Only this region, if given."))
    cause = TextField(required=True, metadata=_described("Why, in one line."))
    upstream = TextField(allow_none=True, metadata=_described("Whose fault outside, if so."))
    started_at = InstantField(required=True, metadata=_described("As its source published it.", **_INSTANT))
    ended_at = InstantField(allow_none=True, metadata=_described("Left away while it is open.", **_INSTANT))
    source = TextField(required=True, metadata=_described("Where it comes from.", example="status_page"))
    source_ref = TextField(required=True, metadata=_described("Its name there."))
    confirmed_at = InstantField(allow_none=True, metadata=_described("When you confirmed it.", **_INSTANT))
    timeline = ListField(TimelinePointSchema, at_most=MAX_POINTS, load_default=list)


class TimelineSchema(StrictSchema):
    """Points to add."""

    timeline = ListField(TimelinePointSchema, at_most=MAX_POINTS, at_least=1, required=True)


class ImpactSchema(StrictSchema):
    """What one merchant suffered, from when to when, and how much of its service."""

    incident_id = IdField(required=True, metadata=_described("Of an incident that was recorded."))
    merchant_id = IdField(required=True, metadata=_described("Of a merchant that was imported."))
    service = NameField(required=True, metadata=_described("As in the policies.", example="storefront"))
    unit = IdField(allow_none=True, metadata=_described("Only this unit of the contract, if given.", example="site-1"))
    started_at = InstantField(required=True, metadata=_described("From.", **_INSTANT))
    ended_at = InstantField(required=True, metadata=_described("Until before.", **_INSTANT))
    share = ShareField(required=True, metadata=_described("Share lost: 0 to 1, as text.", example="0.5"))
    orders_expected = CountField(allow_none=True, metadata=_described("Orders usual at that time.", "integer"))
    orders_actual = CountField(allow_none=True, metadata=_described("Orders that came through.", "integer"))
    confirmed_at = InstantField(allow_none=True, metadata=_described("When you confirmed it.", **_INSTANT))
    ticket_at = InstantField(allow_none=True, metadata=_described("When a ticket was opened for it.", **_INSTANT))
    reported_at = InstantField(allow_none=True, metadata=_described("When the merchant reported it.", **_INSTANT))


class ImpactsSchema(StrictSchema):
    """Impacts to record: all, or none."""

    impacts = ListField(ImpactSchema, at_most=MAX_IMPACTS, at_least=1, required=True)


class RecordedSchema(Schema):
    """What recording did."""

    rows = fields.Integer(required=True, metadata={"description": "How many were sent."})
    added = fields.Integer(required=True, metadata={"description": "How many of them are new."})


class IncidentsSchema(Schema):
    """A page of incidents."""

    incidents = fields.List(fields.Nested(IncidentSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Address of the next page, if any."})


blueprint = ApiBlueprint("evidence", __name__, description="Incidents, their timelines, and what merchants suffered")
blueprint.before_request(require_key)

Json = dict[str, Any]


@endpoint(blueprint, "/incidents", takes=IncidentSchema, gives=IncidentSchema, status=201)
def post_incident(body: Mapping[str, Any]) -> tuple[Json, int]:
    """Record an incident.

    The same incident again changes nothing and answers 200; other content under its id is refused with 409.
    """
    cells = {name: value for name, value in body.items() if name != "timeline"}
    who = sender()
    is_new = write(context().engine, lambda session: record_incident(session, cells, body["timeline"], sender=who))
    with reading(context().engine) as session:
        recorded = load_incident(session, body["incident_id"])
    return incident_json(recorded), HTTPStatus.CREATED if is_new else HTTPStatus.OK


@endpoint(blueprint, "/incidents", query=PageQuerySchema, gives=IncidentsSchema, refuses=(400,))
def get_incidents(query: Mapping[str, Any]) -> Json:
    """List incidents, the earliest first."""
    with reading(context().engine) as session:
        found = list_incidents(session)
    shown, after = page(found, lambda one: one.incident_id, limit=query["limit"], after=query.get("after"))
    return {"incidents": [incident_json(one) for one in shown], "next": after}


@endpoint(blueprint, "/incidents/<incident_id>", gives=IncidentSchema, refuses=(404,))
def get_incident(incident_id: str) -> Json:
    """Read an incident with its timeline."""
    with reading(context().engine) as session:
        return incident_json(load_incident(session, known_id(incident_id, "incident")))


@endpoint(
    blueprint,
    "/incidents/<incident_id>/timeline",
    takes=TimelineSchema,
    gives=RecordedSchema,
    status=201,
    refuses=(404,),
)
def post_timeline(body: Mapping[str, Any], incident_id: str) -> tuple[Json, int]:
    """Add points to an incident's timeline; points that are there already change nothing."""
    name, points, who = known_id(incident_id, "incident"), body["timeline"], sender()
    added = write(context().engine, lambda session: record_timeline(session, name, points, sender=who))
    return {"rows": len(points), "added": added}, HTTPStatus.CREATED if added else HTTPStatus.OK


@endpoint(blueprint, "/impacts", takes=ImpactsSchema, gives=RecordedSchema, status=201)
def post_impacts(body: Mapping[str, Any]) -> tuple[Json, int]:
    """Record what merchants suffered: all of it, or nothing, with every refused value named.

    Impacts that are there already change nothing.
    """
    who = sender()
    merged = write(context().engine, lambda session: record_impacts(session, body["impacts"], sender=who))
    status = HTTPStatus.CREATED if merged.added else HTTPStatus.OK
    return {"rows": merged.rows, "added": merged.added}, status


def incident_json(incident: Incident) -> Json:
    """As it can be sent again."""
    return {
        "incident_id": incident.incident_id,
        "title": incident.title,
        "service": incident.service,
        "region": incident.region,
        "cause": incident.cause,
        "upstream": incident.upstream,
        "started_at": format_instant(incident.started_at_ms),
        "ended_at": _instant_json(incident.ended_at_ms),
        "source": incident.source,
        "source_ref": incident.source_ref,
        "confirmed_at": _instant_json(incident.confirmed_at_ms),
        "timeline": [_point_json(point) for point in incident.timeline],
    }


def _instant_json(ms: int | None) -> str | None:
    return None if ms is None else format_instant(ms)


def _point_json(point: TimelinePoint) -> Json:
    return {
        "at": format_instant(point.at_ms),
        "share_available": format_percent(Fraction(point.available_ppm, SHARE_FULL_PPM)),
        "text": point.text or None,
        "source": point.source or None,
    }
