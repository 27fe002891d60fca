"""Who is calling: an API key on every call."""

from __future__ import annotations

from flask import g, request

from sla_service.db.engine import reading
from sla_service.domain.errors import ForbiddenError
from sla_service.usecases.api_keys import check_api_key
from sla_service.usecases.record_incident import Sender
from sla_service.web.context import context


def require_key() -> None:
    """Refuse a call without a key that works.

    Raises:
        ForbiddenError: ``auth_required``, ``key_malformed``, ``key_unknown`` or ``key_revoked``.
    """
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ForbiddenError("auth_required", "Send an API key: Authorization: Bearer sla_…")
    with reading(context().engine) as session:
        g.caller = check_api_key(session, key.strip()).name


def sender() -> Sender:
    """The caller of this request, now."""
    return Sender(str(g.caller), context().clock())
