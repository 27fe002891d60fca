"""``/api/v1``: for programs. See ``docs/api.md``; the description itself is at ``/api/v1/openapi.json``."""

from __future__ import annotations

from flask import Flask

from sla_service import __version__
from sla_service.web.api import closing, correcting, docs, evidence, merchants, runs
from sla_service.web.api.endpoints import KEY_SCHEME, Api

PREFIX = "/api/v1"
BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "sla_…"}
DESCRIPTION = "Record incidents and impacts; read runs, credits, availability and error budgets. See docs/api.md."


def register_api(app: Flask) -> None:
    """Add every operation and their description to the application."""
    app.config.update(OPENAPI_URL_PREFIX=PREFIX, OPENAPI_VERSION="3.0.3")
    api = Api(
        app,
        spec_kwargs={
            "title": "SLA service",
            "version": __version__,
            "info": {"description": DESCRIPTION},
            "components": {"securitySchemes": {KEY_SCHEME: BEARER}},
            "security": [{KEY_SCHEME: []}],
        },
    )
    for module in (evidence, runs, closing, correcting, merchants):
        api.register_blueprint(module.blueprint, url_prefix=PREFIX)
    app.register_blueprint(docs.blueprint, url_prefix=PREFIX)
