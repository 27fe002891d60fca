"""R7: evidence that comes twice, late, in another order and in other pieces makes the same figures."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from sla_service.db.engine import create_engine, reading, writing
from sla_service.db.runs import load_run
from sla_service.domain.errors import InvalidValueError
from sla_service.usecases.import_rows import import_file
from sla_service.usecases.plan_run import plan_run
from sla_service.usecases.policies import publish_policy
from tests.reliability.figures import SEED, is_long, of_form, record
from tests.reliability.small_month import NOW_MS, violations, work
from tests.usecases.the_month import FILES, SEPTEMBER, policies

pytestmark = pytest.mark.reliability
SHUFFLES = of_form(12, 10_000)
POLICIES_EVERY = of_form(4, 10)
"""So often the policies come in another order too; they are not evidence, and reading them takes long."""
FIRST = ("partners", "merchants", "incidents")
"""What others refer to comes before them, in whatever order among themselves."""


def pieces(noun, draw):
    """A file in some pieces, its rows in another order, and some of the pieces once more."""
    head, *rows = FILES[noun].splitlines(keepends=True)
    draw.shuffle(rows)
    cuts = sorted(draw.sample(range(1, len(rows)), min(len(rows) - 1, draw.randint(0, 3)))) if len(rows) > 1 else []
    parts = [rows[start:end] for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
    parts += draw.sample(parts, draw.randint(0, len(parts)))
    return [(noun, head + "".join(part)) for part in parts]


def arrivals(draw):
    """All evidence in an order in which it can arrive; a timeline's points follow one another, so it comes whole."""
    merchants_late = [noun for noun in FILES if noun not in (*FIRST, "timeline")]
    first = [part for noun in FIRST for part in pieces(noun, draw)]
    rest = [("timeline", FILES["timeline"]), *(part for noun in merchants_late for part in pieces(noun, draw))]
    draw.shuffle(rest)
    return [*first, *rest]


def bring(engine, parts):
    for n, (noun, content) in enumerate(parts):
        with writing(engine) as session:
            import_file(session, noun, content.encode(), name=f"{n}.csv", now_ms=NOW_MS, actor="ann")


def calculate(engine, batch_merchants):
    with writing(engine) as session:
        given = {"now_ms": NOW_MS, "actor": "ann", "batch_merchants": batch_merchants}
        run_id = plan_run(session, SEPTEMBER, **given).run_id
    work(engine, run_id)
    return run_id


def figures_of(engine, run_id):
    """Every figure, row by row, and the digest where the batches are the same."""
    queries = ("SELECT * FROM credits WHERE run_id = ?", "SELECT * FROM credit_lines WHERE run_id = ?")
    with reading(engine) as session:
        run_sql = session.connection().exec_driver_sql
        rows = [sorted(map(repr, (row[1:] for row in run_sql(query, (run_id,))))) for query in queries]
        return load_run(session, run_id).digest, rows


@lru_cache
def engine_over(path):
    """One engine per process: it remembers what every statement compiles to."""
    return create_engine(f"sqlite:///{path}")


def fresh(template, folder):
    """An empty database under the same name as the last one."""
    path = Path(folder) / f"{os.getpid()}.db"
    engine = engine_over(path)
    engine.dispose()
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    shutil.copy(template, path)
    return engine


def publish(engine, documents):
    with writing(engine) as session:
        for document in documents:
            publish_policy(session, document, now_ms=NOW_MS, actor="ann")


def shuffled(n, templates, folder):
    """One shuffle: a digest of every row, the run's digest where its batches are usual, and whether a part was late."""
    draw = random.Random(f"{SEED}-{n}")  # noqa: S311 - to be repeated
    empty, with_policies = templates
    engine = fresh(with_policies if n % POLICIES_EVERY else empty, folder)
    if n % POLICIES_EVERY == 0:
        publish(engine, draw.sample(policies(), len(policies())))
    parts, is_late = arrivals(draw), n % 4 == 0
    if is_late:
        # Some of it comes after a first calculation.
        cut = draw.randint(len(parts) // 2, len(parts))
        bring(engine, parts[:cut])
        with suppress(InvalidValueError):
            # Before the contracts there is nothing to calculate.
            calculate(engine, 20)
        parts = parts[cut:]
    bring(engine, parts)
    digest, rows = figures_of(engine, calculate(engine, 20 if n % 2 else draw.randint(3, 11)))
    found = violations(engine) if n % 5 == 0 else []
    return hashlib.sha256(repr(rows).encode()).hexdigest(), digest if n % 2 else None, is_late, found


def test_the_order_in_which_evidence_arrives_does_not_matter(sqlite_template, tmp_path):
    with_policies = tmp_path / "with-policies.db"
    shutil.copy(sqlite_template, with_policies)
    engine = create_engine(f"sqlite:///{with_policies}")
    publish(engine, policies())
    engine.dispose()
    work_one = partial(shuffled, templates=(sqlite_template, with_policies), folder=tmp_path)
    if is_long():
        with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
            done = list(pool.map(work_one, range(SHUFFLES), chunksize=50))
    else:
        done = list(map(work_one, range(SHUFFLES)))
        engine_over(Path(tmp_path) / f"{os.getpid()}.db").dispose()
    rows, digests, late, broken = zip(*done, strict=True)
    assert (len(set(rows)), len(set(digests) - {None})) == (1, 1)
    assert [found for found in broken if found] == []
    said = {"shuffles": SHUFFLES, "of them with a part that came late": sum(late), "different results": 0}
    record("R7", said, seed=SEED)
