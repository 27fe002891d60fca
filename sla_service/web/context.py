"""What the pages and the API work with; ``app`` makes it once, and every request reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flask import current_app, g, has_request_context, request
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from sla_service.db.engine import writing
from sla_service.domain.bounds import Bounds
from sla_service.domain.statements import Issuer

EXTENSION = "sla"
WRITE_ATTEMPTS = 3
"""Two writers of the same evidence cannot both be first; the second one looks again and finds it there."""
_LOST_RACES = {"40001", "40P01", "23505"}
"""PostgreSQL: serialization failure, deadlock, unique violation."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WebContext:
    """The parts that differ between two installations or two tests."""

    engine: Engine
    clock: Callable[[], int]
    """Now, in milliseconds since 1970."""
    secret_key: str
    """Signs portal links."""
    issuer_name: str
    contact_email: str
    accent: str
    fonts_dir: Path
    issuer: Issuer
    """Who issues, as the settings say."""
    bounds: Bounds
    """Beyond which a run needs a second approver."""
    work: Callable[[int], None] | None
    """Works a run through in this process; None where workers do it."""
    checkpoint: Path
    """Where the chains' heads are kept outside of the database."""


def context() -> WebContext:
    """The running application's."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, WebContext)  # noqa: S101 - for the type checker; app.py puts it there
    return found


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction of this request."""
    with writing(context().engine, origin=origin()) as session:
        yield session


def origin() -> str:
    """From where a request comes, for the audit log: the address, and the name of its key if it has one."""
    if not has_request_context():
        return ""
    key = f" with the key {g.caller}" if "caller" in g else ""
    return f"{request.remote_addr or 'unknown'}{key}"


def write(engine: Engine, work: Callable[[Session], T]) -> T:
    """Do ``work`` in a transaction and commit it; again, whole, if another writer was faster.

    Raises:
        DBAPIError: It lost the race every time, or the database refused for another reason.
    """
    for attempt in range(1, WRITE_ATTEMPTS + 1):
        try:
            with writing(engine, origin=origin()) as session:
                return work(session)
        except DBAPIError as error:
            if attempt == WRITE_ATTEMPTS or not _lost_race(error):
                raise
    raise AssertionError


def _lost_race(error: BaseException | None) -> bool:
    """Whether another writer was faster; the first cause may lie behind what failed while it was cleaned up."""
    if error is None:
        return False
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state in _LOST_RACES or _lost_race(error.__context__)
