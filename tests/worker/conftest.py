"""Real workers in processes of their own, over a PostgreSQL database with a small month to close."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from sqlalchemy import text

from sla_service.db.engine import create_engine, reading
from sla_service.usecases.work_run import work_run
from tests.worker import months

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-c", "from sla_service.app import main; main()")
DEADLINE_S = 600
"""No condition takes nearly as long, unless it never comes true."""
LOST_S = 3
"""How soon a worker counts as lost in these tests."""


@pytest.fixture(scope="session")
def month_template(postgres_server):
    """The name of a database with the month, nothing calculated; copies are made of it."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    postgres_server.psql(f"CREATE DATABASE {name} TEMPLATE template_sla;")
    engine = create_engine(postgres_server.get_uri(database=name))
    months.load(engine)
    engine.dispose()
    return name


@pytest.fixture
def make_month(postgres_server, month_template):
    """Make databases with the month, as many as a test compares."""
    made = []

    def make(source=month_template):
        name = f"t{uuid.uuid4().hex[:12]}"
        postgres_server.psql(f"CREATE DATABASE {name} TEMPLATE {source};")
        engine = create_engine(postgres_server.get_uri(database=name))
        made.append((name, engine))
        return engine

    yield make
    for name, engine in made:
        engine.dispose()
        postgres_server.psql(f"DROP DATABASE {name} WITH (FORCE);")


@pytest.fixture
def month(make_month):
    """A PostgreSQL database with the month."""
    return make_month()


@pytest.fixture(scope="session")
def undisturbed(postgres_server, month_template):
    """What the month's run leaves behind if one process works it, and nothing happens."""
    name = f"undisturbed_{uuid.uuid4().hex[:12]}"
    postgres_server.psql(f"CREATE DATABASE {name} TEMPLATE {month_template};")
    engine = create_engine(postgres_server.get_uri(database=name))
    work_in_process(engine)
    found = months.fingerprint(engine)
    engine.dispose()
    return found


def work_in_process(engine, **plan):
    """Calculate and issue the month without a queue."""
    run_id = months.plan(engine, queued=False, **plan)
    transaction = transactions(engine)
    work_run(transaction, run_id, now=lambda: months.NOW_MS)
    months.begin_issue(engine, run_id, queued=False)
    work_run(transaction, run_id, now=lambda: months.NOW_MS)


def transactions(engine):
    from sla_service.db.engine import writing

    return lambda: writing(engine)


class Sla:
    """A process of the command, its output in a file; ended with the test if it has not ended by itself."""

    def __init__(self, engine, folder, *words, **env):
        self.output = folder / f"{uuid.uuid4().hex}.txt"
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        given = {"SLA_DATABASE_URL": url, "SLA_HOME": str(folder), "SLA_WORKER_LOST_SECONDS": str(LOST_S)}
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("SLA_")}
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [*COMMAND, *words], stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=ROOT,
                env={**inherited, "PYTHONPATH": str(ROOT), **given, **env},
            )  # fmt: skip

    @property
    def said(self):
        return self.output.read_text(encoding="utf-8")

    def send(self, number):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(timeout=DEADLINE_S)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.send_signal(signal.SIGCONT)
            self.process.wait(timeout=DEADLINE_S)


@pytest.fixture
def sla(tmp_path):
    """Start the command over a database: ``sla(engine, "worker", "--name", "one")``."""
    begun = []

    def start(engine, *words, **env):
        begun.append(Sla(engine, tmp_path, *words, **env))
        return begun[-1]

    yield start
    for one in begun:
        one.end()


def until(condition, *processes):
    """Look again and again until something is so; a process that must live while we wait may not have failed."""
    deadline = time.monotonic() + DEADLINE_S
    pause = __import__("threading").Event()
    while not (found := condition()):
        told = "\n".join(one.said for one in processes)
        assert time.monotonic() < deadline, f"it did not become so in {DEADLINE_S} s\n{told}"
        assert all(one.process.poll() is None for one in processes), told
        pause.wait(0.02)
    return found


def value(engine, query):
    """One value from the database, as of now."""
    with reading(engine) as session:
        return session.connection().execute(text(query)).scalar()


def in_state(engine, state):
    """A condition: the run is in this state."""
    return lambda: value(engine, "SELECT max(state) FROM runs WHERE state <> 'superseded'") == state
