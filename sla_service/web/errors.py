"""Refusals over HTTP: the only place that knows which status code a refusal has.

Programs get ``application/problem+json`` (RFC 9457), people get a page; both are made from the same ``Refusal``.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, render_template, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from sla_service.domain.errors import (
    ChangedError,
    ConflictError,
    ForbiddenError,
    InvalidValueError,
    NotFoundError,
    Problem,
    SlaError,
)
from sla_service.web.context import context

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 5
STATUS_OF_RULE = {
    "body_required": 400,
    "cursor_invalid": 400,
    "encoding": 400,
    "idempotency_key_required": 400,
    "json_depth": 400,
    "json_duplicate_key": 400,
    "json_number": 400,
    "json_syntax": 400,
    "parameter_repeated": 400,
    "unicode_surrogate": 400,
    "exists_with_different": 409,
    "charset": 415,
    "content_encoding": 415,
    "media_type": 415,
}
"""Rules that are about the request, not about a value; everything else that the sender must change is a 422."""
NOT_SIGNED_IN = {"auth_required", "key_malformed", "key_unknown", "key_revoked"}
CODE_OF_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
NOT_FOUND = "There is nothing here, or it is not yours to see."
PROGRAM_PATHS = ("/api/", "/healthz", "/readyz")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is answered when something is not done."""

    status: int
    code: str
    detail: str
    problems: tuple[Problem, ...] = ()
    total: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal_of(error: Exception) -> Refusal:
    """The answer to an error; anything that is not a refusal on purpose is ours, with an id to ask about."""
    match error:
        case SlaError():
            return _refused(error)
        case HTTPException():
            return _http(error)
        case OperationalError() | PoolTimeoutError():
            return _unavailable()
    return Refusal(500, "internal", f"This is our mistake. Quote the id {uuid.uuid4().hex[:12]} when you ask us.")


def _refused(error: SlaError) -> Refusal:
    match error:
        case InvalidValueError():
            found = _invalid(error)
        case NotFoundError():
            found = Refusal(404, "not_found", str(error))
        case ChangedError():
            found = Refusal(412, error.rule, str(error))
        case ConflictError():
            found = Refusal(409, error.rule, str(error))
        case ForbiddenError() if error.rule in NOT_SIGNED_IN:
            found = Refusal(401, error.rule, str(error), headers={"WWW-Authenticate": 'Bearer realm="sla"'})
        case ForbiddenError():
            found = Refusal(403, error.rule, str(error))
        case _:
            found = Refusal(503, "settings_missing", str(error))
    return found


def _invalid(error: InvalidValueError) -> Refusal:
    rules = list(dict.fromkeys(problem.rule for problem in error.problems))
    statuses = {STATUS_OF_RULE.get(rule, 422) for rule in rules}
    status = statuses.pop() if len(statuses) == 1 else 422
    if len(rules) == 1:
        said = error.problems[0].message
        detail = said if error.total == 1 else f"{error.total:,} values were refused; nothing was changed"
        return Refusal(status, rules[0], detail, error.problems, error.total)
    detail = f"{error.total:,} values were refused; nothing was changed"
    return Refusal(status, "several_problems", detail, error.problems, error.total)


def _unavailable() -> Refusal:
    headers = {"Retry-After": str(RETRY_SECONDS)}
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return Refusal(503, "unavailable", "The database cannot be reached; try again shortly.", headers=headers)
    detail = "The database did not answer. Send the same request again: it changes nothing twice."
    return Refusal(503, "outcome_unknown", detail, headers=headers)


def _http(error: HTTPException) -> Refusal:
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    details = {
        404: NOT_FOUND,
        405: f"Use one of the methods that this address has: {headers.get('Allow', '')}.",
        413: f"Send at most {(request.max_content_length or 0):,} bytes at a time.",
    }
    phrase = HTTPStatus(status).phrase
    code = CODE_OF_STATUS.get(status, phrase.lower().replace(" ", "_").replace("-", "_"))
    return Refusal(status, code, details.get(status, error.description or phrase), headers=headers)


def problem_document(refusal: Refusal) -> dict[str, Any]:
    """A refusal as RFC 9457 has it."""
    document: dict[str, Any] = {
        "type": f"urn:sla-service:problem:{refusal.code}",
        "title": refusal.code.replace("_", " ").capitalize(),
        "status": refusal.status,
        "detail": refusal.detail,
        "instance": request.path,
        "code": refusal.code,
        "errors": [_error(problem) for problem in refusal.problems],
    }
    if refusal.total > len(refusal.problems):
        document["total"] = refusal.total
    return document


def _error(problem: Problem) -> dict[str, Any]:
    """One refused value; a place that is no JSON pointer is the name of a query parameter."""
    place = {}
    if problem.path:
        place = {"pointer" if problem.path.startswith("/") else "parameter": problem.path}
    value = {} if problem.value is None else {"value": problem.value}
    return {**place, **value, "rule": problem.rule, "hint": problem.message}


def register_errors(app: Flask) -> None:
    """Let every error of the application be answered here."""

    def answer(error: Exception) -> Response:
        refusal = refusal_of(error)
        if refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            app.logger.error("%s %s: %s", request.method, request.endpoint, refusal.detail, exc_info=error)
        is_program = request.path.startswith(PROGRAM_PATHS)
        response = problem_response(refusal) if is_program else page_response(refusal)
        response.headers.extend(refusal.headers)
        return response

    app.register_error_handler(Exception, answer)


def problem_response(refusal: Refusal) -> Response:
    """For programs."""
    body = json.dumps(problem_document(refusal), ensure_ascii=False)
    return Response(body, refusal.status, mimetype=PROBLEM_JSON)


def page_response(refusal: Refusal) -> Response:
    """For people: one kind sentence, and whom to ask; nothing of anybody's data."""
    detail = NOT_FOUND if refusal.code == "not_found" else refusal.detail
    page = render_template("portal/refused.html", code=refusal.code, detail=detail, contact=context().contact_email)
    return Response(page, refusal.status)
