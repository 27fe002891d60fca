"""Close the small month from wherever it is, as a person would who calls the same commands again."""

from __future__ import annotations

import os
import signal
import sys

from sla_service.db.engine import create_engine, reading, writing
from sla_service.db.runs import find_live_run
from sla_service.usecases.issue_run import start_issue
from sla_service.usecases.plan_run import plan_or_resume
from tests.reliability.small_month import ISSUER, NOW_MS, PER_BATCH, approve, submit, work
from tests.usecases.the_month import SEPTEMBER


def close(engine):
    """Calculate, submit, approve, issue: whatever is left of it."""
    while (found := standing(engine)) != "issued":
        if found in (None, "draft"):
            with writing(engine) as session:
                given = {"now_ms": NOW_MS, "actor": "ann", "batch_merchants": PER_BATCH}
                run_id = plan_or_resume(session, SEPTEMBER, **given).run_id
            work(engine, run_id)
        elif found == "approved":
            with writing(engine) as session:
                start_issue(session, 1, issuer=ISSUER, now_ms=NOW_MS, actor="ben")
        elif found == "issuing":
            work(engine, 1)
        else:
            {"calculated": submit, "submitted": approve}[found](engine)


def standing(engine):
    with reading(engine) as session:
        run = find_live_run(session, "2023-09")
        return run and run.state


def serve():
    """For each address of a database on standard input, fork a child that waits to be continued and closes the month.

    Each is told by its number, and later by how it ended. Python and its modules are loaded, and the expressions
    compiled, once for all of them.
    """
    import duckdb  # noqa: F401 - loaded for the children
    import ibis  # noqa: F401

    from sla_service.measure.planning import plan_of
    from sla_service.usecases import evidence_tables  # noqa: F401

    for in_detail in (False, True):
        plan_of(in_detail=in_detail)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            status = 1
            try:
                close(create_engine(line.strip()))
                status = 0
            finally:
                os._exit(status)
        os.waitpid(pid, os.WUNTRACED)
        print(pid, flush=True)  # noqa: T201
        print(os.waitpid(pid, 0)[1], flush=True)  # noqa: T201


if __name__ == "__main__":
    serve()
