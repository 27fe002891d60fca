"""R2: `sla run calculate` and `sla run issue` are killed at random instants and called again; nothing shows."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from sla_service.db.engine import create_engine, reading, writing
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.render_statements import statement_pdf
from tests.reliability.figures import SEED, is_long, of_form, record
from tests.reliability.small_month import (
    NOW_MS,
    approve_beyond,
    digests,
    load,
    load_book,
    made_up_book,
    submit,
    violations,
)

pytestmark = pytest.mark.reliability
ROOT = Path(__file__).resolve().parents[2]
MERCHANTS = of_form(11, 100_000)
PER_BATCH = of_form(3, 2_000)
KILLS = of_form(3, 26)
"""Of each command."""
START_S = 0.5
"""What the command takes before it does anything."""
REACH = of_form(0.9, 0.08)
"""How far the command may come before it is killed, of its whole work."""
DOCUMENTS = of_form(2, 2_000)
"""Rendered and compared by their bytes; of the others, the snapshots from which they are made."""
AT_A_FIXED_TIME = (
    "from sla_service import app\n"
    f"app.system_clock_ms = lambda: {NOW_MS}\n"
    "app.main()\n"
)  # fmt: skip
"""The command itself; only its clock stands still, so that what it writes can be compared."""


def load_merchants(engine):
    if is_long():
        load_book(engine, made_up_book(MERCHANTS, 900))
    else:
        load(engine)


class Home:
    """A folder with a database, and the command over it."""

    def __init__(self, folder, source):
        folder.mkdir()
        shutil.copy(source, folder / "sla.db")
        self.engine = create_engine(f"sqlite:///{folder / 'sla.db'}")
        keep = {name: value for name, value in os.environ.items() if not name.startswith("SLA_")}
        self.env = {**keep, "SLA_HOME": str(folder), "SLA_BATCH_MERCHANTS": str(PER_BATCH), "PYTHONPATH": str(ROOT)}

    def sla(self, *words):
        return subprocess.Popen(
            [sys.executable, "-c", AT_A_FIXED_TIME, "--quiet", *words],
            env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words):
        """To the end; how long it took."""
        began = time.monotonic()
        process = self.sla(*words)
        _, said = process.communicate()
        assert process.returncode in (0, 8), said.decode()
        return time.monotonic() - began

    def run_or_kill(self, after_s, *words):
        """Whether it was killed before it was done."""
        process = self.sla(*words)
        try:
            _, said = process.communicate(timeout=after_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return True
        assert process.returncode in (0, 8), said.decode()
        return False

    def state(self):
        with reading(self.engine) as session:
            query = text("SELECT state FROM runs ORDER BY run_id DESC LIMIT 1")
            return session.connection().execute(query).scalar_one_or_none()

    def runs(self):
        with reading(self.engine) as session:
            return session.connection().execute(text("SELECT count(*) FROM runs")).scalar_one()

    def documents(self, fonts_dir):
        """Digests of some documents."""
        with writing(self.engine) as session:
            numbers = session.connection().execute(text("SELECT number FROM statements ORDER BY number")).scalars()
            some = random.Random(SEED).sample(list(numbers), DOCUMENTS)  # noqa: S311 - to be repeated
            return [hashlib.sha256(statement_pdf(session, one, fonts_dir=fonts_dir)).hexdigest() for one in some]


CALCULATE, ISSUE = ("--as", "ann", "run", "calculate", "--period", "2023-09"), ("--as", "ben", "run", "issue", "1")


def killed(home, words, done, span_s, draw):
    """Call a command until it has done its work, killing it some times on the way; how often it was killed."""
    kills = 0
    while home.state() not in done:
        if kills == KILLS:
            home.run(*words)
        else:
            # At the beginning it only starts Python; the instants are spread over what comes after, so that all kills
            # together take about as long as the work.
            kills += home.run_or_kill(START_S + draw.uniform(0, REACH) * max(span_s - START_S, 0.1), *words)
    return kills


def test_a_run_that_is_killed_anywhere_ends_as_one_that_was_left_alone(sqlite_template, tmp_path, fonts_dir):
    draw = random.Random(SEED)  # noqa: S311 - to be repeated
    source = tmp_path / "source.db"
    shutil.copy(sqlite_template, source)
    engine = create_engine(f"sqlite:///{source}")
    load_merchants(engine)
    engine.dispose()
    alone, home = Home(tmp_path / "alone", source), Home(tmp_path / "killed", source)
    spans = {}
    for words, steps in ((CALCULATE, (submit, approve_beyond)), (ISSUE, ())):
        spans[words] = alone.run(*words)
        for step in steps:
            step(alone.engine)
    kills = killed(home, CALCULATE, ("calculated",), spans[CALCULATE], draw)
    for step in (submit, approve_beyond):
        step(home.engine)
    kills += killed(home, ISSUE, ("issued",), spans[ISSUE], draw)
    # However often it died, the command went on with the draft that it had begun.
    assert home.runs() == 1
    assert digests(home.engine, without=()) == digests(alone.engine, without=())
    assert home.documents(fonts_dir) == alone.documents(fonts_dir)
    assert violations(home.engine) == violations(alone.engine) == []
    assert kills > 0
    figures = {"merchants": MERCHANTS, "batches of merchants": PER_BATCH, "kills": kills, "duplicated": 0, "lost": 0}
    figures |= {
        "number gaps": 0,
        "snapshots that differ": 0,
        "documents compared": DOCUMENTS,
        "documents that differ": 0,
    }
    record("R2", {"on sqlite": {**figures, "violations": 0}}, seed=SEED)
    for one in (alone, home):
        one.engine.dispose()


def test_a_draft_is_gone_on_with_only_by_who_began_it_and_only_from_the_same_evidence(sqlite_template, tmp_path):
    home = Home(tmp_path / "home", sqlite_template)
    load(home.engine)
    from sla_service.domain.periods import Month
    from sla_service.usecases.plan_run import plan_or_resume

    def begin(actor):
        with writing(home.engine) as session:
            given = {"now_ms": NOW_MS, "actor": actor, "batch_merchants": 3}
            return plan_or_resume(session, Month(2023, 9), **given).run_id

    assert [begin("ann"), begin("ann"), begin("ben"), begin("ben")] == [1, 1, 2, 2]
    with writing(home.engine) as session:
        late = "incident_id,merchant_id,service,started_at,ended_at,share\n"
        late += "INC-2023-09-01,yen,storefront,2023-09-25T10:00+08:00,2023-09-25T12:00+08:00,0.5\n"
        import_file(session, "impacts", late.encode(), name="late.csv", now_ms=NOW_MS, actor="ann")
    assert [begin("ben"), begin("ben")] == [3, 3]
    assert violations(home.engine) == []
    home.engine.dispose()
