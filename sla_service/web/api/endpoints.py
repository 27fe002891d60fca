"""One decorator for an operation of the API: its path, what it takes, what it gives, and what it may refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import flask_smorest  # type: ignore[import-untyped]
from marshmallow import Schema, fields

from sla_service.web.api.arguments import StrictParser, StrictSchema
from sla_service.web.errors import PROBLEM_JSON

R = TypeVar("R")
KEY_SCHEME = "key"
PATH_PARAMETERS = {
    "incident_id": "The incident's id.",
    "run_id": "The run's number.",
    "number": "The statement's number.",
    "merchant_id": "The merchant's id.",
    "month": "YYYY-MM: the calendar month in the zone that the policy measures.",
}


IDEMPOTENCY_KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "description": "The caller's own name for this call: sent again, it has no second effect and the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


class ProblemItemSchema(Schema):
    """One refused value."""

    pointer = fields.String(metadata={"description": "Where in the body: a JSON pointer."})
    parameter = fields.String(metadata={"description": "Which query or path parameter."})
    value = fields.String(metadata={"description": "What was found, cut to 80 characters."})
    rule = fields.String(required=True, metadata={"description": "Stable code of the rule."})
    hint = fields.String(required=True, metadata={"description": "What to do."})


class ProblemSchema(Schema):
    """RFC 9457 problem details."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Stable code, for programs."})
    errors = fields.List(fields.Nested(ProblemItemSchema), required=True)
    total = fields.Integer(metadata={"description": "How many values were refused, if not all are in errors."})


class Api(flask_smorest.Api):  # type: ignore[misc]
    """Without error answers of its own: ``web/errors`` gives all of them."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """None."""


class ApiBlueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """Reads what requests say by ``StrictParser``."""

    ARGUMENTS_PARSER = StrictParser()
    once = False
    """Whether every call needs an Idempotency-Key."""


def endpoint(
    blueprint: ApiBlueprint,
    path: str,
    *,
    gives: type[Schema],
    takes: type[StrictSchema] | None = None,
    query: type[StrictSchema] | None = None,
    status: int = 200,
    refuses: Sequence[int] = (),
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Make a function an operation.

    Args:
        blueprint: Where it belongs.
        path: Below ``/api/v1``.
        gives: The answer.
        takes: The body; an operation with a body is a POST, all others are GETs.
        query: The query parameters.
        status: What it answers; with 201 for something new, 200 if it was there already.
        refuses: Status codes beyond those that every operation may give.

    Returns:
        A decorator; the function gets the query, then the body, then the path's parts by name.
    """
    named = [(name, said) for name, said in PATH_PARAMETERS.items() if f"<{name}>" in path]
    parameters: list[dict[str, Any]] = [{"in": "path", "name": name, "description": said} for name, said in named]
    parameters += [IDEMPOTENCY_KEY] if blueprint.once else []
    statuses = sorted({401, 503, *refuses, *([400, 409, 413, 415, 422] if takes else []), *([422] if query else [])})

    def decorate(view: Callable[..., R]) -> Callable[..., R]:
        documented: Any = view
        if status == HTTPStatus.CREATED:
            documented = blueprint.alt_response(200, schema=gives, description="Was there already")(documented)
        documented = blueprint.response(status, gives)(documented)
        for refused in statuses:
            documented = blueprint.alt_response(refused, schema=ProblemSchema, content_type=PROBLEM_JSON)(documented)
        if takes is not None:
            documented = blueprint.arguments(takes)(documented)
        if query is not None:
            documented = blueprint.arguments(query, location="query")(documented)
        documented = blueprint.doc(security=[{KEY_SCHEME: []}])(documented)
        blueprint.route(path, methods=["POST" if takes else "GET"], parameters=parameters)(documented)
        return view

    return decorate
