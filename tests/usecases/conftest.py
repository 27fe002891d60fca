"""A closed September to correct: made once for each kind of database, and copied for every test."""

from __future__ import annotations

import shutil
import uuid

import pytest

from sla_service.db.engine import create_engine
from tests.usecases.the_corrections import Story


@pytest.fixture(scope="session")
def closed_sqlite(sqlite_template, tmp_path_factory):
    path = tmp_path_factory.mktemp("closed") / "sla.db"
    shutil.copy(sqlite_template, path)
    engine = create_engine(f"sqlite:///{path}")
    Story(engine).filled().close()
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def closed_postgres(postgres_server):
    name = f"closed{uuid.uuid4().hex[:8]}"
    postgres_server.psql(f"CREATE DATABASE {name} TEMPLATE template_sla;")
    engine = create_engine(postgres_server.get_uri(database=name))
    Story(engine).filled().close()
    engine.dispose()
    return name


@pytest.fixture
def closed_lite(closed_sqlite, tmp_path):
    """A closed September where the kind of database does not matter."""
    path = tmp_path / "sla.db"
    shutil.copy(closed_sqlite, path)
    engine = create_engine(f"sqlite:///{path}")
    yield Story(engine)
    engine.dispose()


@pytest.fixture
def closed_large(closed_postgres, postgres_server):
    name = f"t{uuid.uuid4().hex[:12]}"
    postgres_server.psql(f"CREATE DATABASE {name} TEMPLATE {closed_postgres};")
    engine = create_engine(postgres_server.get_uri(database=name))
    yield Story(engine)
    engine.dispose()
    postgres_server.psql(f"DROP DATABASE {name} WITH (FORCE);")


@pytest.fixture(params=["sqlite", "postgresql"])
def closed(request):
    """A closed September, once on each kind of database."""
    return request.getfixturevalue("closed_lite" if request.param == "sqlite" else "closed_large")
