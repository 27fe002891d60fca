"""A call that creates money has one effect and one answer, however often it is sent: the caller's key says which call.

The key is on record before the work begins, and the answer in the transaction of the effect itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from sla_service.db.idempotency import change_call, find_call, forget_call, save_call
from sla_service.db.tables import IdempotencyRecord
from sla_service.domain.errors import ConflictError, InvalidValueError, Problem
from sla_service.domain.instants import MINUTE_MS

RUNNING_MS = 2 * MINUTE_MS
"""A call that began longer ago and has no answer was left by a crash; longer than any web server lets a call run."""
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for what, under which key."""

    caller: str
    key: str
    operation: str
    """Method and path."""
    body: Body


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first call with a key was answered."""

    status: int
    content: Body


def begin_call(session: Session, call: Call, *, now_ms: int) -> Answer | None:
    """Begin a call.

    Returns:
        None if the work is to be done now, and ``end_call`` told; otherwise what the first call was answered.

    Raises:
        InvalidValueError: The key was used for something else; every field that differs.
        ConflictError: The first call with this key is still being worked on.
    """
    content = _json(call.body)
    known = find_call(session, call.caller, call.key)
    if known is None:
        save_call(
            session,
            IdempotencyRecord(
                caller=call.caller,
                key=call.key,
                operation=call.operation,
                body_sha256=_sha256(call, content),
                body=content,
                state="running",
                created_at_ms=now_ms,
                updated_at_ms=now_ms,
            ),
        )
        return None
    if known.body_sha256 != _sha256(call, content):
        raise InvalidValueError(_differences(known, call))
    if known.state == "done":
        return Answer(known.status or 0, json.loads(known.answer or "{}"))
    is_left = now_ms - known.updated_at_ms > RUNNING_MS
    if is_left and change_call(session, known, updated_at_ms=now_ms):
        return None
    raise ConflictError(
        "in_flight", "the first call with this Idempotency-Key is still being worked on; ask again soon"
    )


def end_call(session: Session, call: Call, answer: Answer, *, now_ms: int) -> None:
    """Keep the answer, with the effect.

    Raises:
        ConflictError: Another call took this one's place; nothing of it may stay.
    """
    known = find_call(session, call.caller, call.key)
    changes = {"state": "done", "status": answer.status, "answer": _json(answer.content), "updated_at_ms": now_ms}
    if known is None or known.state != "running" or not change_call(session, known, **changes):
        raise ConflictError("in_flight", "another call with this Idempotency-Key took over; ask again shortly")


def drop_call(session: Session, call: Call) -> None:
    """Forget a call that was refused and changed nothing, so that its key can be used when the reason is gone."""
    known = find_call(session, call.caller, call.key)
    if known is not None and known.state == "running":
        forget_call(session, known)


def _differences(known: IdempotencyRecord, call: Call) -> Iterator[Problem]:
    rule = "idempotency_key_reused"
    if known.operation != call.operation:
        message = f"this key was used for {known.operation}; choose a new one for another call"
        yield Problem(rule, message, path="Idempotency-Key", value=call.key)
        return
    before = json.loads(known.body)
    for name in sorted({*before, *call.body}):
        if before.get(name) != call.body.get(name):
            message = "this key was used with another value here; choose a new key for another call"
            yield Problem(rule, message, path=f"/{name}", value=str(call.body.get(name)))


def _sha256(call: Call, content: str) -> str:
    return hashlib.sha256(f"{call.operation}\n{content}".encode()).hexdigest()


def _json(content: Body) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
