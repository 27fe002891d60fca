"""Over HTTP: an API for programs, pages for merchants, and health checks for operators."""

from __future__ import annotations

from flask import Flask

from sla_service.web.api import register_api
from sla_service.web.context import EXTENSION, WebContext
from sla_service.web.errors import register_errors
from sla_service.web.headers import register_headers
from sla_service.web.health import health
from sla_service.web.portal import portal
from sla_service.web.theme import theme
from sla_service.web.verify import verify


def register(app: Flask, context: WebContext, *, https: bool) -> None:
    """Put everything under its address."""
    app.extensions[EXTENSION] = context
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    register_errors(app)
    register_headers(app, https=https)
    register_api(app)
    for blueprint in (health, theme, portal, verify):
        app.register_blueprint(blueprint)
