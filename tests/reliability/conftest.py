"""Databases with a small month at a step of its life, made once and copied."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import psycopg
import pytest

from sla_service.db.engine import create_engine
from tests.reliability import small_month

STEPS = {
    "calculated": (),
    "submitted": (small_month.submit,),
    "approved": (small_month.submit, small_month.approve),
    "issued": (small_month.submit, small_month.approve, small_month.issue),
}


class Copies:
    """Makes databases of one kind with the month at a step, as many as a test needs, and removes them."""

    def __init__(self, kind, folder, empty, server):
        self.kind, self.folder, self.empty, self.server = kind, folder, empty, server
        self.templates, self.engines, self.link = {}, [], None

    def template(self, step):
        if step not in self.templates:
            engine, name = self._copy(self.empty)
            small_month.calculated(engine) if step == "calculated" else None
            if step != "calculated":
                engine.dispose()
                engine, name = self._copy(self.template("calculated"))
                for action in STEPS[step]:
                    action(engine)
            engine.dispose()
            self.templates[step] = name
        return self.templates[step]

    def at(self, step):
        """A new engine over a copy."""
        engine, _ = self._copy(self.template(step))
        self.engines.append(engine)
        return engine

    def _copy(self, source):
        name = f"r{uuid.uuid4().hex[:12]}"
        if self.kind == "sqlite":
            path = self.folder / f"{name}.db"
            shutil.copy(source, path)
            return create_engine(f"sqlite:///{path}"), path
        self._at_server(f"CREATE DATABASE {name} TEMPLATE {source}")
        return create_engine(self.server.get_uri(database=name)), name

    def close(self):
        """Remove the copies: thousands of them would fill the disk."""
        for engine in self.engines:
            engine.dispose()
            if self.kind == "sqlite":
                for path in self.folder.glob(f"{Path(engine.url.database).name}*"):
                    path.unlink()
            else:
                self._at_server(f"DROP DATABASE {engine.url.database} WITH (FORCE)")
        self.engines.clear()

    def _at_server(self, statement):
        if self.link is None:
            self.link = psycopg.connect(self.server.get_uri(), autocommit=True)
        self.link.execute(statement)


@pytest.fixture(scope="session")
def sqlite_copies(sqlite_template, tmp_path_factory):
    return Copies("sqlite", tmp_path_factory.mktemp("copies"), sqlite_template, None)


@pytest.fixture(scope="session")
def postgres_copies(postgres_server):
    made = Copies("postgresql", None, "template_sla", postgres_server)
    yield made
    if made.link is not None:
        made.link.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def copies(request):
    made = request.getfixturevalue("sqlite_copies" if request.param == "sqlite" else "postgres_copies")
    yield made
    made.close()
