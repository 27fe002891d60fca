"""The web application over a migrated database: empty ones to write into, and settled ones to read from."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from sla_service.app import create_app
from sla_service.config import Settings
from sla_service.db.engine import create_engine, writing
from sla_service.domain.instants import parse_instant
from sla_service.usecases.api_keys import create_api_key
from sla_service.usecases.portal_links import sign_portal_link
from sla_service.web.context import EXTENSION
from tests.cli import wide as book
from tests.web import seed

SECRET = "s" * 40


@dataclass
class Site:
    """A running application, a key that works, and a clock that tests may set."""

    app: Flask
    engine: Engine
    key: str
    now_ms: int = seed.NOW_MS

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def get(self, path: str, **more: Any):
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.key}"}, **more)

    def post(self, path: str, body: Any, **more: Any):
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        if isinstance(body, str | bytes):
            more = {"data": body, "content_type": "application/json", **more}
        else:
            more = {"json": body, **more}
        return self.client.post(f"/api/v1{path}", headers=headers, **more)

    def token(self, merchant_id: str, *, now_ms: int | None = None) -> str:
        return sign_portal_link(SECRET, merchant_id, now_ms=self.now_ms if now_ms is None else now_ms)

    def page(self, merchant_id: str, path: str = "") -> str:
        response = self.client.get(f"/portal/{self.token(merchant_id)}/{path}")
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_data(as_text=True)


def make_site(engine: Engine, home: Path, **settings: Any) -> Site:
    url = engine.url.render_as_string(hide_password=False)
    site = Site(None, engine, "")
    site.app = create_app(
        Settings(home=home, database_url=url, secret_key=SECRET, **settings), clock=lambda: site.now_ms
    )
    with writing(engine) as session:
        site.key = create_api_key(session, "tests", now_ms=site.now_ms, actor="ana").key
    return site


def close(site: Site) -> None:
    site.app.extensions[EXTENSION].engine.dispose()


@pytest.fixture
def site(engine, tmp_path):
    """An empty database of one test, on each kind."""
    found = make_site(engine, tmp_path)
    yield found
    close(found)


@pytest.fixture
def lite(sqlite_engine, tmp_path):
    """An empty database of one test, where the kind of database does not matter."""
    found = make_site(sqlite_engine, tmp_path)
    yield found
    close(found)


def _settled(engine: Engine, home: Path) -> Site:
    seed.load_evidence(engine)
    seed.issue(engine)
    return make_site(engine, home)


@pytest.fixture(scope="session")
def settled_sqlite(sqlite_template, tmp_path_factory):
    home = tmp_path_factory.mktemp("settled")
    shutil.copy(sqlite_template, home / "sla.db")
    engine = create_engine(f"sqlite:///{home / 'sla.db'}")
    found = _settled(engine, home)
    yield found
    close(found)
    engine.dispose()


@pytest.fixture(scope="session")
def settled_postgres(postgres_server, tmp_path_factory):
    postgres_server.psql("CREATE DATABASE settled TEMPLATE template_sla;")
    engine = create_engine(postgres_server.get_uri(database="settled"))
    found = _settled(engine, tmp_path_factory.mktemp("settled"))
    yield found
    close(found)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def settled(request):
    """Two stores after September 2023 was issued; read only."""
    fixture = "settled_sqlite" if request.param == "sqlite" else "settled_postgres"
    found = request.getfixturevalue(fixture)
    found.now_ms = seed.NOW_MS
    return found


@pytest.fixture
def settled_lite(settled_sqlite):
    """The same on SQLite alone."""
    settled_sqlite.now_ms = seed.NOW_MS
    return settled_sqlite


def _wide(engine: Engine, home: Path, *, issued: bool) -> Site:
    book.load(engine)
    if issued:
        book.issue(engine)
    return make_site(engine, home)


@pytest.fixture(scope="session")
def wide_sqlite(sqlite_template, tmp_path_factory):
    home = tmp_path_factory.mktemp("wide")
    shutil.copy(sqlite_template, home / "sla.db")
    engine = create_engine(f"sqlite:///{home / 'sla.db'}")
    found = _wide(engine, home, issued=True)
    yield found
    close(found)
    engine.dispose()


@pytest.fixture(scope="session")
def wide_postgres(postgres_server, tmp_path_factory):
    postgres_server.psql("CREATE DATABASE wide TEMPLATE template_sla;")
    engine = create_engine(postgres_server.get_uri(database="wide"))
    found = _wide(engine, tmp_path_factory.mktemp("wide"), issued=True)
    yield found
    close(found)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def wide(request):
    """A contract of every kind of policy, after September 2023 was issued; read only."""
    found = request.getfixturevalue("wide_sqlite" if request.param == "sqlite" else "wide_postgres")
    found.now_ms = book.NOW_MS
    return found


@pytest.fixture(scope="session")
def wide_running_site(sqlite_template, tmp_path_factory):
    home = tmp_path_factory.mktemp("running")
    shutil.copy(sqlite_template, home / "sla.db")
    engine = create_engine(f"sqlite:///{home / 'sla.db'}")
    found = _wide(engine, home, issued=False)
    yield found
    close(found)
    engine.dispose()


@pytest.fixture
def wide_running(wide_running_site):
    """The same in the middle of September, nothing calculated; read only, with a clock to set."""
    wide_running_site.now_ms = parse_instant("2023-09-14T12:00:00Z")
    return wide_running_site
