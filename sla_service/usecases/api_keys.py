"""API keys: made once, shown once, stored as a digest.

A key is ``sla_<key id>_<secret>``. The secret has 256 random bits, so that a plain SHA-256 is enough to store: there is
nothing to guess that a slow hash would protect.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from sqlmodel import Session

from sla_service.db.api_keys import find_api_key, list_api_keys, save_api_key
from sla_service.db.audit import record_change
from sla_service.db.tables import ApiKeyRecord
from sla_service.domain.errors import ConflictError, ForbiddenError, NotFoundError
from sla_service.domain.instants import format_instant

_KEY = re.compile(r"sla_([0-9a-f]{12})_([0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key as it is shown once, and never again."""

    key_id: str
    key: str


def create_api_key(session: Session, name: str, *, now_ms: int, actor: str) -> NewApiKey:
    """Make a key for a program called ``name``."""
    key_id, secret = secrets.token_hex(6), secrets.token_hex(32)
    save_api_key(
        session,
        ApiKeyRecord(
            key_id=key_id,
            name=name,
            secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
            created_at_ms=now_ms,
            created_by=actor,
        ),
    )
    _record(session, "key.create", key_id, name, now_ms=now_ms, actor=actor)
    return NewApiKey(key_id, f"sla_{key_id}_{secret}")


def revoke_api_key(session: Session, key_id: str, *, now_ms: int, actor: str) -> None:
    """Make a key useless from now on.

    Raises:
        NotFoundError: There is no such key.
        ConflictError: It was revoked before.
    """
    record = find_api_key(session, key_id)
    if record is None:
        raise NotFoundError(f"there is no API key {key_id}; `sla key list` shows all")
    if record.revoked_at_ms is not None:
        raise ConflictError("key_revoked", f"key {key_id} was revoked at {format_instant(record.revoked_at_ms)}")
    record.revoked_at_ms = now_ms
    save_api_key(session, record)
    _record(session, "key.revoke", key_id, record.name, now_ms=now_ms, actor=actor)


def _record(session: Session, action: str, key_id: str, name: str, *, now_ms: int, actor: str) -> None:
    """Into the audit log; never the secret, not even its digest."""
    after = {"name": name}
    record_change(session, action=action, subject=f"key {key_id}", now_ms=now_ms, actor=actor, after=after)


def check_api_key(session: Session, key: str) -> ApiKeyRecord:
    """Who a key belongs to.

    Raises:
        ForbiddenError: Not one of ours (rule ``key_malformed``, decided without a look into the database; or
            ``key_unknown``), or revoked (``key_revoked``, with the instant).
    """
    match = _KEY.fullmatch(key)
    if match is None:
        raise ForbiddenError("key_malformed", "this is not one of our API keys; make one with `sla key create`")
    record = find_api_key(session, match[1])
    digest = hashlib.sha256(match[2].encode()).hexdigest()
    if record is None or not hmac.compare_digest(record.secret_sha256, digest):
        raise ForbiddenError("key_unknown", "this API key is not known here; make one with `sla key create`")
    if record.revoked_at_ms is not None:
        raise ForbiddenError("key_revoked", f"this API key was revoked at {format_instant(record.revoked_at_ms)}")
    return record


__all__ = ["NewApiKey", "check_api_key", "create_api_key", "list_api_keys", "revoke_api_key"]
