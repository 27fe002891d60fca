"""Calls that create money: each needs a key of the caller's, has one effect, and is answered alike however often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import g, request
from sqlmodel import Session

from sla_service.domain.errors import InvalidValueError, SlaError
from sla_service.usecases.answer_once import Answer, Call, begin_call, drop_call, end_call
from sla_service.web.api.wire import Json
from sla_service.web.context import context, write

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
MAX_KEY_CHARACTERS = 255

Work = Callable[[Session], Json]


def once(body: Mapping[str, Any], work: Work, *, status: int = 200) -> tuple[Json, int, dict[str, str]]:
    """Do the work of this call, unless it was done already.

    Args:
        body: As read.
        work: The effect, in the session given, and the answer.
        status: Of the answer.

    Returns:
        Answer, status, headers; the same answer as the first time, and a header that says so, if it is sent again.

    Raises:
        InvalidValueError: No key, or one that was used for something else.
        ConflictError: The first call with the key is not finished.
    """
    call = Call(str(g.caller), _key(), f"{request.method} {request.path}", dict(body))
    engine, now_ms = context().engine, context().clock()
    before = write(engine, lambda session: begin_call(session, call, now_ms=now_ms))
    if before is not None:
        return dict(before.content), before.status, {REPLAYED: "true"}
    try:
        return write(engine, lambda session: _work(session, call, work, status)), status, {}
    except SlaError:
        write(engine, lambda session: drop_call(session, call))
        raise


def _work(session: Session, call: Call, work: Work, status: int) -> Json:
    answer = work(session)
    end_call(session, call, Answer(status, answer), now_ms=context().clock())
    return answer


def _key() -> str:
    key = request.headers.get(HEADER, "")
    if not key or not key.isascii() or not key.isprintable() or len(key) > MAX_KEY_CHARACTERS:
        message = f"send a key of your own with every call that creates money, 1 to {MAX_KEY_CHARACTERS} characters"
        raise InvalidValueError.of("idempotency_key_required", message, path=HEADER)
    return key
