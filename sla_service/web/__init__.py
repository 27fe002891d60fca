"""Over HTTP: an API for programs, pages for merchants, and health checks for operators."""

from __future__ import annotations

from flask import Flask

from sla_service.web import health, portal, theme, verify
from sla_service.web.api import register_api
from sla_service.web.context import EXTENSION, WebContext
from sla_service.web.errors import register_errors
from sla_service.web.headers import register_headers


def register(app: Flask, context: WebContext, *, https: bool) -> None:
    """Put everything under its address."""
    app.extensions[EXTENSION] = context
    app.json.sort_keys = False  # type: ignore[attr-defined] # Flask's own provider has it
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    register_errors(app)
    register_headers(app, https=https)
    register_api(app)
    for module in (health, theme, portal, verify):
        app.register_blueprint(module.blueprint)
