"""Issuing on PostgreSQL, without rendering, beside one COPY of the same rows into tables with the same keys."""

from __future__ import annotations

import time

ISSUED = ("statements", "statement_credits", "outbox", "ledger_entries")
NOW_MS = 1_696_300_000_000
FLOOR = (
    "DROP TABLE IF EXISTS floor_ledger_entries, floor_outbox, floor_statement_credits, floor_statements",
    "CREATE TABLE floor_statements (LIKE statements INCLUDING ALL, FOREIGN KEY (run_id) REFERENCES runs,"
    " FOREIGN KEY (corrects) REFERENCES floor_statements (number))",
    "CREATE TABLE floor_statement_credits (LIKE statement_credits INCLUDING ALL,"
    " FOREIGN KEY (run_id, credit_no) REFERENCES credits (run_id, credit_no),"
    " FOREIGN KEY (number) REFERENCES floor_statements (number))",
    "CREATE TABLE floor_outbox (LIKE outbox INCLUDING ALL, FOREIGN KEY (number) REFERENCES floor_statements (number))",
    "CREATE TABLE floor_ledger_entries (LIKE ledger_entries INCLUDING ALL,"
    " FOREIGN KEY (merchant_id) REFERENCES merchants, FOREIGN KEY (run_id) REFERENCES runs,"
    " FOREIGN KEY (number) REFERENCES floor_statements (number))",
)


def approve(engine) -> None:
    """Submit and approve, by as many people as the bounds ask for; reads every input once more."""
    from sla_service.config import Settings
    from sla_service.db.engine import writing
    from sla_service.usecases.decide_run import Caution, approve_run, submit_run
    from sla_service.usecases.issue_run import issuer_of

    issuer = issuer_of(Settings())
    with writing(engine) as session:
        run_id = the_run(session)
        submit_run(session, run_id, issuer=issuer, now_ms=NOW_MS, actor="ann")
    for actor in ("ben", "cleo"):
        with writing(engine) as session:
            asked = {
                "issuer": issuer,
                "now_ms": NOW_MS,
                "actor": actor,
                "caution": Caution(reason="the outage was real"),
            }
            if approve_run(session, run_id, digest=None, **asked).state == "approved":
                return


def start(engine) -> tuple[int, list[int], list[int]]:
    """Begin to issue: the run, its batches of merchants and of partners."""
    from sla_service.config import Settings
    from sla_service.db.engine import writing
    from sla_service.db.run_batches import list_batches
    from sla_service.usecases.issue_run import issuer_of, start_issue

    with writing(engine) as session:
        run_id = the_run(session)
        start_issue(session, run_id, issuer=issuer_of(Settings()), now_ms=NOW_MS, actor="ben")
    with writing(engine) as session:
        kinds = ("merchants", "partners")
        merchants, partners = ([b.batch_no for b in list_batches(session, run_id, kind)] for kind in kinds)
    return run_id, merchants, partners


def issue_one(engine, run_id: int, batch_no: int) -> None:
    """Claim one batch and issue it."""
    from sla_service.db.engine import writing
    from sla_service.db.run_batches import claim_batch, load_batch
    from sla_service.usecases.issue_run import issue_batch

    with writing(engine) as session:
        attempt = claim_batch(session, load_batch(session, run_id, batch_no), now_ms=NOW_MS)
    with writing(engine) as session:
        issue_batch(session, run_id, batch_no, attempt=attempt, now_ms=NOW_MS)


def finish(engine, run_id: int) -> int:
    """Seal and close; how many statements there are."""
    from sla_service.db.engine import writing
    from sla_service.usecases.issue_run import finish_issue

    with writing(engine) as session:
        issued = finish_issue(session, run_id, now_ms=NOW_MS)
    return issued.merchant_statements + issued.partner_statements


def the_run(session) -> int:
    """The only run."""
    return int(session.connection().exec_driver_sql("SELECT max(run_id) FROM runs").scalar_one())


def copy_issued(engine, cpu_seconds) -> tuple[int, float, float]:
    """Copy what was issued into tables with the same keys; reading it is not counted. Rows, seconds, CPU seconds."""
    from sqlalchemy import MetaData, select

    from sla_service.db.bulk import copy_in, iter_arrow
    from sla_service.db.engine import reading, writing
    from sla_service.db.tables import metadata

    with engine.begin() as connection:
        for statement in FLOOR:
            connection.exec_driver_sql(statement)
    rows, seconds, cpu = 0, 0.0, 0.0
    with writing(engine) as target, reading(engine) as source:
        for name in ISSUED:
            table = metadata.tables[name]
            floor = table.to_metadata(MetaData(), name=f"floor_{name}")
            for batch in iter_arrow(source, select(table)):
                began, used = time.perf_counter(), cpu_seconds()
                copy_in(target, floor, _table(batch))
                seconds, cpu = seconds + time.perf_counter() - began, cpu + cpu_seconds() - used
                rows += batch.num_rows
        began = time.perf_counter()
        target.commit()
        seconds += time.perf_counter() - began
    return rows, seconds, cpu


def _table(batch):
    import pyarrow as pa

    return pa.Table.from_batches([batch])
