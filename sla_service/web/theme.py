"""The one colour that an installation chooses, as a style sheet: pages carry no inline style."""

from __future__ import annotations

from flask import Blueprint, Response

from sla_service.web.context import context

blueprint = Blueprint("theme", __name__)


@blueprint.get("/accent.css")
def accent() -> Response:
    """The accent of the settings, which are checked to hold a colour and nothing else."""
    return Response(f":root {{ --brand: {context().accent}; }}\n", mimetype="text/css")
