"""For load balancers and operators: is the process up, and can it work."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from sla_service.db.engine import schema_revisions
from sla_service.web.context import context
from sla_service.web.errors import Refusal, problem_response

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return jsonify(status="up")


@blueprint.get("/readyz")
def readyz() -> Response:
    """The database answers, and its tables are those of this release."""
    try:
        at, head = schema_revisions(context().engine)
    except SQLAlchemyError:
        detail = "The database cannot be reached; check SLA_DATABASE_URL and that the server runs."
        return problem_response(Refusal(503, "unavailable", detail))
    if at != head:
        found = f"at revision {at}" if at else "empty"
        detail = f"The database is {found}, this release needs {head}; run `sla db upgrade`."
        return problem_response(Refusal(503, "schema_outdated", detail))
    return jsonify(status="ready", schema=at)
